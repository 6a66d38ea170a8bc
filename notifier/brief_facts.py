"""Everything that news may say which is not a violation just found: already in words, for templates to arrange."""

from __future__ import annotations

from dataclasses import dataclass

from engine.rulebook.model import Language


@dataclass(frozen=True, slots=True)
class BriefFacts:
    """What a template may say about one piece of news, in one language: every field is a variable.

    Fields that are None or empty have nothing to say; what stands in them has no line breaks.

    status       the word in brackets: one for each event
    event        the journal's name of it
    who          whom it is about: the shop's alias (and sub-account), else the rule, the client, or kaohe
    headline     what follows and until when, in a few words, without a full stop
    short, when  the same for text messages: what follows, and until when or what to do where no day is known
    shop, shop_name, shop_id    alias, name and number of the shop; None where it is about no single shop
    agent        the sub-account, where the rule judges one
    client       None where there is none, or it is the one that shops have which were given none
    platform, rule, rule_title, rule_short, cycle    `rule` is its id
    context      platform, rule, cycle and sub-account in one phrase, as far as there are any
    figure, value, standard, gap_words    k of n as a sentence, the share, the standard, the gap in pieces
    until        the day or instant that counts; `left` how long it is till then
    lines        sentences: what else must be known
    points       the entries of a list: what is missing, what is complained about, what is announced
    groups       tables, as a digest has them
    first_action what to do first; `steps` what then; `where` the paths in the back office
    predicted    whether it is reckoned from the rules, and the platform has said nothing yet
    notes        sentences: what is reckoned, disputed or assumed; `in_force_dispute` that the rule itself is disputed
    about        the number to look it up by (V-…, D-…, the platform's); `command` the command that shows it all
    """

    language: Language
    status: str
    event: str
    who: str
    headline: str
    short: str
    when: str
    shop: str | None = None
    shop_name: str | None = None
    shop_id: str | None = None
    agent: str | None = None
    client: str | None = None
    platform: str | None = None
    rule: str | None = None
    rule_title: str | None = None
    rule_short: str | None = None
    cycle: str | None = None
    context: str | None = None
    figure: str | None = None
    value: str | None = None
    standard: str | None = None
    gap_words: str | None = None
    until: str | None = None
    left: str | None = None
    lines: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    first_action: str | None = None
    steps: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    predicted: bool = False
    notes: tuple[str, ...] = ()
    in_force_dispute: str | None = None
    about: str | None = None
    command: str | None = None
