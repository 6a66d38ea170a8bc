"""The words of reports in Chinese and English: titles of sections, heads of columns, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.reports.sheet import Column, Kind
from engine.numbers import Number
from engine.rulebook.model import Language, Text

WORDS: Mapping[str, Text] = {
    # reports
    "daily": Text("客服考核日报 {span}", "Daily report {span}"),
    "month report": Text("客服考核月报 {span}", "Monthly report {span}"),
    "internal": Text("内部", "Internal"),
    "for client": Text("客户：{client}", "Client: {client}"),
    "as of": Text("截至 {at}；时间均为 {zone}", "As of {at}; times are of {zone}"),
    "money note": Text(
        "金额单位：元。百分比向不达标的一侧截到两位小数，从不四舍五入成达标。",
        "Amounts in yuan. Percentages are cut to two decimals towards failing, never rounded to a pass.",
    ),
    "do not pass on": Text(
        "内部文件：含多家客户和客服的数据，请勿转发给客户。",
        "Internal: holds several clients' shops and agents; not for clients.",
    ),
    "overview": Text("概览", "Overview"),
    "section": Text("内容", "Section"),
    "count": Text("条数", "Items"),
    "shops": Text("店铺数", "Shops"),
    "advice": Text("怎么办", "What to do"),
    "first": Text("先做什么", "What to do first"),
    "by": Text("截止", "By"),
    "what": Text("事项", "What"),
    "nothing first": Text("没有要赶的事。", "Nothing is pressing."),
    "continued": Text("{title}（{n}）", "{title} ({n})"),
    "page": Text("第 &P 页，共 &N 页", "Page &P of &N"),
    "html more": Text("另有 {n} 行，见 XLSX、CSV 或 --json。", "{n:row} more, in the XLSX, CSV or --json."),
    # columns
    "client": Text("客户", "Client"),
    "platform": Text("平台", "Platform"),
    "shop": Text("店铺编号", "Shop no."),
    "name": Text("店铺", "Shop"),
    "agent": Text("客服/人员", "Agent/person"),
    "rule": Text("规则", "Rule"),
    "rule_id": Text("规则编号", "Rule id"),
    "cycle": Text("周期", "Cycle"),
    "due_at": Text("考核时刻", "Assessed at"),
    "assessed_on": Text("考核日", "Assessed on"),
    "numerator": Text("分子", "Numerator"),
    "denominator": Text("分母", "Denominator"),
    "value": Text("指标", "Figure"),
    "standard": Text("标准", "Standard"),
    "verdict": Text("结论", "Verdict"),
    "standing": Text("处境", "Standing"),
    "needed": Text("还差/还能错", "To mend/break"),
    "told": Text("说明", "In words"),
    "violation": Text("违规编号", "Violation"),
    "state": Text("状态", "State"),
    "severity": Text("等级", "Severity"),
    "exposure_min_fen": Text("敞口下限", "Exposure from"),
    "exposure_max_fen": Text("敞口上限", "Exposure to"),
    "amount_fen": Text("平台已扣", "Charged"),
    "reference": Text("平台通知编号", "Platform's reference"),
    "appeal_until": Text("申诉截止", "Appeal until"),
    "days_left": Text("剩余天数", "Days left"),
    "kind": Text("种类", "Kind"),
    "days": Text("日期", "Days"),
    "number_of_days": Text("天数", "No. of days"),
    "due_by": Text("截止", "Due by"),
    "measure": Text("处罚", "Measure"),
    "starts": Text("开始", "From"),
    "ends": Text("结束", "To"),
    "violations": Text("违规", "Violations"),
    "cycles": Text("周期数", "Cycles"),
    "compliant": Text("达标", "Compliant"),
    "violation_count": Text("违规数", "In violation"),
    "not_assessed": Text("不考核", "Not assessed"),
    "no_data": Text("缺数据", "No data"),
    "other": Text("其他", "Other"),
    "rate": Text("达标率", "Share compliant"),
    "worst": Text("最差指标", "Worst figure"),
    "month": Text("月份", "Month"),
    "booked_in": Text("记入", "Booked in"),
    "before": Text("更正前", "Before"),
    "after": Text("更正后", "After"),
    "changed_at": Text("时间", "At"),
    "changed_by": Text("操作人", "By"),
    "why": Text("说明", "Note"),
    "noticed_at": Text("通知时间", "Noticed at"),
    "status": Text("平台状态", "Platform's status"),
    "borne_by": Text("承担方", "Borne by"),
    "result": Text("比对结果", "Result"),
    "check": Text("需核对", "To check"),
    "duty": Text("职责", "Duty"),
    "holder": Text("责任人", "Holder"),
    "waiver": Text("豁免", "Waiver"),
    "covered": Text("店铺", "Shops"),
    "rules": Text("规则", "Rules"),
    "asked_by": Text("申请人", "Asked by"),
    "decided_by": Text("批准人", "Decided by"),
    "reason": Text("理由", "Why"),
    "version": Text("版本", "Version"),
    "borne_out": Text("被平台证实", "Confirmed"),
    "overturned_of": Text("被撤销", "Overturned"),
    "ours_only_of": Text("平台没有处罚", "Not penalised"),
    "foreseen": Text("事先预判到", "Foreseen"),
    "severities": Text("等级不同", "Other severity"),
    "amounts": Text("金额在阶梯之外", "Amount off the ladder"),
    "contradicted": Text("与实际不符的依据", "Contradicted"),
    "deadline": Text("截止", "Deadline"),
    "subject": Text("事项", "Matter"),
    # sections of the daily report
    "deadlines": Text("截止事项", "Deadlines"),
    "deadlines hint": Text("赶在截止前申诉或完成。", "Appeal or finish before the deadline."),
    "deadlines empty": Text("没有截止事项。", "No deadlines."),
    "penalties": Text("新到处罚", "New penalties"),
    "penalties hint": Text("与我方违规比对，决定申诉还是确认。", "Match with our violations; appeal or confirm."),
    "penalties empty": Text("三天内没有新的处罚通知。", "No notices in three days."),
    "violated": Text("已违规", "Violated"),
    "violated hint": Text(
        "核对平台通知，知悉、申诉或确认。", "Compare with the platform's notice; acknowledge, appeal or confirm."
    ),
    "violated empty": Text("没有未处理的违规。", "No violations that wait for anybody."),
    "certain": Text("已无法挽回", "Certain"),
    "certain hint": Text(
        "准备证据和说明，告知负责人。", "Prepare evidence and an explanation; tell whoever is responsible."
    ),
    "certain empty": Text("没有已无法挽回的周期。", "No cycle is lost."),
    "near": Text("临近违规", "Near"),
    "near hint": Text("今天就补：按“还差/还能错”的数安排人手。", "Act today: staff by the number to mend or break."),
    "near empty": Text("没有临近违规的店铺。", "No shop is near a violation."),
    "missing": Text("缺数据", "Missing data"),
    "missing hint": Text("在截止前补传，否则按缺数据处理。", "Import before the deadline, or it counts as no data."),
    "missing empty": Text(
        "应有的数据都有了，最近的结论也不缺数据。", "What is expected is there, and no verdict lacks data."
    ),
    "nothing expected": Text(
        "没有登记应有的数据，无法判断是否缺：用 kaohe shops add 平台 店铺 --expects 种类 登记。",
        "No evidence is expected of any shop, so nothing can be known to be missing: "
        "kaohe shops add PLATFORM SHOP --expects KIND.",
    ),
    "lacks": Text("缺什么", "What is missing"),
    "duties": Text("职责", "Duties"),
    "duties hint": Text(
        "按期限完成并交凭证；待核对的由第二人核对。", "Finish in time, with proof; have proofs checked."
    ),
    "duties empty": Text("没有待办的职责。", "No open duties."),
    "to check": Text("待核对", "to be checked"),
    "sanctions": Text("生效中的处罚", "Active sanctions"),
    "sanctions hint": Text(
        "这些店铺今天受限，安排投放和排班时避开。", "These shops are limited today; plan around it."
    ),
    "sanctions empty": Text("今天没有店铺受限。", "No shop is limited today."),
    # sections of the month
    "by rule": Text("各店各规则", "By shop and rule"),
    "by rule hint": Text("先看违规数和最差指标。", "Look at violations and worst figures first."),
    "by rule empty": Text("这个月没有考核结论。", "No verdicts in this month."),
    "verdicts": Text("考核明细", "Verdicts"),
    "verdicts empty": Text("这个月没有考核结论。", "No verdicts in this month."),
    "violations of": Text("违规与处理", "Violations"),
    "violations hint": Text("未决的要在结账前处理完。", "Settle what is undecided before the month is closed."),
    "violations empty": Text("这个月没有违规。", "No violations in this month."),
    "matches": Text("处罚比对", "Penalties compared"),
    "matches hint": Text("先看仅平台和不一致的。", "Look at theirs only and differing first."),
    "matches empty": Text("没有可比对的处罚和违规。", "Nothing to compare."),
    "waivers": Text("豁免", "Waivers"),
    "waivers empty": Text("没有涉及这个月的豁免。", "No waiver touches this month."),
    "accuracy": Text("规则准确率（至今）", "Rules in practice (so far)"),
    "accuracy empty": Text("平台的决定还不能说明任何规则准不准。", "No decision speaks for or against a rule yet."),
    "corrections": Text("更正", "Corrections"),
    "corrections hint": Text(
        "关账后才到的证据，记入到达的月份。", "Evidence that came after closing, booked when it came."
    ),
    "corrections empty": Text("没有更正。", "No corrections."),
    "closing": Text("关账", "Closing"),
    "closing empty": Text("这个月还没有关账。", "This month was never closed."),
    "charges": Text("敞口与扣款", "Exposure and charges"),
    "charges hint": Text("先看无对应违规的扣款。", "Look at charges without a violation first."),
    "charges empty": Text("没有敞口，也没有扣款。", "No exposure and no charges."),
    "standards": Text("未达合同标准", "Contract standards missed"),
    "standards hint": Text(
        "这不是平台违规；按合同向客户说明。", "No violation of the platform's; explain it to the client."
    ),
    "standards empty": Text("没有未达到的合同标准。", "No contract standard was missed."),
    "deposits": Text("保证金", "Deposits"),
    "deposits empty": Text("没有记录保证金余额。", "No balance of a deposit is on record."),
    "falls short": Text("可能不足", "may fall short"),
    "enough": Text("足够", "enough"),
    "contract": Text("合同标准", "Contract's"),
    "charge_count": Text("扣款笔数", "Charges"),
    "forecast_min_fen": Text("预计下限", "Forecast from"),
    "forecast_max_fen": Text("预计上限", "Forecast to"),
    "open_min_fen": Text("尚可能扣下限", "May still come from"),
    "open_max_fen": Text("尚可能扣上限", "May still come to"),
    "charged_fen": Text("已扣", "Charged"),
    "unmatched_fen": Text("其中无对应违规", "Of it unmatched"),
    "correction_min_fen": Text("更正下限", "Corrections from"),
    "correction_max_fen": Text("更正上限", "Corrections to"),
    "read_at": Text("余额时间", "Read at"),
    "balance_fen": Text("余额", "Balance"),
    "taken_fen": Text("其后已扣", "Taken since"),
    "left_min_fen": Text("可能剩下限", "May be left from"),
    "left_max_fen": Text("可能剩上限", "May be left to"),
    "minimum_fen": Text("最低要求", "Minimum"),
    # what to do
    "do appeal": Text("申诉：{shop}「{rule}」{cycle}（{violation}）", "Appeal: {shop}, {rule}, {cycle} ({violation})"),
    "drafted": Text("{matter}，已起草", "{matter}, drafted"),
    "do appeal penalty": Text("申诉：{shop}「{kind}」（处罚 {reference}）", "Appeal: {shop}, {kind} ({reference})"),
    "do find out": Text(
        "查明：{shop}「{kind}」被平台处罚而我方没有预判（处罚 {reference}）{told}",
        "Find out: {shop}, {kind}: penalised, and we had not foreseen it ({reference}) {told}",
    ),
    "do duty": Text("职责：{kind}（{shop}，{duty}）", "Duty: {kind} ({shop}, {duty})"),
    "do mend": Text("补救：{shop}「{rule}」{told}", "Mend: {shop}, {rule}: {told}"),
    "do import": Text("补传：{shop} 的{kind}（{days}）", "Import {kind} of {shop} ({days})"),
    "do look": Text(
        "处理违规：{shop}「{rule}」{cycle}（{violation}）", "Deal with: {shop}, {rule}, {cycle} ({violation})"
    ),
    # standings
    "behind": Text("未达标", "behind"),
    "holding": Text("将破线", "close to the line"),
    "lost": Text("已定", "lost"),
    "unknown": Text("不明", "unknown"),
    "overdue": Text("已过期", "overdue"),
    "today": Text("今天", "today"),
    "soon": Text("三天内", "within 3 days"),
    "later": Text("以后", "later"),
    "new": Text("新", "new"),
    # on the command line
    "nothing known": Text(
        "没有可报告的店铺；请先用 `kaohe import` 导入，或用 `kaohe shops import` 登记",
        "there is no shop to report on; import evidence with `kaohe import` or register shops",
    ),
    "nothing in month": Text(
        "{month} 没有可报告的内容；请先用 `kaohe assess` 考核",
        "nothing is on record for {month}; assess it with `kaohe assess` first",
    ),
    "writing": Text("写文件", "writing files"),
    "written": Text("已写 {path}（{n} 行）", "wrote {path} ({n:row})"),
    "day and time": Text("--on 和 --as-of 只能给一个", "give --on or --as-of, not both"),
    "cannot write": Text(
        "{path} 写不了：{why}；请换一个目录", "{path} cannot be written: {why}; choose another directory"
    ),
}


def word_of(name: str, language: Language, **values: Any) -> str:
    """The word or sentence with this name; whole numbers stand in their places (`engine.numbers`)."""
    text = WORDS[name].in_language(language)
    return text.format(**{k: Number(v) if isinstance(v, int) else v for k, v in values.items()}) if values else text


def column(key: str, language: Language, kind: Kind = "text", *, internal: bool = False, head: str = "") -> Column:
    """A column by its key, with its head (that of `head`, where two sheets call it differently)."""
    return Column(key, word_of(head or key, language), kind, internal)
