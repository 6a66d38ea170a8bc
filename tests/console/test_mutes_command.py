import pytest

LONG = ("--until", "2099-01-02", "--from", "2099-01-01", "--why", "holiday")


@pytest.fixture
def shops(kaohe, tmp_path, english):
    path = tmp_path / "shops.csv"
    path.write_text("platform,shop,client\nxiaohongshu,s1,acme\nkuaishou,s1,brill\n")
    kaohe("shops", "import", str(path))


def test_a_mute_is_set_listed_and_ended(kaohe, shops):
    assert kaohe("mutes", "list").out.strip() in ("", "no mutes")
    said = kaohe("mutes", "set", "--client", "acme", "--shop", "xiaohongshu/s1", "--event", "warning.*", *LONG)
    assert (said.code, said.out) == (0, "M-1 is set, until 2099-01-02 00:00:00+08:00\n")
    [row] = kaohe("mutes", "list", "--json").rows
    assert (row["mute"], row["client"], row["shop"], row["why"]) == ("M-1", "acme", "shop:xiaohongshu/s1", "holiday")
    assert "holiday" in kaohe("mutes", "list").out
    assert kaohe("mutes", "end", "m-01", "--why", "over").out == "M-1 has ended\n"
    assert kaohe("mutes", "list", "--json").rows == []
    assert [row["mute"] for row in kaohe("mutes", "list", "--all", "--json").rows] == ["M-1"]
    events = [row["event"] for row in kaohe("journal", "list", "--json").rows]
    assert [event for event in events if event.startswith("mute.")] == ["mute.set", "mute.ended"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--client acm", "unknown client 'acm'"),
        ("--platform kuaisho", "kuaishou"),
        ("--rule reply", "unknown rule 'reply'"),
        ("--shop s1", "stands for several shops"),
        ("--event violation.open", "did you mean 'violation.opened'"),
        ("--event nothing.*", "unknown event 'nothing.*'"),
        ("--contact li", "unknown contact 'li'"),
        ("--event *", "must be about something"),
        ("", "must be about something"),
    ],
)
def test_what_would_silence_nothing_or_everything_is_refused(kaohe, shops, words, said):
    refused = kaohe("mutes", "set", *words.split(), *LONG)
    assert refused.code == 2
    assert said in refused.err
    assert kaohe("mutes", "list", "--json").rows == []


@pytest.mark.parametrize("name", ["M-7", "7", "M-99999999999999999999", "M-0", "li", "M-"])
def test_a_mute_that_is_none_cannot_be_ended(kaohe, shops, name):
    refused = kaohe("mutes", "end", name, "--why", "over")
    assert refused.code == 2
    assert "`kaohe mutes list`" in refused.err


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (("viewer",), {"list"}),
        (("operator",), {"list"}),
        (("manager",), {"list", "set"}),
        (("manager", "--client", "acme"), set()),
        (("operator", "--client", "acme", "--external"), set()),
    ],
)
def test_who_sees_everything_sees_mutes_and_who_decides_everywhere_sets_them(kaohe, shops, become, who, may):
    become(*who)
    tried = {"list": (), "set": ("--client", "acme", *LONG)}
    assert {name for name, words in tried.items() if kaohe("mutes", name, *words).code == 0} == may
