"""Aliyun's and Tencent's text messages on this host: what they check, checked by our own reading of their rules."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlsplit

from tests.notifier.web_server import WebServer, answer

KEY, SECRET = "LTAI5tExampleKeyId00", "example-secret-of-the-tests"


def document(body, status=200, **headers):
    return answer(json.dumps(body, ensure_ascii=False), status, Content_Type="application/json", **headers)


def _sha(data):
    return hashlib.sha256(data).hexdigest()


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def _parts(authorization, algorithm):
    name, _, rest = authorization.partition(" ")
    assert name == algorithm
    return dict(part.strip().split("=", 1) for part in rest.split(","))


@dataclass
class Cloud:
    """`script`: what is answered next, a code, bytes, or what to do with the socket; `calls`: action and parameters."""

    script: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    records: list = field(default_factory=list)
    secret: str = SECRET

    def __enter__(self):
        self.web = WebServer(usual=self._handle).__enter__()
        return self

    def __exit__(self, *_):
        self.web.__exit__()

    @property
    def url(self):
        return self.web.url

    @property
    def actions(self):
        return [action for action, _ in self.calls]

    def _handle(self, connection, request):
        action, parameters, right = self.read(request)
        self.calls.append((action, parameters))
        if not right:
            return self.refused()
        act = self.script.pop(0) if self.script else None
        if callable(act):
            return act(connection, request)
        return act if isinstance(act, bytes) else self.said(action, parameters, act)


class Aliyun(Cloud):
    """Dysmsapi of 2017-05-25 with signatures of ACS3-HMAC-SHA256."""

    def read(self, request):
        address = urlsplit(request.path)
        query = parse_qsl(address.query, keep_blank_values=True)
        signed = _parts(request.headers["authorization"], "ACS3-HMAC-SHA256")
        names = signed["SignedHeaders"].split(";")
        canonical = "\n".join([
            "POST",
            address.path or "/",
            "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(query)),
            "".join(f"{name}:{request.headers[name].strip()}\n" for name in names),
            ";".join(names),
            _sha(request.body),
        ])  # fmt: skip
        wanted = _hmac(self.secret.encode(), f"ACS3-HMAC-SHA256\n{_sha(canonical.encode())}").hexdigest()
        told = datetime.strptime(request.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        right = (
            signed["Credential"] == KEY
            and hmac.compare_digest(wanted, signed["Signature"])
            and request.headers["x-acs-content-sha256"] == _sha(request.body)
            and {"host", "x-acs-action", "x-acs-version", "x-acs-date"} <= set(names)
            and abs((datetime.now(UTC) - told).total_seconds()) < 900
            and request.headers["x-acs-version"] == "2017-05-25"
        )
        return request.headers["x-acs-action"], dict(query), right

    def refused(self):
        return document({"Code": "SignatureDoesNotMatch", "Message": "signature", "RequestId": "R"}, 400)

    def said(self, action, parameters, code):
        if isinstance(code, tuple):
            code, message = code
        else:
            message = code or "OK"
        body = {"Code": code or "OK", "Message": message, "RequestId": "R-1"}
        if action == "SendSms" and not code:
            body["BizId"] = "900619746936498440^0"
            self.records.append(self.record(parameters))
        if action == "QuerySendDetails" and not code:
            size, page = int(parameters["PageSize"]), int(parameters["CurrentPage"])
            found = [
                r
                for r in self.records
                if r["PhoneNum"] == parameters["PhoneNumber"]
                and r["SendDate"][:10].replace("-", "") == parameters["SendDate"]
            ]
            body["TotalCount"] = len(found)
            body["SmsSendDetailDTOs"] = {"SmsSendDetailDTO": found[(page - 1) * size : page * size]}
        return document(body)

    @staticmethod
    def record(parameters, status=1, date="2026-03-10 10:00:00", code="DELIVERED"):
        return {
            "PhoneNum": parameters["PhoneNumbers"],
            "OutId": parameters["OutId"],
            "SendStatus": status,
            "SendDate": date,
            "ErrCode": code,
            "TemplateCode": parameters.get("TemplateCode"),
        }


class Tencent(Cloud):
    """SMS of 2021-01-11 with signatures of TC3-HMAC-SHA256."""

    def read(self, request):
        signed = _parts(request.headers["authorization"], "TC3-HMAC-SHA256")
        key, day, service, end = signed["Credential"].split("/")
        names = signed["SignedHeaders"].split(";")
        canonical = "\n".join([
            "POST",
            urlsplit(request.path).path or "/",
            "",
            "".join(f"{name}:{request.headers[name].strip().lower()}\n" for name in names),
            ";".join(names),
            _sha(request.body),
        ])  # fmt: skip
        stamp = int(request.headers["x-tc-timestamp"])
        signing = f"TC3{self.secret}".encode()
        for part in (day, service, end):
            signing = _hmac(signing, part).digest()
        text = f"TC3-HMAC-SHA256\n{stamp}\n{day}/{service}/{end}\n{_sha(canonical.encode())}"
        right = (
            key == KEY
            and (service, end) == ("sms", "tc3_request")
            and {"content-type", "host"} <= set(names)
            and hmac.compare_digest(_hmac(signing, text).hexdigest(), signed["Signature"])
            and datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d") == day
            and abs(time.time() - stamp) < 600
            and request.headers["x-tc-version"] == "2021-01-11"
        )
        return request.headers["x-tc-action"], json.loads(request.body), right

    def refused(self):
        return self.error("AuthFailure.SignatureFailure")

    @staticmethod
    def error(code, **headers):
        return document({"Response": {"Error": {"Code": code, "Message": "m"}, "RequestId": "R-1"}}, **headers)

    def said(self, action, parameters, code):
        response = {"RequestId": "R-1"}
        if action == "SendSms":
            [number] = parameters["PhoneNumberSet"]
            told = {"PhoneNumber": number, "SessionContext": parameters.get("SessionContext", "")}
            response["SendStatusSet"] = [
                told | {"Code": code or "Ok", "Message": "send success", "SerialNo": "" if code else "5000:1", "Fee": 1}
            ]
            if not code:
                self.records.append(self.record(number, told["SessionContext"]))
        if action == "PullSmsSendStatusByPhoneNumber":
            response["PullSmsSendStatusSet"] = [
                r
                for r in self.records
                if r["PhoneNumber"] == parameters["PhoneNumber"]
                and parameters["BeginTime"] <= r["UserReceiveTime"] <= parameters["EndTime"]
            ][parameters["Offset"] :][: parameters["Limit"]]
        return document({"Response": response})

    @staticmethod
    def record(number, context, status="SUCCESS", at=1773108000):
        return {
            "PhoneNumber": number,
            "SubscriberNumber": number[-11:],
            "CountryCode": "86",
            "SessionContext": context,
            "ReportStatus": status,
            "Description": "DELIVRD",
            "SerialNo": "5000:1",
            "UserReceiveTime": at,
        }
