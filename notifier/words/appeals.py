"""What a platform grants against its own decision, in words."""

from __future__ import annotations

from engine.calendar.deadlines import Term
from engine.rulebook.model import Appeal, Language
from notifier.words.vocabulary import SEVERITIES, word


def appeal_words(appeal: Appeal, language: Language) -> str:
    """Within how long, how often, by whom, how much of it, and what gives the appeal up.

    >>> week = Term(7, "days")
    >>> appeal_words(Appeal(week, "notice", 1), "zh-CN"), appeal_words(Appeal(week, "notice", 1), "en")
    ('收到通知起 7 天内，1 次', 'within 7 days of the notice, once')
    >>> appeal_words(Appeal(week, "notice", if_severity={"serious": Term(48, "hours")}, by="main_account"), "zh-CN")
    '收到通知起 7 天内（严重 48 小时内），仅限主账号'
    """
    zh = language == "zh-CN"
    within, others = term_words(appeal.within, language), []
    for severity, term in appeal.if_severity.items():
        grade, length = word(SEVERITIES, severity, language), term_words(term, language)
        others.append(f"{grade} {length}内" if zh else f"{grade}: {length}")
    differing = "、".join(others) if zh else ", ".join(others)
    text = f"收到通知起 {within}内" if zh else f"within {within} of the notice"
    if differing:
        text += f"（{differing}）" if zh else f" ({differing})"
    text += "".join(("，" if zh else ", ") + more for more in _limits(appeal, language))
    if appeal.forfeited_by is not None:
        by = appeal.forfeited_by.in_language(language)
        text += f"；{by}即放弃" if zh else f"; given up by {by}"
    if appeal.answered_within is not None:
        answered = term_words(appeal.answered_within, language)
        text += f"；平台 {answered}内答复" if zh else f"; answered within {answered}"
    return text


def term_words(term: Term, language: Language) -> str:
    """How long that is.

    >>> term_words(Term(7, "days"), "zh-CN"), term_words(Term(1, "hours"), "en")
    ('7 天', '1 hour')
    """
    if language == "zh-CN":
        return f"{term.amount} {'天' if term.unit == 'days' else '小时'}"
    return f"{term.amount} {term.unit.removesuffix('s') if term.amount == 1 else term.unit}"


def _limits(appeal: Appeal, language: Language) -> list[str]:
    zh, found = language == "zh-CN", []
    if appeal.attempts is not None:
        found.append(f"{appeal.attempts} 次" if zh else "once" if appeal.attempts == 1 else f"{appeal.attempts} times")
    if appeal.by is not None:
        found.append("仅限主账号" if zh else "by the main account only")
    if appeal.most_characters is not None:
        found.append(f"正文至多 {appeal.most_characters} 字" if zh else f"at most {appeal.most_characters} characters")
    if appeal.most_pictures is not None:
        found.append(f"图片至多 {appeal.most_pictures} 张" if zh else f"at most {appeal.most_pictures} pictures")
    return found
