import logging
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from engine.errors import KaoheError
from notifier.channels.contract import Letter
from notifier.channels.http import REST
from notifier.channels.report import Asked
from notifier.channels.tencent_sms import CHANNEL
from notifier.channels.tencent_sms.channel import TencentSms
from notifier.channels.tencent_sms.cloud import TencentCloud
from notifier.sms.calls import Endpoint, Timing
from tests.notifier.fake_clouds import KEY, SECRET, Tencent, document
from tests.notifier.web_server import answer, drip, hang, reset

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)  # 10:00 in China, as in the fake's receipts
NUMBER = "+8613800001234"
USUAL, QUICK = Timing(30, 30, 60), Timing(1, 1, 2)
LETTER = Letter(
    "V-1",
    "V-1",
    "violation.opened",
    "tencent-sms",
    NUMBER,
    "zh-CN",
    "1110 【示例科技】",
    "【示例科技】一店：低于标准\n",
    {"2": "77%", "1": "一店", "10": "十"},
)


@pytest.fixture
def cloud():
    with Tencent() as found:
        yield found


def channel(url, key=KEY, secret=SECRET, timing=USUAL):
    scheme, _, host = url.partition("://")
    cloud = TencentCloud(key, secret, "1400006666", "ap-guangzhou", Endpoint(scheme, host), timing)
    return TencentSms(cloud, clock=lambda: NOW)


def sent(cloud, *script, **more):
    cloud.script[:] = script
    return channel(cloud.url, **more).send(LETTER, NOW)


def test_one_message_goes_to_one_number_with_its_variables_in_order_and_our_own_word_for_it(cloud):
    found = sent(cloud)
    assert (found.kind, found.answer) == ("accepted", "Ok 5000:1")
    [(action, asked)] = cloud.calls
    assert action == "SendSms"
    assert asked == {
        "PhoneNumberSet": [NUMBER],
        "SmsSdkAppId": "1400006666",
        "SignName": "示例科技",
        "TemplateId": "1110",
        "TemplateParamSet": ["一店", "77%", "十"],
        "SessionContext": LETTER.digest,
    }


def test_a_template_without_variables_gets_none(cloud):
    assert channel(cloud.url).send(replace(LETTER, variables={}), NOW).kind == "accepted"
    assert cloud.calls[0][1]["TemplateParamSet"] == []


CODES = [
    ("InvalidParameterValue.IncorrectPhoneNumber", "permanent", False),
    ("FailedOperation.PhoneNumberInBlacklist", "permanent", False),
    ("FailedOperation.ContainSensitiveWord", "permanent", False),
    ("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", "permanent", False),
    ("FailedOperation.SomethingNew", "permanent", False),
    ("FailedOperation.InsufficientBalanceInSmsPackage", "misconfigured", True),
    ("UnauthorizedOperation.SmsSdkAppIdVerifyFail", "misconfigured", True),
    ("AuthFailure.SecretIdNotFound", "misconfigured", True),
    ("InternalError.RequestTimeException", "misconfigured", True),
    ("FailedOperation.TemplateIncorrectOrUnapproved", "misconfigured", False),
    ("FailedOperation.SignatureIncorrectOrUnapproved", "misconfigured", False),
    ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "misconfigured", False),
    ("InvalidParameterValue.TemplateParameterLengthLimit", "misconfigured", False),
    ("InternalError.OtherError", "temporary", True),
    ("InternalError", "temporary", True),
    ("InternalError.Timeout", "unknown", False),
    ("InternalError.SendAndRecvFail", "unknown", False),
]


@pytest.mark.parametrize(("code", "kind", "for_all"), CODES)
def test_a_refusal_with_http_200_is_known_by_its_code_wherever_it_stands(cloud, code, kind, for_all):
    for act in (code, Tencent.error(code)):
        found = sent(cloud, act)
        assert (found.kind, found.for_all) == (kind, for_all)
        assert found.answer.startswith(f"{code} ")
    assert len(cloud.calls) == 2


def test_an_error_is_seen_whatever_type_its_content_is_said_to_have(cloud):
    body = '{"Response": {"Error": {"Code": "AuthFailure.SignatureExpire", "Message": "m"}, "RequestId": "R"}}'
    found = sent(cloud, answer(body, Content_Type="application/json; charset=utf-8"))
    assert (found.kind, found.answer) == ("misconfigured", "AuthFailure.SignatureExpire m")


@pytest.mark.parametrize(
    ("code", "until", "for_all"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", NOW + timedelta(seconds=30), False),
        ("LimitExceeded.PhoneNumberOneHourLimit", NOW + timedelta(hours=1), False),
        ("LimitExceeded.PhoneNumberDailyLimit", datetime(2026, 3, 10, 16, tzinfo=UTC), False),
        ("LimitExceeded.AppDailyLimit", datetime(2026, 3, 10, 16, tzinfo=UTC), True),
        ("LimitExceeded.DeliveryFrequencyLimit", NOW + REST, True),
        ("RequestLimitExceeded", NOW + REST, True),
    ],
)
def test_what_is_too_much_waits_as_long_as_the_code_says(cloud, code, until, for_all):
    found = sent(cloud, code)
    assert (found.kind, found.until, found.for_all) == ("throttled", until, for_all)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (document({}, 404), "misconfigured"),
        (document({}, 400), "permanent"),
        (document({}, 500), "temporary"),
        (answer("<html>busy</html>", 503), "temporary"),
        (document({}, 504), "unknown"),
        (document({}, 429), "throttled"),
        (reset, "unknown"),
        (hang(1.5), "unknown"),
        (drip, "unknown"),
        (answer("{", Content_Type="application/json"), "unknown"),
        (answer("not json"), "unknown"),
        (answer("[1]"), "unknown"),
        (answer("[1]", Content_Type="application/json"), "unknown"),
        (answer("{}", Content_Type="application/json"), "unknown"),
        (document({"Response": []}), "unknown"),
        (document({"Response": {}}), "unknown"),
        (document({"Response": {"SendStatusSet": []}}), "unknown"),
        (document({"Response": {"SendStatusSet": [3]}}), "unknown"),
        (document({"Response": {"SendStatusSet": [{"Code": None}]}}), "unknown"),
        (document({"Response": {"SendStatusSet": [{"Code": ""}]}}), "unknown"),
        (document({"Response": {"Error": {"Code": {"a": 1}, "Message": "m"}, "RequestId": "R"}}), "unknown"),
    ],
)
def test_accidents_are_told_apart_and_nothing_is_tried_twice(cloud, act, kind):
    found = sent(cloud, act, timing=QUICK if callable(act) else USUAL)
    assert (found.kind, len(cloud.calls)) == (kind, 1)
    assert "13800001234" not in found.answer


def test_a_wait_that_tencent_names_is_kept(cloud):
    assert sent(cloud, document({}, 429, Retry_After="7")).until == NOW + timedelta(seconds=7)


def test_a_wrong_secret_is_our_own_fault(cloud):
    found = sent(cloud, secret="wrong")
    assert (found.kind, found.for_all) == ("misconfigured", True)
    assert "AuthFailure.SignatureFailure" in found.answer


def test_a_refused_connection_may_be_tried_again():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = channel(f"http://127.0.0.1:{port}").send(LETTER, NOW)
    assert (found.kind, found.for_all, "refused" in found.answer) == ("temporary", True, True)


def test_a_server_without_a_certificate_is_not_spoken_to(cloud):
    found = channel(cloud.url.replace("http://", "https://")).send(LETTER, NOW)
    assert (found.kind, cloud.calls) == ("misconfigured", [])


def test_a_message_that_was_taken_before_the_answer_was_lost_is_found_and_not_sent_again(cloud):
    def taken(connection, request):
        cloud.said("SendSms", cloud.calls[-1][1], None)

    assert sent(cloud, taken).kind == "unknown"
    found = channel(cloud.url).settle(LETTER, NOW)
    assert (found.kind, found.answer) == ("accepted", "found in Tencent's receipts: DELIVRD")
    assert cloud.actions == ["SendSms", "PullSmsSendStatusByPhoneNumber"]
    assert cloud.calls[1][1]["EndTime"] - cloud.calls[1][1]["BeginTime"] == 3_600, "as far as a clock may be astray"


def receipt(context=LETTER.digest, **more):
    return Tencent.record(NUMBER, context, **more)


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        ([], None),
        ([receipt("f" * 32)], None),
        ([receipt(at=1773108000 - 90_000)], None),
        ([receipt()], "accepted"),
        ([receipt(status="FAIL")], "permanent"),
        ([receipt(status="FAIL"), receipt()], "accepted"),
        ([receipt("")], "unknown"),
        ([receipt(""), receipt()], "accepted"),
        ([receipt(f"{n:032}") for n in range(100)], "unknown"),
    ],
)
def test_the_receipts_since_the_first_attempt_decide_whether_to_send_again(cloud, records, kind):
    cloud.records = records
    found = channel(cloud.url).settle(LETTER, NOW)
    assert (found and found.kind) == kind


@pytest.mark.parametrize(
    ("tried", "taken", "kind"),
    [
        (timedelta(hours=36), timedelta(hours=36), "accepted"),
        (timedelta(days=6), timedelta(days=2), "accepted"),
        (timedelta(days=6), None, None),
        (timedelta(days=8), timedelta(days=2), "accepted"),
        (timedelta(days=8), None, "unknown"),
    ],
)
def test_receipts_are_looked_through_since_the_first_attempt_as_far_as_tencent_keeps_them(cloud, tried, taken, kind):
    cloud.records = [] if taken is None else [receipt(at=int((NOW - taken).timestamp()))]
    found = channel(cloud.url).settle(LETTER, NOW - tried)
    assert (found and found.kind) == kind
    [(_, asked)] = cloud.calls
    assert NOW.timestamp() - asked["BeginTime"] <= 7 * 86_400, "Tencent refuses a longer time"


@pytest.mark.parametrize(
    "act",
    [
        Tencent.error("UnauthorizedOperation.RequestPermissionDeny"),
        document({}, 503),
        reset,
        answer("[]"),
        document({"Response": {"PullSmsSendStatusSet": [3]}}),
        document({"Response": {"PullSmsSendStatusSet": 3}}),
    ],
)
def test_while_the_receipts_cannot_be_asked_the_question_stays_open(cloud, act):
    cloud.script[:] = [act]
    found = channel(cloud.url).settle(LETTER, NOW)
    assert (found.kind, "cannot be asked" in found.answer) == ("unknown", True)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"recipient": "12345"}, "permanent"),
        ({"subject": "no binding"}, "misconfigured"),
        ({"variables": {"shop": "一店"}}, "misconfigured"),
    ],
)
def test_what_cannot_be_sent_is_not_sent(cloud, changes, kind):
    assert channel(cloud.url).send(replace(LETTER, **changes), NOW).kind == kind
    assert cloud.calls == []


def test_a_greeting_asks_for_statistics_and_sends_nothing(cloud):
    assert channel(cloud.url).greet().kind == "accepted"
    assert channel(cloud.url, secret="wrong").greet().kind == "misconfigured"
    assert set(cloud.actions) == {"SendStatusStatistics"}


def test_no_log_and_no_error_output_has_the_number(cloud, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    for act in (None, reset, "FailedOperation.PhoneNumberParseFail"):
        sent(cloud, act)
    channel(cloud.url).settle(LETTER, NOW)
    told = caplog.text + "".join(capfd.readouterr())
    assert "13800001234" not in told
    assert SECRET not in told


def setup(**values):
    usual = {"tencent_sms_endpoint": "https://sms.tencentcloudapi.com", "tencent_sms_region": "ap-guangzhou"}
    given = usual | values
    return SimpleNamespace(outbox=None, value=lambda name: given.get(name, ""))


WHOLE = {
    "tencent_sms_secret_id": KEY,
    "tencent_sms_secret_key": SECRET,
    "tencent_sms_app_id": "1400006666",
    "sms_bindings": "b.toml",
}


def test_the_channel_is_there_once_key_application_and_bindings_are(cloud):
    assert CHANNEL.build(setup()) is None
    assert CHANNEL.build(setup(**WHOLE)) is not None
    assert CHANNEL.greet(setup()) is None
    assert CHANNEL.greet(setup(**WHOLE, tencent_sms_endpoint=cloud.url)).kind == "accepted"
    for name in WHOLE:
        with pytest.raises(KaoheError, match=f"tencent-sms is set up in part: {name} is missing"):
            CHANNEL.build(setup(**(WHOLE | {name: ""})))


def test_without_the_sdk_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tencentcloud.common.credential", None)
    with pytest.raises(KaoheError, match=r"pip install 'kaohe\[tencent-sms\]'"):
        CHANNEL.build(setup(**WHOLE))


def asked(cloud, *messages, now=NOW):
    return channel(cloud.url).receipts(NUMBER, messages, now)


def test_receipts_are_known_by_tencents_name_or_by_our_own_word_and_those_of_others_are_left(cloud):
    own = {"SerialNo": "5000:2", "SessionContext": "b" * 32, "ReportStatus": "FAIL", "Description": "空号"}
    cloud.records = [receipt("") | {"SerialNo": "5000:1"}, receipt() | own, receipt("") | {"SerialNo": "5000:3"}]
    first, second = asked(cloud, Asked("5000:1", LETTER.digest, NOW), Asked(None, "b" * 32, NOW))
    assert (first.state, first.provider_id, first.recipient, first.own) == ("delivered", "5000:1", NUMBER, None)
    assert (second.state, second.provider_id, second.answer) == ("undelivered", "5000:2", "空号")
    assert first.reported_at == NOW
    assert cloud.actions == ["PullSmsSendStatusByPhoneNumber"]


def test_a_receipt_on_a_later_page_is_found(cloud):
    cloud.records = [receipt(f"{n:032}") | {"SerialNo": f"1:{n}"} for n in range(150)]
    [found] = asked(cloud, Asked("1:149", "b" * 32, NOW))
    assert (found.provider_id, len(cloud.calls)) == ("1:149", 2)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (Tencent.error("UnauthorizedOperation.RequestPermissionDeny"), "misconfigured"),
        (reset, "unknown"),
        (document({"Response": {"PullSmsSendStatusSet": [3]}}), "unknown"),
        (Tencent.error("InvalidParameterValue.IncorrectPhoneNumber"), "permanent"),
    ],
)
def test_why_receipts_cannot_be_asked_is_told(cloud, act, kind):
    cloud.script[:] = [act]
    assert asked(cloud, Asked("1:1", LETTER.digest, NOW)).kind == kind
