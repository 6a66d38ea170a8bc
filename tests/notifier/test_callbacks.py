"""What providers call with: believed from whoever knows the address, kept before it is acknowledged, else refused."""

import io
import json
import logging
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from engine.errors import KaoheError
from engine.ledger.database import reading, transaction
from engine.ledger.tables import Notice, Receipt
from notifier.callbacks import LONGEST_BODY, application, refuse_weak
from notifier.channels.registry import kinds
from notifier.channels.report import NotGenuineError
from notifier.receipts import record
from tests.notifier.test_receipts import NAME, NUMBER, notice

NOW = datetime(2026, 3, 10, 4, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"
ALIYUN = {
    "phone_number": "13800001234",
    "send_time": "2026-03-10 10:00:00",
    "report_time": "2026-03-10 10:00:03",
    "success": True,
    "err_code": "DELIVERED",
    "err_msg": "用户接收成功",
    "sms_size": "1",
    "biz_id": NAME,
    "out_id": "67890",
}
TENCENT = {
    "user_receive_time": "2026-03-10 10:00:03",
    "nationcode": "86",
    "mobile": "13800001234",
    "report_status": "SUCCESS",
    "errmsg": "DELIVRD",
    "description": "用户短信送达成功",
    "sid": "5000:1",
}


class Caller:
    """Calls the application as a server does; `kept` is what was taken."""

    def __init__(self, take=None):
        self.kept = []
        self.app = application(SECRET, take or (lambda found, now: self.kept.append(found)), lambda: NOW)

    def __call__(self, body, channel="aliyun-sms", path=None, method="POST", **more):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        environ = {"REQUEST_METHOD": method, "PATH_INFO": f"/{SECRET}/{channel}" if path is None else path}
        environ |= {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)} | more
        told = []
        answer = b"".join(self.app(environ, lambda status, headers: told.append((status, dict(headers)))))
        [(status, headers)] = told
        assert headers["Content-Length"] == str(len(answer))
        return int(status[:3]), json.loads(answer)


@pytest.mark.parametrize(
    ("channel", "body", "thanks"),
    [
        ("aliyun-sms", [ALIYUN], {"code": 0, "msg": "接收成功"}),
        ("tencent-sms", [TENCENT], {"result": 0, "errmsg": "OK"}),
        ("aliyun-sms", [], {"code": 0, "msg": "接收成功"}),
    ],
)
def test_each_provider_is_answered_as_it_expects(channel, body, thanks):
    assert Caller()(body, channel) == (200, thanks)


def test_what_is_reported_is_on_record_before_it_is_acknowledged(ledger):
    def take(found, now):
        with transaction(ledger) as session:
            record(session, found, now)

    with transaction(ledger) as session:
        notice(session, provider_id=NAME)
        notice(session, "V-2", channel="tencent-sms", provider_id="5000:1")
    call = Caller(take)
    failed = {"report_status": "FAIL", "errmsg": "MK:0001", "description": "空号"}
    assert call([ALIYUN, ALIYUN])[0] == call([ALIYUN])[0] == call([TENCENT | failed], "tencent-sms")[0] == 200
    with reading(ledger) as session:
        found = [(n.receipt, n.receipt_answer) for n in session.exec(select(Notice).order_by(Notice.id))]
        assert found == [("delivered", "DELIVERED 用户接收成功"), ("undelivered", "MK:0001 空号")]
        assert {r.recipient for r in session.exec(select(Receipt))} == {NUMBER}
        assert {r.reported_at for r in session.exec(select(Receipt))} == {datetime(2026, 3, 10, 2, 0, 3, tzinfo=UTC)}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        f"/{SECRET}",
        f"/{SECRET}/",
        f"/{SECRET[:-1]}/aliyun-sms",
        f"/{SECRET}x/aliyun-sms",
        f"/{SECRET.upper()}/aliyun-sms",
        f"/{SECRET}/email",
        f"/{SECRET}/nothing",
        f"//{SECRET}/aliyun-sms",
        f"/{SECRET}/aliyun-sms/",
        "/é/aliyun-sms",
    ],
)
def test_whoever_does_not_know_the_address_finds_nothing(path):
    call = Caller()
    assert call([ALIYUN], path=path)[0] == 404
    assert call.kept == []


def test_a_wrong_method_a_missing_length_and_too_long_a_body_are_refused_unread():
    call = Caller()
    assert call([ALIYUN], method="GET")[0] == 405
    assert call([ALIYUN], CONTENT_LENGTH="")[0] == 411
    assert call([ALIYUN], CONTENT_LENGTH="-1")[0] == 411
    assert call([ALIYUN], CONTENT_LENGTH="9" * 5000)[0] == 413
    unread = io.BytesIO(b"x")
    assert call([], **{"CONTENT_LENGTH": str(LONGEST_BODY + 1), "wsgi.input": unread})[0] == 413
    assert unread.tell() == 0
    assert call(json.dumps([ALIYUN]).encode().ljust(LONGEST_BODY))[0] == 200
    assert len(call.kept) == 1


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("aliyun-sms", b""),
        ("aliyun-sms", b"\xff"),
        ("aliyun-sms", b"[" * 60_000),
        ("aliyun-sms", b"[" + b"9" * 60_000 + b"]"),
        ("aliyun-sms", ALIYUN),
        ("aliyun-sms", [1]),
        ("aliyun-sms", [{}, 1]),
        ("aliyun-sms", [ALIYUN | {"success": "true"}]),
        ("aliyun-sms", [ALIYUN | {"biz_id": ""}]),
        ("aliyun-sms", [ALIYUN | {"biz_id": "x" * 65}]),
        ("aliyun-sms", [ALIYUN | {"biz_id": "a\u0000b"}]),
        ("aliyun-sms", [ALIYUN | {"phone_number": 13800001234}]),
        ("aliyun-sms", [ALIYUN | {"report_time": "soon", "send_time": ""}]),
        ("aliyun-sms", [ALIYUN | {"report_time": "0001-01-01 00:00:00", "send_time": ""}]),
        ("aliyun-sms", [ALIYUN | {"report_time": "2026-03-10 14:00:00"}]),
        ("aliyun-sms", [TENCENT]),
        ("tencent-sms", [ALIYUN]),
        ("tencent-sms", [TENCENT | {"report_status": "MAYBE"}]),
        ("tencent-sms", [TENCENT | {"sid": None}]),
    ],
)
def test_what_is_no_report_of_that_provider_is_refused_whole(channel, body):
    call = Caller()
    assert call(body, channel)[0] == 400
    assert call.kept == []


@pytest.mark.parametrize(
    "odd",
    [
        {},
        1,
        ALIYUN | {"biz_id": None},
        ALIYUN | {"success": "true"},
        ALIYUN | {"report_time": "2026-03-10 14:00:00"},
    ],
)
def test_one_odd_report_of_several_is_passed_over_and_logged_and_the_others_are_kept(odd, caplog):
    call = Caller()
    assert call([odd, ALIYUN])[0] == call([ALIYUN, odd])[0] == 200
    assert [[one.provider_id for one in kept] for kept in call.kept] == [[NAME], [NAME]]
    assert "1 of 2 reports" in caplog.text


def test_numbers_abroad_are_passed_over_and_words_from_outside_stand_on_one_line():
    call = Caller()
    assert call([TENCENT | {"nationcode": "852", "mobile": "91234567"}], "tencent-sms")[0] == 200
    assert call([TENCENT | {"description": "空号\n\u0000\ud800" + "x" * 900}], "tencent-sms")[0] == 200
    first, [second] = call.kept
    assert first == []
    assert second.answer.startswith("DELIVRD 空号 x")
    assert len(second.answer) == 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*ALIYUN, *TENCENT]), inner),
    max_leaves=6,
)


@given(
    st.sampled_from(["aliyun-sms", "tencent-sms"]), JSON | st.lists(st.dictionaries(st.sampled_from([*ALIYUN]), JSON))
)
def test_whatever_comes_is_read_or_refused_and_never_a_crash(channel, body):
    read = kinds()[channel].callback.read
    with suppress(NotGenuineError):
        read(json.dumps(body).encode())


def test_what_cannot_be_kept_is_not_acknowledged_and_the_log_tells_neither_address_nor_words(caplog):
    def take(found, now):
        raise RuntimeError(f"cannot insert {found}")

    with caplog.at_level(logging.DEBUG):
        assert Caller(take)([ALIYUN]) == (503, {"error": "try again later"})
        Caller()([ALIYUN | {"success": 1}])
    assert "RuntimeError" in caplog.text
    assert "a call about aliyun-sms was refused" in caplog.text
    assert SECRET not in caplog.text
    assert "1380000" not in caplog.text


@pytest.mark.parametrize("secret", ["", "short", "x" * 31, "x" * 31 + "/", "x" * 31 + "字", "x" * 31 + " "])
def test_a_secret_that_could_be_guessed_or_cannot_stand_in_a_path_is_refused(secret):
    with pytest.raises(KaoheError, match="openssl rand -hex 32") as caught:
        refuse_weak(secret)
    assert "随机的字母和数字" in caught.value.zh
    refuse_weak(SECRET)
