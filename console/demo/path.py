"""The whole path over the samples, told step by step: registers, import, assessment, notices, and where to look."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlmodel import col, select

from console.demo.samples import AS_OF, write_samples
from console.desk import Desk
from console.mail import mail_channels
from console.output import progress, say, table
from console.phrases import heads, verdict_words
from console.registers import read_people, read_shops
from engine.assessment.archive import current_outcomes
from engine.assessment.assess import assess_due
from engine.assessment.outcome import Outcome
from engine.evidence.importer import ImportRequest, import_evidence
from engine.evidence.kinds import SESSIONS
from engine.ledger import chain, journal
from engine.ledger.database import reading, transaction
from engine.ledger.subjects import register_people, register_shops
from engine.ledger.tables import Notice
from engine.rulebook.model import Language, Text
from notifier.deliver import deliver_due
from notifier.plan import plan_notices

SHOWN = 12


def run_demo(desk: Desk, language: Language) -> None:
    """Run the path in the desk's own home. What is there already stays as it is."""
    shops, people, files = write_samples(desk.home / "samples")
    _register(desk, shops, people)
    _import(desk, files, language)
    with progress() as report:
        done = assess_due(desk.place, list(desk.rulebook.values()), AS_OF, report)
    plan_notices(desk.ledger, desk.rulebook, AS_OF, language)
    sent = deliver_due(desk.ledger, mail_channels(desk), AS_OF, desk.owner)
    _tell(desk, done.runs, done.unnotified, sent.sent, language)


def _register(desk: Desk, shops: Path, people: Path) -> None:
    with transaction(desk.ledger) as session:
        register_shops(session, [row for _, row in read_shops(shops).rows], AS_OF, desk.actor)
    with transaction(desk.ledger) as session:
        register_people(session, [row for _, row in read_people(people).rows], AS_OF, desk.actor)


def _import(desk: Desk, files: list[Path], language: Language) -> None:
    request = ImportRequest(SESSIONS, tuple(files), desk.actor)
    with progress() as report:
        summary = import_evidence(desk.ledger, desk.lake, desk.secret, request, AS_OF, report)
    words = Text(
        f"导入：读取 {summary.read:,} 条会话，新增 {summary.taken:,}，已有 {summary.already_there:,}，"
        f"拒收 {summary.refused:,}；变动 {len(summary.days)} 个日文件",
        f"import: {summary.read:,} sessions read, {summary.taken:,} taken, {summary.already_there:,} already there, "
        f"{summary.refused:,} refused; {len(summary.days)} days changed",
    )
    say(words.in_language(language))


def _tell(desk: Desk, runs: int, old: int, sent: int, language: Language) -> None:
    with reading(desk.ledger) as session:
        outcomes = current_outcomes(session, desk.rulebook, None, None, None)
        notices = list(session.exec(select(Notice).order_by(col(Notice.id))))
        findings, head = chain.verify(session, None), journal.head(session)
    zh = language == "zh-CN"
    say(
        f"考核：本次 {runs} 个周期；共 {len(outcomes)} 条结论；较早的 {old} 条违规只记录、不通知"
        if zh
        else f"assessed: {runs} cycles now; {len(outcomes)} verdicts in all; {old} old violations not notified"
    )
    say("  " + " · ".join(f"{verdict_words(v, False, language)} {n}" for v, n in sorted(_counts(outcomes).items())))
    say(
        f"通知：本次写出 {sent} 封，共 {len(notices)} 封，在 {desk.outbox}"
        if zh
        else f"notices: {sent} written now, {len(notices)} in all, in {desk.outbox}"
    )
    say((f"日志：{'完好' if not findings else '有问题'}，" if zh else "journal: ") + f"{head.seq}:{head.digest[:16]}…")
    violations = [o for o in outcomes if o.violation]
    say("")
    table(
        heads("assessed_on client shop cycle figure standard verdict violation", language),
        [
            [
                o.assessed_on.isoformat(),
                o.client,
                o.shop,
                o.cycle,
                f"{o.numerator}/{o.denominator}",
                str(o.version.standard.complies) if o.version.standard else "",
                verdict_words(o.verdict, o.at_risk, language),
                o.violation or "",
            ]
            for o in violations[-SHOWN:]
        ],
        [4],
    )
    _where_next(desk, violations, language)


def _where_next(desk: Desk, violations: list[Outcome], language: Language) -> None:
    zh = language == "zh-CN"
    unjudged = sorted({"kuaishou", "pinduoduo"} - {rule.platform for rule in desk.rulebook.values()})
    if unjudged:
        names = ", ".join(unjudged)
        say(
            f"\n{names} 的会话已入库，但本版本还没有这些平台的规则。"
            if zh
            else f"\nSessions of {names} are in the lake; this version ships no rule for them yet."
        )
    say("\n接下来可以看：" if zh else "\nWhere to look next:")
    home = desk.settings.home
    shown = Path(home.name) if home.parent == Path.cwd() else home
    example = violations[-1].violation if violations else "V-…"
    for command in (
        f"kaohe explain {example} --home {shown}",
        f"kaohe notices preview {example} --home {shown}",
        f"kaohe violations list --home {shown}",
        f"kaohe assess --from 2026-01-01 --to 2026-04-07 --as-of 2026-04-07T10:05 --json --home {shown}",
        f"kaohe journal verify --home {shown}",
    ):
        say(f"  .venv/bin/{command}")


def _counts(outcomes: list[Outcome]) -> Counter[str]:
    return Counter(o.verdict for o in outcomes)
