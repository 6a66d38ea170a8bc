"""The pages on notices can be typed line by line, with the files that they show, and say the same in both languages."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from textwrap import dedent

import pytest

from console.cli.main import run
from notifier.channels.aliyun_sms.cloud import AliyunCloud
from notifier.channels.aliyun_sms.cloud import Said as AliyunSaid
from notifier.channels.email import setup
from notifier.channels.email.smtp import SmtpServer
from notifier.channels.outcome import Outcome
from notifier.channels.robots import RobotChannel
from notifier.channels.tencent_sms.cloud import Said as TencentSaid
from notifier.channels.tencent_sms.cloud import TencentCloud
from tests.mail_server import CERTIFICATE, MailServer
from tests.typed import Shell

ROOT = Path(__file__).parents[1]
PAGES = ("notices", "advice")
LANGUAGES = (".md", ".zh-CN.md")
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
HAN = re.compile("[\u4e00-\u9fff]")
LINK = re.compile(r"\]\(([^)#: ]*)(?:#([^) ]+))?\)")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[tuple[str, str]]:
    """The language and the text of each block of code."""
    return [(kind, dedent(body)) for _, kind, body in BLOCK.findall(text)]


def prose(text: str) -> str:
    return BLOCK.sub("", text)


def anchors(text: str) -> set[str]:
    """What headings are linked by: small letters, blanks as hyphens, no punctuation."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in HEADING.findall(prose(text))}


@pytest.fixture
def providers(monkeypatch):
    """A real mail server in the place of smtp.example.com, and stand-ins for those that are asked over the internet."""
    asked = []

    def robot(self, letter, _now):
        assert letter.recipient in self.robots.entries
        asked.append((self.robots.kind, letter.recipient))
        return Outcome.of("accepted", "0 ok")

    def cloud(name, said):
        return lambda _self, message: asked.append((name, message.number)) or said

    with MailServer(password="replace-me", tls=True) as server:

        def here(host, port, security, user, password):
            assert (host, port, security, user) == ("smtp.example.com", 587, "starttls", "notices@example.com")
            return SmtpServer("localhost", server.port, security, user, password, ca_file=CERTIFICATE)

        monkeypatch.setattr(setup, "SmtpServer", here)
        monkeypatch.setattr(RobotChannel, "send", robot)
        monkeypatch.setattr(AliyunCloud, "send", cloud("aliyun-sms", AliyunSaid("OK", "OK")))
        monkeypatch.setattr(
            TencentCloud, "send", cloud("tencent-sms", TencentSaid("", "", {"SendStatusSet": [{"Code": "Ok"}]}))
        )
        yield server, asked


def test_the_page_on_notices_can_be_typed_line_by_line(tmp_path, monkeypatch, capsys, providers):
    server, asked = providers
    for name in [name for name in os.environ if name.startswith("KAOHE_")]:
        monkeypatch.delenv(name)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    monkeypatch.chdir(tmp_path)
    shell = Shell(monkeypatch, capsys)
    for kind, body in blocks(page("notices.md")):
        if kind == "toml":
            file = Path(body.splitlines()[0].removeprefix("# "))
            assert file.suffix == ".toml"
            file.write_text((file.read_text(encoding="utf-8") if file.exists() else "") + body, encoding="utf-8")
        for line in body.splitlines() if kind == "console" else ():
            assert line.startswith("$ ")
            code, promised, out = shell.type_in(line[2:])
            assert code == promised, f"{line}\n{out}\n{capsys.readouterr().err}"
    assert [message["To"] for message in server.messages()] == ["li@example.com"]
    assert sorted({way for way, _ in asked}) == ["aliyun-sms", "dingtalk", "feishu", "tencent-sms", "webhook", "wecom"]
    assert len(list(Path("week-data/outbox").glob("*.eml"))) > 3


def test_every_form_of_the_mail_server_is_read_as_the_page_says():
    rows = re.findall(r"^\| `(smtp\S*)` \| .* \| (\d+) \|$", page("notices.md"), re.MULTILINE)
    assert len(rows) == 3
    for url, port in rows:
        assert setup.smtp_server(url, None if "@" not in url else "secret").port == int(port)
    for url in re.findall(r"`(smtps://…@smtp\S+)`", page("notices.md")):
        assert setup.smtp_server(url.replace("…", "user"), "secret").security == "tls"


def test_a_certificate_of_ones_own_authority_is_trusted_where_the_environment_names_it(monkeypatch):
    with MailServer(password="pw", tls=True) as server:
        url = f"smtp+starttls://user@localhost:{server.port}"
        assert setup.smtp_server(url, "pw").greet().kind == "misconfigured"
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        assert setup.smtp_server(url, "pw").greet().kind == "accepted"


@pytest.mark.parametrize("name", PAGES)
def test_both_languages_have_the_same_headings_examples_commands_and_rows(name):
    english, chinese = page(f"{name}.md"), page(f"{name}.zh-CN.md")
    assert blocks(chinese) == blocks(english)
    one, other = prose(english), prose(chinese)
    assert [marks for marks, _ in HEADING.findall(other)] == [marks for marks, _ in HEADING.findall(one)]
    assert spans(other) == spans(one)
    assert len(re.findall(r"^\|", other, re.MULTILINE)) == len(re.findall(r"^\|", one, re.MULTILINE))


def spans(text: str) -> set[str]:
    """All that stands in `…`, but for what is written in Chinese."""
    return {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text) if not HAN.search(span)}


@pytest.mark.parametrize("name", [f"{name}{language}" for name in (*PAGES, "templates") for language in LANGUAGES])
def test_commands_and_links_of_the_page_lead_somewhere(name):
    text = page(name)
    for words in set(re.findall(r"`kaohe ([a-z]+(?: [a-z]+)?)", prose(text))):
        assert run([*words.split(), "--help"]) == 0, words
    for file, anchor in LINK.findall(prose(text)):
        target = (ROOT / "docs" / file).resolve() if file else ROOT / "docs" / name
        assert target.exists(), file
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{file}#{anchor}"


@pytest.mark.parametrize("name", [p.name for p in sorted((ROOT / "docs").glob("*.md"))])
def test_what_other_pages_link_to_on_notices_is_there(name):
    known = anchors(page("notices.md"))
    assert set(re.findall(r"\]\(notices\.md#([^)]+)\)", page(name))) <= known


def test_the_extras_that_the_page_names_are_those_that_there_are():
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    section = re.search(r"^### Extras\n\n(.*?)\n", page("notices.md"), re.MULTILINE)
    assert set(re.findall("`([a-z-]+)`", section[1])) - {"make"} == set(told["project"]["optional-dependencies"])


def test_what_a_web_hook_is_shown_to_get_is_json():
    shown = [json.loads(body) for kind, body in blocks(page("notices.md")) if kind == "json"]
    assert [set(one) for one in shown] == [{"id", "event", "violation", "language", "subject", "body", "sent_at"}]
