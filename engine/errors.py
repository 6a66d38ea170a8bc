"""The one family of errors: every message says what is wrong, where, and what to do about it, in both languages."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Mapping


class KaoheError(Exception):
    """An error that a person can act on. `exit_code` is what the command line ends with.

    `zh` is the message in Chinese. Messages for those who write rules or run the machine may do without one.
    """

    exit_code = 2

    def __init__(self, message: str = "", *, zh: str = "") -> None:
        super().__init__(message)
        self.zh = zh

    def in_language(self, language: str) -> str:
        """The message in `language` (zh-CN, en); in English within a Chinese frame where it has no other.

        >>> KaoheError("it is late", zh="晚了").in_language("zh-CN")
        '晚了'
        """
        return (self.zh or f"无法完成：{self}") if language == "zh-CN" else str(self)


class NothingToDoError(KaoheError):
    """Nothing could be done for lack of data (exit code 3)."""

    exit_code = 3


NOUNS = {  # what a name may stand for, in Chinese, with its measure word
    "channel": "个渠道",
    "kind of evidence": "种证据",
    "language": "种语言",
    "mapping": "个映射",
    "client": "个客户",
    "group": "种分组",
    "notice": "封通知",
    "outcome": "种申诉结果",
    "owner": "位负责人",
    "penalty": "项处罚",
    "platform": "个平台",
    "rule": "条规则",
    "severity": "个违规等级",
    "shop": "家店铺",
    "standard": "条合同标准",
    "state": "个状态",
    "violation": "条违规",
    "role": "种角色",
    "user": "个用户",
    "token": "枚令牌",
    "person": "位人员",
    "waiver": "份豁免",
    "duty": "项职责",
    "contact": "位联系人",
    "event": "种事件",
}


class UnknownNameError(KaoheError):
    """A name that nothing has: the message lists names near it.

    >>> print(UnknownNameError("rule", "xiaohongshu.replyrate", ["xiaohongshu.reply-rate"]))
    unknown rule 'xiaohongshu.replyrate'; did you mean 'xiaohongshu.reply-rate'?
    """

    def __init__(self, what: str, name: str, known: Iterable[str], hint: str = "", zh: str = "") -> None:
        self.what, self.name = what, name
        names = list(known)
        noun = NOUNS.get(what) or NOUNS.get(what.split(maxsplit=1)[0], f"个 {what}")
        near = suggestion(name, names, "zh-CN")
        if zh and names and all(known_one in zh for known_one in names) and not near.endswith("？"):
            near, zh = "", f"已知的有：{zh}"  # which names them all already, with what they mean
        super().__init__(
            f"unknown {what} {name!r}{suggestion(name, names)}{hint and '; ' + hint}",
            zh=f"没有这{noun}：{name!r}{near}{zh and (zh if near.endswith('？') else '；' + zh)}",
        )


_OS: Mapping[int, str] = {
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许这样操作",
    errno.ENOENT: "没有这个文件或目录",
    errno.EISDIR: "这是目录",
    errno.ENOTDIR: "路径里有一段不是目录",
    errno.EEXIST: "已经存在",
    errno.ENOTEMPTY: "目录不是空的",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超出磁盘配额",
    errno.EROFS: "文件系统是只读的",
    errno.EIO: "磁盘读写出错",
    errno.EFBIG: "文件太大",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "系统里打开的文件太多",
    errno.ENAMETOOLONG: "名字太长",
    errno.ELOOP: "符号链接循环",
    errno.EBUSY: "正被占用",
    errno.ENXIO: "没有这个设备",
    errno.EADDRINUSE: "端口已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
    errno.ECONNREFUSED: "对方拒绝连接",
    errno.EPIPE: "管道已断开",
    errno.EINVAL: "不支持这样的操作",
    errno.ENOMEM: "内存不足",
}


def os_words(error: BaseException) -> str:
    """What the operating system says, in Chinese; as it says it where that is not known.

    >>> os_words(OSError(errno.ENOSPC, "No space left on device"))
    '磁盘已满'
    """
    if not isinstance(error, OSError):
        return str(error)
    return _OS.get(error.errno or 0, error.strerror or str(error))


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known names that are spelled nearly like `name`, the nearest first.

    >>> near_names("云山户外", ["云杉户外", "小禾"])
    ['云杉户外']
    """
    return difflib.get_close_matches(name, sorted(set(known)), n=3, cutoff=0.6)


def suggestion(name: str, known: Iterable[str], language: str = "en") -> str:
    """`; did you mean …?` with up to three names near `name`, or all of them where there are few, or nothing.

    >>> suggestion("sesions", ["sessions", "ratings"])
    "; did you mean 'sessions'?"
    >>> suggestion("zzz", ["sessions", "ratings"], "zh-CN")
    '；已知的有：ratings、sessions'
    """
    zh = language == "zh-CN"
    names = sorted(set(known))
    near = near_names(name, names)
    if near:
        shown = (" 或 " if zh else " or ").join(repr(n) for n in near)
        return f"；是不是 {shown}？" if zh else f"; did you mean {shown}?"
    if 0 < len(names) <= 8:
        return "；已知的有：" + "、".join(names) if zh else "; known: " + ", ".join(names)
    return ""
