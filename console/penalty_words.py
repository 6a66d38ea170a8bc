"""Penalties, what they were matched with and what practice says of a rule: as data, and in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from console.local_time import local_time
from console.phrases import verdict_words
from engine.calendar.deadlines import last_day
from engine.rulebook.model import Language, Text
from engine.rulebook.platforms import PLATFORMS
from engine.tracker.accuracy import Accuracy, Contradicted
from engine.tracker.matches import Compared, OwnVerdict
from engine.tracker.penalties import Penalty
from notifier.words.figures import money
from notifier.words.vocabulary import ACCOUNTS, CLAIMS, SEVERITIES, word

RESULTS: Mapping[str, Text] = {
    "matched": Text("一致", "matched"),
    "differing": Text("不一致", "differing"),
    "ours_only": Text("仅我方", "ours only"),
    "theirs_only": Text("仅平台", "theirs only"),
}
STATUSES: Mapping[str, Text] = {
    "open": Text("待处理", "open"),
    "confirmed": Text("已确认", "confirmed"),
    "appealed": Text("申诉中", "under appeal"),
    "upheld": Text("申诉未通过", "upheld"),
    "overturned": Text("已撤销", "overturned"),
    "expired": Text("已过期", "expired"),
    "executed": Text("已执行", "executed"),
}
DOUBTS: Mapping[str, Text] = {
    "rule guessed": Text("规则是按通知的文字猜的", "the rule is guessed from the words of the notice"),
    "rule unknown": Text("通知没有说明是哪条规则", "the notice does not tell the rule"),
    "late": Text("通知晚于下一次考核", "the notice came after the next assessment"),
    "several": Text("不止一种对应方式", "there is more than one way to pair them"),
}
BASES: Mapping[str, Text] = {
    "person": Text("人工认定", "decided by a person"),
    "reference": Text("违规上记录的编号", "the number recorded with the violation"),
    "rule and cycle": Text("规则和周期", "rule and cycle"),
    "rule and time": Text("规则和通知时间", "rule and time of the notice"),
    "words and cycle": Text("通知的文字和周期", "words and cycle of the notice"),
    "words and time": Text("通知的文字和时间", "words and time of the notice"),
    "cycle": Text("周期", "cycle"),
    "time": Text("通知时间", "time of the notice"),
}
FIGURES: Mapping[str, Text] = {"severity": Text("等级", "severity"), "amount": Text("金额", "amount")}
HEADS: Mapping[str, Text] = {
    "reference": Text("处罚编号", "reference"),
    "noticed_at": Text("通知时间", "noticed at"),
    "status": Text("平台状态", "status"),
    "kind": Text("违规类型", "kind"),
    "measure": Text("处罚措施", "measure"),
    "amount": Text("金额", "amount"),
    "account": Text("扣款账户", "account"),
    "borne_by": Text("承担方", "borne by"),
    "result": Text("比对结果", "result"),
    "check": Text("需核对", "to check"),
    "basis": Text("依据", "basis"),
    "candidates": Text("可能是", "may be"),
    "appeal_until": Text("申诉截止", "appeal until"),
    "borne_out": Text("被证实", "borne out"),
    "overturned": Text("被撤销", "overturned"),
    "ours_only": Text("仅我方", "ours only"),
    "foreseen": Text("事先预判到", "foreseen"),
    "severities": Text("等级不同", "other severity"),
    "amounts": Text("金额在阶梯之外", "amount off the ladder"),
    "contradicted": Text("与实际不符的依据", "contradicted"),
}
NONE = Text("没有处罚。", "No penalties.")
NOTHING = Text("没有可比对的处罚和违规。", "Nothing to compare.")
UNJUDGED = Text("平台的决定还不能说明任何规则准不准。", "No decision of a platform speaks for or against a rule yet.")
LINKED = Text("处罚 {reference} 对应违规 {violation}", "penalty {reference} belongs to violation {violation}")
UNLINKED = Text(
    "已撤回对处罚 {reference} 的认定，重新按规则比对", "what was decided about penalty {reference} is taken back"
)
STILL_SAYS = Text(
    "违规 {violation} 上仍记着处罚 {reference} 的编号和金额，不再计为它的费用；请改记它真正的通知："
    "`kaohe violations record {violation} 原状态 --reference 编号 --amount 元 --why …`",
    "violation {violation} still has the number and amount of penalty {reference} on record, which are no charge of it "
    "any more; record what its own notice says: "
    "`kaohe violations record {violation} ITS-STATE --reference NUMBER --amount YUAN --why …`",
)
OURS_NONE = Text("处罚 {reference} 不对应我方任何违规", "penalty {reference} belongs to none of our violations")


def penalty_json(penalty: Penalty, client: str) -> dict[str, Any]:
    """A penalty as data; instants in UTC."""
    return {
        "reference": penalty.reference,
        "platform": penalty.platform,
        "client": client,
        "shop": penalty.shop,
        "kind": penalty.kind,
        "rule": penalty.rule,
        "cycle": penalty.cycle,
        "severity": penalty.severity,
        "measure": penalty.measure,
        "amount_fen": penalty.amount_fen,
        "account": penalty.account,
        "noticed_at": penalty.noticed_at.isoformat(),
        "appeal_until": penalty.appeal_until.isoformat() if penalty.appeal_until else None,
        "status": penalty.status,
        "borne_by": penalty.borne_by,
    }


def match_json(line: Compared) -> dict[str, Any]:
    """A line of the comparison as data: what is promised first."""
    found, penalty, ours = line.match, line.penalty, line.ours
    return {
        "reference": penalty.reference if penalty else None,
        "violation": found.violation,
        "result": found.result,
        "platform": line.platform,
        "client": line.client,
        "shop": line.shop,
        "rule": ours.rule if ours else penalty.rule if penalty else None,
        "cycle": ours.cycle if ours else penalty.cycle if penalty else None,
        "differs": list(found.differs),
        "basis": found.basis,
        "doubts": list(found.doubts),
        "candidates": list(found.candidates),
        "likeness": str(found.likeness) if found.likeness is not None else None,
        "means": list(found.means),
        "our_verdict": _own_json(line.verdict),
    }


def _own_json(ours: OwnVerdict | None) -> dict[str, Any] | None:
    if ours is None:
        return None
    return {
        "rule": ours.rule,
        "cycle": ours.cycle,
        "verdict": ours.verdict,
        "numerator": ours.numerator,
        "denominator": ours.denominator,
    }


def match_cells(line: Compared, shop: str, language: Language) -> list[str]:
    """The same as cells: reference, result, violation, shop, rule, cycle, severity, amount, what to check."""
    found, penalty, ours = line.match, line.penalty, line.ours
    rule = ours.rule if ours else (penalty and penalty.rule) or "-"
    cycle = ours.cycle if ours else (penalty and penalty.cycle) or "-"
    violation = found.violation or (" / ".join(found.candidates) + "?" if found.candidates else "-")
    return [
        penalty.reference if penalty else "-",
        RESULTS[found.result].in_language(language),
        violation,
        shop,
        rule,
        cycle,
        to_check(line, language) or "-",
    ]


def to_check(line: Compared, language: Language) -> str:
    """What differs, both sides told, and what is doubtful about a pair."""
    zh = language == "zh-CN"
    said = [DOUBTS[doubt].in_language(language) for doubt in line.match.doubts]
    if line.match.likeness is not None:
        said[0] += f"（{line.match.likeness}）" if zh else f" ({line.match.likeness})"
    penalty, ours = line.penalty, line.ours
    if penalty and ours:
        for name in line.match.differs:
            theirs, mine = (
                (_severity(penalty.severity, language), _severity(ours.severity, language))
                if name == "severity"
                else (_money((penalty.amount_fen or 0,) * 2, language), _money(ours.amount_fen or (0, 0), language))
            )
            label = FIGURES[name].in_language(language)
            said.append(f"{label}：平台 {theirs}，我方 {mine}" if zh else f"{label}: theirs {theirs}, ours {mine}")
    if line.match.result == "theirs_only" and line.match.basis is None and line.match.means:
        said.append(own_words(line, language))
    return ("；" if zh else "; ").join(said)


def own_words(line: Compared, language: Language) -> str:
    """What we had found of a penalty that the platform has alone, where it is known or guessed which rule it means."""
    ours, zh = line.verdict, language == "zh-CN"
    if ours is None:
        rules = ("、" if zh else ", ").join(line.match.means)
        return f"我方对 {rules} 没有结论" if zh else f"we have no verdict of {rules}"
    verdict = verdict_words(ours.verdict, False, language)
    figure = f" {ours.numerator}/{ours.denominator}" if ours.numerator is not None else ""
    if zh:
        return f"我方结论：{verdict}{figure}（{ours.rule} {ours.cycle}）"
    return f"our verdict: {verdict}{figure} ({ours.rule} {ours.cycle})"


def _severity(name: str | None, language: Language) -> str:
    return word(SEVERITIES, name or "", language)


def _money(span: tuple[int, int], language: Language) -> str:
    low, high = (money(fen, language) for fen in span)
    return low if low == high else f"{low}–{high}"


def penalty_cells(penalty: Penalty, shop: str, language: Language) -> list[str]:
    """A penalty as cells of a list."""
    return [
        penalty.reference,
        local_time(penalty.noticed_at, penalty.platform),
        STATUSES[penalty.status].in_language(language),
        shop,
        penalty.kind or "-",
        word(SEVERITIES, penalty.severity, language) if penalty.severity else "-",
        penalty.measure or "-",
        money(penalty.amount_fen, language) if penalty.amount_fen is not None else "-",
        deadline_words(penalty.appeal_until, penalty.platform),
    ]


def deadline_words(deadline: datetime | None, platform: str) -> str:
    """An exclusive deadline as people say it: the last day where it is the end of a day, else the time.

    >>> from datetime import UTC
    >>> deadline_words(datetime(2026, 3, 17, 16, tzinfo=UTC), "kuaishou")
    '2026-03-17'
    >>> deadline_words(datetime(2026, 3, 17, 10, tzinfo=UTC), "kuaishou")
    '2026-03-17 18:00:00+08:00'
    """
    if deadline is None:
        return "-"
    whole = last_day(deadline, PLATFORMS[platform].zone)
    return whole.isoformat() if whole else local_time(deadline, platform)


def penalty_lines(penalty: Penalty, line: Compared | None, shop: str, language: Language) -> list[str]:
    """Everything that is known of a penalty, a line each."""
    colon = "：" if language == "zh-CN" else ": "
    said = [
        ("reference", penalty.reference),
        ("status", STATUSES[penalty.status].in_language(language)),
        ("noticed_at", local_time(penalty.noticed_at, penalty.platform)),
        ("kind", penalty.kind),
        ("measure", penalty.measure),
        ("amount", money(penalty.amount_fen, language) if penalty.amount_fen is not None else None),
        ("account", ACCOUNTS[penalty.account].in_language(language) if penalty.account else None),
        ("appeal_until", deadline_words(penalty.appeal_until, penalty.platform) if penalty.appeal_until else None),
        ("borne_by", penalty.borne_by),
    ]
    if line is not None:
        basis = BASES[line.match.basis].in_language(language) if line.match.basis else None
        found = line.match.violation
        said += [
            ("result", RESULTS[line.match.result].in_language(language) + (f" {found}" if found else "")),
            ("basis", basis),
            ("check", to_check(line, language) or None),
            ("candidates", ", ".join(line.match.candidates) or None),
        ]
    lines = [f"{HEADS[name].in_language(language)}{colon}{value}" for name, value in said if value]
    return [f"{penalty.platform} · {shop}", *lines]


def accuracy_json(found: Accuracy) -> dict[str, Any]:
    """The accuracy of a version as data; shares are exact fractions as text."""
    return {
        "rule": found.rule,
        "version": found.version,
        "judged": found.judged,
        "confirmed": found.confirmed,
        "overturned": found.overturned,
        "ours_only": found.ours_only,
        "missed": found.missed,
        "borne_out": _share(found.borne_out),
        "foreseen": _share(found.foreseen),
        "severity": {"differing": found.severities[0], "compared": found.severities[1]},
        "amount": {"off_the_ladder": found.amounts[0], "compared": found.amounts[1]},
        "contradicted": [{"claim": c.claim, "basis": c.basis, "by": list(c.by)} for c in found.contradicted],
    }


def _share(share: Fraction | None) -> str | None:
    return None if share is None else str(share)


def accuracy_cells(found: Accuracy, language: Language) -> list[str]:
    """The same as cells: how many of how many, never a percentage."""
    return [
        found.rule,
        found.version,
        of_words(found.confirmed, found.judged),
        of_words(found.overturned, found.judged),
        of_words(found.ours_only, found.judged),
        of_words(found.confirmed, found.confirmed + found.missed),
        of_words(*found.severities),
        of_words(*found.amounts),
        ("；" if language == "zh-CN" else "; ").join(contradicted_words(c, language) for c in found.contradicted)
        or "-",
    ]


def of_words(some: int, of: int) -> str:
    """How many of how many; a dash where there was nothing.

    >>> of_words(3, 4), of_words(0, 0)
    ('3/4', '-')
    """
    return f"{some}/{of}" if of else "-"


def contradicted_words(found: Contradicted, language: Language, most: int = 3) -> str:
    """A claim that practice speaks against, with the first of the notices that do."""
    zh = language == "zh-CN"
    claim = word(CLAIMS, found.claim, language)
    basis = {"assumed": Text("假定", "assumed"), "disputed": Text("有争议", "disputed")}[found.basis]
    by = ("、" if zh else ", ").join(found.by[:most]) + (" …" if len(found.by) > most else "")
    n = len(found.by)
    return f"{claim}【{basis.zh}】{n} 次（{by}）" if zh else f"{claim} [{basis.en}] {n} × ({by})"


def practice_lines(found: Sequence[Accuracy], version: str, language: Language) -> list[str]:
    """What practice says of a version, in a line or two; nothing where it says nothing."""
    zh = language == "zh-CN"
    lines = []
    for one in found:
        if one.version != version:
            continue
        parts = []
        if one.judged:
            parts.append(
                f"平台证实 {one.confirmed}/{one.judged}" if zh else f"confirmed {one.confirmed} of {one.judged}"
            )
        if one.overturned:
            parts.append(f"撤销 {one.overturned}" if zh else f"overturned {one.overturned}")
        if one.ours_only:
            parts.append(f"平台没有处罚 {one.ours_only}" if zh else f"not penalised {one.ours_only}")
        if one.missed:
            parts.append(f"平台处罚而我方没有预判 {one.missed}" if zh else f"missed {one.missed}")
        for (some, of), zh_, en in (
            (one.severities, "等级不同", "another severity"),
            (one.amounts, "金额在阶梯之外", "an amount off the ladder"),
        ):
            if some:
                parts.append(f"{zh_} {some}/{of}" if zh else f"{en} in {some} of {of}")
        lines.append(("实际结果：" if zh else "In practice: ") + ("，" if zh else ", ").join(parts))
        if one.contradicted:
            said = ("；" if zh else "; ").join(contradicted_words(c, language) for c in one.contradicted)
            lines.append(("与实际不符的依据：" if zh else "Contradicted: ") + said)
    return lines
