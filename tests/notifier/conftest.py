"""For the notifier's tests: a rule, an office that records violations, and a real mail server."""

from datetime import UTC, date, datetime
from fractions import Fraction
from types import SimpleNamespace

import pytest
from sqlmodel import col, select

from engine.calendar.cycles import WEEK
from engine.ledger.database import reading, transaction
from engine.ledger.journal import Event, append, entries
from engine.ledger.subjects import ShopRow, register_shops
from engine.ledger.tables import Assessment, Notice, NoticeItem, Run, Sanction, Subject, Violation
from engine.rulebook.model import Bound, Claim, Rule, Source, Standard, Text, Version
from notifier.channels.outcome import Outcome
from notifier.routing.file import read_routing
from notifier.routing.rows import replace_routing
from tests.mail_server import CERTIFICATE, MailServer

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.fixture
def now():
    return NOW


def version(**changes):
    told = {
        "since": date(2021, 1, 1),
        "sha256": "0" * 64,
        "cycle": WEEK,
        "standard": Standard(Bound("at_least", Fraction(4, 5), "80%"), "compliant_when"),
        "provenance": (
            Claim("effective", "assumed", because=Text("来源没有写明起始日期", "the source names no first day")),
            Claim(
                "figure",
                "source",
                ("S1",),
                assuming=Text("只有机器人接待的会话也计入", "sessions that only a bot served count"),
            ),
            Claim(
                "cut_off",
                "assumed",
                because=Text("取考核时刻，周二 10:00", "taken is the assessment, Tuesday 10:00"),
                disputed_by=("S1",),
                dispute=Text("也可理解为截止到周日 24:00", "it may also end on Sunday at 24:00"),
            ),
            Claim("appeal", "assumed", because=Text("来源没有写明", "it is not stated")),
        ),
    }
    return Version(**(told | changes))


def rule(name="xiaohongshu.reply-rate", **changes):
    told = {
        "platform": name.split(".")[0],
        "subject": "shop",
        "zone": "Asia/Shanghai",
        "title": Text("小红书客服回复率", "Xiaohongshu reply rate"),
        "sources": {"S1": Source("S1", Text("考核说明", "Guide"), "A")},
        "versions": (version(),),
        "announced": (),
        "path": f"{name}.yaml",
        "source_text": "",
    }
    return Rule(name, **(told | changes))


@pytest.fixture
def rulebook():
    return {r.id: r for r in (rule(), rule("kuaishou.good-rating", title=Text("客服好评率", "Good-rating rate")))}


def violation_row(name="V-ABCDEFGH2345", **changes):
    told = {
        "rule": "xiaohongshu.reply-rate",
        "version": "2021-01-01",
        "subject_id": 1,
        "client": "default",
        "platform": "xiaohongshu",
        "cycle": "2026-W10",
        "cycle_start": date(2026, 3, 2),
        "cycle_end": date(2026, 3, 8),
        "assessed_on": date(2026, 3, 10),
        "state": "open",
        "exposure_min_fen": 0,
        "exposure_max_fen": 0,
        "numerator": 77,
        "denominator": 100,
        "opened_at": NOW,
        "changed_at": NOW,
    }
    return Violation(id=name, **(told | changes))


def sanction_row(kind="traffic_limit", name="V-ABCDEFGH2345", position=0, **changes):
    if kind == "traffic_limit":
        days = {"scope": "public_domain", "starts": date(2026, 3, 10), "ends": date(2026, 3, 12)}
        changes = days | changes
    return Sanction(violation_id=name, position=position, kind=kind, **changes)


def shop_row(number="s1", **changes):
    told = {
        "kind": "shop",
        "platform": "xiaohongshu",
        "external_id": number,
        "name": "演示一店旗舰店",
        "alias": "演示一店",
    }
    return Subject(id=1, key=f"shop:xiaohongshu/{number}", **(told | changes))


class Office:
    """Puts shops and violations into a ledger as an assessment does, and looks at what became of them."""

    def __init__(self, ledger):
        self.ledger = ledger

    def shop(self, number="s1", contact="zhang@example.com", client="default", **changes):
        shop = shop_row(number, contact=contact, client=client, **changes)
        shop.id = None
        with transaction(self.ledger) as session:
            session.add(shop)
        return shop

    def violation(self, name, shop, *, event="violation.opened", notify=True, late=False, **changes):
        row = violation_row(name, subject_id=shop.id, client=shop.client, **changes)
        with transaction(self.ledger) as session:
            session.add(row)
            session.flush()
            session.add(sanction_row(name=name))
            after = {"state": row.state, "notify": notify, "late": late}
            append(session, NOW, [Event("test", event, "violation", name, {"after": after})])
        return row

    def assessed(self, name, instant):
        """Put on record at which instant the assessment was that found this violation."""
        with transaction(self.ledger) as session:
            row = session.get_one(Violation, name)
            days = {"cycle": row.cycle, "cycle_start": row.cycle_start}
            run = Run(rule=row.rule, due_at=instant, state="done", **days)
            session.add(run)
            session.flush()
            found = {"run_id": run.id, "rule": row.rule, "version": row.version, "rule_sha256": "0" * 64}
            found |= {"cycle_end": row.cycle_end, "assessed_on": row.assessed_on, "recorded_at": NOW}
            found |= {"verdict": "violation", "subject_id": row.subject_id, "violation_id": name}
            session.add(Assessment(**found, **days))

    def register(self, number="s1", at=NOW, **said):
        with transaction(self.ledger) as session:
            register_shops(session, [ShopRow("xiaohongshu", number, **said)], at, "zhang")

    def route(self, text, tmp_path):
        """Let notices go by these contacts and routes, as a file of them says."""
        path = tmp_path / "routes.toml"
        path.write_text(text, encoding="utf-8")
        with transaction(self.ledger) as session:
            replace_routing(session, read_routing(path), "test", NOW)

    def journalled(self, event, kind, name, at=NOW, **after):
        """Something that the journal tells, about whatever it is."""
        with transaction(self.ledger) as session:
            append(session, at, [Event("test", event, kind, name, {"why": None, "after": after})])

    def journalled_change(self, event, name, before, after):
        """A change of a violation as an assessment journals it."""
        payload = {"why": "new evidence", "before": before, "after": after}
        with transaction(self.ledger) as session:
            append(session, NOW, [Event("test", event, "violation", name, payload)])

    def happened(self, event, name, **after):
        with transaction(self.ledger) as session:
            append(session, NOW, [Event("test", event, "violation", name, {"after": {"notify": True} | after})])

    def change(self, table, key, **values):
        with transaction(self.ledger) as session:
            row = session.get_one(table, key)
            for field, value in values.items():
                setattr(row, field, value)
            session.add(row)

    def notices(self):
        with reading(self.ledger) as session:
            return list(session.exec(select(Notice).order_by(col(Notice.id))))

    def items(self):
        """The violations of each digest, by the notice's number."""
        with reading(self.ledger) as session:
            rows = session.exec(select(NoticeItem).order_by(col(NoticeItem.violation_id)))
            found = {}
            for row in rows:
                found.setdefault(row.notice_id, []).append(row.violation_id)
            return found

    def journal(self, prefix="notice."):
        with reading(self.ledger) as session:
            return [e for e in entries(session) if e.event.startswith(prefix)]


@pytest.fixture
def office(ledger):
    """An office on each of the two databases."""
    return Office(ledger)


@pytest.fixture
def sqlite_office(sqlite_ledger):
    """An office on SQLite alone: for what does not depend on the database."""
    return Office(sqlite_ledger)


class Post:
    """A channel that keeps what it is given and answers as told, in the end `accepted`."""

    def __init__(self, *answers, settled=None):
        self.answers, self.settled, self.letters, self.asked = list(answers), settled, [], []

    def send(self, letter, now):
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Outcome("accepted", "250 OK")

    def settle(self, letter, since):
        self.asked.append(letter)
        return self.settled


@pytest.fixture
def mail_server():
    """A mail server that takes everything unless it is told otherwise."""
    with MailServer() as server:
        yield server


@pytest.fixture
def secure_server():
    """A mail server that takes mails over TLS alone, from whoever knows the password."""
    with MailServer(password="hunter2", tls=True) as server:
        yield server


@pytest.fixture
def build():
    """Makes rules, rows and channels."""
    return SimpleNamespace(
        rule=rule,
        version=version,
        violation=violation_row,
        sanction=sanction_row,
        shop=shop_row,
        post=Post,
        server=MailServer,
        certificate=CERTIFICATE,
    )
