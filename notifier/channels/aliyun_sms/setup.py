"""How Aliyun's text messages are set up: a key of a RAM user, the endpoint, and bindings."""

from __future__ import annotations

from engine.settings import Setting
from notifier.channels.aliyun_sms.channel import AliyunSms
from notifier.channels.aliyun_sms.cloud import AliyunCloud
from notifier.channels.kind import Setup
from notifier.channels.outcome import Outcome
from notifier.sms.calls import endpoint_of
from notifier.sms.settings import BINDINGS, needs, not_installed

NAME = "aliyun-sms"
SETTINGS = (
    BINDINGS,
    Setting("aliyun_sms_key_id", "", "the AccessKey ID of a RAM user that may send text messages"),
    Setting("aliyun_sms_key_secret", "", "the AccessKey secret that belongs to it", secret=True),
    Setting("aliyun_sms_key_secret_file", "", "a file that holds aliyun_sms_key_secret"),
    Setting("aliyun_sms_endpoint", "https://dysmsapi.aliyuncs.com", "where Aliyun's text messages are spoken to"),
)


def build(setup: Setup) -> AliyunSms | None:
    """The channel; None without a key. Raises KaoheError where it is set up in part, wrongly, or without its SDK."""
    key, secret = "aliyun_sms_key_id", "aliyun_sms_key_secret"
    if not needs(setup, NAME, key, secret):
        return None
    endpoint = endpoint_of("aliyun_sms_endpoint", setup.value("aliyun_sms_endpoint"))
    try:
        cloud = AliyunCloud(setup.value(key), setup.value(secret), endpoint)
    except ImportError as error:
        raise not_installed(NAME, "alibabacloud-dysmsapi20170525") from error
    return AliyunSms(cloud)


def greet(setup: Setup) -> Outcome | None:
    """What Aliyun answers to a question after today's statistics, which sends and costs nothing."""
    built = build(setup)
    return built.greet() if built else None
