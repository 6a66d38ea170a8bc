"""A row is known again by platform, shop and session: what comes again adds nothing, what comes anew replaces."""

from engine.ledger import lookup
from engine.ledger.database import reading

MONDAY, TUESDAY = "2026-03-02T10:00:00", "2026-03-03T10:00:00"


def counts(summary):
    return summary.taken, summary.already_there, summary.replaced, summary.removed


def test_importing_again_leaves_ledger_and_lake_untouched(any_house):
    house = any_house
    rows = [{"session": str(n), "opened_at": f"2026-03-{n:02}T10:00", "buyer": f"b{n}"} for n in range(1, 20)]
    files = [house.csv("a.csv", *rows[:12]), house.ndjson("b.ndjson", *rows[8:])]
    assert counts(house.take(*files)) == (19, 4, 0, 0)
    before = house.state()
    again = [files, files[::-1], [files[0]], [house.parquet("c.parquet", *rows[::-1])], [files[0]] * 3]
    for several in again:
        for replace in (False, True):
            summary = house.take(*several, replace=replace)
            assert (summary.taken, summary.replaced, summary.removed, summary.days) == (0, 0, 0, ())
            assert summary.already_there == summary.read
    assert house.state() == before


def test_equal_rows_are_one(house):
    assert counts(house.take(house.csv("a.csv", {}, {}, {}), house.csv("b.csv", {}))) == (1, 3, 0, 0)
    assert len(house.rows()) == 1


def test_the_same_session_of_another_shop_or_platform_is_another_row(house):
    rows = [{}, {"shop": "s2"}, {"platform": "jd"}, {"session": "A"}, {"session": "a "}]
    assert counts(house.take(house.csv("a.csv", *rows))) == (4, 1, 0, 0)


def test_a_newer_import_replaces_the_whole_row(house):
    house.take(house.csv("a.csv", {"agent": "x", "buyer": "b", "closed_at": "2026-03-02T11:00"}))
    assert counts(house.take(house.csv("b.csv", {"agent": "y"}))) == (0, 0, 1, 0)
    [row] = house.rows()
    assert (row["agent"], row["buyer"], row["closed_at"]) == ("y", None, None)


def test_every_column_can_be_corrected_and_back(house):
    changes = {
        "buyer": "x",
        "agent": "x",
        "opened_by": "system",
        "opened_at": "2026-03-02T10:00:00.000001+08:00",
        "first_human_reply_at": "2026-03-02T12:00",
        "closed_at": "2026-03-02T12:00",
    }
    plain = house.csv("plain.csv", {})
    house.take(plain)
    first = house.live()
    for column, value in changes.items():
        assert counts(house.take(house.csv(f"{column}.csv", {column: value}))) == (0, 0, 1, 0)
        assert house.live() != first
        assert counts(house.take(plain)) == (0, 0, 1, 0)
        assert house.live() == first
    assert house.sound()


def test_a_corrected_opening_moves_the_row_to_its_new_day(house):
    house.take(house.csv("a.csv", {"session": "a"}, {"session": "b"}))
    summary = house.take(house.csv("b.csv", {"session": "a", "opened_at": TUESDAY}))
    assert counts(summary) == (0, 0, 1, 0)
    assert [day.isoformat() for _, day in summary.days] == ["2026-03-02", "2026-03-03"]
    assert house.rows("session", "day::VARCHAR") == [("a", "2026-03-03"), ("b", "2026-03-02")]


def test_a_day_whose_last_row_moves_away_has_no_file_any_more(house):
    file = house.csv("a.csv", {})
    house.take(file)
    first = house.live()
    house.take(house.csv("b.csv", {"opened_at": TUESDAY}))
    assert list(house.live()) == [("xiaohongshu", "2026-03-03")]
    house.take(file)
    assert house.live() == first


def test_within_one_command_the_later_file_wins(house):
    one, other = house.csv("z.csv", {"opened_at": MONDAY}), house.csv("a.csv", {"opened_at": TUESDAY})
    assert counts(house.take(one, other)) == (1, 0, 1, 0)
    assert house.rows("day::VARCHAR") == [("2026-03-03",)]
    house.take(other, one)
    assert house.rows("day::VARCHAR") == [("2026-03-02",)]


def test_within_one_file_the_later_line_wins(house):
    rows = [{"agent": name} for name in ("x", "y", "y", "z", "x")]
    for form in ("csv", "ndjson", "parquet"):
        summary = house.take(getattr(house, form)(f"a.{form}", *rows, {"agent": form}))
        assert summary.taken + summary.already_there + summary.replaced == 6
        assert house.rows("agent") == [(form,)]


def test_the_latest_of_many_is_found_in_a_long_file(house):
    """Long enough to be read in parts."""
    plain = [{"session": str(n), "agent": "old"} for n in range(60_000)]
    corrected = [{"session": str(n), "agent": "new"} for n in range(0, 60_000, 7)]
    for form in ("csv", "ndjson", "parquet"):
        house.take(getattr(house, form)(f"a.{form}", *plain, *corrected))
        rows = house.rows("session", "agent")
        assert len(rows) == 60_000
        assert all((int(session) % 7 == 0) == (agent == "new") for session, agent in rows)


def test_other_days_keep_their_files(house):
    rows = [{"session": str(n), "opened_at": f"2026-03-{n:02}T10:00"} for n in range(1, 9)]
    house.take(house.csv("a.csv", *rows))
    before, files = house.live(), house.lake_files()
    house.take(house.csv("b.csv", rows[3] | {"agent": "x"}))
    after = house.live()
    assert [day for day in before if before[day] != after[day]] == [("xiaohongshu", "2026-03-04")]
    assert files.items() < house.lake_files().items()  # the old generations stay, untouched


def test_an_import_is_one_entry_of_the_journal(house):
    file = house.csv("a.csv", {"session": "a"}, {"session": "b", "opened_at": TUESDAY})
    house.take(file)
    old = house.live()
    house.take(house.csv("b.csv", {"session": "a", "agent": "x"}))
    first, second = house.journal()
    assert (first.actor, first.event, first.object_kind, first.object_id) == (
        "tester", "evidence.imported", "evidence", "sessions",
    )  # fmt: skip
    assert first.payload["after"]["days"] == [[*day, None, generation] for day, generation in old.items()]
    assert [(f["name"], len(f["sha256"])) for f in first.payload["after"]["files"]] == [("a.csv", 64)]
    key = ("xiaohongshu", "2026-03-02")
    assert second.payload["after"]["days"] == [[*key, old[key], house.live()[key]]]
    assert [second.payload["after"][n] for n in ("taken", "replaced", "removed")] == [0, 1, 0]


def test_shops_are_put_on_record_with_their_first_day(house):
    house.take(house.csv("a.csv", {"shop": "s2", "opened_at": TUESDAY}, {"shop": "s1", "opened_at": "?"}))
    house.take(house.csv("b.csv", {"shop": "s2", "session": "b", "opened_at": MONDAY}))
    with reading(house.ledger) as session:
        [shop] = lookup.shops(session)
    assert (shop.key, shop.client, str(shop.first_evidence_on)) == ("shop:xiaohongshu/s2", "default", "2026-03-02")
