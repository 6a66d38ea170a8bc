"""What becomes of notices where mail does not leave, and to whom nothing can be sent: told where people look."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from tests.mail_server import MailServer


@pytest.fixture
def told(kaohe, sessions):
    """A shop with a contact, and evidence of a violation."""
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T10:05+08:00")


@pytest.fixture
def refusing(monkeypatch):
    """A server that does not take the password, and says so with an address in its answer."""
    with MailServer() as server:
        server.answers["MAIL"] = "535 5.7.8 no login for kaohe@merchant.cn"
        monkeypatch.setenv("KAOHE_SMTP_URL", f"smtp://127.0.0.1:{server.port}")
        monkeypatch.setenv("KAOHE_MAIL_FROM", "kaohe@merchant.cn")
        yield server


@pytest.mark.parametrize("command", [("notices", "send"), ("worker", "--once")])
def test_what_is_put_off_is_told_with_the_providers_words_and_no_address(kaohe, told, refusing, command):
    said = kaohe(*command)
    assert said.code == 0
    assert re.search(r"失败 0，稍后再发 1：535 5\.7\.8 no login for k\*\*\*@merchant\.cn（127\.0\.0\.1:\d+，", said.out)
    assert "稍后再发" not in kaohe(*command).out  # it is not its turn yet
    row = kaohe("notices", "list", "--json").rows[0]
    assert (row["state"], row["waits_for"], row["contact"]) == ("queued", "provider", None)
    assert row["waits_until"] > row["due_at"]
    assert row["shop"] == "shop:xiaohongshu/s1"
    assert "设置有误：535" in kaohe("notices", "list").out


def test_a_trial_without_a_server_says_that_nothing_was_sent_and_where_the_file_is(kaohe, told, home):
    said = kaohe("notices", "test", "email", "--to", "a@example.com")
    assert said.code == 0
    (written,) = (home / "outbox").glob("trial-*.eml")
    assert said.out == f"没有设 smtp_url，什么也没有发出去；邮件写在 {written}\n"


def test_a_channel_that_only_writes_files_and_defaults_are_not_told_as_set_up(kaohe, told, home):
    listed = kaohe("notices", "channels")
    assert re.search("^email +邮件 +只写文件$", listed.out, re.MULTILINE)
    assert listed.err == f"没有设 smtp_url：邮件不发送，写成文件放在 {home / 'outbox'}\n"
    assert kaohe("notices", "channels", "email", "--json").rows[0]["folder"] == str(home / "outbox")
    said = kaohe("notices", "channels", "email").out
    assert re.search(r"^mail_from +KAOHE_MAIL_FROM +默认：kaohe@example.com$", said, re.MULTILINE)
    assert re.search(r"^smtp_url +KAOHE_SMTP_URL +否$", said, re.MULTILINE)


def test_the_list_has_answers_only_where_there_is_one(kaohe, told):
    assert "回执" not in kaohe("notices", "list").out
    kaohe("notices", "send")
    assert "回执" in kaohe("notices", "list").out


@pytest.mark.parametrize("language", [None, "en"])
def test_a_shop_is_told_in_its_language_whoever_assesses(kaohe, sessions, english, monkeypatch, language):
    monkeypatch.delenv("KAOHE_NOTICE_LANGUAGE")
    if language:
        monkeypatch.setenv("KAOHE_NOTICE_LANGUAGE", language)
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T10:05+08:00")
    assert [row["language"] for row in kaohe("notices", "list", "--json").rows] == [language or "zh-CN"]


def test_addresses_that_nothing_can_be_sent_to_are_told_and_taken(kaohe, told, tmp_path, monkeypatch):
    robots = tmp_path / "robots.toml"
    robots.write_text('[wecom.ops]\nkey = "k"\n[wecom.bad]\nkee = "k"\n', encoding="utf-8")
    robots.chmod(0o600)
    monkeypatch.setenv("KAOHE_ROBOTS_FILE", str(robots))
    routes = tmp_path / "routes.toml"
    routes.write_text(
        '[contact.li]\naddresses = ["wecom:ops", "wecom:nix", "wecom:bad", "aliyun-sms:13800001234"]\n'
        '[[route]]\nname = "all"\nto = ["li"]\nchannels = ["wecom", "aliyun-sms"]\n',
        encoding="utf-8",
    )
    said = kaohe("routes", "apply", str(routes))
    assert said.code == 0
    assert f"li 的 wecom:nix 现在收不到通知：{robots} 里没有 [wecom.nix]" in said.err
    assert "li 的 wecom:bad 现在收不到通知" in said.err
    assert "li 的 aliyun-sms:+86138****1234 现在收不到通知：这里没有设置渠道 aliyun-sms" in said.err
    assert "wecom:ops" not in said.err
    assert "wecom:nix" in kaohe("routes", "preview", "--shop", "s1").err
    said = kaohe("shops", "add", "xiaohongshu", "s2", "--contact", "wecom:nix;dingtalk:x")
    assert said.code == 0
    assert "xiaohongshu/s2 的 wecom:nix 现在收不到通知" in said.err
    assert "wecom:nix;dingtalk:x" in kaohe("shops", "list").out
    assert "wecom:bad 设置有误" in kaohe("notices", "channels").err
    assert any("wecom.bad" in r["what"] for r in kaohe("doctor", "--send-none", "--json").rows)


def test_what_was_muted_is_not_sent_later(kaohe, sessions):
    kaohe("shops", "add", "xiaohongshu", "s1", "--contact", "zhao@example.com")
    until = f"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}"
    assert kaohe("mutes", "set", "--shop", "s1", "--until", until, "--why", "盘点").code == 0
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    kaohe("assess", "--as-of", "2026-03-10T10:05+08:00")
    kaohe("notices", "send")
    assert [row["state"] for row in kaohe("notices", "list", "--json").rows] == ["muted"]
    said = kaohe("notices", "retry", "1")
    assert (said.code, "静音期间的通知事后不补发" in said.err) == (2, True)
    assert [row["state"] for row in kaohe("notices", "list", "--json").rows] == ["muted"]
