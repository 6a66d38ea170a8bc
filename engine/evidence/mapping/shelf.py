"""Where mappings are found: the shipped ones by their ids, anybody's own by their files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.errors import KaoheError, UnknownNameError
from engine.evidence.mapping.model import MappingFile
from engine.evidence.mapping.reading import load
from engine.rulebook.faults import Fault
from engine.rulebook.scan import FILE, MAX_BYTES

SHIPPED = Path(__file__).resolve().parents[3] / "mappings"
SUFFIX = ".yaml"


def shipped() -> dict[str, MappingFile]:
    """The shipped mappings by their ids."""
    found = [_sound(path) for path in sorted(SHIPPED.rglob(f"*{SUFFIX}"))]
    return {mapping.id: mapping for mapping in sorted(found, key=lambda m: m.id)}


def mapping(name: str) -> MappingFile:
    """The mapping that a command names: by a file, or by the id of a shipped one. Raises KaoheError."""
    if name.endswith((SUFFIX, ".yml")) or "/" in name:
        return _sound(Path(name))
    known = shipped()
    if name not in known:
        raise UnknownNameError("mapping", name, known, "a mapping of your own is named by its file, like ./mine.yaml")
    return known[name]


def check(paths: Sequence[Path]) -> list[Fault]:
    """All faults of these files, and of the files below these directories, sorted."""
    files = {f.resolve(): f for p in paths for f in (sorted(p.rglob(f"*{SUFFIX}")) if p.is_dir() else [p])}
    found = [fault for path in files.values() for fault in _faults(path)]
    first: dict[str, Path] = {}
    for path in files.values():
        one = load(str(path), _bytes(path)).mapping if not _faults(path) else None
        if one is not None and first.setdefault(one.id, path) != path:
            found.append(Fault(str(path), 1, 1, "id", f"{one.id} is the id of another file too: {first[one.id]}"))
    return sorted(found)


def _faults(path: Path) -> Sequence[Fault]:
    try:
        return load(str(path), _bytes(path)).faults
    except OSError as error:
        return [Fault(str(path), 1, 1, FILE, f"cannot be read: {error.strerror or error}")]


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _sound(path: Path) -> MappingFile:
    try:
        loaded = load(str(path), _bytes(path))
    except OSError as error:
        why = error.strerror or error
        raise KaoheError(f"{path}: the mapping cannot be read: {why}", zh=f"{path}：映射读不了：{why}") from error
    if loaded.mapping is None:
        lines = "\n".join(str(fault) for fault in loaded.faults)
        raise KaoheError(
            f"the mapping has faults; correct them first:\n{lines}", zh=f"映射文件有错误，请先改正：\n{lines}"
        )
    return loaded.mapping
