"""What the terminal and the calendar file say of an assessment, a measure and a limited shop, in the same words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from console.output import printable
from console.phrases import VERDICTS, verdict_words
from console.sentences import sentence
from engine.assessment.agenda import Appointment, Breach, Item, Measure, ShopLimit
from engine.ledger.tables import Sanction
from engine.rulebook.model import Language, Rule
from notifier.words import dates
from notifier.words.measures import MeasureWords
from notifier.words.vocabulary import STATES, word

DOT = " · "
MOST_NAMES = 8  # the JSON names all
LAST = "violation"  # of the verdicts: the names of the shops follow it


def rule_title(rules: Mapping[str, Rule], rule: str, language: Language) -> str:
    """What today's file calls the rule; its id where there is none."""
    return rules[rule].title.in_language(language) if rule in rules else rule


def cycle_words(of: Appointment, language: Language) -> str:
    """The cycle with its days."""
    return dates.cycle(of.cycle, of.cycle_start, of.cycle_end, language)


def result_words(item: Item, language: Language) -> str:
    """How an assessment stands: what came of it, or that nothing has yet."""
    counts = verdict_counts(item, language)
    if item.state == "done":
        return counts or sentence("calendar nobody", language)
    said = sentence(f"calendar {item.state}", language, n=item.shops)
    return f"{said}{DOT}{counts}" if counts else said


def verdict_counts(item: Item, language: Language) -> str:
    """How many shops got each verdict, the names of those in violation after the last."""
    ordered = [*(v for v in VERDICTS if v != LAST), LAST]
    counts = [f"{verdict_words(v, False, language)} {item.verdicts[v]:,}" for v in ordered if item.verdicts.get(v)]
    colon = "：" if language == "zh-CN" else ": "
    return DOT.join(counts) + (colon + breach_names(item.breaches, language) if item.breaches else "")


def breach_names(breaches: Sequence[Breach], language: Language) -> str:
    """The shops in violation; of a violation about which somebody has spoken, its state too."""
    zh = language == "zh-CN"
    named = []
    for breach in breaches[:MOST_NAMES]:
        state = "" if breach.state == "open" else word(STATES, breach.state, language)
        name = line(breach.shop.shown())
        named.append((f"{name}（{state}）" if zh else f"{name} ({state})") if state else name)
    names, more = ("、" if zh else ", ").join(named), len(breaches) - MOST_NAMES
    if more <= 0:
        return names
    return f"{names} {sentence('calendar more', language, n=len(breaches) if zh else more)}"


def limit_name(limit: ShopLimit, rules: Mapping[str, Rule], language: Language) -> str:
    """What a shop is limited in."""
    titles = {kind: title for rule in rules.values() for kind, title in rule.measures.items()}
    row = Sanction(violation_id="", position=0, kind=limit.limit.kind, scope=limit.limit.scope)
    return line(MeasureWords(language, titles).measure(row))


def measure_words(measure: Measure, rules: Mapping[str, Rule], language: Language) -> str:
    """One measure of one violation, with how long it lasts."""
    spec = measure.sanction.spec
    row = Sanction(
        violation_id=measure.violation,
        position=measure.position,
        kind=spec.kind,
        scope=spec.scope,
        discretionary=spec.discretionary,
        starts=measure.sanction.starts,
        ends=measure.sanction.ends,
        days_min=spec.days[0] if spec.days else None,
    )
    titles = rules[measure.rule].measures if measure.rule in rules else {}
    return line(MeasureWords(language, titles).measure(row))


def state_words(limit: ShopLimit, language: Language) -> str:
    """Each violation behind a limit with its state."""
    gap = "，" if language == "zh-CN" else ", "
    return gap.join(f"{v} {word(STATES, state, language)}" for v, state in limit.states.items())


def line(text: str) -> str:
    """A name of the evidence as part of one line."""
    return printable(text).replace("\n", " ").strip()
