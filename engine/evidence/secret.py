"""The key that seals buyers' ids: one per ledger, in a file that only its owner can read.

The ledger keeps a fingerprint of it, so that a lost or foreign key is noticed before it seals anything: what two keys
have sealed cannot be compared, and nobody would see it in the figures.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Engine
from sqlmodel import select

from engine.errors import KaoheError
from engine.evidence.disk import make_once
from engine.ledger import journal
from engine.ledger.database import reading, transaction
from engine.ledger.dialects import insert_missing
from engine.ledger.tables import DayFile, Seal
from engine.rulebook.model import Text

BUYERS = "buyers"  # the name of the seal
CONSTANT = b"kaohe: fingerprint of the key that seals buyers' ids"
LETTERS = 32  # of the fingerprint: 128 bits, from which nobody gets back to the key
RENEW = Text(
    "或用 `kaohe secret renew --why …` 换一把：此前导入的买家与以后的就对不上了",
    "or begin anew with `kaohe secret renew --why …`: buyers imported so far are then strangers to those to come",
)


def fingerprint(key: bytes) -> str:
    """What the ledger keeps of a key: 32 hexadecimal digits of an HMAC-SHA256 of a constant."""
    return hmac.new(key, CONSTANT, "sha256").hexdigest()[:LETTERS]


def sealing_key(ledger: Engine, path: Path, now: datetime, actor: str) -> bytes:
    """The key in `path`, once it is certain that it is the one that this ledger's evidence was sealed with.

    Made, and its fingerprint noted, where there is no evidence yet. Raises KaoheError where the key is missing or is
    another one.
    """
    with reading(ledger) as session:
        noted = session.get(Seal, BUYERS)
        used = noted is not None or session.exec(select(DayFile.id).limit(1)).first() is not None
    if used and not path.exists():
        mark = _marked(noted.fingerprint) if noted else Text("", "")
        raise KaoheError(
            f"{path}: the key that sealed the buyers' ids in this ledger is not there{mark.en}; restore it from a "
            f"backup, or copy it from another host of this ledger; {RENEW.en}",
            zh=f"{path}：这份台账封存买家编号的密钥不在这里{mark.zh}；请从备份恢复，或从共用台账的另一台主机复制；{RENEW.zh}",
        )
    key = load_secret(path)
    if noted is None:
        noted = _note(ledger, key, now, actor)
    if noted.fingerprint != fingerprint(key):
        here, there = _marked(fingerprint(key)), _marked(noted.fingerprint)
        raise KaoheError(
            f"{path}: this is another key{here.en} than the one that sealed the buyers' ids in this ledger{there.en}; "
            f"put that one in its place, from a backup or from another host of this ledger; {RENEW.en}",
            zh=f"{path}：这把密钥{here.zh}不是这份台账封存买家编号的那一把{there.zh}；请从备份或共用台账的另一台主机"
            f"换回原来的；{RENEW.zh}",
        )
    return key


def renew(ledger: Engine, path: Path, now: datetime, actor: str, why: str) -> str:
    """From now on the key in `path` counts, made if it is missing; its fingerprint. Journalled as `secret.renewed`.

    Raises KaoheError without a reason, or if that key counts already.
    """
    if not why.strip():
        raise KaoheError("a new key needs a reason; say why", zh="换密钥要写明理由（--why）")
    key = load_secret(path)
    with transaction(ledger) as session:
        noted = session.get(Seal, BUYERS, with_for_update=True)
        if noted is not None and noted.fingerprint == fingerprint(key):
            raise KaoheError(
                f"{path}: this key counts already; move it away first if another one is to be made",
                zh=f"{path}：现在用的就是这把密钥；要换一把，请先把它移走",
            )
        before = noted.fingerprint if noted else None
        session.merge(Seal(name=BUYERS, fingerprint=fingerprint(key), since=now))
        payload = {"why": why, "before": {"fingerprint": before}, "after": {"fingerprint": fingerprint(key)}}
        journal.append(session, now, [journal.Event(actor, "secret.renewed", "secret", BUYERS, payload)])
    return fingerprint(key)


def load_secret(path: Path) -> bytes:
    """The key in `path` (32 bytes, hex), made on first use. Losing it makes every stored buyer a stranger."""
    try:
        if not path.exists():
            make_once(path, secrets.token_hex(32), 0o600)
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise KaoheError(
            f"{path}: the key that seals buyers' ids cannot be read or made: {error}",
            zh=f"{path}：封存买家编号的密钥读不了，也建不了：{error}",
        ) from error
    if len(key) != 32:
        raise KaoheError(
            f"{path}: the key that seals buyers' ids must be 64 hexadecimal digits",
            zh=f"{path}：封存买家编号的密钥应是 64 位十六进制数字",
        )
    return key


def _note(ledger: Engine, key: bytes, now: datetime, actor: str) -> Seal:
    """Note the fingerprint of `key`, unless another process has noted one meanwhile; what is noted by now."""
    row = {"name": BUYERS, "fingerprint": fingerprint(key), "since": now}
    with transaction(ledger) as session:
        if insert_missing(session, Seal, [row]):
            after = {"after": {"fingerprint": fingerprint(key)}}
            journal.append(session, now, [journal.Event(actor, "secret.noted", "secret", BUYERS, after)])
        return session.get_one(Seal, BUYERS)


def _marked(found: str) -> Text:
    return Text(f"（指纹 {found[:8]}…）", f" (fingerprint {found[:8]}…)")
