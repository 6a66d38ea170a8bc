"""The help of `kaohe waivers` and `kaohe duties` in Chinese."""

from __future__ import annotations

from collections.abc import Mapping

CHINESE: Mapping[str, str] = {
    "Waivers: one person asks, another one approves; they end by themselves.": (
        "豁免：一人申请，另一人批准；到期自动失效。"
    ),
    "All shops that this client has now.": "这个客户现有的全部店铺",
    "This shop alone.": "只豁免这家店铺",
    "A rule to waive; may be repeated.": "豁免哪条规则；可重复",
    "First day of the waiver.": "豁免的首日",
    "Last day of the waiver; it must have one.": "豁免的末日；必须有",
    "This violation alone.": "只豁免这条违规",
    "Ask for a waiver: cycles that lie wholly within its days are exempt once somebody else has approved it.": (
        "申请豁免：另一个人批准后，完整落在起止日之内的周期免于判罚。"
    ),
    "Put another request in the place of one that waits; who edits it cannot approve it.": (
        "修改待批准的申请；修改过的人不能批准它。"
    ),
    "Agree to waivers that others have asked for, all or none; violations in their scope are waived.": (
        "批准别人申请的豁免：要么全部批准，要么都不批；范围内的违规随之豁免。"
    ),
    "Refuse a waiver.": "驳回豁免申请。",
    "Take back a request or an approval; what only this waiver has let off stands again.": (
        "撤销申请或已批准的豁免；只靠它豁免的违规恢复原状。"
    ),
    "Only this client's.": "只看这个客户的",
    "requested, approved, rejected, revoked or expired.": (
        "requested 待批准、approved 已批准、rejected 已驳回、revoked 已撤销、expired 已到期"
    ),
    "Only those that cover this day.": "只看涵盖这一天的",
    "All waivers, oldest first.": "全部豁免，从旧到新。",
    "One waiver: its shops, who wrote it, who decided it.": "一份豁免：店铺、申请人和批准人。",
    "Duties: who owes what by when, its proof, and a second person who checks it.": (
        "职责：谁在何时之前要做什么，凭证是什么，由谁核对。"
    ),
    "What the holder is: user, person or agent.": "责任人是 user 用户、person 人员还是 agent 子账号",
    "Until when; a day means its end.": "到什么时候；只写日期时是当天结束",
    "Only those not done yet.": "只看未完成的",
    "Only those that are overdue.": "只看逾期的",
    "open, done, checked or cancelled.": "open 待办、done 已完成、checked 已核对、cancelled 已取消",
    "Only those of this holder.": "只看这位责任人的",
    "Only those that follow from this violation.": "只看这条违规带来的",
    "Duties, by the time at which they are due; exits 1 when --overdue finds any.": (
        "职责，按期限排列；--overdue 找到逾期的时退出码为 1。"
    ),
    "One duty: what proves it, who did it, who checked it.": "一项职责：需要什么凭证，谁做的，谁核对的。",
    "What is to be done.": "要做什么",
    "Whose duty it is: a client.": "属于哪个客户",
    "Whose duty it is: a shop.": "属于哪家店铺",
    "The violation that it follows from.": "由哪条违规而来",
    "Who holds it.": "交给谁",
    "Somebody else has to check its proof.": "凭证须由第二人核对",
    "Give somebody a duty that no rule has opened.": "新增一项规则之外的职责。",
    "Give an open duty to somebody, or set another time at which it is due.": "把职责交给某人，或改期限。",
    "What proves it: words, or a number.": "凭证：文字或编号",
    "A file that proves it: its sha256 is kept.": "作为凭证的文件：记下它的 sha256",
    "Report that a duty is done, with its proof.": "报告职责已完成，附凭证。",
    "Agree to the proof of a duty that somebody else has done.": "核对别人完成的职责的凭证。",
    "Refuse the proof of a duty, which opens it again.": "驳回凭证，职责重新待办。",
    "Say that a duty need not be done.": "取消一项职责。",
}
