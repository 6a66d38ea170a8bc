"""The parts of a rule in words, in one language: its figure, days, standard, ladder, and what a case expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.calendar.assessment import WEEKDAYS, AssessedOn
from engine.rulebook.duties import DUTIES
from engine.rulebook.measures import MEASURES
from engine.rulebook.model import (
    Bound,
    Claim,
    Counter,
    DutySpec,
    Expectation,
    Language,
    Rule,
    SanctionSpec,
    Severity,
    Version,
)
from notifier.words.appeals import appeal_words
from notifier.words.figures import money_range, standard
from notifier.words.vocabulary import ACCOUNTS, CLAIMS, SCOPED, SEVERITIES, word

_WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")
_VERDICTS = {"compliant": "达标", "violation": "违规", "not_assessed": "不考核", "no_data": "缺数据"}
_CUT_OFFS = {
    "assessed": ("考核时刻；此后发生的不计", "the assessment; what happens later does not count"),
    "cycle_end": ("周期结束；此后发生的不计", "the end of the cycle; what happens later does not count"),
    "bounded": ("无；时限一过，等待自行结束", "none; past the limit, waiting ends by itself"),
}
_CYCLES = {
    "day": ("自然日", "natural day"),
    "week": ("自然周，周一至周日", "natural week, Monday to Sunday"),
    "month": ("自然月", "natural month"),
}
_RELATIONS = {
    "sessions": ("会话", "conversations"),
    "waits": ("买家消息", "buyers' messages"),
    "person_days": ("人天（每个买家每天计一次）", "person-days (each buyer once a day)"),
    "rounds": ("问答轮次", "rounds of question and answer"),
    "ratings": ("评价，按提交日", "ratings, by the day they were given"),
    "ratings_by_sending": ("评价，按卡片发出日", "ratings, by the day their cards were sent"),
    "counts": ("外部导入的数", "figures counted elsewhere"),
}
_OCCASIONS = {  # what opens a duty
    "measure": ("平台作此处罚时", "where the platform takes this measure"),
    "violation": ("违规时", "on a violation"),
    "at_risk": ("预警或违规时", "when at risk, or on a violation"),
}


@dataclass(frozen=True, slots=True)
class RuleWords:
    """Says one version of a rule in one language."""

    rule: Rule
    version: Version
    language: Language

    def say(self, zh: str, en: str) -> str:
        """The one of the two that is in this language."""
        return zh if self.language == "zh-CN" else en

    def claim(self, name: str) -> str:
        """What a claim is about."""
        return word(CLAIMS, name, self.language)

    def facts(self) -> list[tuple[str, str]]:
        """The parts that decide, each with its name; nothing of a version that is repealed."""
        version = self.version
        if version.figure is None:
            return [(self.say("状态", "State"), self.say("已废止", "repealed"))]
        facts = [
            (
                self.say("指标", "Figure"),
                f"`{version.figure.numerator}`"
                + (f" / `{version.figure.denominator}`" if version.figure.denominator else ""),
            ),
            *((f"`{counter.name}`", self._counter(counter)) for counter in version.counters),
            (self.say("周期", "Cycle"), self._cycle()),
            (self.say("考核时间", "Assessed"), self._assessed(version.assessed)),
            (self.say("统计截止", "Cut-off"), self.say(*_CUT_OFFS[version.cut_off or "assessed"])),
            (self.say("考核门槛", "Gate"), self._gate()),
            (self.say("达标线", "Standard"), self.standard()),
        ]
        if version.at_risk is not None:
            facts.append(
                (self.say("预警线（我们的）", "Early warning (ours)"), standard(version.at_risk, self.language))
            )
        if version.notify_floor:
            facts.append(
                (self.say("提醒下限（我们的）", "Told at once from (ours)"), self._counts(version.notify_floor))
            )
        if version.severity is not None:
            facts.append((self.say("违规等级", "Severity"), self._severity(version.severity)))
        comma = self.say("、", ", ")
        for rung, sanctions in version.ladder.items():
            measures = comma.join(self.sanction(s) for s in sanctions) or self.say("无", "none")
            facts.append((self.say("处罚", "Measures") + self._rung(rung), measures))
        facts.append((self.say("申诉", "Appeal"), self._appeal()))
        facts += [(self.say("职责：", "Duty: ") + self.duty_title(duty), self._duty(duty)) for duty in version.duties]
        return facts

    def duty_title(self, duty: DutySpec) -> str:
        """What a duty is called."""
        return (duty.title or DUTIES[duty.kind]).in_language(self.language)

    def claims(self) -> list[Claim]:
        """What the version rests on, and after that what its duties rest on, each named by its duty."""
        of_duties = [
            replace(d.claim, name=self.say("职责：", "duty: ") + self.duty_title(d)) for d in self.version.duties
        ]
        return [*self.version.provenance, *of_duties]

    def standard(self) -> str:
        """The standard that a figure must meet."""
        return standard(self.version.standard.complies, self.language) if self.version.standard else ""

    def sanction(self, spec: SanctionSpec) -> str:
        """One measure with its size and its terms."""
        titles = {kind: measure.title for kind, measure in MEASURES.items()} | dict(self.rule.measures)
        scoped = SCOPED.get(f"{spec.kind}/{spec.scope}")
        text = scoped.in_language(self.language) if scoped else word(titles, spec.kind, self.language)
        if spec.scope and not scoped:
            text += self.say(f"（{spec.scope}）", f" ({spec.scope})")
        if spec.days:
            low, high = spec.days
            days = f"{high}" if low == high else self.say(f"{low} 至 {high}", f"{low} to {high}")
            text += self.say(f" {days} 天", f" for {days} day{'' if high == 1 else 's'}")
        if spec.amount_fen:
            text += " " + money_range(*spec.amount_fen, self.language)
        if spec.points:
            text += self.say(f" {spec.points} 分", f" {spec.points}")
        if spec.share is not None:
            text += f" {spec.share * 100}%"
        if spec.accounts:
            accounts = self.say("、", " and ").join(word(ACCOUNTS, account, self.language) for account in spec.accounts)
            text += self.say(f"，从{accounts}中收取", f", from {accounts}")
        return text + (self.say("（平台酌情决定）", " (at the platform's discretion)") if spec.discretionary else "")

    def expected(self, expect: Expectation) -> str:
        """What a case expects, in a few words."""
        parts = [self.say(_VERDICTS.get(expect.verdict, expect.verdict), expect.verdict.replace("_", " "))]
        if expect.missing:
            parts[0] += self.say("：", ": ") + ", ".join(expect.missing)
        if expect.severity is not None:
            parts.append(word(SEVERITIES, expect.severity, self.language))
        if expect.exposure_fen is not None:
            parts.append(money_range(*expect.exposure_fen, self.language))
        if expect.at_risk is not None and expect.verdict == "compliant":
            parts.append(self.say("预警", "at risk") if expect.at_risk else self.say("不预警", "not at risk"))
        return self.say("，", ", ").join(parts)

    def _counter(self, counter: Counter) -> str:
        parts = [self.say(*_RELATIONS.get(counter.relation, (counter.relation, counter.relation)))]
        if counter.total_of is not None:
            parts.append(self.say(f"`{counter.total_of}` 之和", f"the sum of `{counter.total_of}`"))
        if counter.hours is not None:
            parts.append(str(counter.hours))
        if counter.where is not None:
            parts.append(f"`{counter.where}`")
        return self.say("，", ", ").join(parts)

    def _cycle(self) -> str:
        cycle = self.version.cycle
        if cycle is None:
            return ""
        if cycle.length is not None:
            return self.say(f"滚动 {cycle.length} 天", str(cycle))
        return self.say(*_CYCLES.get(cycle.name, (cycle.name, cycle.name)))

    def _assessed(self, assessed: AssessedOn | None) -> str:
        if assessed is None:
            return ""
        at = f"{assessed.at:%H:%M}"
        if assessed.weekday is not None:
            day = self.say(
                f"周期之后的第一个周{_WEEKDAYS[assessed.weekday]}",
                f"the {WEEKDAYS[assessed.weekday].capitalize()} after,",
            )
        elif assessed.day == "next":
            day = self.say("周期结束的次日", "the next day,")
        else:
            day = self.say(f"次月 {assessed.day} 日", f"day {assessed.day} of the next month,")
        return f"{day} {at}"

    def _gate(self) -> str:
        none = self.say("无（分母为 0 时不考核）", "none (a denominator of 0 is not assessed)")
        return self._counts(self.version.gate) or none

    def _counts(self, conditions: Sequence[tuple[str, Bound]]) -> str:
        and_ = self.say("且", " and ")
        return and_.join(f"`{name}` {standard(bound, self.language)}" for name, bound in conditions)

    def _severity(self, severity: Severity) -> str:
        name = {rung: word(SEVERITIES, rung, self.language) for rung in self.version.ladder}
        comma = self.say("；", "; ")
        if severity.bands:
            bands = (f"{standard(b.when, self.language)}: {name.get(b.severity, b.severity)}" for b in severity.bands)
            return comma.join(bands)
        steps = comma.join(
            self.say(f"第 {n} 次{name.get(rung, rung)}", f"violation {n} {name.get(rung, rung)}")
            for n, rung in severity.steps.items()
        )
        within = self.say(
            f"{severity.within_days} 天内已确认的违规（含本次）次数，{steps}",
            f"confirmed violations within {severity.within_days} days, this one included: {steps}",
        )
        if severity.decided_by == "platform":
            return self.say(f"由平台认定；我们按{within}预测", f"decided by the platform; our forecast by {within}")
        return within

    def _rung(self, rung: str) -> str:
        if self.version.severity is None:
            return ""
        name = word(SEVERITIES, rung, self.language)
        return self.say(f"（{name}）", f" ({name})")

    def _duty(self, duty: DutySpec) -> str:
        """On what occasion, until when, with what proof."""
        since = {
            "notice": self.say("收到平台通知起", "of the platform's notice"),
            "assessed": self.say("考核日起", "of the assessment day"),
        }[duty.of]
        days = duty.within_days
        when = self.say(f"{since} {days} 天内", f"within {days} day{'' if days == 1 else 's'} {since}")
        parts = [self.say(*_OCCASIONS[duty.on]), when]
        if duty.proof is not None:
            parts.append(self.say("凭证：", "proof: ") + duty.proof.in_language(self.language))
        if duty.second_person:
            parts.append(self.say("须第二人核对", "a second person checks it"))
        return self.say("；", "; ").join(parts)

    def _appeal(self) -> str:
        appeal = self.version.appeal
        return appeal_words(appeal, self.language) if appeal else self.say("来源未说明", "not stated by the sources")
