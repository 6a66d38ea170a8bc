"""The demo: what it plants is what it finds, and a second run changes nothing.

The verdicts below were written by hand, from the plan in `console/demo/planted.py` and the rules' own words.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from console.cli.main import run
from console.demo import planted
from console.demo.samples import write_samples
from console.demo.talk import peculiar

X1, K1, K2, K3, P1 = (
    "xiaohongshu.reply-rate",
    "kuaishou.good-rating",
    "kuaishou.service-attitude",
    "kuaishou.reply-rate-3min",
    "pinduoduo.effective-reply-rate",
)
# rule, shop, cycle → numerator, denominator, verdict, severity
VERDICTS = {
    (X1, "xhs-1001", "2026-W05"): (79, 100, "violation", None),
    (X1, "xhs-1001", "2026-W06"): (80, 100, "compliant", None),
    (X1, "xhs-1002", "2026-W07"): (863, 1079, "violation", None),
    (X1, "xhs-2001", "2026-W09"): (4, 5, "compliant", None),
    (X1, "xhs-2001", "2026-W10"): (0, 4, "not_assessed", None),
    (X1, "xhs-1002", "2026-W13"): (47, 60, "violation", None),
    (X1, "xhs-2001", "2026-W13"): (20, 30, "violation", None),
    (X1, "xhs-2003", "2026-W12"): (None, None, "no_data", None),  # registered on its first day, and silent since
    (X1, "xhs-2003", "2026-W13"): (None, None, "no_data", None),
    (K1, "ks-3001", "2026-W02"): (225, 250, "compliant", None),
    (K1, "ks-3001", "2026-W03"): (315, 350, "compliant", None),
    (K1, "ks-3001", "2026-W04"): (80, 100, "compliant", None),
    (K1, "ks-3001", "2026-W05"): (140, 160, "compliant", None),
    (K1, "ks-3001", "2026-W06"): (225, 250, "compliant", None),
    (K1, "ks-3001", "2026-W07"): (270, 300, "compliant", None),
    (K1, "ks-3001", "2026-W08"): (180, 200, "compliant", None),
    (K1, "ks-3001", "2026-W09"): (225, 250, "compliant", None),
    (K1, "ks-3001", "2026-W10"): (225, 250, "compliant", None),
    (K1, "ks-3001", "2026-W11"): (250, 275, "compliant", None),
    (K1, "ks-3001", "2026-W12"): (225, 250, "compliant", None),
    (K1, "ks-3001", "2026-W13"): (225, 250, "compliant", None),
    (K1, "ks-3002", "2026-W02"): (150, 175, "compliant", None),
    (K1, "ks-3002", "2026-W03"): (120, 144, "compliant", None),
    (K1, "ks-3002", "2026-W04"): (79, 100, "violation", "minor"),
    (K1, "ks-3002", "2026-W05"): (140, 170, "compliant", None),
    (K1, "ks-3002", "2026-W06"): (4, 5, "compliant", None),
    (K1, "ks-3002", "2026-W07"): (200, 233, "compliant", None),
    (K1, "ks-3002", "2026-W08"): (200, 233, "compliant", None),
    (K1, "ks-3002", "2026-W09"): (200, 233, "compliant", None),
    (K1, "ks-3002", "2026-W10"): (150, 175, "compliant", None),
    (K1, "ks-3002", "2026-W11"): (150, 175, "compliant", None),
    (K1, "ks-3002", "2026-W12"): (150, 175, "compliant", None),
    (K1, "ks-3002", "2026-W13"): (150, 175, "compliant", None),
    (K2, "ks-3001", "2026-01"): (7, 100, "violation", "minor"),
    (K2, "ks-3001", "2026-02"): (7, 100, "violation", "serious"),
    (K2, "ks-3001", "2026-03"): (7, 100, "violation", "grave"),
    (K2, "ks-3002", "2026-01"): (6, 100, "compliant", None),
    (K2, "ks-3002", "2026-02"): (6, 100, "compliant", None),
    (K2, "ks-3002", "2026-03"): (4, 100, "compliant", None),
    (K3, "ks-3002", "2026-01"): (70, 100, "compliant", None),
    (K3, "ks-3002", "2026-02"): (69, 100, "violation", "minor"),
    (K3, "ks-3003", "2026-01"): (742, 1000, "compliant", None),
    (K3, "ks-3003", "2026-02"): (640, 1000, "violation", "minor"),
    (K3, "ks-3003", "2026-03"): (700, 1000, "undetermined", None),
    (P1, "pdd-4001", "2026-01-15"): (49, 100, "violation", None),
    (P1, "pdd-4001", "2026-01-16"): (50, 100, "compliant", None),
    (P1, "pdd-4001", "2026-01-17"): (40, 99, "not_assessed", None),
    (P1, "pdd-4001", "2026-03-31"): (49, 100, "violation", None),
}
# rule, shop, cycle → state and measures: every rung of every ladder
RUNGS = {
    (X1, "xhs-1001", "2026-W05"): ("open", ["traffic_limit"], [0, 0]),
    (P1, "pdd-4001", "2026-01-15"): ("open", ["liquidated_damages"], [0, 100_000]),
    (K2, "ks-3001", "2026-01"): ("confirmed", ["warning", "mandatory_study", "mandatory_exam"], [0, 0]),
    (K2, "ks-3001", "2026-02"): ("confirmed", ["warning", "mandatory_exam", "liquidated_damages"], [20_000, 20_000]),
    (K2, "ks-3001", "2026-03"): ("open", ["warning", "mandatory_exam", "liquidated_damages"], [50_000, 100_000]),
}
QUARTER = ["--from", "2026-01-01", "--to", "2026-04-01", "--as-of", "2026-04-01T10:05"]


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_samples(tmp_path_factory.mktemp("samples"))


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def said(capsys, *words: str) -> list[dict]:
    capsys.readouterr()
    assert run([*words, "--json", "--home", "demo-data"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_samples_are_the_same_every_time(samples, tmp_path):
    again = write_samples(tmp_path)
    assert [p.read_bytes() for p in samples.files()] == [p.read_bytes() for p in again.files()]


def test_the_demo_finds_exactly_what_was_planted(demo_place, capsys):
    rows = {(r["rule"], r["shop"], r["cycle"]): r for r in said(capsys, "assess", *QUARTER)}
    found = {k: (r["numerator"], r["denominator"], r["verdict"], r["severity"]) for k, r in rows.items()}
    assert {key: found.get(key) for key in VERDICTS} == VERDICTS
    assert {key for key, row in found.items() if row[2] in {"no_data", "undetermined"}} <= VERDICTS.keys()
    assert {r["platform"] for r in rows.values()} == {"kuaishou", "xiaohongshu", "pinduoduo"}
    assert {r["client"] for r in rows.values()} == {"禾苗集团", "北巷食品"}


def test_everything_that_is_planted_is_held_to_a_verdict():
    plans = {
        X1: planted.REPLIED,
        K1: planted.SATISFIED,
        K2: planted.BLAMED,
        K3: {**planted.IN_TIME, **planted.COUNTED},
        P1: planted.EFFECTIVE,
    }
    keys = {(rule, shop, str(cycle)) for rule, plan in plans.items() for shop, cycle in plan}
    assert keys | {(X1, "xhs-2003", "2026-W12"), (X1, "xhs-2003", "2026-W13")} == VERDICTS.keys()


def test_the_demo_shows_a_violation_of_each_rung(demo_place, capsys):
    states = {(v["rule"], v["shop"], v["cycle"]): v["state"] for v in said(capsys, "violations", "list")}
    found = {
        (r["rule"], r["shop"], r["cycle"]): ([s["kind"] for s in r["sanctions"]], r["exposure_fen"])
        for r in said(capsys, "assess", *QUARTER)
    }
    assert {key: (states[key], *found[key]) for key in RUNGS} == RUNGS


@pytest.mark.slow
def test_every_violation_of_the_demo_can_be_explained_and_previewed(demo_place, capsys):
    violations = [v["violation"] for v in said(capsys, "violations", "list")]
    for violation in violations:
        assert run(["explain", violation, "--home", "demo-data"]) == 0
        assert run(["notices", "preview", violation, "--home", "demo-data"]) == 0


def test_neighbouring_exports_overlap(samples):
    exports = [files[0] for month in samples.evidence.values() for kind, files in month if kind.name == "sessions"]
    ids = [{(r["shop"], r["session"]): r for r in rows_of(file)} for file in exports]
    for earlier, later in pairwise(ids):
        both = earlier.keys() & later.keys()
        assert len(both) > 100
        assert all(earlier[key] == later[key] for key in both)
    week = [
        key for key, row in ids[1].items() if key[0] == "xhs-1001" and "2026-01-26" <= row["opened_at"] < "2026-02-02"
    ]
    assert len(week) == 102  # what buyers opened, and two that an agent did
    assert 50 < sum(key in ids[0] for key in week) < 102


def test_a_planted_week_has_replies_on_both_sides_of_close_and_cut_off(samples):
    files = [files[0] for month in samples.evidence.values() for kind, files in month if kind.name == "sessions"]
    week = [
        row
        for row in rows_of(files[1])
        if row["shop"] == "xhs-1001" and "2026-01-26" <= row["opened_at"] < "2026-02-02"
    ]
    bought = [row for row in week if row["opened_by"] == "buyer"]
    assert len(bought) == 100
    assert any(row["first_human_reply_at"] == row["closed_at"] for row in bought)
    assert any(row["first_human_reply_at"] > row["closed_at"] for row in bought)
    replies = {row["first_human_reply_at"] for row in bought}
    assert {"2026-02-03T10:00:00+08:00", "2026-02-03T10:00:01+08:00"} <= replies


@pytest.mark.parametrize("platform", ["kuaishou", "pinduoduo"])
def test_the_peculiar_talks_are_all_in_a_planted_month(samples, platform):
    shop, day = {"kuaishou": ("ks-3002", "2026-01"), "pinduoduo": ("pdd-4001", "2026-01-15")}[platform]
    limit = {"kuaishou": 180, "pinduoduo": 3600}[platform]
    file = next(
        f for _, files in samples.evidence["2026-01"] for f in files if f.name.startswith(f"messages-{platform}")
    )
    rows = [row for row in rows_of(file) if row["shop"] == shop and row["sent_at"].startswith(day)]
    repeated = [key for key, n in Counter(tuple(row.values()) for row in rows).items() if n == 2]
    assert len(repeated) == 1
    talks = peculiar(platform)
    waits = {after for talk in talks for _, after, sender in talk.lines if sender == "agent"}
    assert {0, limit, limit + 1} <= waits
    assert any({sender for _, _, sender in talk.lines} == {"buyer", "bot"} for talk in talks)
    if platform == "kuaishou":
        late = [talk for talk in talks if talk.starts + max(after for _, after, _ in talk.lines) >= 86_400]
        assert [talk.well for talk in late] == [True, False]  # after midnight, within 180 seconds and not


def test_one_buyer_on_two_days_is_two_people(samples):
    file = next(f for _, files in samples.evidence["2026-01"] for f in files if f.name.startswith("messages-kuaishou"))
    rows = [r for r in rows_of(file) if r["shop"] == "ks-3002" and r["sender"] == "buyer"]
    in_hours = {(r["buyer"], r["sent_at"][:10]) for r in rows if r["sent_at"][11:] >= "08:00"}
    assert len(in_hours) == 100
    assert len({buyer for buyer, _ in in_hours}) < 60


def test_two_messages_of_one_second_are_two(demo_place):
    files = str(demo_place / "demo-data/lake/**/*.parquet")
    with duckdb.connect() as con:
        found = con.execute(
            "SELECT count(*) FROM read_parquet(?, union_by_name = true, filename = true) "
            "WHERE nth = 2 AND filename LIKE '%messages%'",
            [files],
        ).fetchone()
    assert found == (6,)  # two planted months and four planted days


def test_the_demo_does_not_join_real_shops(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["shops", "add", "kuaishou", "k9", "--home", "real"]
    assert run(words) == 0
    assert run(["demo", "--home", "real"]) == 2
    assert "kuaishou/k9" in capsys.readouterr().err
    assert not (tmp_path / "real/samples").exists()


def test_nobody_is_written_to_about_invented_shops(demo_place):
    assert len(list((demo_place / "demo-data/outbox").glob("*.eml"))) == 10  # though a server is set up


def test_a_second_run_changes_nothing(demo_place, capsys):
    before = _content(demo_place / "demo-data")
    assert any(name.endswith("ledger.sqlite") for name in before)
    assert run(["demo"]) == 0
    assert _content(demo_place / "demo-data") == before


def _content(home: Path) -> dict[str, str]:
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in home.rglob("*") if p.is_file()}
