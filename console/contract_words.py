"""The words of standards of contracts, active sanctions, charges and deposits, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.numbers import Number
from engine.rulebook.model import Bound, Language, Text

if TYPE_CHECKING:
    from engine.tracker.contract_bounds import Result

HEADS: Mapping[str, Text] = {
    "standard_id": Text("编号", "standard"),
    "contract": Text("合同标准", "contract's"),
    "platform_standard": Text("平台标准", "platform's"),
    "result": Text("合同结果", "contract"),
    "verdict": Text("平台结论", "platform"),
    "since": Text("自", "since"),
    "until": Text("至", "until"),
    "set_by": Text("登记人", "set by"),
    "kind": Text("处罚", "measure"),
    "starts": Text("首日", "first day"),
    "ends": Text("末日", "last day"),
    "violations": Text("违规", "violations"),
    "charges": Text("扣款笔数", "charges"),
    "bearer": Text("承担方", "borne by"),
    "forecast": Text("预计", "forecast"),
    "open": Text("尚可能扣", "may still come"),
    "charged": Text("已扣", "charged"),
    "unmatched": Text("其中无对应违规", "of it unmatched"),
    "correction": Text("更正", "corrections"),
    "balance": Text("余额", "balance"),
    "minimum": Text("最低", "minimum"),
    "taken": Text("其后已扣", "taken since"),
    "left": Text("可能剩", "may be left"),
    "falls_short": Text("会不足", "falls short"),
}
RESULTS: Mapping[Result, Text] = {
    "met": Text("达到", "met"),
    "missed": Text("未达到", "missed"),
    "undetermined": Text("无法判定", "undetermined"),
    "no_figure": Text("无指标", "no figure"),
}
CONTRACT_EVENTS: Mapping[str, Text] = {
    "standard.set": Text("登记合同标准", "standard.set"),
    "standard.ended": Text("终止合同标准", "standard.ended"),
    "deposit.recorded": Text("记录保证金", "deposit.recorded"),
}
_SAID: Mapping[str, Text] = {
    "standard set": Text(
        "合同标准 {id}：{client} 的 {rule} {bound}，自 {since} 开始的周期起",
        "standard {id}: {rule} {bound} for {client}, from the cycles that begin on {since}",
    ),
    "standard ended": Text(
        "合同标准 {id} 到 {until} 为止：之后开始的周期不再适用",
        "the standard {id} ends with the cycles that begin on {until}",
    ),
    "no standards": Text("没有合同标准。", "No standards of contracts."),
    "no figures": Text(
        "这段时间没有合同标准所涉的指标。", "No figures in these days for which a contract has a standard."
    ),
    "missed": Text(
        "未达到合同标准 {n} 项（共 {all} 项），其中 {both} 项平台也判违规；其余 {alone} 项只与合同有关，不是平台违规。",
        "{n} of {all} missed: {both} are violations of the platform's too, {alone} concern the contract alone.",
    ),
    "beside": Text(
        "合同标准（{client}）：{bound}，{result}；平台的结论另算",
        "The contract of {client} wants {bound}: {result}; what the platform makes of it stands apart",
    ),
    "no sanctions": Text("这段时间没有店铺受限。", "No shop is limited in these days."),
    "no charges": Text("没有扣款，也没有预计。", "No charges, and none forecast."),
    "deposit recorded": Text("已记录 {shop} 的保证金余额 {balance}", "the deposit of {shop}: {balance}"),
    "no deposits": Text("还没有记录保证金余额。", "No balance of a deposit is on record."),
    "standing only": Text("共 {n} 家店铺的保证金可能低于最低要求", "{n:deposit} may fall below the minimum"),
}


def contract_heads(names: str, language: Language) -> list[str]:
    """The heads of a table, named in one string; those that other tables have too are theirs."""
    from console.phrases import phrase  # noqa: PLC0415  which reads this module's events

    return [HEADS[name].in_language(language) if name in HEADS else phrase(name, language) for name in names.split()]


def said(name: str, language: Language, **values: object) -> str:
    """The sentence called `name` with its values.

    >>> said("standing only", "en", n=1)
    '1 deposit may fall below the minimum'
    """
    shown = {k: Number(v) if isinstance(v, int) and not isinstance(v, bool) else v for k, v in values.items()}
    return _SAID[name].in_language(language).format_map(shown)


def beside_words(client: str, bound: Bound, result: Result, language: Language) -> str:
    """What a contract says of a figure, in one line apart from all that the platform says."""
    return said("beside", language, client=client, bound=bound, result=RESULTS[result].in_language(language))
