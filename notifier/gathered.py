"""Several notices told as one message: what came in the quiet hours, or is more than the recipient may get singly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.ledger.presence import DEFAULT_CLIENT
from engine.ledger.states import STATES
from engine.rulebook.model import Language
from notifier.gathered_rows import Row, actions, table, until_words
from notifier.members import OTHER, SEVERAL, Holding, Item, counted, spread
from notifier.words import figures
from notifier.words.lines import cut, one_line
from notifier.words.vocabulary import PREDICTED, WARNINGS, word

MOST_LINES = 50
LONGEST_LINE = 160


@dataclass(frozen=True, slots=True)
class Room:
    """How much of each a message may list."""

    groups: int
    rows: int
    actions: int
    others: int


# A mail, and ever shorter chats, of which the first is taken that a channel has room for. The last lists nothing.
MAIL = (Room(5, 18, 4, 12),)
CHAT = (Room(4, 12, 3, 6), Room(3, 8, 3, 4), Room(2, 5, 2, 3), Room(1, 3, 1, 2), Room(1, 1, 1, 1), Room(0, 0, 0, 0))
SMS = (Room(0, 0, 0, 0),)


@dataclass(frozen=True, slots=True)
class GatheredFacts:
    """What a template may say about notices that are told together, in one language: every field is a variable.

    client     whose they are; None where they are of several, or of the one that shops have which were given none
    count      how many there are; `lines` are their subjects, at most 50, and `unlisted` are not among them. A template
               that mentions neither is given the first line alone
    first      the first of the lines; every message has at least one
    at_cap     no more messages may come for now: what comes next is found in the console alone
    morning    they came while the recipient's hours were closed
    example    the number of the first violation; `command` the command that shows the notices, for
               those who work with kaohe
    kinds      what they are about: how many violations of each state, warnings of each kind, and other news, in words
    over       so many were settled before the message was written, and stand nowhere in it
    soonest    the first deadline of all, as day or instant and how long it is till then
    exposure   what the violations may cost, all together; `predicted` whether some of it is reckoned from the rules
    groups     tables of violations and warnings; `more` are in none of them
    actions    what to do first, by rule and cause; `more_actions` violations and warnings are of other rules
    others     the subjects of all other news; `more_others` are not among them
    """

    language: Language
    client: str | None
    count: int
    lines: tuple[str, ...]
    unlisted: int
    first: str
    at_cap: bool
    morning: bool
    example: str | None
    command: str | None
    kinds: tuple[str, ...] = ()
    over: int = 0
    soonest: str | None = None
    exposure: str | None = None
    predicted: bool = False
    groups: tuple[tuple[str, ...], ...] = ()
    more: int = 0
    actions: tuple[str, ...] = ()
    more_actions: int = 0
    others: tuple[str, ...] = ()
    more_others: int = 0


def gathered_facts(
    holding: Holding,
    rows: Mapping[int, Row],
    subjects: Mapping[int, str],
    language: Language,
    room: Room,
    now: datetime,
    *,
    client: str = SEVERAL,
    at_cap: bool = False,
    command: str | None = None,
) -> GatheredFacts:
    """The facts of a message that tells what it holds, in as much room.

    `rows` has those violations and warnings that are put into words, and `subjects` those notices that have a subject,
    both by the notice's number: what is asked for and stands in neither is counted and not listed.
    """
    of_rows = spread(holding.matters, room.groups, room.rows)
    shown = [[rows[item.number] for item in group if item.number in rows] for group in of_rows]
    whole = {group[0].group: sum(i.group == group[0].group for i in holding.matters) for group in of_rows}
    said = [row for group in shown for row in group]
    advice = actions(said, language, several=client == SEVERAL)
    advised = frozenset[tuple[str, ...]]().union(*(one.groups for one in advice[: room.actions]))
    others = [item for item in holding.others[: room.others] if item.number in subjects]
    lines = _subjects(holding.in_order, subjects, language, client)
    listed = list(lines.items())[:MOST_LINES]
    low, high = (sum(ends) for ends in zip((0, 0), *(i.exposure_fen for i in holding.matters), strict=True))
    kinds = _kinds(holding, language)
    return GatheredFacts(
        language=language,
        client=None if client in (SEVERAL, DEFAULT_CLIENT) else one_line(client),
        count=holding.count,
        lines=tuple(_often(line, n) for line, n in listed) or kinds[:1] or ("-",),
        unlisted=holding.count - sum(n for _, n in listed),
        first=listed[0][0] if listed else (kinds or ("-",))[0],
        at_cap=at_cap,
        morning=holding.waited,
        example=next((one_line(item.violation) for item in holding.in_order if item.violation), None),
        command=command,
        kinds=kinds,
        over=holding.over,
        soonest=_soonest(holding, language, now),
        exposure=figures.money_range(low, high, language) if high else None,
        predicted=any(item.violation and item.kind in PREDICTED for item in holding.matters),
        groups=tuple(
            table(group, whole[group[0].item.group], language, several=client == SEVERAL) for group in shown if group
        ),
        more=len(holding.matters) - len(said),
        actions=tuple(one.words for one in advice[: room.actions]),
        more_actions=sum(item.group not in advised for item in holding.matters),
        others=tuple(_often(line, n) for line, n in _subjects(others, subjects, language, client).items()),
        more_others=sum(i.times for i in holding.others) - sum(i.times for i in others),
    )


def _subjects(items: Sequence[Item], subjects: Mapping[int, str], language: Language, client: str) -> dict[str, int]:
    """The subjects of these, each once with how many notices have it; whose it is where they are of several clients."""
    often: dict[str, int] = {}
    for item in items:
        if item.number not in subjects:
            continue
        subject = subjects[item.number]
        if client == SEVERAL and item.client not in (SEVERAL, DEFAULT_CLIENT):
            subject = f"{item.client}{'：' if language == 'zh-CN' else ': '}{subject}"
        line = cut(subject, LONGEST_LINE) or "-"
        often[line] = often.get(line, 0) + item.times
    return often


def _often(line: str, times: int) -> str:
    return line if times == 1 else f"{line} ×{times}"


def _kinds(holding: Holding, language: Language) -> tuple[str, ...]:
    """How many there are of each kind, as the first line has it: 预判违规 12 起."""
    zh, found = language == "zh-CN", []
    for kind, n in counted(holding).items():
        if kind == OTHER:
            continue
        said = word(WARNINGS if kind in WARNINGS else STATES, kind, language)
        found.append(f"{said} {n} {'项' if kind in WARNINGS else '起'}" if zh else f"{said}: {n}")
    others = sum(item.times for item in holding.others)
    if others:
        found.append(f"{'其他消息' if found else '消息'} {others} 条" if zh else f"other news: {others}")
    return tuple(one_line(one) for one in found)


def _soonest(holding: Holding, language: Language, now: datetime) -> str | None:
    """The first deadline of all that is told."""
    first = min((i for i in holding.in_order if i.until), key=lambda i: i.until or now, default=None)
    if first is None or first.until is None:
        return None
    return until_words(first.until, first.platform, now, language)
