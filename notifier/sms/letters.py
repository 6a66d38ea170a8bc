"""What a letter of a short message says to a provider, read back from what the notice keeps."""

from __future__ import annotations

from dataclasses import dataclass

from notifier.channels.contract import Letter
from notifier.channels.outcome import Outcome
from notifier.sms.binding import approved
from notifier.sms.phone import national, read_phone


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one number: the eleven digits, the provider's template and sign, the variables in order."""

    number: str
    code: str
    sign: str
    variables: dict[str, str]
    digest: str


def message_of(letter: Letter) -> Message | Outcome:
    """What is to be sent; or why nothing can be, without asking the provider."""
    address = read_phone(letter.recipient)
    if address.fault:
        return Outcome.of("permanent", f"the recipient {address.fault.en}")
    known = approved(letter.subject)
    if known is None:
        return Outcome.of("misconfigured", "the notice names no template and sign: add a binding to sms_bindings")
    return Message(national(address.text), *known, dict(letter.variables), letter.digest)
