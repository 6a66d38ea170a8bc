"""Aliyun's SDK as this channel uses it: three calls, each made once, with its time-outs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from notifier.channels.outcome import Outcome
from notifier.sms.calls import USUAL, Endpoint, Timing, called, hush
from notifier.sms.letters import Message

PAGE = 50  # the most records that one query answers


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: its code and words, and of an HTTP error the status and the seconds to wait, if it told any."""

    code: str
    message: str
    status: int = 200
    wait_s: float | None = None
    body: Any = None


@dataclass(frozen=True)
class AliyunCloud:
    """The calls. Raises ImportError where the SDK is not installed."""

    key: str
    secret: str = field(repr=False)
    endpoint: Endpoint
    timing: Timing = USUAL

    def __post_init__(self) -> None:
        self._client()

    def send(self, message: Message) -> Said | Outcome:
        """Ask for one message; what Aliyun said, or what became of the call without an answer."""
        from alibabacloud_dysmsapi20170525 import models

        request = models.SendSmsRequest(
            phone_numbers=message.number,
            sign_name=message.sign,
            template_code=message.code,
            template_param=json.dumps(message.variables, ensure_ascii=False) if message.variables else None,
            out_id=message.digest,
        )
        return self._said(lambda client, runtime: client.send_sms_with_options(request, runtime))

    def sent_to(self, number: str, day: date, page: int) -> Said | Outcome:
        """The records of the messages to a number on one day in China, one page of them."""
        from alibabacloud_dysmsapi20170525 import models

        request = models.QuerySendDetailsRequest(
            phone_number=number, send_date=f"{day:%Y%m%d}", page_size=PAGE, current_page=page
        )
        return self._said(lambda client, runtime: client.query_send_details_with_options(request, runtime))

    def statistics(self, day: date) -> Said | Outcome:
        """How many messages there were on a day: of use to learn whether the key fits."""
        from alibabacloud_dysmsapi20170525 import models

        asked = f"{day:%Y%m%d}"
        request = models.QuerySendStatisticsRequest(
            is_globe=1, start_date=asked, end_date=asked, page_index=1, page_size=1
        )
        return self._said(lambda client, runtime: client.query_send_statistics_with_options(request, runtime))

    def _said(self, call: Callable[[Any, Any], Any]) -> Said | Outcome:
        from darabonba.exceptions import ResponseException
        from darabonba.runtime import (
            ExtendsParameters,
            RuntimeOptions,
        )

        # A connection kept open may be gone by the next message, and nobody could tell whether that one was taken.
        alone = ExtendsParameters(headers={"connection": "close"})
        runtime = RuntimeOptions(
            connect_timeout=int(self.timing.connect * 1000),
            read_timeout=int(self.timing.read * 1000),
            extends_parameters=alone,
        )

        def run() -> Said:
            try:
                body = call(self._client(), runtime).body
            except ResponseException as error:
                wait = error.retry_after / 1000 if error.retry_after else None
                return Said(str(error.code), str(error.message), int(error.status_code or 0), wait)
            return Said(str(body.code or ""), str(body.message or ""), body=body)

        return called(run, self.endpoint.host, self.timing.whole)

    def _client(self) -> Any:
        from alibabacloud_dysmsapi20170525.client import Client
        from alibabacloud_tea_openapi.utils_models import Config

        hush()
        # Without retry options the SDK tries once.
        return Client(
            Config(
                access_key_id=self.key,
                access_key_secret=self.secret,
                endpoint=self.endpoint.host,
                protocol=self.endpoint.scheme,
            )
        )
