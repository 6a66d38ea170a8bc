"""People who are not of the house read who of theirs did something, and of all others only that somebody did."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlmodel import SQLModel, select

from engine.ledger import journal
from engine.ledger.actors import Actor, Grant, Scope
from engine.ledger.bounded import UnboundedStatementError
from engine.ledger.database import reading, transaction
from engine.ledger.tables import AppUser, JournalEntry, UserGrant, Waiver
from engine.ledger.veil import VEILED

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
BOSS = Actor("boss", (Grant("operator", "acme"),), internal=False)
NAMING = {"actor", "holder", "writers", "doers", "owner"}
# Processes, and the engine that judged.
OTHERS = {"Run.owner", "Notice.owner", "Situation.decided_by", "Mute.set_by", "Mute.ended_by"}


@pytest.fixture
def told(ledger):
    """A waiver that the house and the client's own people wrote to, with the journal about it."""
    with transaction(ledger) as session:
        for name, internal in (("boss", False), ("aide", False), ("stranger", False), ("li", True)):
            user = AppUser(name=name, internal=internal, created_at=NOW)
            session.add(user)
            session.flush()
            client = "brill" if name == "stranger" else "acme"
            session.add(UserGrant(user_id=user.id, role="viewer", client=client, granted_at=NOW))
        for number, writers in ((1, ["boss", "li"]), (2, ["li", "wang", "aide", "stranger"])):
            session.add(
                Waiver(
                    id=number,
                    client="acme",
                    rules=["xiaohongshu.reply-rate"],
                    first_day=date(2026, 3, 2),
                    last_day=date(2026, 3, 8),
                    why="because",
                    state="approved",
                    writers=writers,
                    requested_at=NOW,
                    decided_by="li",
                    decided_at=NOW,
                    decided_why="between us",
                )
            )
        session.flush()
        after = {"writers": ["li", "aide"], "state": "requested", "holder": "li", "asked_by": "wang"}
        payload = {"why": "because", "before": None, "after": after}
        events = [journal.Event(actor, "waiver.requested", "waiver", "W-1", payload) for actor in ("li", "aide")]
        journal.append(session, NOW, events)
    return ledger


def test_a_row_names_ones_own_people_and_calls_the_others_what_the_reader_is_told(told):
    with reading(told, BOSS.scope, "somebody") as session:
        first, second = session.exec(select(Waiver).order_by(Waiver.id))
    assert (first.writers, first.why) == (["boss", "somebody"], "because")
    assert (second.writers, second.why) == (["somebody", "aide"], "")
    assert (first.decided_by, first.decided_why) == ("somebody", "")


def test_the_journal_tells_why_only_where_ones_own_people_said_so(told):
    with reading(told, BOSS.scope) as session:
        by_house, by_aide = journal.entries(session)
    after = {"writers": ["internal", "aide"], "state": "requested", "holder": None, "asked_by": None}
    assert (by_house.actor, by_house.payload) == ("internal", {"why": None, "before": None, "after": after})
    assert (by_aide.actor, by_aide.payload["why"]) == ("aide", "because")


def test_people_of_the_house_read_all_of_it(told):
    with reading(told, Scope(clients=frozenset({"acme"}))) as session:
        assert session.exec(select(Waiver.why)).all() == ["because", "because"]
        assert {e.actor for e in journal.entries(session)} == {"li", "aide"}


def test_what_somebody_from_outside_writes_leaves_the_names_as_they_are(told):
    with transaction(told, BOSS.scope) as session:
        waiver = session.get(Waiver, 2)
        waiver.writers = [*waiver.writers, "boss"]
        session.add(waiver)
    with reading(told) as session:
        assert session.get(Waiver, 2).writers == ["li", "wang", "aide", "stranger", "boss"]


def test_a_column_that_speaks_of_people_is_not_to_be_had_without_its_row(told):
    with reading(told, BOSS.scope) as session, pytest.raises(UnboundedStatementError, match=r"JournalEntry\.actor"):
        session.exec(select(JournalEntry.id, JournalEntry.actor)).all()


def test_every_column_that_names_somebody_is_veiled():
    tables = {mapper.class_ for mapper in SQLModel._sa_registry.mappers}
    naming = {
        f"{model.__name__}.{name}"
        for model in tables
        for name in model.model_fields
        if name in NAMING or name.endswith("_by")
    }
    veiled = {f"{model.__name__}.{name}" for model, names in VEILED.items() for name in names}
    assert naming - veiled == OTHERS
