"""What a platform grants against its own decision, in words."""

from __future__ import annotations

from engine.rulebook.model import Appeal, Language


def appeal_words(appeal: Appeal, language: Language) -> str:
    """Within how many days, how often, and what gives the appeal up.

    >>> appeal_words(Appeal(7, "notice", 1), "zh-CN"), appeal_words(Appeal(7, "notice", 1), "en")
    ('收到通知起 7 天内，1 次', 'within 7 days of the notice, once')
    """
    zh = language == "zh-CN"
    text = f"收到通知起 {appeal.within_days} 天内" if zh else f"within {appeal.within_days} days of the notice"
    if appeal.attempts is not None:
        once = "once" if appeal.attempts == 1 else f"{appeal.attempts} times"
        text += f"，{appeal.attempts} 次" if zh else f", {once}"
    if appeal.forfeited_by is not None:
        by = appeal.forfeited_by.in_language(language)
        text += f"；{by}即放弃" if zh else f"; given up by {by}"
    return text
