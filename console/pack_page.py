"""A pack for people: one page that needs nothing else, to be read, printed, and handed to whoever decides.

Every name in the evidence is somebody else's: the template escapes all of them, and the page may run and load nothing.
"""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from console.behind import against_rows, of
from console.decided import decided_lines, until_words
from console.explanation import explanation_sections
from console.local_time import local_time
from console.output import printable
from console.phrases import OUTCOMES, TOLD, event_words, heads, journalled_why, told_words
from engine.ledger.masking import masked
from engine.ledger.tables import Appeal, JournalEntry
from engine.rulebook.model import Language, Text
from engine.rulebook.platforms import zone_of
from engine.tracker.pack import Content, File
from notifier.facts import NoticeFacts
from notifier.words.vocabulary import word

SHOWN_WITHIN = 4 * 1024 * 1024  # bytes of a picture that the page itself shows; a larger one lies beside it
WORDS = {
    "title": Text("违规材料包", "Pack of a violation"),
    "notice": Text("平台通知", "The platform's notice"),
    "no_notice": Text("尚未记录平台通知。", "No notice of the platform is on record."),
    "appeal": Text("申诉", "Appeal"),
    "file": Text("附件", "Attachment"),
    "kind": Text("类型", "Kind"),
    "size": Text("字节", "Bytes"),
    "notices": Text("已发出的通知", "Notices that were sent"),
    "no_notices": Text("没有发出过通知。", "None was sent."),
    "journal": Text("日志摘录", "Extract of the journal"),
    "head": Text(
        "日志是一条哈希链：改动、调换或删去其中任何一条都会被发现。本材料取自链的这一端：",
        "The journal is a chain of digests: an edit, a reorder or a removal shows. This pack was made at its end:",
    ),
    "verify": Text(
        "核对：前一条命令检查本材料包的每个文件（MANIFEST），后一条由台账的持有者在台账上运行：",
        "To verify: the first command checks each file of this pack (MANIFEST), the second is for the ledger's keeper:",
    ),
}


def pack_page(content: Content, facts: NoticeFacts, language: Language) -> str:
    """The page as HTML."""
    words = {name: text.in_language(language) for name, text in WORDS.items()}
    page: str = _template().render(lang=language, w=words, page=_Page(content, facts, language).told())
    return page


@cache
def _template() -> Any:
    source = files("console").joinpath("pages/pack.html").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_plain)
    return environment.from_string(source)


def _plain(value: Any) -> Any:
    """Text without control characters, and without those that would turn its direction around."""
    return "\n".join(printable(line) for line in value.split("\n")) if type(value) is str else value


class _Page:
    def __init__(self, content: Content, facts: NoticeFacts, language: Language) -> None:
        self.content, self.facts, self.language = content, facts, language
        self.zone = zone_of(content.violation.platform)
        self.version = content.explanation.outcome.version

    def say(self, zh: str, en: str) -> str:
        return zh if self.language == "zh-CN" else en

    def told(self) -> dict[str, Any]:
        violation = self.content.violation
        said = decided_lines(violation, self.language)
        colon = self.say("：", ": ")
        sections = explanation_sections(self.content.explanation, self.facts, full=True)
        heading = sections.pop("heading")
        sections.pop("record")  # the journal's own table tells it
        return {
            "violation": violation.id,
            "platform": self.facts.platform,
            "heading": heading[0],
            "contested": [line for line in heading[1:] if line.startswith(("【", "["))],
            "cards": self._cards(),
            "said": [line.split(colon, 1) for line in said],
            "granted": self._granted(),
            "appeals": [self._appeal(*made) for made in self.content.appeals],
            "sections": [self._section(name, lines) for name, lines in sections.items()],
            "notice_heads": heads("at channel recipient" if self.content.internal else "at channel", self.language),
            "notices": self._notices(),
            "journal_heads": [*heads("at actor event note", self.language), self.say("批次与摘要", "batch, digest")],
            "journal": [self._entry(entry) for entry in self.content.entries],
            "head": str(self.content.head),
        }

    def _cards(self) -> list[tuple[str, str]]:
        f = self.facts
        names = heads("shop title cycle figure standard severity", self.language)
        values = (f.shop, f.rule_title, f.cycle, f"{f.figure} ({f.value})", f.standard, f.severity)
        return [(name, value) for name, value in zip(names, values, strict=True) if value]

    def _granted(self) -> list[str]:
        until, lines = self.content.until, []
        if self.version.appeal is None:
            lines.append(self.say("规则的来源没有说明申诉。", "The rule's sources do not speak of an appeal."))
        elif self.facts.appeal:
            lines.append(self.say(f"平台规定：{self.facts.appeal}", f"Granted: {self.facts.appeal}"))
        if until.at is not None:
            end = until_words(until.at, self.zone)
            by = (
                self.say("平台通知所示", "as the notice says")
                if until.basis == "notice"
                else self.say("按规则推算", "reckoned by the rule")
            )
            lines.append(self.say(f"截止：{end}（{by}）", f"Until {end} ({by})"))
        return lines

    def _appeal(self, appeal: Appeal, found: tuple[File, ...]) -> dict[str, Any]:
        number = appeal.attempt
        draft = self.say("草稿", "Draft")
        lines = [(self.say("账号", "Account"), appeal.account)]
        if appeal.submitted_at:
            lines.append((self.say("提交时间", "Handed in"), local_time(appeal.submitted_at)))
        lines.append((self.say("逾期理由", "Late, because"), appeal.late_why))
        if appeal.outcome:
            lines.append((self.say("结果", "Outcome"), word(OUTCOMES, appeal.outcome, self.language)))
        return {
            "head": self.say(f"第 {number} 次申诉", f"Attempt {number}") if number else draft,
            "lines": [f"{name}{self.say('：', ': ')}{value}" for name, value in lines if value],
            "text": appeal.text,
            "files": [_file(file) for file in found],
        }

    def _section(self, name: str, lines: list[str]) -> dict[str, Any]:
        title, *rest = lines
        tables: list[dict[str, Any]] = []
        if name == "count":
            rest = [line for line in rest if not line.startswith(" ")]
            tables = self._counts()
        told = [(line.startswith("    "), line.strip()) for line in rest]
        plain = title.partition("、" if self.language == "zh-CN" else ". ")[2] or title
        return {"title": plain, "lines": told, "tables": [table for table in tables if table["rows"]]}

    def _counts(self) -> list[dict[str, Any]]:
        behind, bound = self.content.explanation.details, self.version.standard
        limit = bound.complies if bound else None
        against = against_rows(behind, self.version, self.language, self.zone)
        what = [
            self.say("会话或买家", "session or buyer"),
            self.say("时间", "at"),
            self.say("不利之处", "what was wrong"),
        ]
        agent = [self.say("客服", "agent")] if self.content.internal else []
        days = [(part.name, of(part.numerator, part.denominator, limit)) for part in behind.days]
        agents = [(part.name, of(part.numerator, part.denominator, limit)) for part in behind.agents]
        counted = [(r.counter, f"{r.period_start} – {r.period_end}", str(r.value)) for r in behind.counted]
        by_day, by_agent = heads("evidence_day figure", self.language), heads("agent figure", self.language)
        return [
            {
                "title": self.say(f"不利的记录（{len(against)}）", f"What tells against it ({len(against)})"),
                "heads": [*what, *agent],
                "rows": [row if agent else row[:3] for row in against],
            },
            {
                "title": self.say("按日", "By day"),
                "heads": by_day,
                "rows": days,
            },
            {
                "title": self.say("按客服", "By agent"),
                "heads": by_agent,
                "rows": agents,
            },
            {
                "title": self.say("由别处统计后导入", "Counted elsewhere and imported"),
                "heads": [self.say("计数", "counter"), self.say("期间", "period"), *heads("value", self.language)],
                "rows": counted,
            },
        ]

    def _notices(self) -> list[list[str]]:
        sent = [n for n in self.content.notices if n.sent_at]
        to = [[masked(n.recipient)] if self.content.internal else [] for n in sent]
        return [[local_time(n.sent_at or n.created_at), n.channel, *who] for n, who in zip(sent, to, strict=True)]

    def _entry(self, entry: JournalEntry) -> list[str]:
        payload = entry.payload or {}
        after = payload.get("after") or {}
        words = [journalled_why(str(payload["why"]), self.language)] if payload.get("why") else []
        words += [told_words(k, v, self.language) for k, v in after.items() if k in TOLD and v not in (None, False)]
        if entry.redacted_why:
            words = [self.say(f"已删去：{entry.redacted_why}", f"redacted: {entry.redacted_why}")]
        digest = f"{entry.batch}.{entry.position} {self.content.batches[entry.batch].digest[:16]}…"
        note = self.say("，", ", ").join(words)
        return [local_time(entry.at), entry.actor, event_words(entry.event, self.language), note, digest]


def _file(file: File) -> dict[str, Any]:
    picture = None
    if file.row.media_type.startswith("image/") and file.row.size <= SHOWN_WITHIN:
        picture = f"data:{file.row.media_type};base64,{base64.b64encode(file.data).decode()}"
    return {
        "name": file.row.name,
        "path": file.path,
        "kind": file.row.media_type,
        "size": f"{file.row.size:,}",
        "sha256": file.row.sha256,
        "picture": picture,
    }
