"""What became of one attempt to send: the six answers that the delivery acts on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from notifier.words.lines import cut

LONGEST_ANSWER = 500

OutcomeKind = Literal["accepted", "throttled", "temporary", "permanent", "misconfigured", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer, with the provider's own words.

    accepted       the provider took it
    throttled      it did not, since it had too much: not before `until`
    temporary      it did not, and trying again later may help
    permanent      it did not and will not: never again without a person
    misconfigured  our own set-up is at fault (password, certificate, sender, folder), not the recipient
    unknown        the connection went before the answer came: it may have been taken

    `for_all`: every other letter over this channel would fare the same now (the server is down, the disk is full), so
    that trying them can wait. `reference`: the provider's own name for what it took, under which it reports later.
    `unsent`: this attempt sent nothing, since an earlier one was asked after, or there was no text: what is said is
    about the earlier one.
    """

    kind: OutcomeKind
    answer: str
    for_all: bool = False
    until: datetime | None = None
    reference: str | None = None
    unsent: bool = False

    @classmethod
    def of(
        cls,
        kind: OutcomeKind,
        answer: str,
        *,
        for_all: bool = False,
        reference: str | None = None,
        unsent: bool = False,
    ) -> Outcome:
        """An outcome whose answer is put on one line and cut to 500 characters."""
        return cls(kind, cut(answer, LONGEST_ANSWER), for_all, reference=reference, unsent=unsent)

    @classmethod
    def throttled(cls, answer: str, until: datetime, *, for_all: bool = False) -> Outcome:
        """That the provider wants to be left alone until then."""
        return replace(cls.of("throttled", answer, for_all=for_all), until=until)
