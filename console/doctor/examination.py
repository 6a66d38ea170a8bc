"""All checks in their order. One that cannot be carried out is a finding, and never keeps the next from being made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib.metadata import version as installed_version
from pathlib import Path

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from console.desk import Desk
from console.doctor.channels import check_channels
from console.doctor.check_url import check_switch
from console.doctor.database import check_clocks, check_version
from console.doctor.disk import check_disk
from console.doctor.finding import Finding, refused
from console.doctor.judge import check_judge
from console.doctor.lake import check_lake, day_files
from console.doctor.mail import check_mail
from console.doctor.rules import check_rules
from console.doctor.settings import check_home, check_privacy, check_settings
from console.doctor.wording import check_wording
from console.doctor.workers import check_lateness, check_workers
from console.doctor.zones import check_zones
from console.status import status_of
from console.watch.clocks import times_of
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.judge.reasoner import Reasoner
from engine.ledger.database import LedgerError, known_versions, reading, untouched_ledger
from engine.ledger.workers import workers
from engine.rulebook.book import RuleBook
from engine.rulebook.model import Text
from engine.rulebook.platforms import PLATFORMS


def examine(desk: Desk, clock: Callable[[], datetime], sends: bool = True) -> Iterator[Finding]:
    """Every finding about this installation, subject by subject. Nothing is made, migrated, recorded or sent.

    Without `sends` the mail server is not logged in to, and providers of other channels are not asked.
    """
    settings, home = desk.settings, desk.settings.home
    book, faults = RuleBook.load(settings.rulesets)
    named = ("smtp_password_file", "robots_file", "callback_secret_file")
    secrets = [Path(settings[name]) for name in named if settings[name]]
    zones = {p.id: p.zone for p in PLATFORMS.values()} | {rule.id: rule.zone for rule in book.values()}
    yield from _carried_out("settings", lambda: check_settings(settings))
    yield from _carried_out("home", lambda: check_home(home))
    yield from _carried_out("rights", lambda: check_privacy(home, home / "secret", *secrets))
    yield from _carried_out("disk", lambda: check_disk([home, settings.lake]))
    yield from _carried_out("zones", lambda: check_zones(zones))
    yield from _carried_out("rules", lambda: check_rules(book, faults, settings.rulesets))
    yield from _carried_out("judge", lambda: check_judge(Reasoner()))
    yield from _carried_out("database", lambda: _of_the_ledger(desk, book, clock))
    yield from _carried_out("wording", lambda: check_wording(settings, None if faults else book.keys()))
    yield from _carried_out("mail", lambda: check_mail(settings, sends))
    yield from _carried_out("channels", lambda: check_channels(settings, sends))
    yield from _carried_out("check_url", lambda: check_switch(settings["check_url"]))


def _carried_out(subject: str, check: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    try:
        return check()
    except KaoheError as error:
        return [refused(subject, error)]
    except (OSError, DBAPIError) as error:
        why = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
        return [Finding(subject, "wrong", Text(f"检查没能做完：{why}", f"this could not be looked at: {why}"))]


def _of_the_ledger(desk: Desk, book: RuleBook, clock: Callable[[], datetime]) -> list[Finding]:
    try:
        with untouched_ledger(desk.settings.database_url) as (ledger, version):
            found = check_version(ledger, version)
            if version == known_versions()[-1]:
                found += _of_its_rows(desk, ledger, book, clock)
            return found
    except LedgerError as error:
        return [refused("database", error)]


def _of_its_rows(desk: Desk, ledger: Engine, book: RuleBook, clock: Callable[[], datetime]) -> list[Finding]:
    late_after = desk.settings.late_after
    with reading(ledger) as session:
        now = clock()
        times, files, at_work = times_of(session, now), day_files(session), workers(session)
    desk.ledger = ledger  # as it is: the desk's own way of opening it would migrate it
    return [
        *_carried_out("clock", lambda: check_clocks(times)),
        *_carried_out("lake", lambda: check_lake(Lake(desk.settings.lake), files)),
        *_carried_out(
            "workers", lambda: check_workers(at_work, times.database, late_after, installed_version("kaohe"))
        ),
        *_carried_out("work", lambda: check_lateness(status_of(desk, now, late_after, book))),
    ]
