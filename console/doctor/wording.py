"""Are the words of notices sound: templates, advice sheets, and what is bound to text messages?"""

from __future__ import annotations

from collections.abc import Collection

from console.doctor.finding import Finding, ok
from console.settings import Settings
from engine.rulebook.model import Text
from notifier.own_files import look_over
from notifier.render import Templates
from notifier.sheets import Sheets
from notifier.sms.settings import bindings_of

SUBJECT = "wording"
MEND = Text(
    "在改好之前用自带的；改后用 `kaohe notices check` 复查",
    "until it is mended kaohe's own words are used; then `kaohe notices check`",
)


def check_wording(settings: Settings, rules: Collection[str] | None) -> list[Finding]:
    """What is wrong with any template, sheet or binding; `rules` as `look_over` takes them."""
    templates = Templates(settings.templates, bindings_of(settings))
    found = look_over(templates, Sheets(settings.advice), rules, shipped=True).faults
    faults = [Finding(SUBJECT, "wrong", Text(why.in_language("zh-CN"), str(why)), MEND) for why in found.values()]
    if settings["sms_bindings"]:
        mend = Text("改后用 `kaohe notices check` 复查", "mend it, then `kaohe notices check`")
        faults += [Finding(SUBJECT, "wrong", Text(zh, en), mend) for en, zh in templates.binding_faults()]
    return faults or [ok(SUBJECT, "模板、建议和短信绑定都没有问题", "templates, advice and bindings are sound")]
