"""Does the ledger answer, are its tables those of this kaohe, and do the clocks agree?"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import make_url
from sqlalchemy.engine import Engine

from console.doctor.finding import Finding, ok, refused
from console.watch.clocks import Times, clock_faults
from engine.ledger.database import known_versions, masked
from engine.rulebook.model import Text

SUBJECT = "database"


def check_version(ledger: Engine, found: str | None) -> list[Finding]:
    """Whether the tables are those that this kaohe works with; `found` is their version."""
    known, name = known_versions(), masked(make_url(ledger.url))
    if found == known[-1]:
        return [ok(SUBJECT, f"{name}，版本 {found}", f"{name}, version {found}")]
    if found is not None and found not in known:
        what = Text(
            f"{name} 的版本是 {found}，本程序只认得到 {known[-1]}",
            f"{name} has version {found}, and this kaohe knows those up to {known[-1]}",
        )
        return [Finding(SUBJECT, "wrong", what, Text("请升级本机的 kaohe", "upgrade kaohe on this host"))]
    waiting = known[known.index(found) + 1 :] if found else known
    what = Text(f"{name} 有待执行的升级：{'、'.join(waiting)}", f"{name} has pending migrations: {', '.join(waiting)}")
    mend = Text(
        "备份后运行任何一条命令（如 `kaohe status`）即执行",
        "make a backup; any other command (`kaohe status`) carries them out",
    )
    return [Finding(SUBJECT, "warning", what, mend)]


def check_clocks(times: Times) -> list[Finding]:
    """Whether this host, the database and the end of the journal agree about the time."""
    faults = clock_faults(times)
    if faults:
        return [refused("clock", fault) for fault in faults]
    apart = times.skew / timedelta(milliseconds=1)
    return [ok("clock", f"与数据库相差 {apart:.0f} 毫秒", f"{apart:.0f} ms ahead of the database's")]
