"""What a database's refusal means, and what to do about it, in both languages and without any password."""

from __future__ import annotations

import re

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from engine.errors import KaoheError

FULL = ("database or disk is full", "No space left", "disk full")
READ_ONLY = ("readonly database", "read-only")


class LedgerError(KaoheError):
    """A ledger that cannot be opened or is busy. Its address is always shown without the password."""


class OutdatedError(LedgerError):
    """The ledger has another version than this process knows: another kaohe has migrated it since it was opened."""

    def __init__(self, address: URL, found: str | None, known: str) -> None:
        where = masked(address)
        super().__init__(
            f"the ledger {where} has version {found} by now, and this process works with {known}: another kaohe has "
            "migrated it; nothing of this step was written; end this process, and start it again from the new version",
            zh=f"台账 {where} 现在是版本 {found}，而本进程用的是 {known}：另一个版本的 kaohe 已将它升级；"
            "这一步什么都没有写入；请结束本进程，改用新版本启动",
        )


def masked(address: URL) -> str:
    """The address as a person may see it: without passwords, wherever they stand in it."""
    query = {k: "***" if "password" in k.lower() else v for k, v in address.query.items()}
    return address.set(query=query).render_as_string(hide_password=True).replace("%2A%2A%2A", "***")


def unopened(address: URL, error: DBAPIError) -> LedgerError:
    """Why the ledger at `address` cannot be opened."""
    where, said = masked(address), _said(address, error)
    known = _known(where, said)
    if known:
        return known
    hint, hint_zh = "is the file, and its directory, readable and writable?", "文件和所在目录可读可写吗？"
    if address.drivername == "postgresql+psycopg":
        hint = "is the server running, and do the user, password and database name fit?"
        hint_zh = "服务器在运行吗？用户、密码、数据库名对吗？"
    return LedgerError(f"cannot open the ledger {where}: {said}; {hint}", zh=f"打不开台账 {where}：{said}；{hint_zh}")


def stopped(address: URL, error: DBAPIError) -> LedgerError:
    """Why a transaction that had begun did not end: the database undoes it, or had already kept it as a whole."""
    where, said = masked(address), _said(address, error)
    return _known(where, said) or LedgerError(
        f"the ledger {where} gave up in the middle of a step: {said}; the step is done as a whole or not at all; "
        "run it again: what is recorded already is not recorded twice",
        zh=f"台账 {where} 中途出错：{said}；这一步要么全部写入，要么没有；请再运行一次：已记录的不会重复记录",
    )


def _known(where: str, said: str) -> LedgerError | None:
    if "database is locked" in said:
        return LedgerError(
            f"the ledger {where} is busy: another process keeps writing to it; try again",
            zh=f"台账 {where} 正忙：另一个进程一直在写；请稍后再试",
        )
    if "file is not a database" in said:
        return LedgerError(
            f"{where} is a file of something else, not a ledger; name another file",
            zh=f"{where} 不是台账，是别的文件；请换一个文件名",
        )
    if any(word in said for word in FULL):
        return LedgerError(
            f"the disk of the ledger {where} is full: {said}; nothing of this step was written; make room, and run "
            "it again",
            zh=f"台账 {where} 所在的磁盘已满：{said}；这一步什么都没有写入；请腾出空间后再运行",
        )
    if any(word in said for word in READ_ONLY):
        return LedgerError(
            f"the ledger {where} may only be read: {said}; nothing was written; give this user the right to write "
            "the file and its directory",
            zh=f"台账 {where} 只能读：{said}；什么都没有写入；请给当前用户文件及所在目录的写权限",
        )
    return None


def _said(address: URL, error: DBAPIError) -> str:
    said = " ".join(str(error.orig).split())
    if address.password:
        said = said.replace(str(address.password), "***")
    return re.sub(r"^connection failed: ", "", said)
