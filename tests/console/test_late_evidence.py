"""Expected evidence on the command line: registered, covered, waited for, overdue, and seen in a calendar."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from console.evidence_table import SIGNS, STATES
from tests.ready import ready_home

EMPTY = "platform,shop,session,opened_at\n"


@pytest.fixture
def register(tmp_path):
    def write(text):
        path = tmp_path / "shops.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_expectations_are_registered_shown_and_ended(kaohe):
    add = ("shops", "add", "xiaohongshu", "s1")
    assert kaohe(*add, "--expects", "messages", "--expects", "ratings", "--from", "2026-03-02").code == 0
    assert "不变 1" in kaohe(*add, "--expects", "messages;ratings", "--from", "2026-03-02").out
    assert kaohe(*add, "--expects", "ratings", "--expects-until", "2026-03-31").code == 0
    (shop,) = kaohe("shops", "list", "--json").rows
    assert shop["expects"] == [
        {"kind": "messages", "from": "2026-03-02", "to": None},
        {"kind": "ratings", "from": "2026-03-02", "to": "2026-03-31"},
    ]
    assert "messages 2026-03-02.., ratings 2026-03-02..2026-03-31" in kaohe("shops", "list").out


def test_shops_of_which_nothing_is_expected_say_so(kaohe):
    kaohe("shops", "add", "xiaohongshu", "s1")
    assert kaohe("shops", "list", "--json").rows[0]["expects"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--expects", "mesages"], "unknown kind of evidence 'mesages'; did you mean 'messages'?"),
        (["--from", "2026-03-02"], "--from: of what? Say which evidence is expected"),
        (["--expects", "counts", "--expects-until", "2026-03-02"], "there is nothing to end"),
        (["--expects", "counts", "--from", "2.3."], "--from '2.3.' is not a day"),
    ],
)
def test_expectations_that_say_nothing_are_refused(kaohe, english, options, message):
    said = kaohe("shops", "add", "xiaohongshu", "s1", *options)
    assert said.code == 2
    assert message in said.err
    assert kaohe("shops", "list", "--json").rows == []


def test_a_register_of_shops_may_say_what_is_expected(kaohe, english, register):
    header = "platform,shop,expects,expects_from,expects_until\n"
    said = kaohe(
        "shops",
        "import",
        register(
            header + "xiaohongshu,s1,sessions;ratings,2026-03-02,\n"
            "xiaohongshu,s2,sesions,,\nxiaohongshu,s3,,2026-03-02,\nxiaohongshu,s4,counts,2026-03-02,2026-03-01\n"
            "xiaohongshu,s5,counts,,2026-03-01\n"
        ),
    )
    assert said.code == 1
    for line, fault in (
        (3, "expects 'sesions': not one of"),
        (4, "expects: missing"),
        (6, "expects_from: missing"),
    ):
        assert f"shops.csv:{line}: {fault}" in said.err
    assert "shops.csv:5: expects_until '2026-03-01': before its beginning on 2026-03-02" in said.err
    (shop,) = kaohe("shops", "list", "--json").rows
    assert [one["kind"] for one in shop["expects"]] == ["ratings", "sessions"]


@pytest.fixture
@ready_home
def week(kaohe, sessions):
    """Three shops of two clients expect sessions from week 10 on; s1 has some of the 2nd to the 8th, s2 of two days."""
    add = ("shops", "add", "xiaohongshu")
    kaohe(*add, "s1", "--client", "acme", "--owner", "Li", "--expects", "sessions", "--from", "2026-03-02")
    kaohe(*add, "s2", "--client", "acme", "--expects", "sessions", "--from", "2026-03-02")
    kaohe(*add, "s3", "--client", "甲公司", "--alias", "小禾家居", "--expects", "sessions", "--from", "2026-03-02")
    kaohe("import", str(sessions(3, 10)), "--kind", "sessions")
    kaohe("import", str(sessions(2, 2, "s2")), "--kind", "sessions")


def test_who_is_waited_for_is_told_and_not_listed(kaohe, english, week):
    said = kaohe("assess", "--as-of", "2026-03-10T11:00", "--json")
    assert [row["shop"] for row in said.rows] == ["s1"]
    line = (
        "xiaohongshu/s2: sessions 2026-03-04..2026-03-08 not imported yet; xiaohongshu.reply-rate 2026-W10 waits until "
        "2026-03-11 10:00:00+08:00"
    )
    assert line in said.err.splitlines()
    status = kaohe("status", "--as-of", "2026-03-10T11:00", "--json").rows[0]
    assert (status["due"], status["waiting"], status["waiting_until"]) == (0, 2, "2026-03-11T02:00:00+00:00")
    assert "waiting for evidence: 2 shops, until 2026-03-11 10:00:00+08:00 at the latest" in (
        kaohe("status", "--as-of", "2026-03-10T11:00").out
    )
    assert kaohe("status", "--as-of", "2026-03-11T10:00", "--json").rows[0]["waiting"] == 0


def test_where_everybody_waits_a_dry_run_does_not_speak_of_no_evidence(kaohe, english):
    kaohe("shops", "add", "xiaohongshu", "s1", "--expects", "sessions", "--from", "2026-03-02")
    said = kaohe("assess", "--dry-run", "--as-of", "2026-03-10T11:00")
    assert (said.code, "waits until" in said.err) == (0, True)
    said = kaohe("assess", "--dry-run", "--as-of", "2026-03-11T11:00", "--json")
    assert [row["missing"] for row in said.rows] == [["sessions 2026-03-02..2026-03-08"]]
    assert "not imported in time" in said.err


def test_what_has_not_come_in_time_is_told_loudly_once(kaohe, english, week):
    said = kaohe("assess", "--as-of", "2026-03-11T10:00")
    assert "xiaohongshu/s3: sessions 2026-03-02..2026-03-08 not imported in time" in said.err
    assert "not imported in time" not in kaohe("assess", "--as-of", "2026-03-11T11:00").err
    told = [row["object"] for row in kaohe("journal", "list", "--json").rows if row["event"] == "evidence.missing"]
    assert told == ["shop:xiaohongshu/s2", "shop:xiaohongshu/s3"]


def test_status_goes_on_naming_who_has_no_data_until_it_comes(kaohe, english, week, sessions):
    kaohe("assess", "--as-of", "2026-03-11T11:00")
    at = ("status", "--as-of", "2026-03-11T11:00")
    said = kaohe(*at)
    line = (
        "xiaohongshu/s2: sessions 2026-03-04..2026-03-08 not imported in time; xiaohongshu.reply-rate 2026-W10 has no "
        "data: import it when it is there"
    )
    assert (said.code, line in said.out.splitlines()) == (0, True)
    overdue = kaohe(*at, "--json").rows[0]["overdue"]
    assert [(one["shop"], one["cycle"], one["missing"]) for one in overdue] == [
        ("s2", "2026-W10", ["sessions 2026-03-04..2026-03-08"]),
        ("s3", "2026-W10", ["sessions 2026-03-02..2026-03-08"]),
    ]
    kaohe("import", str(sessions(3, 10, "s2")), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-11T11:00")
    assert [one["shop"] for one in kaohe(*at, "--json").rows[0]["overdue"]] == ["s3"]
    kaohe("import", str(sessions(3, 10)), "--kind", "sessions", "--covers", "2026-03-09..2026-03-15")
    kaohe("assess", "--as-of", "2026-03-17T11:00")
    assert kaohe(*at, "--json").rows[0]["overdue"] == []  # of the last cycle, for which they are still waited for


def test_the_worker_tells_it_too(kaohe, english, week):
    assert "xiaohongshu/s3: sessions 2026-03-02..2026-03-08 not imported in time" in kaohe("worker", "--once").err


def test_the_waiting_time_is_a_setting(kaohe, week, monkeypatch):
    monkeypatch.setenv("KAOHE_WAITING_HOURS", "0")
    said = kaohe("assess", "--as-of", "2026-03-10T10:00", "--json")
    assert [row["verdict"] for row in said.rows] == ["violation", "no_data", "no_data"]
    monkeypatch.setenv("KAOHE_WAITING_HOURS", "a day")
    assert "要写 0 到 720 的整数" in kaohe("status").err


def test_covers_is_read_as_days_and_all_shops_needs_it(kaohe, english, week, tmp_path):
    (tmp_path / "empty.csv").write_text(EMPTY)
    command = ("import", str(tmp_path / "empty.csv"), "--kind", "sessions")
    assert "--all-shops needs --covers FROM..TO" in kaohe(*command, "--all-shops").err
    assert (
        "'2026-W10' is not a day; write it like 2026-03-02..2026-03-08" in kaohe(*command, "--covers", "2026-W10").err
    )
    assert "the earlier day comes first" in kaohe(*command, "--covers", "2026-03-08..2026-03-02").err
    assert (
        "has not come yet"
        in kaohe(*command, "--platform", "xiaohongshu", "--shop", "s1", "--covers", "2026-03-02..2999-03-08").err
    )
    said = kaohe(*command, "--platform", "xiaohongshu", "--all-shops", "--covers", "2026-03-02..2026-03-08")
    assert (said.code, "complete for 2026-03-02..2026-03-08: 2 more shops" in said.out) == (0, True)
    said = kaohe(*command, "--platform", "xiaohongshu", "--shop", "s1", "--covers", "2026-03-09", "--json")
    assert said.rows[0]["covered"] == 1


MARCH = ("evidence", "status", "--month", "2026-03", "--as-of", "2026-03-10T11:00")


def test_the_calendar_has_an_object_for_each_shop_kind_and_day(kaohe, week):
    rows = kaohe(*MARCH, "--json").rows
    assert len(rows) == 3 * 31
    of_s2 = {row["day"]: (row["state"], row["due_by"]) for row in rows if row["shop"] == "s2"}
    assert of_s2["2026-03-01"] == ("not_expected", None)
    assert of_s2["2026-03-02"] == ("there", None)
    assert of_s2["2026-03-04"] == ("waiting", "2026-03-11T02:00:00+00:00")
    assert of_s2["2026-03-09"] == ("waiting", "2026-03-18T02:00:00+00:00")
    assert of_s2["2026-03-11"] == ("future", None)
    later = kaohe(*MARCH[:-1], "2026-03-11T10:00", "--json").rows
    assert {r["state"] for r in later if r["shop"] == "s3" and r["day"] <= "2026-03-08"} == {"not_expected", "missing"}


def test_a_day_that_is_covered_and_empty_is_told_from_one_that_is_missing(kaohe, week, tmp_path):
    (tmp_path / "empty.csv").write_text(EMPTY)
    options = ("--platform", "xiaohongshu", "--shop", "s2", "--covers", "2026-03-04..2026-03-05")
    kaohe("import", str(tmp_path / "empty.csv"), "--kind", "sessions", *options)
    rows = {row["day"]: row["state"] for row in kaohe(*MARCH, "--json").rows if row["shop"] == "s2"}
    assert [rows[f"2026-03-0{n}"] for n in (3, 4, 5, 6)] == ["there", "empty", "empty", "waiting"]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_people_see_it_by_client_and_owner_within_120_columns(kaohe, week, monkeypatch, language):
    monkeypatch.setenv("KAOHE_LANGUAGE", language)
    lines = kaohe(*MARCH).out.splitlines()
    assert max(cell_len(line) for line in lines) <= 120
    heads = ["client acme", "client acme · owner Li", "client 甲公司"]
    heads = heads if language == "en" else [h.replace("client", "客户").replace("owner", "负责人") for h in heads]
    assert [line for line in lines if line in heads] == heads
    of_s2 = next(line for line in lines if line.strip().startswith("xiaohongshu/s2"))
    assert of_s2.endswith("- # # " + "? " * 7 + ". " * 20 + ".")
    assert any("小禾家居" in line for line in lines)
    assert "2026-03-11 10:00:00+08:00" in lines[-1]
    assert "\x1b" not in "".join(lines)


def test_of_a_shop_that_is_not_registered_any_more_nothing_is_missing(kaohe, english, week):
    kaohe("shops", "unregister", "xiaohongshu", "s3", "--why", "no shop of ours")
    kaohe("shops", "unregister", "xiaohongshu", "s2", "--why", "no shop of ours")
    rows = kaohe(*MARCH, "--json").rows
    assert {row["shop"] for row in rows} == {"s1", "s2"}
    assert {row["state"] for row in rows if row["shop"] == "s2"} == {"there", "not_expected", "future"}
    assert "s2" not in kaohe(*MARCH).out.rpartition("# there")[2]


def test_it_can_be_asked_about_one_client_owner_or_platform(kaohe, english, week):
    def shops(*options):
        return sorted({row["shop"] for row in kaohe(*MARCH, *options, "--json").rows})

    assert shops("--client", "acme") == ["s1", "s2"]
    assert shops("--owner", "Li") == ["s1"]
    assert shops("--platform", "kuaishou") == []
    assert "unknown client 'acne'; did you mean 'acme'?" in kaohe(*MARCH, "--client", "acne").err
    assert "unknown owner 'Lin'" in kaohe(*MARCH, "--owner", "Lin").err
    assert "No evidence in 2026-03" in kaohe(*MARCH, "--platform", "kuaishou").out
    assert kaohe("evidence", "status", "--month", "March").code == 2


def test_every_state_has_a_sign_of_its_own_and_words():
    assert SIGNS.keys() == STATES.keys()
    assert len({sign for sign, _ in SIGNS.values()}) == len(SIGNS)
