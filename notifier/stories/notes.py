"""What is reckoned, disputed or assumed of a rule, as short as news can say it: the proof has all of it."""

from __future__ import annotations

from collections.abc import Collection

from notifier.facts import UNSAID
from notifier.stories.teller import Teller
from notifier.words.claims import claim_words

NOT_USUAL = UNSAID | {"appeal"}  # claims that only some news hangs on


def notes_of(told: Teller, hangs_on: Collection[str] | None = None) -> tuple[str, ...]:
    """What is reckoned, disputed and assumed, a sentence each.

    Of the claims that this news `hangs_on` each assumption is told with its reason, and nothing of the others; of usual
    news, which are assumed. A dispute about the rule itself is told elsewhere.
    """
    unsaid = NOT_USUAL if hangs_on is None else frozenset[str]()
    words = claim_words(told.rule, told.version, told.language, unsaid)
    found = []
    if told.facts is not None and told.facts.predicted:
        found.append(told.say("按规则推算，以平台通知为准", "Reckoned from the rule; the platform's notice decides"))
    if hangs_on is not None:
        chosen = claim_words(told.rule, told.version, told.language, _others(told, hangs_on))
        found += [told.say(f"有争议——{one}", f"Disputed: {one}") for one in chosen.disputed if one != words.in_force]
        return (*found, *(told.say(f"假定——{one}", f"Assumed: {one}") for one in chosen.assumed))
    found += [told.say(f"有争议——{one}", f"Disputed: {one}") for one in words.disputed if one != words.in_force]
    if words.titles:
        names = told.joined(words.titles)
        found.append(told.say(f"假定 {len(words.titles)} 处：{names}", f"Assumed, {len(words.titles)}: {names}"))
    return tuple(found)


def _others(told: Teller, hangs_on: Collection[str]) -> frozenset[str]:
    version = told.version
    return frozenset(claim.name for claim in version.provenance) - frozenset(hangs_on) if version else frozenset()
