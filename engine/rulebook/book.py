"""All rules of some directories at once: what the rooms above hold while they work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from engine.errors import KaoheError, UnknownNameError
from engine.rulebook.faults import Fault, RulebookError
from engine.rulebook.loader import Loaded, load
from engine.rulebook.model import Rule
from engine.rulebook.scan import FILE, MAX_BYTES

SUFFIX = ".yaml"
KEPT = 64  # files whose reading is remembered: the worker asks for the same ones at every tick
_read = lru_cache(maxsize=KEPT)(load)  # what it gives depends on the bytes alone, and never changes


class RuleBook(Mapping[str, Rule]):
    """Rules by id, in the order of their ids."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = {rule.id: rule for rule in sorted(rules, key=lambda rule: rule.id)}

    @classmethod
    def load(cls, directories: Sequence[Path]) -> tuple[RuleBook, list[Fault]]:
        """The rules of every `*.yaml` below the directories, and all faults, sorted.

        A file with a fault contributes no rule, and files that share an id contribute none.
        """
        rules, faults = _load(directories)
        return cls(rules), faults

    def rule(self, name: str) -> Rule:
        """The rule with this id. Raises UnknownNameError with ids near it."""
        try:
            return self._rules[name]
        except KeyError:
            raise UnknownNameError("rule", name, self._rules) from None

    def __getitem__(self, name: str) -> Rule:
        return self._rules[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)


def load_or_refuse(directories: Sequence[Path]) -> RuleBook:
    """The rules of the directories. Raises RulebookError on any fault: half a book judges nobody."""
    book, faults = RuleBook.load(directories)
    if faults:
        raise RulebookError(faults)
    return book


def refuse_empty(book: RuleBook, directories: Sequence[Path]) -> None:
    """Raise KaoheError where no directory has any rule: a slip in the settings, which would look like idleness."""
    if not book:
        where = ", ".join(map(str, directories)) or "no directory at all"
        where_zh = "、".join(map(str, directories)) or "规则目录（一个都没有设）"
        raise KaoheError(
            f"there is no rule in {where}; put rule files ({SUFFIX}) there, or correct KAOHE_RULESETS "
            f"(`kaohe config` tells where it is set)",
            zh=f"{where_zh} 里没有规则；请把规则文件（{SUFFIX}）放进去，"
            "或改正 KAOHE_RULESETS（`kaohe config` 里有它的来源）",
        )


def check_paths(paths: Sequence[Path]) -> list[Fault]:
    """All faults of these files, and of the files below these directories, sorted."""
    return _load(paths)[1]


def _load(paths: Sequence[Path]) -> tuple[list[Rule], list[Fault]]:
    faults: list[Fault] = []
    by_id: dict[str, list[tuple[Rule, tuple[int, int]]]] = {}
    for path in _files(paths, faults):
        loaded = _load_file(path)
        faults.extend(loaded.faults)
        if loaded.rule is not None:
            by_id.setdefault(loaded.rule.id, []).append((loaded.rule, loaded.id_at))
    for same in by_id.values():
        for rule, (line, column) in same if len(same) > 1 else ():
            others = ", ".join(other.path for other, _ in same if other is not rule)
            faults.append(Fault(rule.path, line, column, "id", f"{rule.id} is the id of another file too: {others}"))
    return [same[0][0] for same in by_id.values() if len(same) == 1], sorted(faults)


def _files(paths: Sequence[Path], faults: list[Fault]) -> list[Path]:
    """Every rule file once, whatever paths lead to it."""
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.suffix in (SUFFIX, ".yml") and p.is_file())
        elif path.is_file():
            files = [path]
        else:
            faults.append(Fault(str(path), 1, 1, FILE, "there is no such file or directory"))
            continue
        for file in files:
            if file.suffix == SUFFIX:
                found.setdefault(file.resolve(), file)
            else:
                faults.append(Fault(str(file), 1, 1, FILE, f"rule files end in {SUFFIX}; rename it"))
    return list(found.values())


def _load_file(path: Path) -> Loaded:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        return Loaded(None, (Fault(str(path), 1, 1, FILE, f"cannot be read: {error.strerror or error}"),))
    return _read(str(path), data)
