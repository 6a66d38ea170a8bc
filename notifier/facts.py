"""Everything that a notice may say, already in words: templates arrange, they never reckon.

The facts are flat on purpose: strings, whole numbers and lists of strings. A template that can reach
nothing but these has nothing to climb on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.assessment.diagnosis import Diagnosis
from engine.assessment.ruling import ruling
from engine.ledger.states import SETTLED
from engine.ledger.tables import Sanction, Subject, Violation
from engine.rulebook.model import Interval, Language, Rule, Text, Version
from engine.rulebook.platforms import PLATFORMS, zone_of
from notifier.gap import gap_range, gap_short
from notifier.readers import OUTSIDER, Reader
from notifier.sheets import Sheet
from notifier.words import dates, figures
from notifier.words.appeals import appeal_words
from notifier.words.claims import claim_words
from notifier.words.diagnosis import accounts_words, cause_lines, hour_names, hours_words, margin_words
from notifier.words.lines import one_line
from notifier.words.measures import MeasureWords, last_day
from notifier.words.vocabulary import PREDICTED, SEVERITIES, STATES, word

UNNAMED = Text("未具名", "not named")  # what a sub-account is called to those who are not of the house
# Claims about what a notice of a violation does not speak of, so that it need not say how sure they are.
UNSAID = frozenset({"at_risk", "at_risk_when"})


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a template may say about one violation, in one language: every field is a variable.

    Fields that are None or empty have nothing to say. `headline` is what follows and until when: a measure's last
    day, the end of the appeal, or, where neither is known, the day of the assessment. `gap` counts pieces (see
    `notifier.gap`), the most of them where the figure was rounded; `gap_words` is the same as a sentence, with both
    ends, and `gap_short` as a table has it. `rule_short` is what text messages call the rule. `in_force_dispute` says
    that a later announcement ended or changed the rule itself. `charged`, `reference` and `appeal_until` are what the
    platform decided, once that is on record. About a violation that is `settled` there is nothing to do; it has no
    measures and no exposure, unless it was closed after the platform had confirmed it. `causes` to `mend` are of its
    diagnosis: what caused it, the most telling line first, the hours and `accounts` that stand out (accounts, in
    `causes` too, for the house alone), and what it takes in the cycle that is open; `first_action` follows the cause.
    """

    language: Language
    status: str
    headline: str
    predicted: bool
    settled: bool
    shop: str
    shop_name: str
    shop_id: str
    agent: str | None
    client: str
    platform: str
    rule: str
    rule_title: str
    rule_short: str
    cycle: str
    assessed_on: str
    numerator: int
    denominator: int
    figure: str
    value: str
    standard: str | None
    gap: int | None
    gap_words: str | None
    gap_short: str | None
    severity: str | None
    consequence: str
    until: str | None
    sanctions: tuple[str, ...]
    exposure: str | None
    charged: str | None
    reference: str | None
    appeal: str | None
    appeal_until: str | None
    first_action: str | None
    causes: tuple[str, ...]
    hours: str | None
    accounts: str | None
    mend: str | None
    steps: tuple[str, ...]
    where: tuple[str, ...]
    assumed: tuple[str, ...]
    disputed: tuple[str, ...]
    in_force_dispute: str | None
    violation: str
    command: str | None


def facts_of(
    violation: Violation,
    sanctions: Sequence[Sanction],
    shop: Subject,
    rule: Rule | None,
    sheet: Sheet,
    language: Language,
    agent: Subject | None = None,
    version_key: str | None = None,
    diagnosis: Diagnosis | None = None,
    reader: Reader = OUTSIDER,
) -> NoticeFacts:
    """The facts of one violation, from its rows, its rule and the rule's advice sheet.

    `shop` is whose notice it is, `agent` the sub-account where the rule judges one. Without `rule` (its
    text is lost) the notice still says what is on record, under the rule's id and without a standard.
    `version_key` names the version to speak of, where it is not the violation's own. A reader who may read `names` is
    told who the agents are and what they missed; others, that it was one.
    """
    version = _version(rule, version_key or violation.version)
    bound = version.standard.complies if version and version.standard else None
    ruled = ruling(violation, sanctions)
    settled = violation.state in SETTLED
    told = None if settled else diagnosis
    end = last_day(ruled.sanctions)
    measures = MeasureWords(language, rule.measures if rule else {})
    top = _ends(violation.numerator, violation.numerator_low, violation.numerator_high)
    bottom = _ends(violation.denominator, violation.denominator_low, violation.denominator_high)
    pieces = gap_range(top, bottom, bound) if bound else None
    known = PLATFORMS.get(violation.platform)
    platform = known.name.in_language(language) if known else one_line(violation.platform)
    title = one_line(rule.title.in_language(language) if rule else violation.rule)
    unsaid = UNSAID | {"appeal"} if settled else UNSAID
    claims = claim_words(rule, version, language, unsaid)
    consequence = one_line(measures.consequence(ruled.sanctions, settled=settled and not ruled.sanctions))
    until = dates.day(end, language) if end else None
    appeal_until = None if settled else _until(violation, language)
    assessed_on = dates.day(violation.assessed_on, language)
    return NoticeFacts(
        language=language,
        status=word(STATES, violation.state, language),
        headline=headline_of(consequence, until, appeal_until, assessed_on, language),
        predicted=violation.state in PREDICTED,
        settled=settled,
        shop=one_line(shop.alias or shop.name or shop.external_id),
        shop_name=one_line(shop.name or shop.external_id),
        shop_id=one_line(shop.external_id),
        agent=_called(agent, language, named=reader.names) if agent else None,
        client=one_line(violation.client),
        platform=platform,
        rule=one_line(violation.rule),
        rule_title=without_platform(platform, title, language),
        rule_short=sheet.short or without_platform(platform, title, language),
        cycle=one_line(dates.cycle(violation.cycle, violation.cycle_start, violation.cycle_end, language)),
        assessed_on=assessed_on,
        numerator=violation.numerator,
        denominator=violation.denominator,
        figure=sheet.figure_words(figures.span(top), figures.span(bottom)),
        value=figures.figure_range(top, bottom, bound),
        standard=figures.standard(bound, language) if bound else None,
        gap=pieces[1] if pieces else None,
        gap_words=sheet.gap_words(*pieces) if pieces else None,
        gap_short=gap_short(*pieces, bound, language) if pieces and bound else None,
        severity=word(SEVERITIES, violation.severity, language) if violation.severity else None,
        consequence=consequence,
        until=until,
        sanctions=tuple(one_line(measures.measure(s, dated=True)) for s in ruled.sanctions),
        exposure=figures.money_range(*ruled.exposure_fen, language) if ruled.exposure_fen[1] else None,
        charged=None if violation.amount_fen is None else figures.money(violation.amount_fen, language),
        reference=one_line(violation.reference) if violation.reference else None,
        appeal=appeal_words(version.appeal, language) if version and version.appeal and not settled else None,
        appeal_until=appeal_until,
        first_action=None
        if settled
        else sheet.first_for(told.lead, hour_names(told, language))
        if told
        else sheet.first,
        causes=cause_lines(told, language, named=reader.names) if told else (),
        hours=hours_words(told, language) if told else None,
        accounts=accounts_words(told, language) if told and reader.names else None,
        mend=margin_words(told, zone_of(violation.platform), language) if told else None,
        steps=() if settled else sheet.steps,
        where=() if settled else sheet.where,
        assumed=claims.assumed,
        disputed=claims.disputed,
        in_force_dispute=claims.in_force,
        violation=one_line(violation.id),
        command=f"kaohe explain {one_line(violation.id)}" if reader.commands else None,
    )


def _called(agent: Subject, language: Language, *, named: bool) -> str:
    """What a sub-account is called. Names are for the house alone, and what the platform calls it may be one too."""
    return one_line(agent.alias or agent.name or agent.external_id) if named else UNNAMED.in_language(language)


def headline_of(
    consequence: str, until: str | None, appeal_until: str | None, assessed_on: str, language: Language
) -> str:
    """What follows and until when, as the first line and the subject have it.

    >>> headline_of("警告", None, "2026年3月18日", "2026年3月10日", "zh-CN")
    '警告，申诉截止 2026年3月18日'
    >>> headline_of("a warning", None, None, "10 March 2026", "en")
    'a warning, assessed on 10 March 2026'
    """
    zh, parts = language == "zh-CN", [consequence]
    if until:
        parts.append(f"至{until}" if zh else f"until {until}")
    if appeal_until:
        parts.append(f"申诉截止 {appeal_until}" if zh else f"appeal until {appeal_until}")
    if not until and not appeal_until:
        parts.append(f"{assessed_on}考核" if zh else f"assessed on {assessed_on}")
    return ("，" if zh else ", ").join(parts)


def _until(violation: Violation, language: Language) -> str | None:
    until = violation.appeal_until
    return None if until is None else dates.deadline(until, zone_of(violation.platform), language)


def _ends(value: int, low: int | None, high: int | None) -> Interval:
    """A number of the ledger: between its ends where it was rounded."""
    return Interval(value if low is None else low, value if high is None else high)


def _version(rule: Rule | None, key: str) -> Version | None:
    return next((v for v in rule.versions if v.key == key), None) if rule else None


def without_platform(platform: str, title: str, language: Language) -> str:
    """The rule's title without the platform's name before it, which every notice says anyway.

    >>> without_platform("快手小店", "快手客服好评率", "zh-CN")
    '客服好评率'
    >>> without_platform("Kuaishou", "Kuaishou good-rating rate", "en")
    'good-rating rate'
    """
    if language == "en":
        return title.removeprefix(f"{platform} ") or title
    # Titles may leave out what a platform calls its shops: 快手 for 快手小店.
    said = next((platform[:n] for n in range(len(platform), 1, -1) if title.startswith(platform[:n])), "")
    return title.removeprefix(said) or title
