import re
from pathlib import Path

import pytest

from engine.rulebook.book import RuleBook
from notifier.brief import brief_of
from notifier.channels.registry import kind
from notifier.facts import facts_of
from notifier.preview import preview
from notifier.render import Templates
from notifier.sandbox import TemplateFaultError
from notifier.sheets import Sheets
from notifier.sms import facts
from notifier.sms.binding import LONGEST_MESSAGE, SAMPLE, BindingError, Bindings, approved
from notifier.sms.filling import fitted
from notifier.sms.lint import check
from notifier.trial import trial
from tests.notifier.conftest import NOW

RULES = dict(RuleBook.load([Path(__file__).parents[2] / "rulesets"])[0])
SHIPPED = [(name, severity) for name, rule in sorted(RULES.items()) for severity in rule.versions[-1].ladder]
CHANNELS = ("aliyun-sms", "tencent-sms")
HEAD = {
    "channel": "aliyun-sms",
    "event": "violation.opened",
    "language": "zh-CN",
    "code": "SMS_1",
    "sign": "示例科技",
    "text": "店铺${shop}低于标准",
    "variables": [{"fact": "shop", "longest": 10}],
}


def table(**changes):
    given = {key: value for key, value in (HEAD | changes).items() if value is not None}
    rows = [f"{key} = {_toml(value)}" for key, value in given.items()]
    return "\n".join(["[[binding]]", *rows]) + "\n"


def _toml(value):
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.fixture
def bindings(tmp_path):
    def made(*tables):
        path = tmp_path / "sms.toml"
        path.write_text("".join(tables), encoding="utf-8")
        return Bindings(path)

    return made


def record_facts(build, language="zh-CN", **changes):
    sheet = Sheets().sheet("xiaohongshu.reply-rate", language)
    return facts_of(build.violation(**changes), [build.sanction()], build.shop(), build.rule(), sheet, language)


def test_the_shipped_sample_is_sound_and_has_every_event_in_both_languages():
    assert check(Bindings(), CHANNELS) == []
    for channel in CHANNELS:
        for event in facts.events():
            for language in ("zh-CN", "en"):
                assert Bindings().find(channel, event, language).longest <= LONGEST_MESSAGE


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_violation_reads_so_as_a_text_message(build, channel):
    text = Templates().render("violation.opened", channel, record_facts(build))
    assert text.body == "【示例科技】预判违规：演示一店，限制公域流量3天，至3月12日；回复率为77%，差3个。\n"
    assert list(text.variables.values()) == [
        "预判违规",
        "演示一店",
        "限制公域流量3天",
        "至3月12日",
        "回复率",
        "77%",
        "差3个",
    ]
    assert text.template == f"violation.opened.{channel}.zh-CN"
    assert approved(text.subject) == (Bindings().find(channel, "violation.opened", "zh-CN").code, "示例科技")


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(("name", "severity"), SHIPPED)
def test_a_violation_of_each_shipped_rule_reads_whole_whatever_follows_from_it(build, channel, name, severity):
    rule = RULES[name]
    specs = rule.versions[-1].ladder.get(severity, ())
    for language in ("zh-CN", "en"):
        for changes in ({}, {"state": "acknowledged"}, {"state": "closed"}, {"numerator": 3, "denominator": 7}):
            row = build.violation(rule=name, version=rule.versions[-1].key, severity=severity, **changes)
            sanctions = [
                build.sanction(
                    s.kind,
                    position=n,
                    amount_min_fen=s.amount_fen and s.amount_fen[0],
                    amount_max_fen=s.amount_fen and s.amount_fen[1],
                    discretionary=s.discretionary,
                    accounts=list(s.accounts) or None,
                )
                for n, s in enumerate(specs)
            ]
            found = facts_of(row, sanctions, build.shop(), rule, Sheets().sheet(name, language), language)
            body = Templates().render("violation.opened", channel, found).body.strip()
            assert len(body) <= LONGEST_MESSAGE
            assert not re.search(r"无[，；。）]|\bnone\b|None|  |¥|– |…", body), body


def test_money_stands_first_in_a_text_message_and_without_the_sign_that_providers_refuse(build):
    fine = build.sanction("liquidated_damages", position=1, amount_min_fen=50000, amount_max_fen=100000)
    rule = RULES["kuaishou.good-rating"]
    for sanctions, words in (
        ([build.sanction("warning", starts=None), fine], "违约金500–1000元等2项，请尽快处理；好评率为77%，差3个。"),
        ([fine], "违约金500–1000元，请尽快处理；"),
        ([build.sanction("warning")], "警告，请尽快处理；"),
    ):
        sheet = Sheets().sheet(rule.id, "zh-CN")
        version = rule.versions[-1].key
        row = build.violation(rule=rule.id, version=version)
        found = facts_of(row, sanctions, build.shop(), rule, sheet, "zh-CN")
        assert words in Templates().render("violation.opened", "aliyun-sms", found).body


def test_an_event_without_a_binding_is_told_by_that_of_news(bindings):
    news = table(
        event="news", text="${status}：${who}请查看", variables=[{"fact": f, "longest": 9} for f in ("status", "who")]
    )
    facts = brief_of("duty.overdue", {"kind": "appeal"}, None, {}, Sheets(), "zh-CN", NOW, about="D-7")
    own = table(event="duty.overdue", text="职责${who}", variables=[{"fact": "who", "longest": 9}])
    assert Templates(bindings=bindings(news)).render("duty.overdue", "aliyun-sms", facts).body == (
        "【示例科技】职责逾期：D-7请查看\n"
    )
    both = Templates(bindings=bindings(news, own)).render("duty.overdue", "aliyun-sms", facts)
    assert (both.body, both.template) == ("【示例科技】职责D-7\n", "duty.overdue.aliyun-sms.zh-CN")


def test_the_binding_of_news_serves_neither_violations_nor_digests(build, bindings):
    news = table(event="news", variables=[{"fact": "shop", "longest": 10}])
    with pytest.raises(BindingError, match=r"no binding for aliyun-sms, violation\.opened"):
        Templates(bindings=bindings(news)).render("violation.opened", "aliyun-sms", record_facts(build))


def test_variables_of_tencent_are_numbered_in_their_order(build):
    text = Templates().render("violation.opened", "tencent-sms", record_facts(build))
    assert list(text.variables) == ["1", "2", "3", "4", "5", "6", "7"]


def test_no_message_is_longer_than_one_whatever_the_shop_is_called(build):
    for language in ("zh-CN", "en"):
        found = record_facts(build, language, numerator=7_654_321, denominator=10_000_000)
        shop = type(found)(**{f: getattr(found, f) for f in found.__dataclass_fields__} | {"shop": "很长的店名" * 50})
        for channel in CHANNELS:
            assert len(Templates().render("violation.opened", channel, shop).body.strip()) <= LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("given", "longest", "fit"),
    [
        ("演示一店旗舰店", 5, "演示一店…"),
        ("演示一店", 4, "演示一店"),
        ("一店\r\n【假签名】\x00\u202e", 20, "一店 （假签名）"),
        ("看 https://evil.example.com/a", 40, "看 evil example com/a"),
        ("77.5%", 10, "77.5%"),
        ("★特价★🎉店{1}${x}", 20, "特价 店(1)$(x)"),
        ("🎉", 5, "-"),
        ("ab", 1, "…"),
    ],
)
def test_a_variable_is_made_fit_for_a_provider(given, longest, fit):
    assert fitted(given, longest) == fit


def test_a_fact_with_nothing_to_say_says_so(build, bindings):
    for language, word in [("zh-CN", "无"), ("en", "none")]:
        made = bindings(table(language=language, text="额${charged}", variables=[{"fact": "charged", "longest": 9}]))
        text = Templates(bindings=made).render("violation.opened", "aliyun-sms", record_facts(build, language))
        assert text.variables == {"charged": word}


@pytest.mark.parametrize("event", facts.events())
def test_the_documentation_names_every_fact(event):
    told = (Path(__file__).parents[2] / "docs" / "notices.md").read_text(encoding="utf-8")
    assert [name for name in facts.names(event) if f"`{name}`" not in told] == []


@pytest.mark.parametrize(
    ("changes", "en", "zh"),
    [
        ({"channel": "fax"}, "'fax' is no channel of short messages", "不是短信渠道"),
        ({"event": "violation.open"}, "unknown event 'violation.open'; did you mean 'violation.opened'", "没有"),
        ({"language": "fr"}, "language 'fr': zh-CN or en", "只能是"),
        ({"code": "SMS 1"}, "has a blank", "空格"),
        ({"sign": "【示例】"}, "sign and text have no 【】", "不写【】"),
        ({"text": "低于标准"}, "variable shop is not in the text", "文本里没有变量 shop"),
        ({"variables": None}, "the text has shop, and no variable", "却没有这个变量"),
        ({"variables": []}, "the text has shop, and no variable", "却没有这个变量"),
        ({"text": "${shop}和${shop}"}, "in the text twice", "两次"),
        ({"text": "店铺{1}${shop}"}, "a placeholder of aliyun-sms is written ${name}", "占位符写作"),
        ({"text": "${shop}。"}, "a text of variables alone", "只有变量"),
        ({"text": "看 www.${shop}.cn"}, "a variable in an address of the web", "网址里有变量"),
        ({"text": "看 https://a.cn/${shop} 吧"}, "a variable in an address of the web", "网址里有变量"),
        ({"variables": [{"fact": "shop", "longest": 80}]}, "at the longest", "一条短信最多 70 字"),
        ({"sign": "很长的签名" * 12}, "at the longest", "一条短信最多 70 字"),
        (
            {"variables": [{"name": "shop", "fact": "shopp", "longest": 5}]},
            "unknown fact 'shopp'; did you mean 'shop'",
            "这个事实",
        ),
        ({"variables": [{"name": "shop", "fact": "steps", "longest": 5}]}, "unknown fact 'steps'", "这个事实"),
        (
            {"text": "店铺${id}", "variables": [{"name": "id", "fact": "shop", "longest": 5}]},
            "variable 'id': letters",
            "变量名",
        ),
        ({"variables": [{"fact": "shop", "longest": 2}, {"fact": "shop", "longest": 2}]}, "is there twice", "写了两次"),
        (
            {"text": "店${shop}${value}低", "variables": [{"fact": f, "longest": 5} for f in ("shop", "value")]},
            "words must stand between two variables",
            "之间要有文字",
        ),
        (
            {"channel": "tencent-sms", "text": "店铺{2}低", "variables": [{"name": "2", "fact": "shop", "longest": 5}]},
            "the variables are 1, 2",
            "顺序编号",
        ),
        ({"channel": "tencent-sms"}, "a placeholder of tencent-sms is written {1}", "占位符写作"),
    ],
)
def test_a_faulty_binding_is_told_and_never_used(build, bindings, changes, en, zh):
    made = bindings(table(**changes))
    found = check(made, CHANNELS)
    assert any(en in told for told, _ in found), found
    assert any(zh in told for _, told in found), found
    assert all(told.startswith(f"{made.path}:binding 1: ") for told, _ in found)
    if changes.keys().isdisjoint({"event", "language"}) and changes.get("channel") != "fax":
        with pytest.raises(BindingError) as refused:
            Templates(bindings=made).render(
                "violation.opened", changes.get("channel", "aliyun-sms"), record_facts(build)
            )
        assert en in str(refused.value)
        assert zh in refused.value.zh


@pytest.mark.parametrize(
    ("text", "en"),
    [
        ("[[binding]", "is no TOML"),
        ("a = 1\n", "holds [[binding]] tables and nothing else"),
        ("binding = 3\n", "holds [[binding]] tables and nothing else"),
        ("binding = [3]\n", "binding 1: is no table"),
        (table(sign=None), "binding 1: sign is missing"),
        (table(colour="red"), "binding 1: unknown key colour"),
        (table(code=3), "binding 1: code is a text"),
        (table(text=" "), "binding 1: text is a text"),
        (table(variables=[3]), "binding 1: variables is a list of tables"),
        (table(variables=[{"longest": 3}]), "binding 1, variable 1: fact is missing"),
        (table(variables=[{"fact": "shop"}]), "binding 1, variable 1: longest is a whole number"),
        (table(variables=[{"fact": "shop", "longest": 0}]), "binding 1, variable 1: longest is a whole number"),
        (table(variables=[{"fact": "shop", "longest": 3, "x": 1}]), "binding 1, variable 1: unknown key x"),
    ],
)
def test_a_file_of_the_wrong_shape_is_told_with_all_its_faults(bindings, text, en):
    [(told, zh)] = check(bindings(text), CHANNELS)
    assert en in told
    assert zh


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path):
    for path, said in [(tmp_path / "no.toml", "cannot be read"), (tmp_path / "b.toml", "is no TOML")]:
        (tmp_path / "b.toml").write_bytes(b"\xff\xfe")
        [(told, _)] = check(Bindings(path), CHANNELS)
        assert said in told


def test_two_bindings_for_the_same_are_told(bindings):
    [(told, _)] = check(bindings(table(), table()), CHANNELS)
    assert "binding 2: there is another binding violation.opened.aliyun-sms.zh-CN" in told


def test_what_has_no_binding_says_what_to_add(build, bindings):
    with pytest.raises(
        TemplateFaultError, match=r"no binding for aliyun-sms, violation\.opened, en: add a \[\[binding"
    ):
        Templates(bindings=bindings(table())).render("violation.opened", "aliyun-sms", record_facts(build, "en"))


def test_a_trial_needs_a_binding_of_its_own(bindings):
    letter = trial("aliyun-sms", "+8613800001234", "zh-CN")
    assert (letter.event, letter.body.startswith("【示例科技】这是一条试发短信")) == ("trial", True)
    with pytest.raises(BindingError, match="no binding for aliyun-sms, trial, zh-CN"):
        trial("aliyun-sms", "+8613800001234", "zh-CN", Templates(bindings=bindings(table())))
    own = table(event="trial", text="店铺${shop}低于标准", variables=[{"name": "shop", "fact": "trial", "longest": 4}])
    letter = trial("aliyun-sms", "+8613800001234", "zh-CN", Templates(bindings=bindings(own)))
    assert (letter.variables, letter.body) == ({"shop": "试发"}, "【示例科技】店铺试发低于标准\n")


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_preview_needs_neither_channel_nor_sdk(sqlite_office, rulebook, channel, monkeypatch):
    for module in ("alibabacloud_dysmsapi20170525", "tencentcloud"):
        monkeypatch.setitem(__import__("sys").modules, module, None)
    sqlite_office.violation("V-1", sqlite_office.shop(contact=None), notify=False, state="closed")
    for language in ("zh-CN", "en"):
        assert preview(sqlite_office.ledger, rulebook, "V-1", channel, language).body.startswith("【")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("13800001234", "+8613800001234"),
        ("+8613800001234", "+8613800001234"),
        ("86 138 0000 1234", "+8613800001234"),
        ("+86-138-0000-1234", "+8613800001234"),
        (" 19912345678 ", "+8619912345678"),
    ],
)
def test_a_number_is_kept_in_one_way(given, kept):
    for channel in CHANNELS:
        assert kind(channel).address(given) == (kept, None)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ("", "has characters"),
        ("12800001234", "is no mobile number"),
        ("1380000123", "is no mobile number"),
        ("138000012345", "is no mobile number"),
        ("010-65529988", "is no mobile number"),
        ("+85291234567", "is no number of mainland China"),
        ("0085291234567", "is no number of mainland China"),
        ("13800001234,13900001234", "several numbers"),
        ("１３８００００１２３４", "has characters"),
        ("13800001234\n13900001234", "has characters"),
        ("zhang@example.com", "has characters"),
    ],
)
def test_what_is_no_number_of_the_mainland_is_refused_with_a_reason(given, fault):
    for channel in CHANNELS:
        found = kind(channel).address(given)
        assert fault in found.fault.en
        assert found.fault in kind(channel).faults
    assert SAMPLE.is_file()
