"""The help of `kaohe routes` and `kaohe mutes` in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "Who is told: contacts and routes from one file, and what they lead to.": (
        "通知谁：一个文件写明联系人和路线，并可预览谁会收到什么。"
    ),
    "Contacts and routes in TOML (docs/notices.md).": "写有联系人和路线的 TOML 文件（见 docs/notices.md）",
    "Show what would change; change nothing.": "只显示会改什么，不改",
    "Let notices go by this file from now on: what it does not name is removed. Shows what changes.": (
        "从现在起按这个文件发通知：文件里没有的会被删除。显示改了什么。"
    ),
    "Addresses in full, to be applied elsewhere.": "地址写全，以便用在别处",
    "The contacts and routes by which notices go, as a file that `kaohe routes apply` takes. Addresses are masked.": (
        "现在的联系人和路线，写法同 `kaohe routes apply` 的文件；地址打码。"
    ),
    "Who would be told of this violation.": "这条违规会通知谁",
    "What has happened: an event of docs/notices.md.": "发生了什么，见 docs/notices.md 里的事件",
    "News about this shop.": "关于这家店铺的",
    "News of this platform.": "关于这个平台的",
    "News of this client.": "关于这个客户的",
    "News about this rule.": "关于这条规则的",
    "News of this severity.": "这个等级的",
    "News of this kind; may be a pattern: warning.*": "这类消息；可写通配，如 warning.*",
    "What goes to this contact.": "发给这位联系人的",
    "By this file, before it is applied.": "按这个还没启用的文件预览",
    "Who would be told of something, over which channel and when, and why; nothing is sent.": (
        "预览：谁会收到、走哪个渠道、什么时候、为什么；不发送。"
    ),
    "Mutes: what nobody is told of for a while, with an end and a reason.": (
        "静音：一段时间内不通知谁，须有结束时刻和原因。"
    ),
    "When it ends.": "什么时候结束",
    "When it begins; now by default.": "什么时候开始；默认现在",
    "Let nobody be told of something for a while; what is not told is recorded as muted.": (
        "一段时间内不发某类通知；未发的记为已静音。"
    ),
    "End a mute before its time; what it has silenced stays so.": "提前结束静音；已静音的不补发。",
    "Its number in `kaohe mutes list`, as M-1.": "静音的编号，如 M-1，见 `kaohe mutes list`",
    "Also those that are over.": "也列已结束的",
    "The mutes that hold or are to come, the first to end first.": "生效中和将生效的静音，先结束的在前。",
}
