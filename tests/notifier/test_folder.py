import os
from email import message_from_bytes, policy

import pytest

from notifier.channels.contract import Letter
from notifier.channels.email import EmailChannel
from notifier.channels.email.folder import OutboxFolder
from notifier.channels.email.message import Sender

LETTER = Letter("V-1", "V-1", "violation.opened", "email", "zhang@example.com", "zh-CN", "题目", "正文\n")


@pytest.fixture
def outbox(tmp_path):
    return tmp_path / "home" / "outbox"


@pytest.fixture
def channel(outbox):
    return EmailChannel(Sender("kaohe@example.com"), OutboxFolder(outbox))


def test_a_letter_becomes_one_file_that_a_mail_program_opens(channel, outbox, now):
    outcome = channel.send(LETTER, now)
    [path] = outbox.iterdir()
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert (outcome.kind, outcome.answer) == ("accepted", f"written to {path.name}")
    assert path.name == f"V-1.violation.opened.{LETTER.digest[:10]}.eml"
    assert (message["Subject"], message["To"]) == ("题目", "zhang@example.com")
    assert outcome.reference == message["Message-ID"]


def test_a_second_attempt_writes_the_same_file(channel, outbox, now):
    channel.send(LETTER, now)
    channel.send(LETTER, now.replace(hour=5))
    assert len(list(outbox.iterdir())) == 1


def test_only_the_owner_may_read_the_outbox(channel, outbox, now):
    channel.send(LETTER, now)
    [path] = outbox.iterdir()
    assert (outbox.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)


def test_a_folder_that_cannot_be_made_is_our_set_up(channel, outbox, now):
    outbox.parent.write_text("a file", encoding="utf-8")
    outcome = channel.send(LETTER, now)
    assert (outcome.kind, outcome.for_all) == ("misconfigured", True)
    assert outcome.answer.startswith(f"cannot write {outbox}")


def test_a_full_disk_passes_and_leaves_no_half_a_file(channel, outbox, now, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = channel.send(LETTER, now)
    assert (outcome.kind, outcome.for_all) == ("temporary", True)
    assert "No space left on device" in outcome.answer
    assert list(outbox.iterdir()) == []


def test_nobody_can_be_asked_what_became_of_a_mail(channel, now):
    assert channel.settle(LETTER, now) is None
