"""Text messages on their way: from a violation over the ledger to a provider, and back."""

from datetime import UTC, timedelta

import pytest

from notifier.channels.aliyun_sms.channel import AliyunSms
from notifier.channels.aliyun_sms.cloud import AliyunCloud
from notifier.channels.tencent_sms.channel import TencentSms
from notifier.channels.tencent_sms.cloud import TencentCloud
from notifier.deliver import deliver_due
from notifier.drafts import Drafter
from notifier.plan import plan_notices
from notifier.render import Templates
from notifier.sms.binding import SAMPLE, Bindings
from notifier.sms.calls import Endpoint, Timing
from tests.notifier.fake_clouds import KEY, SECRET, Aliyun, Tencent

LONG = timedelta(hours=12)
NUMBER = "13800001234"


@pytest.fixture
def aliyun():
    with Aliyun() as cloud:
        yield cloud


@pytest.fixture
def tencent():
    with Tencent() as cloud:
        yield cloud


def over(now, aliyun=None, tencent=None):
    made = {}
    if aliyun:
        cloud = AliyunCloud(KEY, SECRET, Endpoint("http", aliyun.url[7:]), Timing(30, 30, 60))
        made["aliyun-sms"] = AliyunSms(cloud, clock=lambda: now)
    if tencent:
        there = Endpoint("http", tencent.url[7:])
        made["tencent-sms"] = TencentSms(
            TencentCloud(KEY, SECRET, "1400006666", "ap-guangzhou", there, Timing(30, 30, 60)), clock=lambda: now
        )
    return made


def deliver(office, rulebook, channels, now, templates=None):
    drafter = Drafter(rulebook, "zh-CN", templates or Templates())
    return deliver_due(office.ledger, channels, now, "host", drafter=drafter)


def test_a_violation_is_told_by_text_message_with_its_variables_in_order(office, rulebook, now, aliyun, tencent):
    contact = f"aliyun-sms:138 0000 1234; tencent-sms:+86{NUMBER}"
    office.violation("V-1", office.shop(contact=contact))
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    assert deliver(office, rulebook, over(now, aliyun, tencent), now).sent == 2
    notices = {n.channel: n for n in office.notices()}
    assert {n.recipient for n in notices.values()} == {f"+86{NUMBER}"}
    assert all(n.body.startswith("【示例科技】预判违规：") for n in notices.values())
    [(_, asked)] = tencent.calls
    assert asked["TemplateParamSet"] == [notices["tencent-sms"].variables[str(n)] for n in range(1, 8)]
    assert aliyun.actions == ["SendSms"]
    assert NUMBER not in str([(e.payload, e.object_id) for e in office.journal()])


def test_an_answer_that_repeats_the_number_is_masked_in_journal_and_log(sqlite_office, rulebook, now, aliyun, caplog):
    caplog.set_level("DEBUG")
    aliyun.script[:] = [("isv.MOBILE_NUMBER_ILLEGAL", f"{NUMBER} is none")]
    sqlite_office.violation("V-1", sqlite_office.shop(contact=f"aliyun-sms:{NUMBER}"))
    plan_notices(sqlite_office.ledger, rulebook, now, "zh-CN")
    assert deliver(sqlite_office, rulebook, over(now, aliyun), now).failed == 1
    told = str([e.payload for e in sqlite_office.journal()]) + caplog.text
    assert "138****1234" in told
    assert NUMBER not in told


@pytest.mark.parametrize("known", [True, False])
def test_after_a_lost_answer_the_provider_is_asked_before_anything_is_sent_again(
    sqlite_office, rulebook, now, aliyun, known
):
    def lost(connection, request):
        if known:
            aliyun.said("SendSms", aliyun.calls[-1][1], None)

    office = sqlite_office
    aliyun.script[:] = [lost]
    office.violation("V-1", office.shop(contact=f"aliyun-sms:{NUMBER}"))
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    assert deliver(office, rulebook, over(now, aliyun), now).delayed == 1
    assert deliver(office, rulebook, over(now, aliyun), now + timedelta(hours=1)).sent == 1
    asked = ["SendSms", "QuerySendDetails"]
    assert aliyun.actions == (asked if known else [*asked, "SendSms"])
    assert len({call["OutId"] for action, call in aliyun.calls if action == "SendSms"}) == 1


def test_while_the_provider_cannot_be_asked_nothing_is_sent_and_the_question_stays_open(
    sqlite_office, rulebook, now, aliyun
):
    office = sqlite_office
    aliyun.script[:] = [lambda *_: None, ("isp.RAM_PERMISSION_DENY", "no"), None]
    office.violation("V-1", office.shop(contact=f"aliyun-sms:{NUMBER}"))
    plan_notices(office.ledger, rulebook, now, "zh-CN")
    deliver(office, rulebook, over(now, aliyun), now)
    assert deliver(office, rulebook, over(now, aliyun), now + timedelta(hours=1)).delayed == 1
    [notice] = office.notices()
    assert notice.answer.startswith("unknown: Aliyun's records cannot be asked: isp.RAM_PERMISSION_DENY")
    assert aliyun.actions == ["SendSms", "QuerySendDetails"]
    assert deliver(office, rulebook, over(now, aliyun), now + LONG).sent == 1


def test_a_missing_binding_holds_up_no_mail_and_is_mended_by_adding_it(
    sqlite_office, rulebook, now, aliyun, build, tmp_path
):
    office, empty = sqlite_office, tmp_path / "sms.toml"
    empty.write_text("binding = []\n", encoding="utf-8")
    office.violation("V-1", office.shop(contact=f"zhang@example.com; aliyun-sms:{NUMBER}"))
    none, post = Templates(bindings=Bindings(empty)), build.post()
    plan_notices(office.ledger, rulebook, now, "zh-CN", none)
    channels = over(now, aliyun) | {"email": post}
    done = deliver(office, rulebook, channels, now, none)
    assert (done.sent, done.delayed, len(post.letters), aliyun.calls) == (1, 1, 1, [])
    assert "misconfigured" in next(n.answer for n in office.notices() if n.channel == "aliyun-sms")
    empty.write_bytes(SAMPLE.read_bytes())
    mended = Templates(bindings=Bindings(empty))
    assert deliver(office, rulebook, channels, now + timedelta(hours=1), mended).sent == 1
    assert aliyun.actions == ["SendSms"]


def test_a_digest_has_a_binding_of_its_own(build):
    from notifier.digest_facts import DigestFacts

    facts = DigestFacts("zh-CN", None, 12, 3, "2026年3月3日–3月10日", True, None, (), 0, 0, (), "V-1")
    text = Templates().render("violations.late", "tencent-sms", facts)
    assert text.body == "【示例科技】补查出12起违规，涉及3家店铺，考核日2026年3月3日–3月10日，请到系统查看。\n"
    assert text.template == "violations.late.tencent-sms.zh-CN"


def test_a_number_that_is_none_is_refused_from_the_start_with_how_to_mend_it(sqlite_office, rulebook, now):
    office = sqlite_office
    office.violation("V-1", office.shop(contact="aliyun-sms:12345"))
    plan_notices(office.ledger, rulebook, now.astimezone(UTC), "zh-CN")
    [notice] = office.notices()
    assert (notice.state, "is no mobile number" in notice.answer) == ("failed", True)
    assert "kaohe shops import" in notice.answer
