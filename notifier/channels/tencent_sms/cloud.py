"""Tencent's SDK as this channel uses it: three calls, each made once, with its time-outs.

The SDK overlooks an error whose answer has another type of content than it expects, and forgets the status and the
headers of one that is no 200. So the document is read here, and what came is looked at as it passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notifier.channels.http import Answer
from notifier.channels.outcome import Outcome
from notifier.sms.calls import USUAL, Endpoint, Timing, called, hush
from notifier.sms.letters import Message
from notifier.sms.limits import PROVIDERS

PAGE = 100  # the most records that one query answers


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: the code and words of its error, empty where it has none, and what it holds."""

    code: str
    message: str
    response: Mapping[str, Any] = field(default_factory=dict)


class _Watched:
    """The SDK's own way to the network, and the answer that came last over it."""

    def __init__(self, way: Any) -> None:
        self._way, self.last = way, None

    def send_request(self, request: Any) -> Any:
        self.last = self._way.send_request(request)
        return self.last


@dataclass(frozen=True)
class TencentCloud:
    """The calls. Raises ImportError where the SDK is not installed."""

    key: str
    secret: str = field(repr=False)
    app: str
    region: str
    endpoint: Endpoint
    timing: Timing = USUAL

    def __post_init__(self) -> None:
        self._client()

    def send(self, message: Message) -> Said | Answer | Outcome:
        """Ask for one message; what Tencent said, an answer that is no 200, or what became of the call without any."""
        asked = {
            "PhoneNumberSet": [f"+86{message.number}"],
            "SmsSdkAppId": self.app,
            "SignName": message.sign,
            "TemplateId": message.code,
            "TemplateParamSet": [message.variables[n] for n in sorted(message.variables, key=int)],
            "SessionContext": message.digest,
        }
        return self._said("SendSms", asked)

    def sent_to(self, number: str, begin: datetime, end: datetime, offset: int = 0) -> Said | Answer | Outcome:
        """The receipts of the messages to a number in a time, at most 100 after the first `offset`."""
        asked = {
            "BeginTime": int(begin.timestamp()),
            "EndTime": int(end.timestamp()),
            "Offset": offset,
            "Limit": PAGE,
            "PhoneNumber": f"+86{number}",
            "SmsSdkAppId": self.app,
        }
        return self._said("PullSmsSendStatusByPhoneNumber", asked)

    def statistics(self, now: datetime) -> Said | Answer | Outcome:
        """How many messages there were in this hour: of use to learn whether the key fits."""
        hour = f"{now.astimezone(PROVIDERS):%Y%m%d%H}"
        asked = {"BeginTime": hour, "EndTime": hour, "SmsSdkAppId": self.app, "Limit": 0, "Offset": 0}
        return self._said("SendStatusStatistics", asked)

    def _said(self, action: str, asked: dict[str, Any]) -> Said | Answer | Outcome:
        from tencentcloud.common.exception import TencentCloudSDKException

        def run() -> Said | Answer:
            client = self._client()
            watched = _Watched(client.request)
            client.request = watched
            try:
                # A connection kept open may be gone by the next message, and nobody could tell whether it was taken.
                document = client.call_json(action, asked, headers={"Connection": "close"})
            except TencentCloudSDKException as error:
                came = watched.last
                if came is not None and came.status_code != 200:
                    headers = {name.lower(): value for name, value in came.headers.items()}
                    return Answer(came.status_code, headers, came.content)
                if came is None:
                    raise
                return Said(str(error.code), str(error.message))
            return _read(document)

        return called(run, self.endpoint.host, self.timing.whole)

    def _client(self) -> Any:
        from tencentcloud.common.credential import Credential
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile
        from tencentcloud.sms.v20210111.sms_client import SmsClient

        hush()
        # The SDK has one time-out for connecting and reading alike, and without a retryer it tries once.
        seconds = math.ceil(max(self.timing.connect, self.timing.read))
        way = HttpProfile(protocol=self.endpoint.scheme, endpoint=self.endpoint.host, reqTimeout=seconds)
        return SmsClient(Credential(self.key, self.secret), self.region, ClientProfile(httpProfile=way))


def _read(document: Any) -> Said:
    """What a document says; nothing where it has another shape."""
    response = document.get("Response") if isinstance(document, dict) else None
    if not isinstance(response, dict):
        return Said("", "")
    error = response.get("Error")
    if isinstance(error, dict):
        return Said(str(error.get("Code", "")), str(error.get("Message", "")))
    return Said("", "", response)
