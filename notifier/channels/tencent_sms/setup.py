"""How Tencent's text messages are set up: a key, the application, the endpoint, and bindings."""

from __future__ import annotations

from engine.settings import Setting
from notifier.channels.kind import Setup
from notifier.channels.outcome import Outcome
from notifier.channels.tencent_sms.channel import TencentSms
from notifier.channels.tencent_sms.cloud import TencentCloud
from notifier.sms.calls import endpoint_of
from notifier.sms.settings import BINDINGS, needs, not_installed

NAME = "tencent-sms"
SETTINGS = (
    BINDINGS,
    Setting("tencent_sms_secret_id", "", "the SecretId of a key that may send text messages"),
    Setting("tencent_sms_secret_key", "", "the SecretKey that belongs to it", secret=True),
    Setting("tencent_sms_secret_key_file", "", "a file that holds tencent_sms_secret_key"),
    Setting("tencent_sms_app_id", "", "the SdkAppId of the application in Tencent's SMS console"),
    Setting("tencent_sms_region", "ap-guangzhou", "the region of Tencent's SMS service"),
    Setting("tencent_sms_endpoint", "https://sms.tencentcloudapi.com", "where Tencent's text messages are spoken to"),
)


def build(setup: Setup) -> TencentSms | None:
    """The channel; None without a key. Raises KaoheError where it is set up in part, wrongly, or without its SDK."""
    key, secret, app = "tencent_sms_secret_id", "tencent_sms_secret_key", "tencent_sms_app_id"
    if not needs(setup, NAME, key, secret, app):
        return None
    endpoint = endpoint_of("tencent_sms_endpoint", setup.value("tencent_sms_endpoint"))
    try:
        cloud = TencentCloud(
            setup.value(key), setup.value(secret), setup.value(app), setup.value("tencent_sms_region"), endpoint
        )
    except ImportError as error:
        raise not_installed(NAME, "tencentcloud-sdk-python-sms") from error
    return TencentSms(cloud)


def greet(setup: Setup) -> Outcome | None:
    """What Tencent answers to a question after this hour's statistics, which sends and costs nothing."""
    built = build(setup)
    return built.greet() if built else None
