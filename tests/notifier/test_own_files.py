"""What is wrong with templates and sheets of one's own is told: names, directories, contents, what is made of facts."""

import dataclasses

import pytest

from notifier.own_files import EVENTS, look_over
from notifier.render import Templates, facts_of_event
from notifier.sheets import Sheets
from notifier.variables import sample, variables

RULES = ["xiaohongshu.reply-rate", "kuaishou.good-rating"]
SHEET = "figure: '{k}/{n}'\nfirst: 先打电话\n"


@pytest.fixture
def looked(tmp_path):
    """What is found in directories that hold these files, told in both languages."""

    def look(templates=(), advice=(), rules=RULES):
        for kind, files in {"t": dict(templates), "a": dict(advice)}.items():
            (tmp_path / kind).mkdir(exist_ok=True)
            for name, text in files.items():
                (tmp_path / kind / name).write_text(text, encoding="utf-8")
        return look_over(Templates([tmp_path / "t"]), Sheets([tmp_path / "a"]), rules)

    return look


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        (
            "warning.certian.email.zh-CN.txt",
            "unknown event 'warning.certian'; did you mean 'warning.certain'",
            "种事件",
        ),
        ("violation.opened.email.fr.txt", "unknown language 'fr'; known: en, zh-CN", "没有 'fr' 这种语言"),
        ("violation.opened.mail.zh-CN.txt", "unknown form 'mail'; did you mean 'email'?", "是不是 'email'？"),
        ("violation.opened.zh-CN.txt", "unknown event 'violation'", "这个文件名不会被用到"),
        ("news.email.en.text", "a name that means nothing", "文件名没有意义"),
        ("note.txt", "a name that means nothing", "文件名没有意义"),
    ],
)
def test_a_template_whose_name_means_nothing_is_a_fault_with_a_suggestion(looked, name, en, zh):
    [fault] = looked({name: "x\n\ny\n"}).faults.values()
    assert en in str(fault)
    assert zh in fault.in_language("zh-CN")
    assert name in str(fault)


@pytest.mark.parametrize(
    ("name", "en", "zh"),
    [
        ("xiaohongshu.replyrate.zh-CN.yaml", "did you mean 'xiaohongshu.reply-rate'?", "种规则；是不是"),
        ("xiaohongshu.reply-rate.fr.yaml", "unknown language 'fr'", "没有 'fr' 这种语言"),
        ("xiaohongshu.reply-rate.zh-CN.yml", "a name that means nothing", "文件名没有意义"),
    ],
)
def test_a_sheet_whose_name_means_nothing_is_a_fault_with_a_suggestion(looked, name, en, zh):
    [fault] = looked(advice={name: SHEET}).faults.values()
    assert en in str(fault)
    assert zh in fault.in_language("zh-CN")


def test_where_rules_are_unknown_a_sheet_may_be_for_any(looked):
    assert looked(advice={"a.b.en.yaml": SHEET, "a.b.zh-CN.yaml": SHEET}, rules=None) == look_over(
        Templates(), Sheets()
    )


def test_what_people_and_editors_leave_in_a_directory_is_no_fault(looked):
    left = dict.fromkeys((".gitkeep", "README.md", "news.email.en.txt~"), "x")
    assert looked(left, left) == look_over(Templates(), Sheets())


def test_a_directory_that_is_not_there_is_a_fault_and_stops_no_notice(tmp_path):
    nowhere = tmp_path / "nosuch"
    templates, sheets = Templates([nowhere]), Sheets([nowhere])
    for found in (look_over(templates, Sheets()), look_over(Templates(), sheets)):
        assert "there is no such directory; mend the setting" in str(found.faults[str(nowhere)])
        assert "没有这个目录" in found.faults[str(nowhere)].in_language("zh-CN")
    assert templates.render("warning.certain", "email", sample("warning.certain", "en")).subject
    assert sheets.sheet("xiaohongshu.reply-rate", "en") == Sheets().sheet("xiaohongshu.reply-rate", "en")


def test_every_fault_of_a_sheet_is_told_with_file_and_key_in_both_languages(looked, tmp_path):
    text = "short: x\nfirst: 马上 {hours} {nix}\ncauses: {slwo: a}\nsteps: ['{m}']\n"
    [fault] = looked(advice={"xiaohongshu.reply-rate.zh-CN.yaml": text}).faults.values()
    path = tmp_path / "a" / "xiaohongshu.reply-rate.zh-CN.yaml"
    assert str(fault).splitlines()[:2] == [
        f"{path}: figure: must be a sentence",
        f"{path}: first: {{hours}} {{nix}} would be printed as it stands; no braces here",
    ]
    assert str(fault).splitlines()[2].endswith("; did you mean 'slow'?")
    assert str(fault).splitlines()[3].endswith("steps[0]: {m} would be printed as it stands; no braces here")
    zh = fault.in_language("zh-CN").splitlines()
    assert zh[:2] == [f"{path}：figure: 要写一句话", f"{path}：first: {{hours}} {{nix}} 会原样印出来；这里不能有花括号"]
    assert "'slwo' 不是原因" in zh[2]


def test_each_sentence_of_a_sheet_may_have_its_own_blanks_alone(looked):
    sound = "figure: '{k} of {n}'\nfirst: x\ngap: '{m} more'\ncauses: {slow: 'at {hours}'}\n"
    names = ("kuaishou.good-rating.en.yaml", "kuaishou.good-rating.zh-CN.yaml")
    assert looked(advice=dict.fromkeys(names, sound)).faults == {}
    for wrong in (
        "figure: '{m}'\nfirst: x",
        "figure: x\nfirst: y\ngap: '{k'",
        "figure: x\nfirst: y\ncauses: {slow: '{n}'}",
    ):
        [fault] = looked(advice={names[0]: wrong}).faults.values()
        assert "would be printed as it stands; here only {" in str(fault)


def test_one_language_alone_is_a_remark_and_no_fault(looked):
    found = looked({"news.email.zh-CN.txt": "x\n\ny\n"}, {"kuaishou.good-rating.en.yaml": SHEET})
    assert found.faults == {}
    assert [remark.en.partition(": ")[2] for remark in found.remarks] == [
        "in this language alone; notices in en keep the shipped words",
        "in this language alone; notices in zh-CN keep the shipped words",
    ]


def test_a_template_that_fails_where_something_has_nothing_to_say_is_found_before_it_is_sent(looked):
    text = "{{ shop }}\n\n{% if gap > 2 %}many{% endif %}x"
    [fault] = looked({"violation.opened.email.en.txt": text}).faults.values()
    assert "not supported" in str(fault)
    assert "put {% if … %} around it" in str(fault)
    assert "没有内容" in fault.in_language("zh-CN")


@pytest.mark.parametrize("event", EVENTS)
def test_every_variable_of_every_event_has_a_meaning_and_a_sample_in_both_languages(event):
    for language in ("zh-CN", "en"):
        found = variables(event, language)
        assert [one.name for one in found] == [field.name for field in dataclasses.fields(facts_of_event(event))]
        assert all(one.meaning.zh and one.meaning.en and one.meaning.zh != one.meaning.en for one in found)
        full, bare = sample(event, language), sample(event, language, bare=True)
        assert [one.name for one in found if getattr(full, one.name) in (None, ())] == []
        assert [one.name for one in found if one.optional and getattr(bare, one.name)] == []
