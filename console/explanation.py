"""An explanation as text that an officer can forward, and as JSON: from the evidence to the measure, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from console.behind import behind_json, behind_lines
from console.earlier import earlier_json, earlier_lines
from console.firings import firing_words
from console.phrases import EVIDENCE, event_words, gate_sentence, journalled_why
from engine.assessment.archive import FileToday
from engine.assessment.explain import Explanation
from engine.assessment.outcome import standard_words
from engine.judge.headroom import more_is_better
from engine.judge.verdict import points_of
from engine.rulebook.model import Announcement, Claim, Language, Rule, Text
from notifier.facts import NoticeFacts
from notifier.words.diagnosis import accounts_words, cause_lines, hours_words
from notifier.words.figures import money_range
from notifier.words.vocabulary import CLAIMS, SEVERITIES, word


def explanation_text(
    found: Explanation,
    facts: NoticeFacts,
    decided: Sequence[str] = (),
    *,
    full: bool = False,
    practice: Sequence[str] = (),
) -> str:
    """The whole derivation in the language of `facts`, under numbered headings, the answer first.

    With `full` also each day's count and the digest of each day file, which are many. `decided` are lines on
    what the platform's notice said, `practice` on how often the platform bore the rule out.
    """
    sections = explanation_sections(found, facts, decided, full=full, practice=practice)
    return "\n\n".join("\n".join(section) for section in sections.values())


def explanation_sections(
    found: Explanation,
    facts: NoticeFacts,
    decided: Sequence[str] = (),
    *,
    full: bool = False,
    practice: Sequence[str] = (),
) -> dict[str, list[str]]:
    """The same by section, as lines, of which the first is the heading; in their order."""
    page = _Page(found, facts, decided, full, practice)
    sections = (
        page.heading,
        page.figure,
        page.ladder,
        page.count,
        page.basis,
        page.decided,
        page.record,
        page.evidence,
    )
    return {section.__name__: section() for section in sections}


class _Page:
    """Renders one explanation; every section is a list of lines."""

    def __init__(
        self, found: Explanation, facts: NoticeFacts, decided: Sequence[str], full: bool, practice: Sequence[str]
    ) -> None:
        self.practice = practice
        self.found, self.facts, self.said, self.full = found, facts, decided, full
        self.rule, self.version = found.outcome.rule, found.outcome.version
        self.zh = facts.language == "zh-CN"
        self.zone = ZoneInfo(self.rule.zone)

    def say(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def time(self, instant: datetime) -> str:
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def heading(self) -> list[str]:
        f = self.facts
        consequence = f"{f.consequence}" + (self.say(f"，至{f.until}", f", until {f.until}") if f.until else "")
        return [
            self.say(f"【{f.status}】{f.shop}：{consequence}", f"[{f.status}] {f.shop}: {consequence}"),
            *self.contested(),
            f"{f.violation} · {f.platform} · {f.rule_title} · {f.cycle}",
            self.say(
                f"考核时刻：{self.time(self.found.assessed_at)}（北京时间）",
                f"Assessed at {self.time(self.found.assessed_at)} ({self.rule.zone})",
            ),
        ]

    def contested(self) -> list[str]:
        """What a reader must know first: that a later announcement ended or changed the rule, and what it says."""
        dispute, lang = self.facts.in_force_dispute, self.facts.language
        lines = [self.say(f"【有争议】{dispute}", f"[disputed] {dispute}")] if dispute else []
        for announced in self.rule.announced:
            says = announced.says.in_language(lang)
            by = "；".join(_cited(self.rule, source, lang) for source in announced.cite)
            lines.append(
                self.say(
                    f"【已公告，不参与判定】自 {announced.since} 起：{says}（{by}）",
                    f"[announced, never deciding] from {announced.since}: {says} ({by})",
                )
            )
        return lines

    def evidence(self) -> list[str]:
        files = self.found.details.files
        lines = [self.say("七、证据", "7. Evidence")]
        kinds = sorted({f.kind for f in files})
        zh, en = "、".join(word(EVIDENCE, k, "zh-CN") for k in kinds), ", ".join(word(EVIDENCE, k, "en") for k in kinds)
        if self.full:
            lines.append(
                self.say(
                    f"  {zh}，{len(files)} 个日文件（内容以 sha256 命名）：",
                    f"  {en}: {len(files)} day files, named by the sha256 of their content:",
                )
            )
            lines += [f"    {f.day}  {f.generation[:16]}…" + (f"  {f.kind}" if len(kinds) > 1 else "") for f in files]
        elif files:
            lines.append(
                self.say(
                    f"  {zh}，{len(files)} 个日文件，{files[0].day} 至 {files[-1].day}；"
                    f"逐日的数和文件指纹：kaohe explain {self.facts.violation} --full",
                    f"  {en}: {len(files)} day files, {files[0].day} to {files[-1].day}; "
                    f"each day's numbers and digests: kaohe explain {self.facts.violation} --full",
                )
            )
        if self.found.cut_off:
            cut = self.time(self.found.cut_off)
            lines.append(
                self.say(
                    f"  统计截止：{cut}，此后发生的不计。",
                    f"  Cut-off: {cut}; what happened after it does not count.",
                )
            )
        if self.found.evidence_changed:
            lines.append(
                self.say(
                    "  注意：判定之后证据有变化，尚未重新考核；下面的分解按现有证据计算。",
                    "  Note: evidence has changed since and is not assessed yet; the parts below are today's.",
                )
            )
        return lines

    def count(self) -> list[str]:
        lines = behind_lines(self.found.details, self.version, self.facts.language, self.rule.zone, full=self.full)
        return lines + self.causes()

    def causes(self) -> list[str]:
        """What caused it: the hours and accounts that weigh most, and why."""
        found, lang = self.found.diagnosis, self.facts.language
        if found is None:
            return []
        hours, accounts = hours_words(found, lang), accounts_words(found, lang)
        lines = [self.say(f"最集中的时段：{hours}", f"Hours that weigh most: {hours}")] if hours else []
        if accounts:
            lines.append(self.say(f"最集中的账号：{accounts}", f"Accounts that weigh most: {accounts}"))
        lines += cause_lines(found, lang, named=True)  # a reader who may not know them has none in what was found
        if self.facts.mend:
            lines.append(self.facts.mend)
        return [self.say("  原因：", "  Causes:"), *(f"    - {line}" for line in lines)]

    def figure(self) -> list[str]:
        f, o = self.facts, self.found.outcome
        lines = [
            self.say("一、指标与标准", "1. Figure and standard"),
            f"  {o.figure_words()} = {f.value}" + self.rounded(),
            self.say(
                f"  达标线：{f.standard}（{standard_words(self.version)}）",
                f"  Standard: {f.standard} ({standard_words(self.version)})",
            ),
        ]
        gate = gate_sentence(self.version, self.facts.language)
        if gate:
            lines.append(self.say(f"  考核门槛：{gate}，已达到", f"  Gate: {gate}, reached"))
        standard = self.version.standard
        if standard and o.numerator is not None and o.denominator is not None:
            limit = standard.complies.limit
            top, bottom = self.nearest(o.numerator, o.denominator)
            left, right = top * limit.denominator, limit.numerator * bottom
            sign = "<" if left < right else ">" if left > right else "="
            lines.append(
                self.say("  精确比较（整数，不取整）：", "  Compared exactly, in integers: ")
                + f"{top}×{limit.denominator} = {left} {sign} {right} = {limit.numerator}×{bottom}"
            )
        if f.gap_words:
            lines.append(f"  {f.gap_words}")
        return lines

    def rounded(self) -> str:
        """Between which numbers the figure lies, where it was rounded: the verdict holds for all of them."""
        o = self.found.outcome
        if o.numerator_range is None and o.denominator_range is None:
            return ""
        return self.say(
            "（导入的数经取整；范围内结论都相同）",
            " (imported rounded; the verdict is the same for all of it)",
        )

    def nearest(self, numerator: int, denominator: int) -> tuple[int, int]:
        """The figure, or of a rounded one the end that comes nearest to the standard."""
        o, standard = self.found.outcome, self.version.standard
        assert standard is not None
        points = points_of(self.version, o.numerator_range or numerator, o.denominator_range or denominator)
        return points[1 if more_is_better(standard.complies) else 0]

    def ladder(self) -> list[str]:
        f = self.facts
        lines = [self.say("二、处罚", "2. Measures")]
        if f.severity:
            lines.append(self.say(f"  等级：{f.severity}", f"  Severity: {f.severity}") + self.graded())
        lines += [f"  - {s}" for s in f.sanctions] or [f"  {f.consequence}"]
        for stretch in () if f.settled else self.found.overlaps:
            others = ", ".join(v for v in stretch.violations if v != f.violation)
            days = f"{stretch.starts}..{stretch.ends}"
            lines.append(
                self.say(
                    f"  {days} 与 {others} 的限制重叠，不另加天数",
                    f"  {days}: limited by {others} as well; no days are added",
                )
            )
        if f.exposure and not f.charged:
            lines.append(self.say(f"  金额敞口：{f.exposure}", f"  Exposure: {f.exposure}"))
        lines += [f"  {line}" for line in self.said]
        if f.appeal:
            lines.append(self.say(f"  申诉：{f.appeal}", f"  Appeal: {f.appeal}"))
        if f.predicted:
            lines.append(
                self.say(
                    "  这是按规则推算的结果，最终以平台通知为准。",
                    "  Reckoned by the rule; the platform's own notice decides.",
                )
            )
        return lines

    def graded(self) -> str:
        """Who graded it, where that was not us: and what we had forecast."""
        if self.found.decided_severity is None:
            return ""
        ours = self.found.forecast["severity"]
        named = word(SEVERITIES, ours, self.facts.language) if ours else self.say("无", "none")
        low, high = self.found.forecast["exposure_fen"]
        money = money_range(low, high, self.facts.language)
        return self.say(
            f"（平台认定；按规则推算为{named}，敞口 {money}）",
            f" (decided by the platform; our forecast was {named}, exposure {money})",
        )

    def basis(self) -> list[str]:
        lang = self.facts.language
        lines = [
            self.say("四、规则与依据", "4. The rule and what it rests on"),
            f"  {self.rule.id} · {self.say('版本', 'version')} {self.version.key} · sha256 {self.version.sha256[:16]}…",
        ]
        if self.found.rule_file != "same":
            lines.append("  " + changed_words(self.found.rule_file, lang))
        if self.version.text:
            lines.append(f"  {self.version.text.in_language(lang)}")
        lines += [f"  {line}" for line in self.practice]
        for claim in self.version.provenance:
            lines += claim_lines(self.rule, claim, lang)
        return lines

    def decided(self) -> list[str]:
        lines = [
            self.say("五、由谁判定", "5. Who decided"),
            self.say(
                f"  判定引擎：{self.found.decided_by}；触发过程：",
                f"  Decided by {self.found.decided_by}; what fired:",
            ),
        ]
        lines += [f"    {firing_words(firing, self.facts.language)}" for firing in self.found.trace]
        return lines

    def record(self) -> list[str]:
        lines = [self.say("六、记录", "6. On record")]
        for entry in self.found.journal:
            why = (entry.payload or {}).get("why")
            lines.append(
                f"  {self.time(entry.at)}  {event_words(entry.event, self.facts.language)}  {entry.actor}"
                + (f"  {journalled_why(str(why), self.facts.language)}" if why else "")
                + self.say(f"（日志第 {entry.batch} 批）", f" (journal batch {entry.batch})")
            )
        before = earlier_lines(self.found.earlier, self.rule.platform, self.facts.language)
        return lines + [f"  {line}" for line in before]


def changed_words(rule_file: FileToday, lang: Language) -> str:
    """What to tell of a rule whose file is not what it was when it decided; `rule_file` is not "same"."""
    if rule_file == "gone":
        return (
            "注意：这条规则现在没有可用的文件；以下是判定时所用的版本，取自台账的存档。"
            if lang == "zh-CN"
            else "Note: this rule has no sound file today; told is the version that decided, as the ledger kept it."
        )
    return (
        "注意：这条规则的文件在判定之后改过；以下是判定时所用的版本，取自台账的存档。"
        if lang == "zh-CN"
        else "Note: this rule's file was changed since; told is the version that decided, as the ledger kept it."
    )


def claim_lines(rule: Rule, claim: Claim, lang: Language) -> list[str]:
    """A claim with its basis: cited, assumed, disputed."""
    zh = lang == "zh-CN"
    label = word(CLAIMS, claim.name, lang)
    titles = "；".join(_cited(rule, s, lang) for s in claim.cite)
    if claim.basis == "source":
        said = claim.says.in_language(lang) if claim.says else ""
        lines = [f"  - {label}：{said}（来源：{titles}）" if zh else f"  - {label}: {said} (source: {titles})"]
    else:
        because = claim.because.in_language(lang) if claim.because else ""
        review = claim.review_by.isoformat() if claim.review_by else ""
        lines = [
            f"  - {label}【假定】：{because}（{review} 前复核）"
            if zh
            else f"  - {label} [assumed]: {because} (review by {review})"
        ]
    if claim.assuming:
        reading = claim.assuming.in_language(lang)
        lines.append(f"      假定：{reading}" if zh else f"      assuming: {reading}")
    if claim.disputed_by:
        by = "；".join(_cited(rule, s, lang) for s in claim.disputed_by)
        words = claim.dispute.in_language(lang) if claim.dispute else ""
        lines.append(f"      【有争议】{words}（{by}）" if zh else f"      [disputed] {words} ({by})")
    return lines


def _cited(rule: Rule, source: str, lang: Language) -> str:
    known = rule.sources[source]
    where = known.document or known.url or ""
    return f"{known.title.in_language(lang)} [{known.grade}] {where}".rstrip()


def explanation_json(found: Explanation) -> dict[str, Any]:
    """The same as data."""
    return (
        found.outcome.as_json()
        | behind_json(found.details)
        | {
            "rule_file": found.rule_file,
            "state": found.state,
            "assessed_at": found.assessed_at.isoformat(),
            "cut_off": found.cut_off.isoformat() if found.cut_off else None,
            "evidence_changed": found.evidence_changed,
            "announced": [announced_json(a) for a in found.outcome.rule.announced],
            "claims": [claim_json(c) for c in found.outcome.version.provenance],
            "overlaps": [
                {"starts": s.starts.isoformat(), "ends": s.ends.isoformat(), "violations": list(s.violations)}
                for s in found.overlaps
            ],
            "forecast": found.forecast,
            "decided_severity": found.decided_severity,
            "decided_by": found.decided_by,
            "facts": found.facts,
            "trace": found.trace,
            "journal": [
                {"at": e.at.isoformat(), "actor": e.actor, "event": e.event, "batch": e.batch} for e in found.journal
            ],
            "earlier": earlier_json(found.earlier),
            "diagnosis": found.diagnosis.as_json() if found.diagnosis else None,
        }
    )


def _both(text: Text | None) -> dict[str, str] | None:
    return {"zh-CN": text.zh, "en": text.en} if text else None


def announced_json(announced: Announcement) -> dict[str, Any]:
    """An announcement as data."""
    return {"from": announced.since.isoformat(), "cite": list(announced.cite), "says": _both(announced.says)}


def claim_json(claim: Claim) -> dict[str, Any]:
    """A claim as data."""
    return {
        "claim": claim.name,
        "basis": claim.basis,
        "cite": list(claim.cite),
        "says": _both(claim.says),
        "because": _both(claim.because),
        "review_by": claim.review_by.isoformat() if claim.review_by else None,
        "assuming": _both(claim.assuming),
        "disputed_by": list(claim.disputed_by),
    }
