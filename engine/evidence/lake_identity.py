"""Which lake is a ledger's: a name in the lake, made once, and the same name in the ledger.

Two hosts that share a ledger and not the lake would each see evidence that the other lacks, and take it for nothing:
figures would depend on who reckons them. A directory that is not mounted, or another one, is noticed before that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy.engine import Engine, ScalarResult
from sqlmodel import Session, col, select

from engine.errors import KaoheError, os_words
from engine.evidence.disk import make_once
from engine.evidence.lake import Lake
from engine.ledger import journal
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.tables import DayFile, Seal
from engine.rulebook.model import Text

SEAL = "lake"  # the name of the seal
FILE = "lake.id"
MEND = Text(
    "请先挂载它，并把每台主机的 KAOHE_LAKE 指到同一个共享目录；如果数据湖是特意搬到这里的，"
    "请运行 `kaohe lake moved --why …`",
    "mount it, and point KAOHE_LAKE to the same shared directory on every host; if the lake was moved here on purpose, "
    "say so with `kaohe lake moved --why …`",
)


class ForeignLakeError(KaoheError):
    """The lake is not the one that this ledger counts on. Nothing was read from it or written to it."""


def identity(lake: Lake) -> str | None:
    """The name of `lake`; None where it has none yet, or is not there. Raises KaoheError if it cannot be read."""
    path = lake.root / FILE
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise KaoheError(
            f"the lake cannot be read: {path}: {error.strerror}; give this user the right to",
            zh=f"数据湖读不了：{path}：{os_words(error)}；请授予当前用户读的权限",
        ) from error


def check_lake(ledger: Engine, lake: Lake) -> None:
    """Raise ForeignLakeError unless `lake` is the one of this ledger, or the ledger knows none yet.

    A ledger from before lakes had names counts on the one that holds its newest day file.
    """
    with reading(ledger) as session:
        noted = session.get(Seal, SEAL)
        newest = None if noted else _live(session).first()
    found = identity(lake)
    if noted is not None and noted.fingerprint != found:
        here = (
            Text(f"标识是 {found[:8]}…", f"its identity is {found[:8]}…")
            if found
            else Text(f"没有 {FILE}", f"it has no {FILE}")
        )
        theirs = noted.fingerprint[:8]
        raise ForeignLakeError(
            f"the lake {lake.root} is not the one of this ledger: {here.en}, and the ledger's is {theirs}…; {MEND.en}",
            zh=f"数据湖 {lake.root} 不是这份台账的：{here.zh}，而台账认定的是 {theirs}…；{MEND.zh}",
        )
    if newest is not None and not _path(lake, newest).exists():
        raise ForeignLakeError(
            f"the lake {lake.root} is not the one of this ledger: it lacks {_path(lake, newest)}; {MEND.en}",
            zh=f"数据湖 {lake.root} 不是这份台账的：缺少 {_path(lake, newest)}；{MEND.zh}",
        )


def noted_lake(ledger: Engine, lake: Lake, now: datetime, actor: str) -> str:
    """The name of `lake`, once it is certain that it is this ledger's; the first one is noted, and journalled.

    Raises ForeignLakeError as `check_lake` does.
    """
    check_lake(ledger, lake)
    found = _named(lake)
    with reading(ledger) as session:
        known = session.get(Seal, SEAL) is not None
    if not known:
        with transaction(ledger) as session:
            if insert_missing(session, Seal, [{"name": SEAL, "fingerprint": found, "since": now}]):
                after = {"after": {"identity": found}}
                journal.append(session, now, [journal.Event(actor, "lake.noted", "lake", SEAL, after)])
    check_lake(ledger, lake)  # another host may have noted another lake since the first look
    return found


def moved(ledger: Engine, lake: Lake, now: datetime, actor: str, why: str) -> str:
    """From now on `lake` counts, named if it has no name; its name. Journalled as `lake.moved`.

    Raises KaoheError without a reason, where there is no such directory, or if that lake counts already.
    """
    if not why.strip():
        raise KaoheError("a lake that has moved needs a reason; say why", zh="数据湖搬了地方要写明理由（--why）")
    if not lake.root.is_dir():
        raise KaoheError(
            f"there is no directory {lake.root}; set KAOHE_LAKE to the place of the lake",
            zh=f"没有目录 {lake.root}；请把 KAOHE_LAKE 指到数据湖所在的地方",
        )
    found = _named(lake)
    with transaction(ledger) as session:
        noted = session.get(Seal, SEAL, with_for_update=True)
        if noted is not None and noted.fingerprint == found:
            raise KaoheError(f"{lake.root}: this lake counts already", zh=f"{lake.root}：现在用的就是这个数据湖")
        before = noted.fingerprint if noted else None
        session.merge(Seal(name=SEAL, fingerprint=found, since=now))
        payload = {"why": why, "before": {"identity": before}, "after": {"identity": found}}
        journal.append(session, now, [journal.Event(actor, "lake.moved", "lake", SEAL, payload)])
    return found


def day_files(session: Session, lake: Lake) -> Iterator[tuple[Path, bool]]:
    """Each day file that the ledger counts on, and whether `lake` has it."""
    for file in _live(session):
        path = _path(lake, file)
        yield path, path.exists()


def _live(session: Session) -> ScalarResult[DayFile]:
    """What the ledger counts on, the newest first."""
    return session.exec(select(DayFile).where(col(DayFile.until).is_(None)).order_by(col(DayFile.id).desc()))


def _path(lake: Lake, file: DayFile) -> Path:
    return lake.path(file.kind, file.platform, file.day, file.generation)


def _named(lake: Lake) -> str:
    """The name of `lake`, given to it first if it has none."""
    found = identity(lake)
    if found is None:
        try:
            make_once(lake.root / FILE, uuid4().hex + "\n", 0o644)
        except OSError as error:
            raise lake.unwritable(error) from error
        found = identity(lake)
    assert found is not None
    return found
