"""Outcomes are read back under the very version that decided them, whatever became of its file."""

from dataclasses import replace

import pytest
from sqlmodel import select

from engine.assessment.archive import VersionShelf
from engine.errors import KaoheError
from engine.ledger.database import reading, transaction
from engine.ledger.tables import RuleVersion
from engine.ledger.violation_ids import violation_id
from engine.rulebook.book import RuleBook

BREACH = violation_id("xiaohongshu.reply-rate", "shop:xiaohongshu/s1", "2026-W10")


@pytest.fixture
def told(small_office, week_of, at):
    small_office.take(*week_of("s1", "2026-W10", 7, 10))
    small_office.assess(at("2026-03-10T10:00"))
    return small_office


def test_a_rule_that_is_no_longer_in_the_rulebook_is_read_from_the_text_that_was_kept(told, x1):
    before = told.lines()
    told.rules = []
    assert told.lines() == before
    assert told.explain(BREACH).outcome.version == x1.versions[0]


def test_a_version_that_was_changed_since_is_read_from_the_text_that_was_kept(told, x1):
    before = told.lines()
    told.rules = [replace(x1, versions=(replace(x1.versions[0], gate=(), sha256="f" * 64),))]
    assert told.lines() == before
    told.rules = [replace(x1, versions=())]
    assert told.lines() == before


def test_todays_rulebook_is_preferred_where_it_says_the_same(told, x1):
    told.rules = [replace(x1, path="today.yaml")]
    assert told.outcome().rule.path == "today.yaml"
    told.rules = []
    assert told.outcome().rule.path == "ledger:xiaohongshu.reply-rate"


@pytest.mark.parametrize("text", ["", "schema: ruleset/v9", "{", "versions: {2021-01-01: {repealed: true}}"])
def test_a_text_that_says_something_else_by_now_is_refused_with_the_way_out(told, text):
    with transaction(told.ledger) as session:
        kept = session.exec(select(RuleVersion)).one()
        kept.source_text = text
        session.add(kept)
    told.rules = []
    with pytest.raises(KaoheError, match=r"xiaohongshu\.reply-rate version 2021-01-01 .* restore its file"):
        told.outcomes()


def test_a_version_that_was_never_kept_cannot_be_read(told, x1):
    with reading(told.ledger) as session:
        shelf = VersionShelf(session, RuleBook([x1]))
        assert shelf.get(x1.id, "2021-01-01", x1.versions[0].sha256) == (x1, x1.versions[0])
        for name, version, sha256 in [
            (x1.id, "2021-01-01", "0" * 64),
            (x1.id, "2022-01-01", x1.versions[0].sha256),
            ("xiaohongshu.other", "2021-01-01", "0" * 64),
        ]:
            with pytest.raises(KaoheError, match="restore its file"):
                shelf.get(name, version, sha256)


def test_each_version_is_kept_once_however_often_it_is_used(told, week_of, at):
    for week in ("2026-W11", "2026-W12"):
        told.take(*week_of("s1", week, 7, 10))
    told.assess(at("2026-03-24T10:00"))
    with reading(told.ledger) as session:
        (kept,) = session.exec(select(RuleVersion)).all()
    assert (kept.rule, kept.version, kept.first_used_at) == (told.rules[0].id, "2021-01-01", at("2026-03-10T10:00"))
    assert kept.source_text == told.rules[0].source_text
