"""The help of what is recorded about violations, of appeals and packs, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "The platform's deadline: a day, or the hour if one is printed.": "平台的申诉截止：日期；写明钟点的，写到钟点",
    "What the charge is taken from: deposit, balance.": "从哪里扣款：deposit 保证金、balance 余额",
    "Who bears the charge.": "由谁承担",
    "When the platform's notice arrived.": "平台通知的到达时间",
    "Confirm although that gives up an appeal that can still be made.": "仍可申诉也确认，即放弃申诉",
    "Note that the platform's notice has come, and what it says. The state stays, and so does the right to appeal.": (
        "登记已收到平台通知及其内容。状态不变，申诉权也不受影响。"
    ),
    "Appeals: what is due, draft, hand in, record the outcome.": "申诉：列出期限、起草、登记提交、记录结果。",
    "What can still be appealed against, the next deadline first; what is overdue is marked.": (
        "现在可以申诉的违规，期限近的在前；已逾期的会标出。"
    ),
    "Only what is overdue or due so soon: 5d, 12h.": "只列已逾期的和这么快到期的：5d（天）、12h（小时）",
    "Draft an appeal, or go on with the draft. Nothing is handed in yet, and the state stays.": (
        "起草申诉，或继续修改草稿。不提交，状态不变。"
    ),
    "A file with what the appeal says, UTF-8.": "申诉正文的文件，UTF-8",
    "A file that proves it; may be repeated.": "作为证明的附件；可重复",
    "The account that it is made with.": "用哪个账号申诉",
    "Record that the draft was handed in to the platform: the violation is under appeal from then on.": (
        "登记草稿已提交给平台：违规从此为申诉中。"
    ),
    "When it was really handed in.": "真正的提交时间",
    "Put right when an appeal was handed in, while its outcome is awaited.": "更正申诉的提交时间（结果出来之前）。",
    "When it was handed in; now by default.": "提交时间；默认是现在",
    "Why the platform takes it although its deadline has passed.": "已过期限平台仍受理的理由",
    "Record what the platform answered to an appeal.": "记录平台对申诉的答复。",
    "upheld, overturned, partly: what became of the platform's decision": (
        "upheld 维持原判罚、overturned 撤销判罚、partly 部分改判"
    ),
    "Everything about a violation in one file: figures, rule, sources, trace, notices, journal, attachments.": (
        "把一条违规的全部材料打成一个文件：数据、规则、来源、判定过程、通知、日志、附件。"
    ),
    "Where the pack is put.": "材料包写到哪个文件",
    "Check a pack that somebody sent, instead of making one.": "不打包，而是核对收到的材料包",
}
