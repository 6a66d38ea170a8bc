"""The whole path over the samples, month by month: evidence, assessment, notices, and what a person records."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import select

from console.demo.planted import CONFIRMED
from console.demo.quarter import AS_OF, FIRST, STEPS, Step, at
from console.demo.samples import Evidence, Samples, write_samples
from console.demo.shops import OFFICER, SHOPS
from console.demo.summary import last_mail, tell, where_next
from console.desk import KAOHE, Desk
from console.output import say
from console.phrases import step_words
from console.progress import progress
from console.registers import read_people, read_shops
from console.sentences import sentence
from engine.assessment.assess import assess_due
from engine.assessment.deciding import decide
from engine.assessment.diagnosing import diagnose_new
from engine.errors import KaoheError
from engine.evidence.importer import ImportRequest, import_evidence
from engine.ledger.platform_notice import PlatformNotice
from engine.ledger.subjects import register_people, register_shops
from engine.ledger.tables import Subject
from engine.ledger.violation_lists import find
from engine.rulebook.model import Language
from engine.tracker.lookout import look_after
from notifier.channels.contract import Channel
from notifier.channels.email import EmailChannel
from notifier.channels.email.folder import OutboxFolder
from notifier.channels.email.message import Sender
from notifier.channels.email.setup import SAMPLE_SENDER
from notifier.deliver import deliver_due
from notifier.digests import QUIET
from notifier.drafts import Drafter
from notifier.plan import plan_notices
from notifier.routing.model import Address, Contact, Route, Routing
from notifier.routing.rows import replace_routing

REGISTERED_AT = at(FIRST, 9 * 3600)


def run_demo(desk: Desk, language: Language) -> None:
    """Run the path in the desk's own home. What is there already stays as it is."""
    _refuse_others(desk)
    samples = write_samples(desk.home / "samples")
    _register(desk, samples, language)
    for step in STEPS:
        _live_through(desk, step, samples.evidence[step.month], language)
    look_after(desk.ledger, desk.rulebook, AS_OF, KAOHE, lake=lambda: desk.lake)
    plan_notices(desk.ledger, desk.rulebook, AS_OF, language)  # that the last ones went out is news that it has read
    violations = tell(desk, language)
    last_mail(desk, language)
    where_next(desk, violations, language)


def _refuse_others(desk: Desk) -> None:
    """Raise KaoheError where the ledger holds other shops: invented ones and their violations must not join them."""
    with desk.reading() as session:
        known = session.exec(select(Subject.platform, Subject.external_id).where(Subject.kind == "shop")).all()
    others = sorted(set(known) - {(s.platform, s.shop) for s in SHOPS})
    if others:
        example = "/".join(map(str, others[0]))
        raise KaoheError(
            f"this ledger holds other shops ({example}), and the demo wants one of its own: "
            "choose another --directory, and unset KAOHE_DATABASE_URL",
            zh=f"这份台账里有别的店铺（{example}），示例要用自己的台账：请另选 --directory，并取消 KAOHE_DATABASE_URL",
        )


def _register(desk: Desk, samples: Samples, language: Language) -> None:
    with desk.transaction() as session:
        register_shops(session, [row for _, row in read_shops(samples.shops).rows], REGISTERED_AT, desk.actor)
    with desk.transaction() as session:
        replace_routing(session, _routing(language), desk.actor, REGISTERED_AT)
    with desk.transaction() as session:
        register_people(session, [row for _, row in read_people(samples.people).rows], REGISTERED_AT, desk.actor)


def _routing(language: Language) -> Routing:
    """Somebody of the house who is told of one client's slow replies, beside each shop's own contact."""
    officer = Contact(OFFICER, (Address("email", "officer@example.com"),), language)
    route = Route(
        sentence("demo route", language), (OFFICER,), clients=("北巷食品",), rules=("kuaishou.reply-rate-3min",)
    )
    return Routing({OFFICER: officer}, (route,))


def _live_through(desk: Desk, step: Step, evidence: Evidence, language: Language) -> None:
    """One month: its evidence comes in, what is due is assessed and told, and the platform's word is recorded."""
    now = step.assessed_at
    taken, known = _import(desk, step, evidence, language)
    with progress(step_words(language)) as report:
        done = assess_due(desk.place, list(desk.rulebook.values()), now, report)
    diagnose_new(desk.place, desk.rulebook, now, most=None)
    look_after(
        desk.ledger, desk.rulebook, now, KAOHE, lake=lambda: desk.lake
    )  # the duties that follow, as `kaohe assess` opens them
    plan_notices(desk.ledger, desk.rulebook, now, language)
    # What was found late is told in a digest, which waits until it is quiet.
    sent = deliver_due(desk.ledger, _outbox(desk), now + QUIET, desk.owner, drafter=Drafter(desk.rulebook, language))
    recorded = _record(desk, step, language)
    counts = {"taken": taken, "already_there": known, "runs": done.runs, "sent": sent.sent, "recorded": recorded}
    say(sentence("demo month", language, month=step.month, **counts))


def _import(desk: Desk, step: Step, evidence: Evidence, language: Language) -> tuple[int, int]:
    """Import a month's files; how many rows were new, and how many were there already."""
    taken = known = 0
    for kind, files in evidence:
        request = ImportRequest(kind, tuple(files), desk.actor)
        with progress(step_words(language)) as report:
            summary = import_evidence(desk.ledger, desk.lake_to_write, desk.secret, request, step.assessed_at, report)
        taken += summary.taken
        known += summary.already_there
    return taken, known


def _outbox(desk: Desk) -> Mapping[str, Channel]:
    """Mail as files, whatever server is set up: nobody is to be written to about invented shops."""
    return {"email": EmailChannel(Sender(SAMPLE_SENDER), OutboxFolder(desk.outbox))}


def _record(desk: Desk, step: Step, language: Language) -> int:
    """Record what the platform decided about this month's violations, as a person would; only where nobody has yet."""
    recorded = 0
    for (rule, shop, cycle), (severity, yuan, reference) in CONFIRMED.items():
        with desk.transaction() as session:
            found = find(session, rule=rule, shop=shop, state="open") if cycle == step.month else []
            for violation in (v for v in found if v.cycle == cycle):
                decide(
                    session,
                    desk.rulebook,
                    violation.id,
                    "confirmed",
                    desk.who,
                    sentence("demo confirmed", language),
                    step.recorded_at,
                    PlatformNotice(severity, yuan * 100 or None, reference),
                    forfeits_appeal=True,
                )
                recorded += 1
    return recorded
