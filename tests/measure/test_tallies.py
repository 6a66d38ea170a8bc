"""The cache of tallies: never stale, never believed when damaged, and nothing is lost with it."""

import shutil
from datetime import UTC, date, datetime

import duckdb
import pytest

from engine.calendar.cycles import WEEK, cycle_of, cycles_between
from engine.errors import KaoheError
from engine.measure.needs import Need, TallySet, input_key, tally_sets
from engine.measure.relations import DERIVATIONS, Derivation, Reads
from engine.progress import silent
from engine.rulebook.model import Counter

W10 = cycle_of(WEEK, date(2026, 3, 2))
TRUTH = {"s1": (2, 1)}
WEDNESDAY, THURSDAY = date(2026, 3, 4), date(2026, 3, 5)


@pytest.fixture
def two_days(bench, row):
    """Two sessions on two days, and their tallies in the cache."""
    bench.take(
        row("c1", "2026-03-04T12:00:00", "2026-03-04T12:01:00", agent="a1"),
        row("c2", "2026-03-05T12:00:00", None, "2026-03-05T13:00:00", agent="a1"),
    )


class Counted:
    """A progress that notes how many days had to be counted; `then` is called once they are."""

    def __init__(self, then=lambda: None):
        self.days, self.then = 0, then

    def __call__(self, step, done, total):
        if step == "counting days" and done == total:
            self.days += total
            self.then()


def test_days_that_are_counted_once_are_not_counted_again(bench, x1, two_days):
    first, second = Counted(), Counted()
    assert bench.figures(x1, W10, progress=first) == TRUTH
    assert bench.figures(x1, W10, progress=second) == TRUTH
    assert (first.days, second.days) == (2, 0)
    assert [path.name[:10] for path in bench.tallies()] == ["2026-03-04", "2026-03-05"]


def test_days_without_evidence_need_no_tally(bench, x1, two_days):
    counted = Counted()
    bench.rows(x1, cycles_between(WEEK, date(2025, 1, 1), date(2026, 12, 31)), progress=counted)
    assert counted.days == 2


def test_a_deleted_cache_is_counted_anew(bench, x1, two_days):
    bench.figures(x1, W10)
    shutil.rmtree(bench.cache.root)
    counted = Counted()
    assert bench.figures(x1, W10, progress=counted) == TRUTH
    assert counted.days == 2


def test_a_single_deleted_tally_is_counted_anew(bench, x1, two_days):
    bench.figures(x1, W10)
    bench.tallies()[0].unlink()
    counted = Counted()
    assert bench.figures(x1, W10, progress=counted) == TRUTH
    assert counted.days == 1


def other_figures(path):
    """A sound file of tallies that tells other numbers."""
    with duckdb.connect(":memory:") as con:
        con.execute(f"COPY (SELECT * REPLACE (99 AS replied) FROM '{path}') TO '{path}' (FORMAT parquet)")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-5]),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(b"\0" * path.stat().st_size),
        lambda path: path.write_bytes(path.read_bytes() + b"\0"),
        lambda path: path.write_bytes(b"not a Parquet file"),
        other_figures,
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), path.symlink_to("nowhere")),
    ],
    ids=["empty", "tail cut", "half", "zeros", "longer", "text", "other figures", "directory", "dangling link"],
)
def test_a_damaged_tally_is_found_out_and_counted_anew(bench, x1, two_days, damage):
    bench.figures(x1, W10)
    damage(bench.tallies()[0])
    assert bench.figures(x1, W10) == TRUTH
    assert bench.figures(x1, W10) == TRUTH


def test_every_single_byte_of_a_tally_is_watched(bench, x1, two_days):
    bench.figures(x1, W10)
    path = bench.tallies()[0]
    sound = path.read_bytes()
    for place in range(0, len(sound), max(1, len(sound) // 12)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0x01]) + sound[place + 1 :])
        counted = Counted()
        assert bench.figures(x1, W10, progress=counted) == TRUTH
        assert counted.days == 1
        assert path.read_bytes() == sound


def test_a_cache_that_is_deleted_while_it_is_read_does_no_harm(bench, x1, two_days):
    vanishing = Counted(then=lambda: shutil.rmtree(bench.cache.root, ignore_errors=True))
    assert bench.figures(x1, W10, progress=vanishing) == TRUTH
    assert vanishing.days == 4  # counted once for the cache, and once more without it


def test_a_tally_that_is_damaged_while_it_is_read_does_no_harm(bench, x1, two_days):
    first = []

    def spoil():
        if not first:
            first.append(bench.tallies()[0])
            first[0].write_bytes(b"PAR1")

    assert bench.figures(x1, W10, progress=Counted(then=spoil)) == TRUTH


def test_a_cache_that_cannot_be_written_is_done_without(bench, x1, two_days, caplog):
    bench.cache.root.write_text("a file where the directory should be")
    assert bench.figures(x1, W10) == TRUTH
    assert "counted without them" in caplog.text


def test_a_home_with_a_name_like_a_pattern_is_a_home_like_any_other(x1, row, sqlite_ledger, tmp_path, bench, caplog):
    home = tmp_path / "o'dd [1]*?"
    home.mkdir()
    odd = type(bench)(sqlite_ledger, home)
    odd.take(row("c1", "2026-03-04T12:00:00"))
    assert odd.figures(x1, W10) == odd.figures(x1, W10) == {"s1": (1, 0)}
    assert caplog.text == ""


def test_what_a_killed_process_left_half_written_is_swept_away(bench, x1, two_days):
    left = bench.cache.root / ".draft-dead"
    left.mkdir(parents=True)
    (left / ".lock").touch()
    (left / "tally.parquet").write_bytes(b"PAR1")
    bench.figures(x1, W10)
    assert not left.exists()


def test_a_corrected_day_is_counted_anew_and_the_others_are_not(bench, x1, row, two_days):
    bench.figures(x1, W10)
    bench.take(row("c2", "2026-03-05T12:00:00", "2026-03-05T12:30:00", agent="a1"))
    counted = Counted()
    assert bench.figures(x1, W10, progress=counted) == {"s1": (2, 2)}
    assert counted.days == 1


def test_a_correction_that_is_corrected_back_finds_its_old_tally(bench, x1, row, two_days):
    bench.figures(x1, W10)
    bench.take(row("c2", "2026-03-05T12:00:00", "2026-03-05T12:30:00", agent="a1"))
    bench.figures(x1, W10)
    bench.take(row("c2", "2026-03-05T12:00:00", None, "2026-03-05T13:00:00", agent="a1"))
    counted = Counted()
    assert bench.figures(x1, W10, progress=counted) == TRUTH
    assert counted.days == 0


def test_each_cut_off_has_its_own_tallies(bench, x1, like_x1, two_days):
    bench.figures(x1, W10)
    counted = Counted()
    bench.figures(x1, W10, like_x1(cut_off="cycle_end"), counted)
    assert counted.days == 2


def test_rules_that_count_alike_share_their_tallies(bench, x1, like_x1, two_days):
    bench.figures(x1, W10)
    counted = Counted()
    bench.figures(x1, W10, like_x1(gate=(), ladder={}), counted)
    assert counted.days == 0


@pytest.fixture
def sessions():
    return TallySet("sessions", (Counter("n", "sessions", "opened_by = 'buyer'"),))


@pytest.mark.parametrize(
    "other",
    [
        TallySet("sessions", (Counter("m", "sessions", "opened_by = 'buyer'"),)),
        TallySet("sessions", (Counter("n", "sessions", "opened_by = 'agent'"),)),
        TallySet("sessions", (Counter("n", "sessions"),)),
        TallySet("sessions", (Counter("n", "sessions", "opened_by = 'buyer'", None, "second"),)),
    ],
)
def test_another_definition_is_another_tally(sessions, other):
    assert other.digest != sessions.digest


def test_another_edition_of_the_derivation_is_another_tally(sessions, monkeypatch):
    before = sessions.digest
    monkeypatch.setitem(
        DERIVATIONS, "sessions", Derivation((Reads("sessions"),), DERIVATIONS["sessions"].sql, edition=99)
    )
    assert TallySet(sessions.relation, sessions.counters).digest != before


def test_the_key_covers_the_cut_off_and_every_day_file_that_is_read_neighbours_included(sessions, monkeypatch):
    monkeypatch.setitem(DERIVATIONS, "sessions", Derivation((Reads("sessions", days_after=1),), "", edition=1))
    live = {("sessions", "xiaohongshu", WEDNESDAY): "g1", ("sessions", "xiaohongshu", THURSDAY): "g2"}
    need = Need("xiaohongshu", WEDNESDAY, datetime(2026, 3, 10, 2, tzinfo=UTC))
    keys = [
        input_key(sessions, need, live),
        input_key(sessions, Need("xiaohongshu", WEDNESDAY, None), live),
        input_key(sessions, need, live | {("sessions", "xiaohongshu", WEDNESDAY): "g9"}),
        input_key(sessions, need, live | {("sessions", "xiaohongshu", THURSDAY): "g9"}),
    ]
    assert len(set(keys)) == len(keys)
    assert None not in keys
    assert input_key(sessions, need, {("sessions", "xiaohongshu", THURSDAY): "g2"}) is None
    assert input_key(sessions, need, {("sessions", "kuaishou", WEDNESDAY): "g1"}) is None
    assert input_key(sessions, need, live | {("sessions", "xiaohongshu", date(2026, 3, 6)): "g3"}) == keys[0]


def test_counters_are_grouped_by_their_relation_in_order(sessions):
    a, b, c = Counter("a", "sessions"), Counter("b", "ratings"), Counter("c", "sessions")
    assert tally_sets((a, b, c)) == (TallySet("sessions", (a, c)), TallySet("ratings", (b,)))


def test_a_day_file_that_the_lake_lost_is_named(bench, x1, two_days):
    (file,) = bench.lake.root.glob("**/2026-03-04.*.parquet")
    file.unlink()
    with pytest.raises(KaoheError, match=rf"{file}.*the lake does not have it; restore"):
        bench.figures(x1, W10)


def test_a_damaged_day_file_is_named(bench, x1, two_days):
    (file,) = bench.lake.root.glob("**/2026-03-05.*.parquet")
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(KaoheError, match=rf"{file}: damaged; restore"):
        bench.figures(x1, W10)


def test_what_is_counted_already_needs_no_day_file_any_more(bench, x1, two_days):
    bench.figures(x1, W10)
    shutil.rmtree(bench.lake.root)
    assert bench.figures(x1, W10, progress=silent) == TRUTH
