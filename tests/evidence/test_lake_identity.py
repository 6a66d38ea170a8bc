"""Which lake is a ledger's: noted once, refused where it is another, moved on purpose."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from sqlmodel import delete, select

from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.evidence.lake_identity import FILE, ForeignLakeError, check_lake, identity, moved, noted_lake
from engine.ledger.database import reading, transaction
from engine.ledger.tables import JournalEntry, Seal

NOW = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path / "lake")


@pytest.fixture
def other(tmp_path):
    root = tmp_path / "other"
    root.mkdir()
    return Lake(root)


def events(ledger):
    with reading(ledger) as session:
        return [(e.event, e.payload) for e in session.exec(select(JournalEntry).order_by(JournalEntry.batch))]


def test_a_ledger_without_evidence_takes_any_lake_and_looking_makes_nothing(ledger, lake):
    check_lake(ledger, lake)
    assert identity(lake) is None
    assert not lake.root.exists()
    assert events(ledger) == []


def test_the_first_import_notes_the_lake_once(ledger, lake):
    found = noted_lake(ledger, lake, NOW, "li")
    assert (lake.root / FILE).read_text(encoding="ascii").strip() == found
    assert noted_lake(ledger, lake, NOW, "li") == found
    check_lake(ledger, lake)
    assert events(ledger) == [("lake.noted", {"after": {"identity": found}})]


def test_another_lake_and_one_that_is_not_mounted_are_refused_and_get_no_identity(ledger, lake, other, tmp_path):
    noted_lake(ledger, lake, NOW, "li")
    for unfit in (other, Lake(tmp_path / "not mounted")):
        for attempt in (
            lambda unfit=unfit: check_lake(ledger, unfit),
            lambda unfit=unfit: noted_lake(ledger, unfit, NOW, "li"),
        ):
            with pytest.raises(
                ForeignLakeError, match=r"it has no lake\.id.*KAOHE_LAKE.*kaohe lake moved --why"
            ) as told:
                attempt()
            assert "请先挂载它" in told.value.zh
        assert not (unfit.root / FILE).exists()
    (other.root / FILE).write_text("ab" * 16, encoding="ascii")
    with pytest.raises(ForeignLakeError, match="its identity is abababab…"):
        check_lake(ledger, other)


def test_a_copy_of_the_lake_is_the_lake(ledger, lake, other):
    noted_lake(ledger, lake, NOW, "li")
    shutil.copytree(lake.root, other.root, dirs_exist_ok=True)
    check_lake(ledger, other)


def test_a_lake_is_moved_with_a_reason_and_only_if_it_is_another_one(ledger, lake, other, tmp_path):
    before = noted_lake(ledger, lake, NOW, "li")
    for unfit, why, words in (
        (other, " ", "needs a reason"),
        (lake, "x", "counts already"),
        (Lake(tmp_path / "nowhere"), "x", "there is no directory"),
    ):
        with pytest.raises(KaoheError, match=words):
            moved(ledger, unfit, NOW, "li", why)
    after = moved(ledger, other, NOW, "li", "a larger disk")
    check_lake(ledger, other)
    with pytest.raises(ForeignLakeError):
        check_lake(ledger, lake)
    assert events(ledger)[-1] == (
        "lake.moved",
        {"why": "a larger disk", "before": {"identity": before}, "after": {"identity": after}},
    )


def test_a_ledger_from_before_identities_takes_the_lake_that_holds_its_evidence_and_no_other(house, other):
    house.take(house.csv("a.csv", {}))  # which notes no lake: the command line does that
    ledger = house.ledger
    with transaction(ledger) as session:
        session.exec(delete(Seal))
    with pytest.raises(ForeignLakeError, match=r"it lacks .*\.parquet"):
        noted_lake(ledger, other, NOW, "li")
    noted_lake(ledger, house.lake, NOW, "li")
    check_lake(ledger, house.lake)
