"""Where a setting comes from, and what is shown of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console.settings import SETTINGS, load_settings
from engine.errors import KaoheError
from engine.ledger.database import open_ledger
from notifier.channels.email.setup import smtp_server

DOCS = Path(__file__).parents[2] / "docs" / "commands.md"


def test_the_environment_stands_before_the_file_and_the_file_before_the_default(tmp_path):
    (tmp_path / "kaohe.toml").write_text('language = "en"\nmail_from = "a@example.com"\n', encoding="utf-8")
    settings = load_settings({"KAOHE_LANGUAGE": "zh-CN"}, tmp_path)
    assert settings.values["language"].origin == "KAOHE_LANGUAGE"
    assert settings.values["mail_from"].origin == str(tmp_path / "kaohe.toml")
    assert settings.values["tick_seconds"].origin == "default"


def test_a_setting_that_several_channels_share_stands_once():
    names = [setting.name for setting in SETTINGS]
    assert "robots_file" in names
    assert len(set(names)) == len(names)


def test_the_option_home_stands_before_all(tmp_path):
    settings = load_settings({"KAOHE_HOME": "/elsewhere"}, tmp_path, home=str(tmp_path / "x"))
    assert settings.home == tmp_path / "x"
    assert settings.values["home"].origin == "--home"


@pytest.mark.parametrize("name", ["a?b", "a?mode=memory&x=1", "a#b", "a%3Fb", "a b", "k:p@h", "考核"])
def test_the_ledger_lies_in_the_home_whatever_that_is_called(tmp_path, name):
    home = tmp_path / name
    home.mkdir()
    open_ledger(load_settings({"KAOHE_HOME": str(home)}, tmp_path).database_url).dispose()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (home / "ledger.sqlite").is_file()


def test_secrets_are_masked(tmp_path):
    environment = {"KAOHE_SMTP_PASSWORD": "hunter2", "KAOHE_DATABASE_URL": "postgresql+psycopg://k:pw1@db/k"}
    shown = str(load_settings(environment, tmp_path).shown())
    assert "hunter2" not in shown
    assert "pw1" not in shown
    assert "postgresql+psycopg://k:********@db/k" in shown


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('langauge = "en"', "unknown setting 'langauge'; did you mean 'language'"),
        ('smtp_password = "x"', "smtp_password is a secret; set KAOHE_SMTP_PASSWORD"),
        ("tick_seconds = true", "must be text or a whole number"),
        ('\ntick_seconds = "soon"', "kaohe.toml:2: tick_seconds 'soon': a whole number from 1 to 3600"),
        ('language = "fr"', "kaohe.toml:1: language 'fr': zh-CN or en"),
        ('smtp_url = "smtps://u:hunter2@mail.example.com"', "kaohe.toml:1: smtp_url holds a password"),
        ('smtp_url = "smtps://u:hunter2@mail.example.com"', "set KAOHE_SMTP_PASSWORD"),
        ('database_url = "postgresql://u:hunter2@db/k"', "set KAOHE_DATABASE_URL instead"),
        ('database_url = "postgresql://u@db/k?password=hunter2"', "database_url holds a password"),
        ("language = ", "kaohe.toml"),
    ],
)
def test_a_wrong_setting_is_told(tmp_path, content, message):
    (tmp_path / "kaohe.toml").write_text(content, encoding="utf-8")
    with pytest.raises(KaoheError, match=re.escape(message)) as refused:
        load_settings({}, tmp_path)
    assert "hunter2" not in str(refused.value)


def test_a_wrong_variable_is_told_by_its_name(tmp_path):
    with pytest.raises(KaoheError, match=r"^KAOHE_TICK_SECONDS: tick_seconds '0'"):
        load_settings({"KAOHE_TICK_SECONDS": "0"}, tmp_path)


def test_an_address_without_a_password_may_stand_in_the_file(tmp_path):
    text = 'smtp_url = "smtps://u@mail.example.com:465"\ndatabase_url = "postgresql+psycopg://k@db/k"\n'
    (tmp_path / "kaohe.toml").write_text(text, encoding="utf-8")
    assert load_settings({}, tmp_path)["smtp_url"] == "smtps://u@mail.example.com:465"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("smtp://u:a@b@host", "smtp://u:********@host"),
        ("smtp://:pw@host", "smtp://:********@host"),
        ("postgresql://u:p/w@db/k", "postgresql://u:********@db/k"),
        ("postgresql://db/k?sslpassword=pw&x=1", "postgresql://db/k?sslpassword=********&x=1"),
        ("postgresql://db:5432/k", "postgresql://db:5432/k"),
    ],
)
def test_a_password_is_masked_wherever_it_stands(tmp_path, url, shown):
    (row,) = [r for r in load_settings({"KAOHE_SMTP_URL": url}, tmp_path).shown() if r["setting"] == "smtp_url"]
    assert row["value"] == shown


def test_what_is_not_set_is_said_to_be_unset(kaohe):
    assert re.search(r"^smtp_url +（未设置） +默认$", kaohe("config").out, re.MULTILINE)
    assert {r["setting"]: r["value"] for r in kaohe("config", "--json").rows}["smtp_url"] is None


def test_a_password_comes_from_a_file(tmp_path):
    (tmp_path / "pw").write_text("hunter2\n", encoding="utf-8")
    assert (
        load_settings({"KAOHE_SMTP_PASSWORD_FILE": str(tmp_path / "pw")}, tmp_path).value("smtp_password") == "hunter2"
    )
    with pytest.raises(KaoheError, match="cannot be read"):
        load_settings({"KAOHE_SMTP_PASSWORD_FILE": str(tmp_path / "no")}, tmp_path).value("smtp_password")


def test_every_setting_stands_in_the_documentation():
    text = DOCS.read_text(encoding="utf-8")
    for setting in SETTINGS:
        assert setting.variable in text


@pytest.mark.parametrize(
    ("url", "security", "port"),
    [
        ("smtp://127.0.0.1:2525", "plain", 2525),
        ("smtp+starttls://u@mail.example.com", "starttls", 587),
        ("smtps://u@mail.example.com", "tls", 465),
    ],
)
def test_mail_leaves_as_the_url_says(url, security, port):
    server = smtp_server(url, "pw" if "@" in url else None)
    assert (server.security, server.port) == (security, port)


def test_a_user_without_a_password_is_refused_with_what_to_set():
    for url in ("smtps://u@mail.example.com", "smtp://u@127.0.0.1:25"):
        with pytest.raises(KaoheError, match="set KAOHE_SMTP_PASSWORD") as caught:
            smtp_server(url, None)
        assert "请设 KAOHE_SMTP_PASSWORD" in caught.value.zh
    assert smtp_server("smtps://u:pw@mail.example.com", None).password == "pw"


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://host:port"])
def test_a_url_that_is_none_is_refused(url):
    with pytest.raises(KaoheError, match="smtp_url"):
        smtp_server(url, None)
