from pathlib import Path

import pytest

from engine.errors import UnknownNameError
from engine.rulebook.model import Claim, Text
from notifier.facts import facts_of
from notifier.own_files import look_over
from notifier.readers import OUTSIDER, OWN_SHOP
from notifier.render import Templates
from notifier.sandbox import TemplateFaultError
from notifier.sheets import Sheets

GOLDEN = Path(__file__).parent / "golden"
OPENED = "violation.opened"
SHEET = (Sheets().sheet("xiaohongshu.reply-rate", "zh-CN"), "zh-CN")


def facts(build, language, rule=None, sanctions=None, sheet_of="xiaohongshu.reply-rate", reader=OWN_SHOP, **changes):
    rule = rule or build.rule()
    sanctions = [build.sanction()] if sanctions is None else sanctions
    sheet = Sheets().sheet(sheet_of, language)
    return facts_of(build.violation(**changes), sanctions, build.shop(), rule, sheet, language, reader=reader)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_notice_of_a_violation_reads_exactly_so(build, language):
    text = Templates().render(OPENED, "email", facts(build, language))
    golden = (GOLDEN / f"{OPENED}.email.{language}.txt").read_text(encoding="utf-8")
    assert f"{text.subject}\n\n{text.body}" == golden
    assert text.template == f"{OPENED}.email.{language}"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("channel", ["email", "wecom"])
def test_the_notice_of_a_violation_asks_no_client_to_type_a_command(build, channel, language):
    assert "kaohe " not in Templates().render(OPENED, channel, facts(build, language, reader=OUTSIDER)).body


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("robot", ["wecom", "dingtalk", "feishu"])
def test_the_message_of_a_violation_in_a_chat_reads_exactly_so(build, robot, language):
    text = Templates().render(OPENED, robot, facts(build, language))
    golden = (GOLDEN / f"{OPENED}.chat.{language}.txt").read_text(encoding="utf-8")
    assert f"{text.subject}\n\n{text.body}" == golden


def test_no_name_from_outside_makes_a_link_a_mention_or_a_heading_in_a_chat(build):
    hostile = "<at id=all></at>[店](https://v.il)**x**`y`"
    told = facts_of(
        build.violation(client=hostile), [build.sanction()], build.shop(alias=hostile), build.rule(), *SHEET
    )
    for text in (Templates().render(OPENED, "feishu", told), Templates().render(OPENED, "email", told)):
        assert hostile in text.subject
    body = Templates().render(OPENED, "feishu", told).body
    assert "＜at id=all>＜/at>［店］(https://v.il)＊＊x＊＊｀y｀" in body
    assert not set("<[`") & set(body)


def test_a_message_in_a_chat_about_what_the_platform_decided_calls_nothing_a_prediction(build):
    changes = {"state": "confirmed", "reference": "P-1", "amount_fen": 10000}
    body = Templates().render(OPENED, "wecom", facts(build, "zh-CN", **changes)).body
    assert body.startswith("**【平台已判罚】演示一店**：")
    assert "推算" not in body
    assert "平台判罚金额：¥100" in body
    assert "> 平台通知编号：P-1。有争议 1 处" in body


def test_the_first_line_has_the_state_the_shop_the_consequence_and_until_when(build):
    for language, line in [
        ("zh-CN", "【预判违规】演示一店：限制公域流量3天，至2026年3月12日。"),
        (
            "en",
            "[Predicted violation] 演示一店: public-domain traffic limit for 3 days, until 12 March 2026.",
        ),
    ]:
        assert Templates().render(OPENED, "email", facts(build, language)).body.split("\n")[0] == line


def test_a_confirmed_violation_is_no_longer_called_a_prediction(build):
    body = Templates().render(OPENED, "email", facts(build, "zh-CN", state="confirmed")).body
    assert body.startswith("【平台已判罚】")
    assert "推算" not in body


def test_a_dispute_about_the_rule_itself_stands_right_behind_the_first_action(build):
    ended = Text("2022 年 11 月已被新公告废止", "ended by an announcement of November 2022")
    claim = Claim("effective", "source", disputed_by=("S1",), dispute=ended)
    rule = build.rule(versions=(build.version(provenance=(claim,)),))
    for language, words in [("zh-CN", ended.zh), ("en", ended.en)]:
        told = facts(build, language, rule)
        lines = Templates().render(OPENED, "email", told).body.split("\n")
        assert words in lines[lines.index(told.first_action) + 2]


def test_amounts_and_severity_appear_where_there_are_any(build):
    damages = build.sanction("liquidated_damages", amount_min_fen=10000, amount_max_fen=30000)
    money = {"severity": "serious", "exposure_min_fen": 10000, "exposure_max_fen": 30000}
    body = Templates().render(OPENED, "email", facts(build, "zh-CN", sanctions=[damages], **money)).body
    assert body.startswith("【预判违规】演示一店：违约金 ¥100–¥300，2026年3月10日考核。\n")
    assert "金额：¥100–¥300（等级：严重）。" in body


def test_the_barest_violation_still_makes_a_clean_text(build):
    bare = build.rule(versions=(build.version(standard=None, provenance=()),))
    for language in ("zh-CN", "en"):
        body = Templates().render(OPENED, "email", facts(build, language, bare, [], "no.sheet")).body
        assert "\n\n\n" not in body
        assert "None" not in body
        assert all(line == line.rstrip() for line in body.split("\n"))


def test_every_shipped_template_passes_the_check():
    assert look_over(Templates(), Sheets(), shipped=True).faults == {}


def test_a_template_of_ones_own_comes_before_the_shipped_one(build, tmp_path):
    own = tmp_path / f"{OPENED}.email.en.txt"
    own.write_text("{{ shop }} again\n\nShort of {{ gap }}.{{ agent }}\n", encoding="utf-8")
    text = Templates([tmp_path]).render(OPENED, "email", facts(build, "en"))
    assert (text.subject, text.body) == ("演示一店 again", "Short of 3.\n")
    assert "再有 3 个会话" in Templates([tmp_path]).render(OPENED, "email", facts(build, "zh-CN")).body


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "{{ shop }}\nno empty line\n",
            "1: the first line is the subject, the second is empty, the body follows",
        ),
        ("{{ shop }}\n\n", "1: the first line is the subject, the second is empty, the body follows"),
        ("{% if shop %}\n\n{% endif %}\nx", "1: Unexpected end of template."),
        ("x\n\n{{ shop }}\n{{ penalty }}", "4: unknown variable 'penalty'"),
        (b"\xff", "1: is not UTF-8"),
    ],
)
def test_a_faulty_template_is_refused_with_its_file_and_line(build, tmp_path, text, fault):
    own = tmp_path / f"{OPENED}.email.en.txt"
    own.write_bytes(text if isinstance(text, bytes) else text.encode())
    templates = Templates([tmp_path])
    assert str(look_over(templates, Sheets()).faults[str(own)]).startswith(f"{own}:{fault}")
    with pytest.raises(TemplateFaultError, match=r"violation.opened.email.en.txt:"):
        templates.made(own, "email", facts(build, "en"))
    shipped = Templates().render(OPENED, "email", facts(build, "en"))
    assert templates.render(OPENED, "email", facts(build, "en")) == shipped


def test_a_subject_that_comes_out_empty_is_refused(build, tmp_path):
    own = tmp_path / f"{OPENED}.email.en.txt"
    own.write_text("{% if not shop %}x{% endif %}\n\nbody", encoding="utf-8")
    templates = Templates([tmp_path])
    with pytest.raises(TemplateFaultError, match="the subject is empty"):
        templates.made(own, "email", facts(build, "en"))
    shipped = Templates().render(OPENED, "email", facts(build, "en"))
    assert templates.render(OPENED, "email", facts(build, "en")) == shipped


def test_a_template_that_fails_with_one_notice_alone_serves_the_others_and_is_told_until_it_is_mended(build, tmp_path):
    own = tmp_path / f"{OPENED}.email.en.txt"
    own.write_text(
        "{{ shop }}\n\n{% if numerator > 70 %}{% if value > 5 %}x{% endif %}{% endif %}few", encoding="utf-8"
    )
    templates = Templates([tmp_path])
    assert templates.render(OPENED, "email", facts(build, "en", numerator=7)).body == "few\n"
    assert templates.fault(own) is None
    assert "Predicted" in templates.render(OPENED, "email", facts(build, "en")).subject
    assert "not supported" in str(templates.fault(own))
    own.write_text("{{ shop }} again\n\nbody\n", encoding="utf-8")
    assert templates.fault(own) is None
    assert templates.render(OPENED, "email", facts(build, "en")).body == "body\n"


def test_an_unknown_channel_or_language_is_told_with_those_there_are(build):
    with pytest.raises(UnknownNameError, match=r"unknown channel 'fax'; known: "):
        Templates().render(OPENED, "fax", facts(build, "en"))
    with pytest.raises(UnknownNameError, match="unknown language of email notices 'fr'; known: en, zh-CN"):
        Templates().find(OPENED, "email", "fr")
