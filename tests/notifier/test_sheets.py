import pytest

from notifier.sheet_file import SheetError
from notifier.sheets import SHIPPED, Sheets, read_sheet

RULES = [
    "kuaishou.good-rating",
    "kuaishou.service-attitude",
    "kuaishou.reply-rate-3min",
    "xiaohongshu.reply-rate",
    "pinduoduo.effective-reply-rate",
]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("rule", RULES)
def test_every_shipped_rule_has_advice_in_both_languages(rule, language):
    sheet = Sheets().sheet(rule, language)
    assert sheet != Sheets().sheet("some.other-rule", language)
    assert sheet.figure_words(7, 9).count("7") == 1
    assert "9" in sheet.figure_words(7, 9)
    assert "3" in sheet.gap_words(3)
    assert len(sheet.steps) >= 3
    assert sheet.where


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda p: p.name)
def test_no_shipped_sentence_ends_in_a_stop_where_the_template_sets_one(path):
    sheet = read_sheet(path)
    for text in (sheet.figure, sheet.gap_one, sheet.gap_many):
        assert text is None or text[-1] not in "。.", text
    for text in (sheet.first, *sheet.causes.values(), *sheet.steps):
        assert text[-1] in "。.", text


def test_a_rule_without_a_sheet_gets_the_fallback_which_says_no_gap():
    sheet = Sheets().sheet("some.other-rule", "en")
    assert sheet.figure_words(3, 10) == "The numerator is 3, the denominator 10"
    assert sheet.gap_words(5) is None


def test_one_piece_has_its_own_sentence_where_the_language_needs_one():
    assert Sheets().sheet("xiaohongshu.reply-rate", "en").gap_words(1).startswith("One more session")
    assert Sheets().sheet("xiaohongshu.reply-rate", "zh-CN").gap_words(1).startswith("当时若再有 1 个会话")


def test_a_sheet_of_ones_own_comes_before_the_shipped_one(tmp_path):
    (tmp_path / "some.other-rule.en.yaml").write_text("figure: '{k}/{n}'\nfirst: Call the shop.\n", encoding="utf-8")
    assert Sheets([tmp_path]).sheet("some.other-rule", "en").first == "Call the shop."
    assert Sheets([tmp_path]).sheet("another.rule", "en") == Sheets().sheet("another.rule", "en")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("figure: x\nfirst: y\nstpes: []", "unknown key 'stpes'; did you mean 'steps'?"),
        ("first: y", "figure: must be a sentence"),
        ("figure: x\nfirst: y\nsteps: z", "steps: must be a list of sentences"),
        ("figure: x\nfirst: y\nsteps: [1]", "steps[0]: must be a sentence"),
        (
            "figure: x\nfirst: y\ngap: {one: z}",
            "gap: must be a sentence, or a mapping of one and many to sentences",
        ),
        ("- x", "must be a mapping with the keys figure, gap, first, causes, steps, where, short"),
        ("figure: [", "is not YAML in UTF-8"),
        (b"figure: \xff", "is not YAML in UTF-8"),
    ],
)
def test_a_faulty_sheet_is_refused_with_its_file_and_key(tmp_path, text, fault):
    path = tmp_path / "some.rule.en.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SheetError) as error:
        read_sheet(path)
    assert str(error.value).startswith(f"{path}: {fault}")
