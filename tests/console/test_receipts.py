"""What the commands say of what arrived, and the server that providers call."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from console.doctor.channels import check_channels
from console.settings import load_settings
from engine.ledger.database import open_ledger, reading, transaction
from engine.ledger.tables import Notice
from notifier.channels.contract import letter_digest
from tests.notifier.fake_clouds import SECRET, Aliyun
from tests.notifier.test_callbacks import ALIYUN
from tests.notifier.test_callbacks import SECRET as WORD
from tests.notifier.test_receipts import NAME, notice

NUMBER = "13800001234"


@pytest.fixture
def ledger(home, kaohe):
    assert kaohe("shops", "add", "xiaohongshu", "s1").code == 0
    engine = open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")
    yield engine
    engine.dispose()


def sent(ledger, at):
    with transaction(ledger) as session:
        return notice(session, "V-1", sent_at=at, provider_id=NAME, answer=f"accepted: OK {NAME}")


def test_what_did_not_arrive_is_asked_for_and_shown(kaohe, cloud, ledger):
    at = datetime.now(UTC) - timedelta(hours=1)
    number = sent(ledger, at)
    local = f"{at + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"
    with reading(ledger) as session:
        found = session.get_one(Notice, number)
    own = letter_digest(found.key, found.event, found.channel, found.recipient)
    cloud.records = [Aliyun.record({"PhoneNumbers": NUMBER, "OutId": own}, 2, local, "MOBILE_NOT_ON_SERVICE")]
    said = kaohe("notices", "receipts")
    assert (said.code, said.out) == (0, "问了 1 条短信的送达情况，1 条有新结果\n")
    shown = kaohe("notices", "show", str(number)).out.splitlines()[0]
    assert shown == f"未送达 · aliyun-sms · +86138****1234 · 对方已接收：OK {NAME} · MOBILE_NOT_ON_SERVICE"
    [row] = kaohe("notices", "list", "--json").rows
    assert (row["state"], row["receipt"], row["receipt_answer"]) == ("sent", "undelivered", "MOBILE_NOT_ON_SERVICE")
    assert "未送达" in kaohe("notices", "list").out
    assert "notice.undelivered" in kaohe("journal", "list").out
    assert kaohe("notices", "receipts").out == "问了 0 条短信的送达情况，0 条有新结果\n"


def test_a_provider_that_cannot_be_asked_is_told_and_the_worker_goes_on(kaohe, cloud, ledger):
    sent(ledger, datetime.now(UTC) - timedelta(hours=1))
    cloud.script[:] = [("isp.RAM_PERMISSION_DENY", f"no right to {NUMBER}")]
    said = kaohe("notices", "receipts")
    assert said.code == 1
    assert "aliyun-sms 问不到短信的送达情况：isp.RAM_PERMISSION_DENY no right to 138****1234" in said.err
    assert kaohe("worker", "--once").code == 0
    assert cloud.actions == ["QuerySendDetails", "QuerySendDetails"]


def test_the_channels_fit_in_120_columns_and_one_of_them_tells_its_settings(kaohe, english, cloud):
    said = kaohe("notices", "channels")
    assert max(map(len, said.out.splitlines())) < 120
    assert re.search(r"aliyun-sms +Aliyun text messages +yes", said.out)
    said = kaohe("notices", "channels", "aliyun-sms")
    assert re.search(r"aliyun_sms_key_id +KAOHE_ALIYUN_SMS_KEY_ID +yes", said.out)
    assert SECRET not in said.out
    assert len(kaohe("notices", "channels", "aliyun-sms", "--json").rows) == 1
    assert "did you mean 'aliyun-sms'" in kaohe("notices", "channels", "aliyun").err


def test_a_doctor_that_sends_nothing_asks_no_provider(cloud, tmp_path):
    given = {name: value for name, value in os.environ.items() if name.startswith("KAOHE_")}
    settings = load_settings(given, tmp_path, str(tmp_path))
    assert [f.level for f in check_channels(settings, asks=False)] == ["ok"]
    assert cloud.calls == []
    assert [f.level for f in check_channels(settings)] == ["ok"]
    assert cloud.actions == ["QuerySendStatistics"]


@pytest.mark.parametrize(
    ("secret", "listen", "told"),
    [
        ("", "127.0.0.1:8025", "openssl rand -hex 32"),
        ("short", "127.0.0.1:8025", "openssl rand -hex 32"),
        (WORD, "8025", "主机:端口"),
        (WORD, "127.0.0.1:99999", "主机:端口"),
    ],
)
def test_calls_are_taken_only_behind_a_long_secret_and_at_an_address(kaohe, ledger, monkeypatch, secret, listen, told):
    monkeypatch.setenv("KAOHE_CALLBACK_SECRET", secret)
    said = kaohe("notices", "callbacks", "--listen", listen)
    assert (said.code, told in said.err) == (2, True)


def test_an_address_that_is_taken_and_a_server_that_is_not_installed_are_told(kaohe, ledger, monkeypatch):
    monkeypatch.setenv("KAOHE_CALLBACK_SECRET", WORD)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = kaohe("notices", "callbacks", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
    assert (said.code, "打不开" in said.err) == (2, True)
    monkeypatch.setitem(sys.modules, "waitress", None)
    assert "pip install 'kaohe[callbacks]'" in kaohe("notices", "callbacks").err


def posted(url, body, **headers):
    request = Request(url, data=body, headers={"Content-Type": "application/json"} | headers)
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        return error.code, None


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.mark.few(1)
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_providers_call_is_on_record_when_it_is_answered_and_the_server_ends_when_told(home, ledger, end):
    number = sent(ledger, datetime(2026, 3, 10, 2, tzinfo=UTC))
    port = free_port()
    command = [sys.executable, "-m", "console.cli", "notices", "callbacks", "--listen", f"127.0.0.1:{port}"]
    given = os.environ | {"KAOHE_CALLBACK_SECRET": WORD, "KAOHE_HOME": str(home)}
    server = subprocess.Popen(command, env=given, stderr=subprocess.PIPE, text=True)
    try:
        told = server.stderr.readline()
        assert f"127.0.0.1:{port}/<callback_secret>/" in told
        url = f"http://127.0.0.1:{port}/{WORD}/aliyun-sms"
        for _ in range(100):
            try:
                answered = posted(url, json.dumps([ALIYUN]).encode())
                break
            except URLError:
                time.sleep(0.1)
        assert answered == (200, {"code": 0, "msg": "接收成功"})
        with reading(ledger) as session:
            assert session.get_one(Notice, number).receipt == "delivered"
        assert posted(f"http://127.0.0.1:{port}/{'x' * 32}/aliyun-sms", b"[]")[0] == 404
        assert posted(url, b" " * 70_000)[0] == 413
        server.send_signal(end)
        assert server.wait(timeout=30) == 0
        assert WORD not in told + server.stderr.read()
    finally:
        server.kill()
        server.wait()
        server.stderr.close()
