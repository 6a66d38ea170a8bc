import json
import logging
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from engine.errors import KaoheError
from notifier.channels.aliyun_sms import CHANNEL
from notifier.channels.aliyun_sms.channel import AliyunSms
from notifier.channels.aliyun_sms.cloud import AliyunCloud
from notifier.channels.contract import Letter
from notifier.channels.http import REST
from notifier.channels.report import Asked
from notifier.sms.calls import Endpoint, Timing
from tests.notifier.fake_clouds import KEY, SECRET, Aliyun, document
from tests.notifier.web_server import answer, drip, hang, reset

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)  # 10:00 in China
NUMBER = "13800001234"
USUAL, QUICK = Timing(30, 30, 60), Timing(2, 1, 2)
LETTER = Letter(
    "V-1",
    "V-1",
    "violation.opened",
    "aliyun-sms",
    f"+86{NUMBER}",
    "zh-CN",
    "SMS_154950909 【示例科技】",
    "【示例科技】一店：低于标准\n",
    {"shop": "一店", "value": "77%"},
)


@pytest.fixture
def cloud():
    with Aliyun() as found:
        yield found


def channel(url, key=KEY, secret=SECRET, timing=USUAL, now=NOW):
    scheme, _, host = url.partition("://")
    return AliyunSms(AliyunCloud(key, secret, Endpoint(scheme, host), timing), clock=lambda: now)


def sent(cloud, *script, **more):
    cloud.script[:] = script
    return channel(cloud.url, **more).send(LETTER, NOW)


def test_one_message_goes_to_one_number_with_template_sign_variables_and_our_own_word_for_it(cloud):
    found = sent(cloud)
    assert (found.kind, found.answer) == ("accepted", "OK 900619746936498440^0")
    assert found.reference == "900619746936498440^0"
    [(action, asked)] = cloud.calls
    assert action == "SendSms"
    assert json.loads(asked.pop("TemplateParam")) == {"shop": "一店", "value": "77%"}
    assert asked == {
        "PhoneNumbers": NUMBER,
        "SignName": "示例科技",
        "TemplateCode": "SMS_154950909",
        "OutId": LETTER.digest,
    }


def test_a_template_without_variables_gets_none(cloud):
    bare = replace(LETTER, subject="SMS_1 【示例】", variables={})
    assert channel(cloud.url).send(bare, NOW).kind == "accepted"
    assert "TemplateParam" not in cloud.calls[0][1]


@pytest.mark.parametrize(
    ("code", "kind", "for_all"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", "permanent", False),
        ("isv.BLACK_KEY_CONTROL_LIMIT", "permanent", False),
        ("isv.TEMPLATE_PARAMS_ILLEGAL", "permanent", False),
        ("isv.PARAM_NOT_SUPPORT_URL", "permanent", False),
        ("isv.SOMETHING_NEW", "permanent", False),
        ("isv.AMOUNT_NOT_ENOUGH", "misconfigured", True),
        ("isv.OUT_OF_SERVICE", "misconfigured", True),
        ("isv.ACCOUNT_ABNORMAL", "misconfigured", True),
        ("isp.RAM_PERMISSION_DENY", "misconfigured", True),
        ("SignatureDoesNotMatch", "misconfigured", True),
        ("InvalidAccessKeyId.NotFound", "misconfigured", True),
        ("InvalidTimeStamp.Expired", "misconfigured", True),
        ("isv.SMS_TEMPLATE_ILLEGAL", "misconfigured", False),
        ("isv.SMS_SIGNATURE_ILLEGAL", "misconfigured", False),
        ("isv.TEMPLATE_MISSING_PARAMETERS", "misconfigured", False),
        ("isv.PARAM_LENGTH_LIMIT", "misconfigured", False),
        ("isp.SYSTEM_ERROR", "temporary", True),
        ("isp.GATEWAY_ERROR", "temporary", True),
    ],
)
def test_a_refusal_with_http_200_is_known_by_its_code(cloud, code, kind, for_all):
    found = sent(cloud, (code, "words"))
    assert (found.kind, found.answer, found.for_all) == (kind, f"{code} words", for_all)
    assert len(cloud.calls) == 1


@pytest.mark.parametrize(
    ("code", "words", "until", "for_all"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", NOW + timedelta(minutes=1), False),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", NOW + timedelta(hours=1), False),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:40", datetime(2026, 3, 10, 16, tzinfo=UTC), False),
        ("isv.DAY_LIMIT_CONTROL", "触发日发送限额", datetime(2026, 3, 10, 16, tzinfo=UTC), True),
        ("Throttling.User", "Request was denied", NOW + REST, True),
    ],
)
def test_what_is_too_much_waits_as_long_as_the_words_say(cloud, code, words, until, for_all):
    found = sent(cloud, (code, words))
    assert (found.kind, found.until, found.for_all) == ("throttled", until, for_all)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (document({"Code": "InvalidAccessKeyId.NotFound", "Message": "m"}, 404), "misconfigured"),
        (document({"Code": "MissingPhoneNumbers", "Message": "m"}, 400), "permanent"),
        (document({"Code": "ServiceUnavailable", "Message": "m"}, 503), "temporary"),
        (document({"Code": "Oops", "Message": "m"}, 500), "temporary"),
        (document({"Code": "Throttling", "Message": "m"}, 429), "throttled"),
        (document({"Code": "GatewayTimeout", "Message": "m"}, 504), "unknown"),
        (reset, "unknown"),
        (hang(1.5), "unknown"),
        (drip, "unknown"),
        (answer("<html>busy</html>", 503), "unknown"),
        (answer("{", Content_Type="application/json"), "unknown"),
        (answer("not json"), "unknown"),
        (answer("[1]"), "unknown"),
        (answer("{}"), "unknown"),
        (answer('{"Code": null, "Message": ["OK"]}'), "unknown"),
        (answer('{"Code": {"a": 1}}'), "unknown"),
    ],
)
def test_accidents_are_told_apart_and_nothing_is_tried_twice(cloud, act, kind):
    found = sent(cloud, act, timing=QUICK if callable(act) else USUAL)
    assert (found.kind, len(cloud.calls)) == (kind, 1)
    assert NUMBER not in found.answer


def test_a_wait_that_aliyun_names_is_kept(cloud):
    act = document({"Code": "Throttling.User", "Message": "m"}, 429, x_acs_retry_after="7000")
    assert sent(cloud, act).until == NOW + timedelta(seconds=7)


def test_an_answer_that_drips_is_left_after_the_whole_time(cloud):
    def dripping(connection, _request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(20):
            socket.socket.sendall(connection, b" ")
            hang(0.2)(None, None)

    found = sent(cloud, dripping, timing=Timing(1, 1, 0.6))
    assert (found.kind, "no full answer" in found.answer) == ("unknown", True)


def test_a_wrong_secret_is_our_own_fault(cloud):
    found = sent(cloud, secret="wrong")
    assert (found.kind, found.for_all) == ("misconfigured", True)
    assert "SignatureDoesNotMatch" in found.answer


def test_a_refused_connection_may_be_tried_again_and_a_host_that_is_none_may_not():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = channel(f"http://127.0.0.1:{port}").send(LETTER, NOW)
    assert (found.kind, found.for_all) == ("temporary", True)
    assert "refused" in found.answer
    found = channel("https://no-such-host.invalid").send(LETTER, NOW)
    assert found.kind in {"misconfigured", "temporary"}  # the resolver of this host may be away


def test_a_server_without_a_certificate_is_not_spoken_to(cloud):
    found = channel(cloud.url.replace("http://", "https://")).send(LETTER, NOW)
    assert (found.kind, cloud.calls) == ("misconfigured", [])


def test_a_message_that_was_taken_before_the_answer_was_lost_is_found_and_not_sent_again(cloud):
    def taken(connection, request):
        cloud.said("SendSms", dict(cloud.calls[-1][1]), None)

    assert sent(cloud, taken).kind == "unknown"
    found = channel(cloud.url).settle(LETTER, NOW)
    assert (found.kind, "Aliyun's records" in found.answer) == ("accepted", True)
    assert cloud.actions == ["SendSms", "QuerySendDetails"]
    assert {"PhoneNumber": NUMBER, "SendDate": "20260310"}.items() <= cloud.calls[1][1].items()


def known(**changes):
    parameters = {"PhoneNumbers": NUMBER, "OutId": changes.pop("out_id", LETTER.digest)}
    return Aliyun.record(parameters, **changes)


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        ([], None),
        ([{"out_id": "f" * 32, "status": 3}], None),
        ([{"status": 3}], "accepted"),
        ([{"status": 1}], "accepted"),
        ([{"status": 2, "code": "MOBILE_NOT_ON_SERVICE"}], "permanent"),
        ([{"status": 2}, {"status": 3}], "accepted"),
    ],
)
def test_the_records_decide_whether_to_send_again(cloud, records, kind):
    cloud.records = [known(**r) for r in records]
    found = channel(cloud.url).settle(LETTER, NOW)
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("tried", "taken", "kind"),
    [
        (timedelta(hours=10), timedelta(hours=11), "accepted"),  # before midnight in China, by a clock astray
        (timedelta(hours=36), timedelta(hours=36), "accepted"),
        (timedelta(days=6), timedelta(days=2), "accepted"),
        (timedelta(days=6), None, None),
        (timedelta(days=31), timedelta(days=3), "accepted"),
        (timedelta(days=31), None, "unknown"),
    ],
)
def test_records_are_looked_through_since_the_first_attempt_as_far_as_aliyun_keeps_them(cloud, tried, taken, kind):
    china = timedelta(hours=8)
    cloud.records = [] if taken is None else [known(status=3, date=f"{NOW + china - taken:%Y-%m-%d %H:%M:%S}")]
    found = channel(cloud.url).settle(LETTER, NOW - tried)
    assert (found and found.kind) == kind
    assert min(call["SendDate"] for _, call in cloud.calls) >= "20260208", "Aliyun knows no earlier day"


def test_a_record_on_a_later_page_is_found(cloud):
    cloud.records = [known(out_id=f"{n:032}") for n in range(60)] + [known(status=3)]
    assert channel(cloud.url).settle(LETTER, NOW).kind == "accepted"


@pytest.mark.parametrize(
    "act", [("isp.RAM_PERMISSION_DENY", "no right"), reset, answer("[]"), answer("{}"), document({"Code": "OK"})]
)
def test_while_the_records_cannot_be_asked_the_question_stays_open(cloud, act):
    cloud.script[:] = [act]
    found = channel(cloud.url).settle(LETTER, NOW)
    assert (found.kind, "cannot be asked" in found.answer) == ("unknown", True)


@pytest.mark.parametrize(
    ("changes", "kind"), [({"recipient": "12345"}, "permanent"), ({"subject": "no binding"}, "misconfigured")]
)
def test_what_cannot_be_sent_is_not_sent(cloud, changes, kind):
    letter = replace(LETTER, **changes)
    assert channel(cloud.url).send(letter, NOW).kind == kind
    assert channel(cloud.url).settle(letter, NOW).kind == kind
    assert cloud.calls == []


def test_a_greeting_asks_for_statistics_and_sends_nothing(cloud):
    assert channel(cloud.url).greet().kind == "accepted"
    assert channel(cloud.url, secret="wrong").greet().kind == "misconfigured"
    assert set(cloud.actions) == {"QuerySendStatistics"}


def test_no_log_and_no_error_output_has_the_number(cloud, caplog, capfd, monkeypatch):
    monkeypatch.setenv("DEBUG", "sdk")
    caplog.set_level(logging.DEBUG)
    for act in (None, reset, hang(1.2), ("isv.MOBILE_NUMBER_ILLEGAL", f"{NUMBER} is none")):
        sent(cloud, act, timing=QUICK if callable(act) else USUAL)
    channel(cloud.url).settle(LETTER, NOW)
    told = caplog.text + "".join(capfd.readouterr())
    assert NUMBER not in told
    assert SECRET not in told


def setup(tmp_path, **values):
    usual = {"aliyun_sms_endpoint": "https://dysmsapi.aliyuncs.com"}
    given = usual | {name: str(value) for name, value in values.items()}
    return SimpleNamespace(outbox=tmp_path, value=lambda name: given.get(name, ""))


def test_the_channel_is_there_once_key_and_bindings_are(tmp_path, cloud):
    whole = {"aliyun_sms_key_id": KEY, "aliyun_sms_key_secret": SECRET, "sms_bindings": "b.toml"}
    assert CHANNEL.build(setup(tmp_path)) is None
    assert CHANNEL.build(setup(tmp_path, sms_bindings="b.toml")) is None
    assert CHANNEL.build(setup(tmp_path, **whole)) is not None
    assert CHANNEL.greet(setup(tmp_path)) is None
    assert CHANNEL.greet(setup(tmp_path, **whole, aliyun_sms_endpoint=cloud.url)).kind == "accepted"
    for name in whole:
        with pytest.raises(KaoheError, match=f"aliyun-sms is set up in part: {name} is missing"):
            CHANNEL.build(setup(tmp_path, **(whole | {name: ""})))


@pytest.mark.parametrize("url", ["http://dysmsapi.aliyuncs.com", "dysmsapi.aliyuncs.com", "https://", "https://a/b"])
def test_an_endpoint_that_is_none_or_not_encrypted_is_refused(tmp_path, url):
    given = {"aliyun_sms_key_id": KEY, "aliyun_sms_key_secret": SECRET, "sms_bindings": "b", "aliyun_sms_endpoint": url}
    with pytest.raises(KaoheError, match="aliyun_sms_endpoint"):
        CHANNEL.build(setup(tmp_path, **given))


def test_without_the_sdk_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "alibabacloud_dysmsapi20170525.client", None)
    given = {"aliyun_sms_key_id": KEY, "aliyun_sms_key_secret": SECRET, "sms_bindings": "b"}
    with pytest.raises(KaoheError, match=r"pip install 'kaohe\[aliyun-sms\]'"):
        CHANNEL.build(setup(tmp_path, **given))


def asked(cloud, *messages, now=NOW):
    return channel(cloud.url).receipts(LETTER.recipient, messages, now)


def test_receipts_of_several_messages_to_a_number_are_asked_once_a_day_of_theirs_and_told_apart(cloud):
    cloud.records = [
        known(status=3) | {"ReceiveDate": "2026-03-10 10:00:07"},
        known(out_id="b" * 32, status=2, code="MOBILE_NOT_ON_SERVICE"),
        known(out_id="c" * 32, status=1, code=""),
        known(out_id="of somebody else", status=3),
    ]
    found = asked(cloud, *(Asked(f"{own[0]}^0", own, NOW) for own in (LETTER.digest, "b" * 32, "c" * 32)))
    assert cloud.actions == ["QuerySendDetails"]
    first, second = found
    assert (first.state, first.provider_id, first.recipient) == ("delivered", f"{LETTER.digest[0]}^0", LETTER.recipient)
    assert first.reported_at == NOW + timedelta(seconds=7)
    assert (second.state, second.answer, second.reported_at) == ("undelivered", "MOBILE_NOT_ON_SERVICE", NOW)


def test_of_a_message_that_was_found_in_the_records_the_day_before_is_asked_too(cloud):
    cloud.records = [known(status=3, date="2026-03-09 23:00:00")]
    [found] = asked(cloud, Asked(None, LETTER.digest, NOW))
    assert (found.state, found.provider_id) == ("delivered", LETTER.digest)
    assert {call["SendDate"] for _, call in cloud.calls} == {"20260309", "20260310"}


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (("isp.RAM_PERMISSION_DENY", "no right"), "misconfigured"),
        (reset, "unknown"),
        (document({"Code": "OK"}), "unknown"),
        (("isv.MOBILE_NUMBER_ILLEGAL", "no number"), "permanent"),
    ],
)
def test_why_receipts_cannot_be_asked_is_told(cloud, act, kind):
    cloud.script[:] = [act]
    assert asked(cloud, Asked("1^0", LETTER.digest, NOW)).kind == kind
