"""Values for the columns that a file lacks: from the options of the command, or from the file's name."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import KaoheError
from engine.evidence.columns import Kind
from engine.evidence.kinds import KINDS
from engine.evidence.opened import OpenedFile

MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Options:
    """What a command says in place of columns; see `shop_in_name` for `shop_from`."""

    platform: str | None = None
    shop: str | None = None
    shop_from: str | None = None


def given_values(kind: Kind, file: OpenedFile, options: Options) -> dict[str, str]:
    """Values for columns that the file lacks; a required column that nothing gives is told at once."""
    given = {}
    if options.platform is not None:
        given["platform"] = options.platform
    shop = options.shop if options.shop is not None else shop_in_name(file.path.name, options.shop_from)
    if shop is not None:
        given["shop"] = _plain("--shop", shop)
    for column in kind.columns:
        if column.required and column.name not in file.present and column.name not in given:
            by_option = column.name in {"platform", "shop"}
            mend, zh = (f"; say --{column.name} …", f"；请写 --{column.name} …") if by_option else _looks(kind, file)
            raise KaoheError(
                f"{file.path}: it has no column {column.name!r}{mend}; nothing was imported",
                zh=f"{file.path}：缺少 {column.name!r} 列{zh}；什么都没有导入",
            )
    return {name: value for name, value in given.items() if name not in file.present}


def _looks(kind: Kind, file: OpenedFile) -> tuple[str, str]:
    """What else a file without a required column may be, and its columns that are not known; in English and Chinese."""
    said = {*file.headers.values(), *file.unknown}
    others = [one.name for one in KINDS.values() if one is not kind and _has_all(one, said)]
    en = f"; it looks like {' or '.join(others)}: say --kind {others[0]}" if others else ""
    zh = f"；看起来是 {' 或 '.join(others)}：请写 --kind {others[0]}" if others else ""
    if file.unknown:
        en += f"; columns that are not known: {', '.join(file.unknown[:MOST_TOLD])}"
        zh += f"；不认识的列：{'、'.join(file.unknown[:MOST_TOLD])}"
    return en, zh


def _has_all(kind: Kind, said: set[str]) -> bool:
    required = [c for c in kind.columns if c.required and c.name not in {"platform", "shop"}]
    return all(said.intersection(column.headers) for column in required)


def unused_options(options: Options, files: Sequence[OpenedFile]) -> tuple[str, ...]:
    """The options that say nothing new: every file has the column itself."""
    said = {"--platform": options.platform, "--shop": options.shop, "--shop-from": options.shop_from}
    columns = {option: "platform" if option == "--platform" else "shop" for option, value in said.items() if value}
    return tuple(option for option, column in columns.items() if all(column in file.present for file in files))


def shop_in_name(file_name: str, pattern: str | None) -> str | None:
    """The shop that a file's name holds: in `pattern`, `*` is anything and `{shop}` is the shop.

    >>> shop_in_name("客服数据_小禾_202603.csv", "客服数据_{shop}_*.csv")
    '小禾'
    """
    if pattern is None:
        return None
    if pattern.count("{shop}") != 1:
        raise KaoheError(
            f"--shop-from {pattern!r}: write {{shop}} once where the shop stands, and * for anything",
            zh=f"--shop-from {pattern!r}：店铺所在处写一次 {{shop}}，其余用 * 代替",
        )
    shop = _between(unicodedata.normalize("NFC", file_name), *unicodedata.normalize("NFC", pattern).split("{shop}"))
    if shop is None or not shop.strip():
        raise KaoheError(
            f"{file_name}: its name does not fit --shop-from {pattern!r}; nothing was imported",
            zh=f"{file_name}：文件名不符合 --shop-from {pattern!r}；什么都没有导入",
        )
    return shop


def _between(file_name: str, before: str, after: str) -> str | None:
    """What stands between two patterns that together fit the whole name; None if they do not.

    Of several ways, what stands before the shop takes as much as it can, and then the shop. Each piece between stars is
    sought once and nothing tried again, so that no pattern takes longer than the name is long.
    """
    right = _leading(file_name[::-1], after[::-1])
    if right is None:
        return None
    end = len(file_name) - right
    left = _trailing(file_name[: end - 1], before) if end else None  # a shop has one character at least
    return None if left is None else file_name[left:end]


def _trailing(file_name: str, pattern: str) -> int | None:
    """The most characters at the beginning of the name that `pattern` fits; None if it fits none."""
    earlier, star, last = pattern.rpartition("*")
    if not star:
        return _leading(file_name, pattern)
    least, found = _leading(file_name, earlier), file_name.rfind(last)
    return None if least is None or found < least else found + len(last)


def _leading(file_name: str, pattern: str) -> int | None:
    """The fewest characters at the beginning of the name that `pattern` fits; None if it fits none."""
    first, *others = pattern.split("*")
    if not file_name.startswith(first):
        return None
    place = len(first)
    for piece in others:
        found = file_name.find(piece, place)
        if found < 0:
            return None
        place = found + len(piece)
    return place


def _plain(option: str, value: str) -> str:
    """The value as a cell would be read: without spaces around it, and never empty."""
    plain = value.strip(" ")
    try:
        plain.encode()
    except UnicodeEncodeError:
        raise KaoheError(
            f"{option} {value!r} is not UTF-8; nothing was imported",
            zh=f"{option} {value!r} 不是 UTF-8；什么都没有导入",
        ) from None
    if not plain:
        raise KaoheError(
            f"{option} {value!r} is empty; nothing was imported", zh=f"{option} {value!r} 是空的；什么都没有导入"
        )
    return plain
