"""The help of `kaohe penalties` and `kaohe rules accuracy` in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "What the platforms decided: list, show, match with our violations, confirm.": (
        "平台处罚：列出、查看、与我方违规比对、确认。"
    ),
    "All penalties, by the time of their notices.": "全部处罚，按通知时间排列。",
    "One penalty, and the violation that it belongs to.": "一项处罚，以及它对应的违规。",
    "Compare penalties and violations: matched, differing, theirs only, ours only. It changes nothing.": (
        "比对处罚和违规：一致、不一致、仅平台、仅我方。比对不改动任何东西。"
    ),
    "Say to which violation a penalty belongs.": "认定一项处罚对应哪条违规。",
    "Take back what somebody said about a penalty; matching decides again.": "撤回对一项处罚的认定，重新按规则比对。",
    "Say that a penalty belongs to none of our violations.": "认定一项处罚不对应我方任何违规。",
    "Record what the notice says on the violation that it belongs to: state, severity, amount, number and deadline.": (
        "把通知的内容记到它对应的违规上：状态、等级、金额、编号、申诉期限。"
    ),
    "How often practice bore each rule out, and which of its assumptions it contradicts.": (
        "各条规则的判断有多少得到平台证实，哪些假定与实际不符。"
    ),
    "Only those of this month: of the notice, or of the assessment day of what only we have.": (
        "只看这个月：按通知时间，仅我方的按考核日"
    ),
    "Only those with this result: matched, differing, ours_only, theirs_only.": (
        "只看这种结果：matched 一致、differing 不一致、ours_only 仅我方、theirs_only 仅平台"
    ),
    "Only those that a person has to look at.": "只看需要人工核对的",
    "The number of the platform's penalty.": "平台的处罚编号",
    "Our violation.": "我方的违规编号",
    "Only this rule.": "只看这条规则",
}
