"""What Tencent's codes mean for a message: its SDK's list of errors of version 2021-01-11, read in November 2026."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from notifier.channels.http import REST
from notifier.channels.outcome import Outcome, OutcomeKind
from notifier.channels.tencent_sms.cloud import Said
from notifier.sms.limits import next_day

_CODE = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
# By their beginnings, the longest that fits first.
_ACCOUNT = (
    "AuthFailure",
    "UnauthorizedOperation",
    "FailedOperation.InsufficientBalanceInSmsPackage",
    "FailedOperation.ProhibitSubAccountUse",
    "FailedOperation.NotEnterpriseCertification",
    "InvalidParameter.AppidAndBizId",
    "InvalidParameterValue.SdkAppIdNotExist",
    "InternalError.RequestTimeException",  # this host's clock is wrong
    "InternalError.SigFieldMissing",
    "InternalError.SigVerificationFail",
    "InternalError.RestApiInterfaceNotExist",
    "UnsupportedOperation.UnsupportedRegion",
    "UnsupportedRegion",
    "InvalidAction",
    "NoSuchVersion",
)
_BINDING = (
    "FailedOperation.MissingSignature",
    "FailedOperation.SignatureIncorrectOrUnapproved",
    "FailedOperation.MissingTemplate",
    "FailedOperation.Template",
    "FailedOperation.SignIdNotExist",
    "InvalidParameterValue.TemplateParameter",
    "InvalidParameterValue.UnsupportedTemplateVariable",
    "UnsupportedOperation.",
)
_PASSING = ("InternalError", "ServiceUnavailable", "ResourceUnavailable", "FailedOperation.FailResolvePacket")
# Tencent's own time ran out with a message on its way.
_OPEN = ("InternalError.Timeout", "InternalError.SendAndRecvFail")
_KINDS: Mapping[str, OutcomeKind] = {
    **dict.fromkeys(_PASSING, "temporary"),
    **dict.fromkeys((*_ACCOUNT, *_BINDING), "misconfigured"),
    **dict.fromkeys(_OPEN, "unknown"),
}
_FLOWS: Mapping[str, timedelta] = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": timedelta(seconds=30),
    "LimitExceeded.PhoneNumberOneHourLimit": timedelta(hours=1),
    "LimitExceeded.DeliveryFrequencyLimit": REST,
    "RequestLimitExceeded": REST,
}


def outcome(said: Said, now: datetime) -> Outcome:
    """What became of a message, by what Tencent said to it."""
    if said.code:
        return refused(said.code, said.message, now)
    listed = said.response.get("SendStatusSet")
    status: Any = listed[0] if isinstance(listed, list) and len(listed) == 1 else None
    if not isinstance(status, dict) or not isinstance(status.get("Code"), str):
        return Outcome.of("unknown", "the answer does not tell of the message")
    if status["Code"].lower() == "ok":
        number = str(status.get("SerialNo") or "")
        return Outcome.of("accepted", f"Ok {number}".rstrip(), reference=number or None)
    return refused(status["Code"], str(status.get("Message", "")), now)


def refused(code: str, message: str, now: datetime) -> Outcome:
    """What a code says that is not Ok."""
    answer = f"{code} {message}"
    if not _CODE.fullmatch(code):
        return Outcome.of("unknown", f"the answer has no code: {answer}")
    if code.startswith(("LimitExceeded", "RequestLimitExceeded")):
        of_one = code.startswith("LimitExceeded.PhoneNumber")
        rest = next((rest for begins, rest in _FLOWS.items() if code.startswith(begins)), None)
        return Outcome.throttled(answer, next_day(now) if rest is None else now + rest, for_all=not of_one)
    begins = max((b for b in _KINDS if code.startswith(b)), key=len, default=None)
    if begins is None:
        return Outcome.of("permanent", answer)
    return Outcome.of(_KINDS[begins], answer, for_all=begins in _PASSING or begins in _ACCOUNT)
