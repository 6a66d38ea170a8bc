"""What Aliyun's codes mean for a message: its list of errors of the API, read in November 2026."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from notifier.channels.aliyun_sms.cloud import Said
from notifier.channels.http import REST
from notifier.channels.outcome import Outcome, OutcomeKind
from notifier.sms.limits import next_day

OK = "OK"
_CODE = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)
GATEWAY_TIMEOUT = 504
# By their beginnings, the longest that fits first: a refusal that is about the account holds for every message.
_ACCOUNT = (
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.OUT_OF_SERVICE",
    "isv.PRODUCT_UN_SUBSCRIPT",
    "isv.PRODUCT_UNSUBSCRIBE",
    "isv.ACCOUNT_",
    "isv.DENY_IP_RANGE",
    "isv.BILLING_",
    "isp.RAM_PERMISSION_DENY",
    "isv.RAM_",
    "Forbidden",
    "NoPermission",
    "InvalidAccessKeyId",
    "IncompleteSignature",
    "SignatureDoesNotMatch",
    "InvalidTimeStamp",
    "InvalidSecurityToken",
    "InvalidVersion",
    "InvalidAction",
)
_BINDING = (
    "isv.SMS_TEMPLATE",
    "isv.SMS_SIGN",
    "isv.SIGN",
    "isv.TEMPLATE_",
    "isv.PARAM_LENGTH_LIMIT",
    "isv.INVALID_JSON_PARAM",
    "isv.EXTEND_CODE_ERROR",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
    "isv.SMS_TEST_",
)
_PASSING = ("isp.", "ServiceUnavailable", "InternalError", "SystemError", "SignatureNonceUsed")
_KINDS: Mapping[str, OutcomeKind] = {
    **dict.fromkeys(_PASSING, "temporary"),
    **dict.fromkeys((*_ACCOUNT, *_BINDING), "misconfigured"),
    "isv.TEMPLATE_PARAMS_ILLEGAL": "permanent",  # what was put in is at fault, not the template
}
_FLOWS = (("分钟", timedelta(minutes=1)), ("小时", timedelta(hours=1)))


def outcome(said: Said, now: datetime) -> Outcome:
    """What became of a message, by what Aliyun said to it."""
    if said.code == OK:
        number = getattr(said.body, "biz_id", None)
        return Outcome.of("accepted", f"OK {number}" if number else "OK", reference=number or None)
    answer = f"{said.code} {said.message}" if said.status == 200 else f"HTTP {said.status} {said.code} {said.message}"
    if not _CODE.fullmatch(said.code):
        return Outcome.of("unknown", f"the answer has no code: {answer}")
    wait = _wait(said, now)
    if wait is not None:
        until, for_all = wait
        return Outcome.throttled(answer, until, for_all=for_all)
    if said.status == GATEWAY_TIMEOUT:  # what stands behind it may have taken the message
        return Outcome.of("unknown", answer)
    begins = max((b for b in _KINDS if said.code.startswith(b)), key=len, default=None)
    if begins is not None:
        return Outcome.of(_KINDS[begins], answer, for_all=begins in _PASSING or begins in _ACCOUNT)
    if said.status >= 500:
        return Outcome.of("temporary", answer, for_all=True)
    return Outcome.of("permanent", answer)


def _wait(said: Said, now: datetime) -> tuple[datetime, bool] | None:
    """Until when Aliyun wants no more, and whether of anything; None where that is not what it said."""
    if said.code.startswith("isv.BUSINESS_LIMIT_CONTROL"):  # of one number, sign and template
        rest = next((rest for word, rest in _FLOWS if word in said.message), None)
        return (next_day(now) if rest is None else now + rest), False
    if said.code.startswith(("isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL")):
        return next_day(now), True
    if said.code.startswith("Throttling") or said.status == 429 or said.wait_s is not None:
        return now + (REST if said.wait_s is None else timedelta(seconds=min(said.wait_s, 86_400))), True
    return None
