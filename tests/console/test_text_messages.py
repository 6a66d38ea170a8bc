"""What the commands say of text messages."""

import json

import pytest

from engine.ledger.masking import masked
from tests.notifier.fake_clouds import SECRET

BROKEN = """
[[binding]]
channel = "aliyun-sms"
event = "trial"
language = "zh-CN"
code = "SMS_1"
sign = "示例"
text = "试发${word}"
"""


def test_a_trial_is_sent_and_its_number_is_not_shown(kaohe, cloud):
    said = kaohe("notices", "test", "aliyun-sms", "--to", "138 0000 1234")
    assert said.code == 0
    [(action, asked)] = cloud.calls
    assert (action, asked["PhoneNumbers"], "TemplateParam" in asked) == ("SendSms", "13800001234", False)
    cloud.script[:] = [("isv.MOBILE_NUMBER_ILLEGAL", "13800001234 is none")]
    said = kaohe("notices", "test", "aliyun-sms", "--to", "13800001234")
    assert said.code == 1
    assert "138****1234" in said.out
    assert "13800001234" not in said.out + said.err


def test_a_trial_without_a_binding_says_which_one_to_add(kaohe, cloud, tmp_path, monkeypatch):
    empty = tmp_path / "sms.toml"
    empty.write_text("binding = []\n", encoding="utf-8")
    monkeypatch.setenv("KAOHE_SMS_BINDINGS", str(empty))
    said = kaohe("notices", "test", "aliyun-sms", "--to", "13800001234")
    assert (said.code, cloud.calls) == (2, [])
    assert "没有 aliyun-sms、trial、zh-CN 的绑定" in said.err


def test_a_channel_that_is_set_up_in_part_says_what_is_missing(kaohe, cloud, monkeypatch):
    monkeypatch.delenv("KAOHE_SMS_BINDINGS")
    said = kaohe("notices", "test", "aliyun-sms", "--to", "13800001234")
    assert said.code == 2
    assert "还缺 sms_bindings" in said.err


def test_the_check_lists_every_fault_of_the_bindings_in_the_readers_language(kaohe, tmp_path, monkeypatch):
    assert kaohe("notices", "check").code == 0
    path = tmp_path / "sms.toml"
    path.write_text(BROKEN + BROKEN.replace("试发", "【试发】"), encoding="utf-8")
    monkeypatch.setenv("KAOHE_SMS_BINDINGS", str(path))
    said = kaohe("notices", "check")
    assert said.code == 1
    assert f"{path}:第 1 个绑定：文本里有 word，却没有这个变量" in said.out
    assert "sign 和 text 里不写【】" in said.out
    monkeypatch.setenv("KAOHE_LANGUAGE", "en")
    assert f"{path}:binding 1: the text has word, and no variable is called so" in kaohe("notices", "check").out


def test_the_settings_of_both_channels_stand_once_and_secrets_are_masked(kaohe, cloud):
    shown = [json.loads(line) for line in kaohe("config", "--json").out.splitlines()]
    names = [row["setting"] for row in shown]
    assert names.count("sms_bindings") == 1
    assert {"aliyun_sms_key_secret_file", "tencent_sms_app_id"} <= set(names)
    assert SECRET not in str(shown)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("13800001234", "138****1234"),
        ("+8613800001234", "+86138****1234"),
        ("PhoneNumbers=13800001234&x", "PhoneNumbers=138****1234&x"),
        ("a=%2B8613800001234", "a=%2B86138****1234"),
        ("+86 138-0000-1234 和 19912345678", "+86 138****1234 和 199****5678"),
        ("BizId 900619746936498440^0", "BizId 900619746936498440^0"),
        ("1773108000", "1773108000"),
        ("13800001234@qq.com", "1***@qq.com"),
    ],
)
def test_a_number_is_masked_wherever_it_stands(text, shown):
    assert masked(text) == shown
