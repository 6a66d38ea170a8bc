"""Is the lake there, can it be read and written, and does it hold every day file that the ledger names?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlmodel import Session, col, select

from console.doctor.finding import Finding, ok
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.ledger.tables import DayFile
from engine.rulebook.model import Text

SUBJECT = "lake"
SAID = b"kaohe was here\n"
NAMED = 5  # of missing files


def day_files(session: Session, newest: int | None = None) -> list[DayFile]:
    """The day files that count, the newest first; at most so many."""
    wanted = select(DayFile).where(col(DayFile.until).is_(None)).order_by(col(DayFile.id).desc())
    return list(session.exec(wanted.limit(newest) if newest is not None else wanted))


def check_lake(lake: Lake, expected: Sequence[DayFile]) -> list[Finding]:
    """Whether `lake` works, and holds the `expected` files."""
    if not lake.root.exists():
        if not expected:
            return [ok(SUBJECT, f"{lake.root} 还没有建，第一次导入时建", f"{lake.root} is made by the first import")]
        what = Text(f"{lake.root} 不在", f"{lake.root} is not there")
        return [Finding(SUBJECT, "wrong", what, Text("请挂载它，或改正设置 lake", "mount it, or correct `lake`"))]
    return [*_written(lake), *_held(lake, expected)]


def _written(lake: Lake) -> list[Finding]:
    try:
        with lake.drafts() as room:
            (room / "check").write_bytes(SAID)
            heard = (room / "check").read_bytes()
    except (OSError, KaoheError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        why = cause.strerror if isinstance(cause, OSError) else str(error)
        what = Text(f"{lake.root} 写不了：{why}", f"{lake.root} cannot be written: {why}")
        mend = Text("请检查权限、空间和挂载方式", "look at its rights, its room and how it is mounted")
        return [Finding(SUBJECT, "wrong", what, mend)]
    if heard != SAID:
        what = Text(f"{lake.root} 读出的和写入的不同", f"{lake.root} gives back other bytes than were written")
        return [Finding(SUBJECT, "wrong", what, Text("请检查磁盘和文件系统", "look at the disk and its file system"))]
    return []


def _held(lake: Lake, expected: Sequence[DayFile]) -> list[Finding]:
    lost, size = [], 0
    for file in expected:
        path = lake.path(file.kind, file.platform, file.day, file.generation)
        held = _size(path)
        size += held
        if not held:
            lost.append(path)
    if not lost:
        n, much = len(expected), f"{size / (1 << 20):,.1f} MiB"
        zh, en = f"{lake.root} 可读可写，{n} 个日文件都在，共 {much}", f"{lake.root} works; {n} day files, {much}"
        return [ok(SUBJECT, zh, en)]
    names = ", ".join(str(path.relative_to(lake.root)) for path in lost[:NAMED])
    what = Text(
        f"台账记着的日文件缺失或读不了 {len(lost)} 个：{names}{' 等' if len(lost) > NAMED else ''}",
        f"{len(lost)} day files that the ledger names are missing or unreadable: "
        f"{names}{' …' if len(lost) > NAMED else ''}",
    )
    mend = Text(
        "请从备份恢复，或检查设置 lake 是否指向另一处",
        "restore them from a backup, or see whether `lake` points elsewhere",
    )
    return [Finding(SUBJECT, "wrong", what, mend)]


def _size(path: Path) -> int:
    """How large a file is that can be read; 0 where it cannot."""
    try:
        with path.open("rb") as stream:
            return path.stat().st_size if stream.read(1) else 0
    except OSError:
        return 0
