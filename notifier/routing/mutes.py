"""Mutes: what nobody is told of for a while, with an end and a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from sqlmodel import Session, col, select

from engine.errors import KaoheError, UnknownNameError
from engine.ledger.everything import everything
from engine.ledger.journal import Event, append
from engine.ledger.tables import Mute
from notifier.events import NO_SUCH_EVENT, ROUTED
from notifier.routing.model import News

LONGEST = timedelta(days=92)  # what is silent for longer is a route that should end
MOST_ID = 2**31 - 1  # that the ledger can be asked for
PARTS = ("client", "platform", "shop", "rule", "event", "contact")


def mutes_at(session: Session, now: datetime) -> Sequence[Mute]:
    """The mutes that hold now, the longest last."""
    with everything(session):
        held = select(Mute).where(Mute.starts_at <= now, Mute.ends_at > now, col(Mute.ended_at).is_(None))
        return session.exec(held.order_by(col(Mute.ends_at), col(Mute.id))).all()


def muted(news: News, contact: str | None, mutes: Iterable[Mute]) -> Mute | None:
    """The mute by which this contact is not told of this news; of several, the one that ends last.

    `contact` None: the shop's own.
    """
    return max((mute for mute in mutes if _covers(mute, news, contact)), key=lambda m: m.ends_at, default=None)


def _covers(mute: Mute, news: News, contact: str | None) -> bool:
    parts = (
        (mute.client, news.client),
        (mute.platform, news.platform),
        (mute.shop, news.shop),
        (mute.rule, news.rule),
        (mute.contact, contact),
    )
    if any(wanted is not None and wanted != value for wanted, value in parts):
        return False
    return mute.event is None or fnmatchcase(news.event, mute.event)


def set_mute(session: Session, mute: Mute, now: datetime) -> Mute:
    """Let nobody be told of this, and let the journal say so. Raises KaoheError for one that must not be.

    A mute needs an end that is to come and not too far away, a reason, and something that it is about: all notices of
    everybody are silenced by no mute.
    """
    _reasoned(mute.why)
    if mute.event is not None and not (told := _events(mute.event)):
        raise UnknownNameError("event", mute.event, ROUTED, *NO_SUCH_EVENT)
    if all(getattr(mute, part) is None for part in PARTS if part != "event") and (
        mute.event is None or len(told) == len(ROUTED)
    ):
        raise KaoheError(
            f"a mute must be about something: {', '.join(PARTS)}", zh=f"静音要写明对象：{'、'.join(PARTS)} 中至少一项"
        )
    if mute.ends_at <= max(now, mute.starts_at):
        raise KaoheError("a mute must end after it begins, and after now", zh="静音的结束时刻要晚于开始，也要晚于现在")
    if mute.ends_at - mute.starts_at > LONGEST:
        raise KaoheError(
            f"a mute lasts at most {LONGEST.days} days; change the routes instead",
            zh=f"静音最长 {LONGEST.days} 天；更久的请改通知路线",
        )
    with everything(session):
        session.add(mute)
        session.flush()
        append(session, now, [Event(mute.set_by, "mute.set", "mute", f"M-{mute.id}", _payload(mute, mute.why))])
    return mute


def end_mute(session: Session, number: int, why: str, actor: str, now: datetime) -> Mute:
    """Let what is to come be told again; what was muted stays so. Raises KaoheError where there is nothing to end."""
    _reasoned(why)
    with everything(session):
        mute = session.get(Mute, number, with_for_update=True) if 0 < number <= MOST_ID else None
        if mute is None or mute.ended_at is not None or mute.ends_at <= now:
            raise KaoheError(
                f"there is no mute M-{number} that could end; `kaohe mutes list` shows them",
                zh=f"没有可以结束的静音 M-{number}；`kaohe mutes list` 列出全部",
            )
        mute.ended_at, mute.ended_by = now, actor
        session.add(mute)
        session.flush()
        append(session, now, [Event(actor, "mute.ended", "mute", f"M-{mute.id}", _payload(mute, why))])
    return mute


def all_mutes(session: Session, now: datetime, *, over: bool = False) -> Sequence[Mute]:
    """Mutes that hold or will, the first to end first; with `over` all that there ever were."""
    with everything(session):
        wanted = select(Mute)
        if not over:
            wanted = wanted.where(Mute.ends_at > now, col(Mute.ended_at).is_(None))
        return session.exec(wanted.order_by(col(Mute.ends_at), col(Mute.id))).all()


def _reasoned(why: str) -> None:
    if not why.strip():
        raise KaoheError("a mute needs a reason, and so does ending one", zh="设置或结束静音都要写明原因")


def _events(pattern: str) -> list[str]:
    return [event for event in ROUTED if fnmatchcase(event, pattern)]


def _payload(mute: Mute, why: str) -> dict[str, object]:
    after: dict[str, object] = {part: getattr(mute, part) for part in PARTS}
    after |= {"starts_at": mute.starts_at.isoformat(), "ends_at": mute.ends_at.isoformat()}
    return {"why": why, "after": after}
