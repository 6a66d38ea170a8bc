"""The file of robots, and what all that stand in it have in common when a provider misbehaves."""

import os
import re
from datetime import UTC, datetime, timedelta

import pytest

from console.settings import load_settings
from engine.errors import KaoheError
from notifier.channels.chat import shortened
from notifier.channels.http import REST
from notifier.channels.registry import channels_of, kind, written_address
from notifier.channels.robots import NO_NAME
from tests.notifier import web_server
from tests.notifier.robot_file import Setup, channel_of, installation, letter

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
ENTRIES = {
    "wecom": '[wecom.ops]\nkey = "k-e-y-0001"\nbase = "{url}"\n',
    "dingtalk": '[dingtalk.ops]\ntoken = "k-e-y-0001"\nsecret = "SEC1"\nbase = "{url}"\n',
    "feishu": '[feishu.ops]\nhook = "k-e-y-0001"\nsecret = "s-1"\nbase = "{url}"\n',
    "webhook": '[webhook.ops]\nurl = "{url}/k-e-y-0001"\nsecret = "0123456789abcdef"\nallow_private = true\n',
}
NO_CODE = '{"errmsg": "ok", "msg": "ok", "data": {}}'
NO_NUMBER = '{"errcode": true, "code": false, "StatusCode": null}'
ROBOTS = ["wecom", "dingtalk", "feishu"]
ALL = sorted(ENTRIES)


@pytest.fixture
def web():
    with web_server.WebServer() as server:
        yield server


@pytest.fixture
def channel(tmp_path, web):
    def make(name, **more):
        return channel_of(name, tmp_path, ENTRIES[name].format(url=web.url), **more)

    return make


def test_without_a_file_or_an_entry_of_its_kind_a_channel_is_not_set_up(tmp_path):
    assert [kind(name).build(Setup()) for name in ALL] == [None] * len(ALL)
    assert kind("feishu").build(installation(tmp_path, ENTRIES["wecom"].format(url="https://x"))) is None


def test_what_is_not_written_is_the_providers_own_address(tmp_path):
    built = kind("wecom").build(installation(tmp_path, '[wecom.ops]\nkey = "k"\n'))
    assert built.robots.entries["ops"].base == "https://qyapi.weixin.qq.com"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602])
def test_a_file_that_others_may_read_or_write_is_refused_with_how_to_mend_it(tmp_path, mode):
    setup = installation(tmp_path, ENTRIES["wecom"].format(url="https://x"), mode)
    with pytest.raises(KaoheError, match=re.escape(f"run chmod 600 {setup.file}")) as caught:
        kind("wecom").build(setup)
    assert f"chmod 600 {setup.file}" in caught.value.zh


@pytest.mark.parametrize(
    ("text", "said", "zh"),
    [
        ("[wecom.ops]\n", r"\[wecom.ops\] key is missing", "[wecom.ops] key 没有写"),
        (
            '[wecom.ops]\nkey = "k"\nmentions = ["1"]\n',
            "mentions is no key of it; did you mean 'mention'",
            "不是这里的项",
        ),
        (
            '[wechat.ops]\nkey = "k"\n',
            r"\[wechat\] is no kind of robot; known: dingtalk, feishu, webhook, wecom",
            "没有 [wechat] 这种机器人",
        ),
        ('[email.ops]\nkey = "k"\n', r"\[email\] is no kind of robot", "没有 [email] 这种机器人"),
        ('[wecom]\nkey = "k"\n', r"write \[wecom.NAME\]", "要写 [wecom.名字]"),
        ('wecom = "k"\n', r"write \[wecom.NAME\]", "要写 [wecom.名字]"),
        ('[wecom.Ops]\nkey = "k"\n', r"\[wecom.Ops\] is no name of a robot", "不是机器人的名字"),
        ('[wecom.ops]\nkey = ""\n', "key must be text", "key 要写非空的文字"),
        ("[wecom.ops]\nkey = 12345\n", "key must be text", "key 要写非空的文字"),
        ('[wecom.ops]\nkey = "a b"\n', "key must be text", "不含空格"),
        ('[wecom.ops]\nkey = "a\\r\\nHost: x"\n', "key must be text", "key 要写非空的文字"),
        ('[wecom.ops]\nkey = "k"\nmention = "13912345678"\n', "mention must be a list", "mention 要写手机号的列表"),
        ('[wecom.ops]\nkey = "k"\nmention = ["@all"]\n', "mention must be a list", "mention 要写手机号的列表"),
        ('[wecom.ops]\nkey = "https://x/send?key=k"\n', "key is the last part of the address", "不写整个地址"),
        ('[wecom.ops]\nkey = "k"\nbase = "http://example.com"\n', "base must be", "base 要写 https"),
        ('[wecom.ops]\nkey = "k"\nbase = "https://u:p@x"\n', "base must be", "base 要写 https"),
        ('[wecom.ops]\nkey = "k"\nbase = "https://x:port"\n', "base must be", "base 要写 https"),
        ("[wecom.ops\n", "line 1", "不是正确的 TOML"),
        ("\udcff", "utf-8", "不是正确的 TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place_and_none_of_its_values(tmp_path, text, said, zh):
    setup = installation(tmp_path, "")
    setup.file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(KaoheError, match=said) as caught:
        kind("wecom").build(setup)
    assert zh in caught.value.zh
    assert str(setup.file) in str(caught.value)
    assert "13912345678" not in str(caught.value) + caught.value.zh
    assert "key=k" not in str(caught.value) + caught.value.zh


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(KaoheError, match=r"robots_file .*nowhere.toml cannot be read: No such file") as caught:
        kind("wecom").build(Setup(tmp_path / "nowhere.toml"))
    assert "读不了" in caught.value.zh


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to root")
def test_a_file_that_may_not_be_read_is_told(tmp_path):
    with pytest.raises(KaoheError, match="Permission denied"):
        kind("wecom").build(installation(tmp_path, "", 0o000))


def test_an_address_is_the_name_of_an_entry():
    assert written_address("wecom: OPS ") == ("wecom", ("ops", None))
    for text in ["", "-x", "a b", "https://x", "名", "x" * 65, "a\n"[:1] + "\nb"]:
        assert written_address(f"dingtalk:{text}")[1].fault == NO_NAME


@pytest.mark.parametrize("name", ALL)
def test_a_name_without_an_entry_is_told_with_the_file_and_the_section_to_add(channel, web, name):
    outcome = channel(name).send(letter(name, recipient="night"), NOW)
    assert outcome.kind == "misconfigured"
    assert re.search(rf"robots\.toml has no \[{name}\.night\]", outcome.answer)
    assert not outcome.for_all
    assert web.requests == []


def test_all_channels_of_one_file_are_set_up_together(tmp_path):
    setup = installation(tmp_path, "".join(ENTRIES[n] for n in ALL).format(url="http://127.0.0.1"))
    robots = {name: kind(name).build(setup) for name in ALL}
    assert all(robots.values())
    assert all(set(kind(name).settings) == {kind("wecom").settings[0]} for name in ALL)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (web_server.reset, "unknown"),
        (web_server.hang(1.5), "unknown"),
        (web_server.drip, "unknown"),
        (b"HTTP/1.1 banana\r\n\r\n", "unknown"),
        (web_server.answer("busy", 500), "temporary"),
        (web_server.answer("busy", 502), "temporary"),
        (web_server.answer("", 408), "temporary"),
        (web_server.answer("", 403), "misconfigured"),
        (web_server.answer("", 404), "misconfigured"),
        (web_server.answer("", 400), "permanent"),
        (web_server.answer("", 302, Location="https://example.com"), "permanent"),
    ],
)
def test_what_a_provider_does_before_its_own_answer_is_read_right(channel, web, name, act, expected):
    web.script = [act]
    outcome = channel(name, deadline_s=0.4).send(letter(name), NOW)
    assert outcome.kind == expected
    assert len(web.requests) == 1
    assert "k-e-y-0001" not in outcome.answer


@pytest.mark.parametrize("name", ALL)
def test_a_provider_that_says_when_to_come_again_is_left_alone_until_then(channel, web, name):
    web.script = [web_server.answer("", 429, Retry_After="30"), web_server.answer("", 429)]
    outcomes = [channel(name).send(letter(name), NOW) for _ in range(2)]
    assert [o.kind for o in outcomes] == ["throttled", "throttled"]
    assert [o.until for o in outcomes] == [NOW + timedelta(seconds=30), NOW + REST]


@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize(
    "body",
    [
        "",
        "ok",
        "<html>",
        "{",
        "[0]",
        "0",
        "{}",
        "\x00",
        '{"errcode": "0", "code": "0"}',
        NO_CODE,
        NO_NUMBER,
        "[" * 99999,
    ],
)
def test_an_answer_without_a_code_leaves_the_question_open(channel, web, name, body):
    web.usual = web_server.answer(body)
    outcome = channel(name).send(letter(name), NOW)
    assert (outcome.kind, outcome.for_all) == ("unknown", False)


@pytest.mark.parametrize("name", ROBOTS)
def test_a_code_that_nobody_listed_is_a_refusal_that_is_tried_again(channel, web, name):
    web.usual = web_server.answer('{"errcode": 777001, "code": 777001, "errmsg": "new", "msg": "new"}')
    outcome = channel(name).send(letter(name), NOW)
    assert (outcome.kind, outcome.answer) == ("temporary", "777001 new")


@pytest.mark.parametrize("name", ROBOTS)
@pytest.mark.parametrize("status", [201, 204, 500])
def test_only_status_200_with_the_code_0_is_taken(channel, web, name, status):
    web.usual = web_server.answer('{"errcode": 0, "code": 0}', status)
    assert channel(name).send(letter(name), NOW).kind == ("temporary" if status == 500 else "unknown")


@pytest.mark.parametrize("name", ALL)
def test_no_answer_repeats_a_key(channel, web, name):
    web.usual = web_server.answer('{"errcode": 93000, "code": 1, "errmsg": "k-e-y-0001", "msg": "k-e-y-0001"}')
    assert "k-e-y-0001" not in channel(name).send(letter(name), NOW).answer
    assert "k-e-y-0001" not in repr(channel(name))


@pytest.mark.parametrize("name", ALL)
def test_where_nobody_listens_nothing_was_taken(tmp_path, name):
    with web_server.WebServer() as gone:
        pass
    outcome = channel_of(name, tmp_path, ENTRIES[name].format(url=gone.url)).send(letter(name), NOW)
    assert outcome.kind == "temporary"


@pytest.mark.parametrize("name", ALL)
def test_a_robot_is_neither_greeted_nor_asked(channel, web, name, tmp_path):
    assert channel(name).settle(letter(name), NOW) is None
    assert kind(name).greet(Setup(tmp_path / "robots.toml")) is None
    assert web.requests == []


@pytest.mark.parametrize("name", ALL)
def test_nothing_that_may_stand_in_a_letter_is_raised_over(channel, name):
    odd = letter(name, body="\udcff \x00 \u202e 🀄\n", subject="\udcff")
    assert channel(name).send(odd, NOW).kind in {"accepted", "unknown"}


def test_a_text_that_fits_stays_whole():
    one = letter("wecom", body="甲\n乙\n")
    assert shortened(one, 7) == "甲\n乙"


def test_a_text_that_is_too_long_keeps_whole_lines_and_says_where_all_of_it_is():
    text = shortened(letter("wecom", body="\n".join(f"第 {n} 行" for n in range(1000))), 300)
    *kept, last = text.split("\n")
    assert kept == [f"第 {n} 行" for n in range(len(kept))]
    assert last == "……消息到此已达长度上限，其余从略；全部内容：kaohe notices show 7"
    assert 300 - len(f"\n第 {len(kept)} 行".encode()) < len(text.encode()) <= 300
    english = shortened(letter("wecom", body="x\n" * 999, language="en"), 99)
    assert english.endswith("all of it: kaohe notices show 7")


def test_a_text_that_is_too_long_names_no_command_to_a_reader_who_has_none():
    text = shortened(letter("wecom", body="甲\n" * 999, whole=None), 300)
    assert text.split("\n")[-1] == "……消息到此已达长度上限，其余从略"


@pytest.mark.parametrize("most", range(200, 210))
def test_a_line_that_is_too_long_is_cut_behind_a_character(most):
    text = shortened(letter("wecom", body="字" * 5000), most)
    first, last = text.split("\n")
    assert re.fullmatch("字+…", first)
    assert most - 3 < len(text.encode()) <= most
    assert last.startswith("……")


def test_a_channel_that_is_set_up_wrongly_holds_up_no_other(tmp_path, monkeypatch):
    path = tmp_path / "robots.toml"
    path.write_text("[wecom.ops]\nkee = 1\n", encoding="utf-8")
    path.chmod(0o600)
    settings = load_settings({"KAOHE_ROBOTS_FILE": str(path)}, tmp_path, str(tmp_path))
    channels, faults = channels_of(settings)
    assert "email" in channels
    assert list(faults) == ["wecom"]
    assert "robots.toml" in str(faults["wecom"])


def test_a_faulty_entry_holds_up_its_own_letters_alone_and_all_faults_are_told_at_once(tmp_path, web):
    bad = '[webhook.pub]\nurl = "ftp//x"\nsecret = "at least sixteen characters"\nkee = 1\n[wechat.ops]\nkey = "k"\n'
    setup = installation(tmp_path, ENTRIES["webhook"].format(url=web.url) + bad)
    built = kind("webhook").build(setup)
    assert built.send(letter("webhook"), NOW).kind == "accepted"
    refused = built.send(letter("webhook", recipient="pub"), NOW)
    assert (refused.kind, len(web.requests)) == ("misconfigured", 1)
    assert refused.answer == str(built.fault_of("pub"))
    assert set(built.faults()) == {"webhook:pub", "wechat"}
    told = built.faults()["webhook:pub"]
    assert "secret must be text" in str(told)
    assert "kee is no key of it" in str(told)
    assert "secret 要写非空的文字" in told.zh
    assert kind("feishu").build(setup) is None
