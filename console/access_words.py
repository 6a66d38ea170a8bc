"""Roles and tokens in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from engine.ledger.actors import ROLE_WORDS, Grant, Role
from engine.rulebook.model import Text

if TYPE_CHECKING:
    from engine.tracker.tokens import Token

SENTENCES: Mapping[str, Text] = {
    "user has": Text("用户 {who}：{roles}", "user {who}: {roles}"),
    "user disabled": Text("用户 {who} 已停用，其令牌也随之失效", "user {who} is disabled, and so are their tokens"),
    "no users": Text(
        "还没有用户：凡在这台机器上运行 kaohe 的都是管理员", "no users yet: whoever runs kaohe here is an administrator"
    ),
    "no roles": Text("没有角色", "no role"),
    "no tokens": Text("没有令牌", "no tokens"),
    "token made": Text(
        "令牌 {who}，{until} 止有效；上面的密文只显示这一次，用 KAOHE_TOKEN 传给程序",
        "token {who}, good until the end of {until}; the secret above is shown this once: hand it over as KAOHE_TOKEN",
    ),
    "token revoked": Text("令牌 {who} 已吊销", "token {who} is revoked"),
}
PHRASES: Mapping[str, Text] = {
    "user": Text("用户", "user"),
    "display": Text("称呼", "called"),
    "os_name": Text("系统用户", "system user"),
    "internal": Text("内部", "internal"),
    "roles": Text("角色", "roles"),
    "role": Text("角色", "role"),
    "token": Text("令牌", "token"),
    "expires_at": Text("有效期至", "expires"),
    "last_used_at": Text("最近使用", "last used"),
    "disabled": Text("已停用", "disabled"),
    "token valid": Text("有效", "valid"),
    "token revoked": Text("已吊销", "revoked"),
    "token expired": Text("已过期", "expired"),
}


def role_words(role: Role, language: str) -> str:
    """A role as people call it; in Chinese with the name that commands take."""
    return f"{ROLE_WORDS[role].zh} {role}" if language == "zh-CN" else role


def grant_words(grant: Grant, language: str) -> str:
    """A role and where it holds."""
    where = grant.shop or grant.client or ("全部" if language == "zh-CN" else "everything")
    return f"{role_words(grant.role, language)}（{where}）" if language == "zh-CN" else f"{grant.role} ({where})"


def token_state(token: Token, now: datetime) -> str:
    """valid, revoked or expired."""
    if token.revoked_at is not None:
        return "revoked"
    return "valid" if now < token.expires_at else "expired"
