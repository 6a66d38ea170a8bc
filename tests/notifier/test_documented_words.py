"""The samples in the documentation of templates, advice and bindings are sound, and used as they stand."""

import re
from pathlib import Path

import pytest

from engine.rulebook.book import RuleBook
from notifier.own_files import look_over
from notifier.render import NAME, Templates
from notifier.sheet_file import BLANKS, CAUSES, KEYS
from notifier.sheets import Sheets
from notifier.sms.binding import SAMPLE, Bindings
from notifier.variables import sample

ROOT = Path(__file__).parents[2]
SAMPLES = re.compile(r"`([\w.-]+\.(?:txt|yaml))`[:：]\n\n```\w+\n(.*?)```", re.DOTALL)
BLOCKS = re.compile(r"```toml\n(# bindings\.toml\n.*?)```", re.DOTALL)
DOCUMENTS = ("templates.md", "templates.zh-CN.md")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_samples_of_templates_and_advice_are_sound_and_used(document, tmp_path):
    found = SAMPLES.findall((ROOT / "docs" / document).read_text(encoding="utf-8"))
    assert sorted(Path(name).suffix for name, _ in found) == [".txt", ".yaml"]
    for name, text in found:
        kind = tmp_path / Path(name).suffix
        kind.mkdir()
        (kind / name).write_text(text, encoding="utf-8")
    templates, sheets = Templates([tmp_path / ".txt"]), Sheets([tmp_path / ".yaml"])
    rules = RuleBook.load([ROOT / "rulesets"])[0].keys()
    looked = look_over(templates, sheets, rules)
    assert looked.faults == {}
    assert len(looked.remarks) == 2  # each in one language
    for name, _ in found:
        if named := NAME.fullmatch(name):
            channel = "wecom" if named["form"] == "chat" else "email"
            facts = sample(named["event"], named["language"])
            own, shipped = (made.render(named["event"], channel, facts) for made in (templates, Templates()))
            assert own.body != shipped.body
        else:
            rule, language = name.removesuffix(".yaml").rsplit(".", 1)
            assert sheets.sheet(rule, language) != Sheets().sheet(rule, language)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_key_cause_and_blank_of_a_sheet_is_documented(document):
    told = (ROOT / "docs" / document).read_text(encoding="utf-8")
    blanks = [blank for some in BLANKS.values() for blank in some]
    assert [name for name in (*KEYS, *CAUSES, *blanks) if f"`{name}`" not in told] == []


def test_the_binding_in_the_documentation_and_the_sample_pass_their_own_check(tmp_path):
    path = tmp_path / "bindings.toml"
    [block] = BLOCKS.findall((ROOT / "docs" / "notices.md").read_text(encoding="utf-8"))
    path.write_text(block, encoding="utf-8")
    assert len(Bindings(path).all) > 1
    assert Templates(bindings=Bindings(path)).binding_faults() == []
    assert Templates(bindings=Bindings(SAMPLE)).binding_faults() == []
