"""What a command works with: settings, ledger, lake, rulebook, clock and actor, each opened when first asked for.

Nor is imported before that what opens it: a command that asks for no ledger need not wait for SQLAlchemy.
"""

from __future__ import annotations

import os
import pwd
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from console.output import note
from console.sentences import sentence
from console.settings import LEDGER, Settings, environment_settings
from engine.calendar.written import written_day
from engine.errors import KaoheError, os_words
from engine.ledger.actors import ITSELF, Actor, Permission
from engine.ledger.subject_keys import shop_key

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlmodel import Session

    from engine.assessment.place import Place
    from engine.evidence.lake import Lake
    from engine.rulebook.book import RuleBook
    from engine.rulebook.model import Rule
    from engine.tracker.attachments import AttachmentStore
    from notifier.drafts import Drafter
    from notifier.render import Templates
    from notifier.sheets import Sheets

AHEAD = timedelta(minutes=1)  # so much may a typed time be later than this machine's clock
KAOHE = ITSELF  # the actor, in the journal, of what follows by itself, whoever has started it
LOCAL_ZONE = "Asia/Shanghai"  # of times that are typed without an offset


class NoHomeError(KaoheError):
    """There is no installation where the settings point, and the command is not one that begins it."""

    def __init__(self, home: Path) -> None:
        super().__init__(
            f"{home} holds no kaohe data; give the right directory with --home or KAOHE_HOME, "
            "or begin here with `kaohe import` or `kaohe shops import`",
            zh=f"{home} 里没有 kaohe 的数据；请用 --home 或 KAOHE_HOME 指到正确的目录，"
            "或用 `kaohe import`、`kaohe shops import` 从这里开始",
        )


@dataclass
class Desk:
    """One command's view of an installation.

    The home directory is made on first use, readable by its owner only, and only by a command that `makes_home`: a
    mistyped `--home` must not look like an installation in which nothing has happened yet.
    """

    settings: Settings
    makes_home: bool = False
    checks_clock: bool = False  # before anything is done with the ledger: a wrong clock must not write
    stranger: str = "internal"  # what people of the house are called, for those who are not
    own_work: bool = False  # of kaohe itself, whoever starts it: the worker, the demo

    @cached_property
    def home(self) -> Path:
        """The home directory, made if it is not there yet. Raises NoHomeError where this command may not make it."""
        home, there = self.settings.home, self.settings.home.is_dir()
        if not (self.makes_home or there):
            raise NoHomeError(home)
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise KaoheError(
                f"the home {home} cannot be made: {error.strerror}; choose another with --home",
                zh=f"无法新建数据目录 {home}：{os_words(error)}；请用 --home 另选",
            ) from error
        if not there:
            note(sentence("home made", self.settings.language, home=home))
        return home

    @cached_property
    def ledger(self) -> Engine:
        """The ledger, migrated to what this version needs. Raises NoHomeError as `home` does."""
        from engine.ledger.database import open_ledger

        if not self.makes_home and self.settings.keeps_ledger and not (self.settings.home / LEDGER).is_file():
            raise NoHomeError(self.settings.home)
        self.makes_home |= not self.settings.keeps_ledger  # a ledger elsewhere says that the installation is real
        _ = self.home
        opened = open_ledger(self.settings.database_url)
        if self.checks_clock:
            from console.watch.clocks import refuse_to_write_by_wrong_clock

            refuse_to_write_by_wrong_clock(opened)
        return opened

    @property
    def lake(self) -> Lake:
        """The lake of day files, known to be this ledger's at this moment: a worker's may be unmounted any time."""
        from engine.evidence.lake import Lake
        from engine.evidence.lake_identity import check_lake

        lake = Lake(self.settings.lake)
        check_lake(self.ledger, lake)
        return lake

    @cached_property
    def lake_to_write(self) -> Lake:
        """The same for an import, the first of which makes it this ledger's."""
        from engine.evidence.lake import Lake
        from engine.evidence.lake_identity import noted_lake

        lake = Lake(self.settings.lake)
        noted_lake(self.ledger, lake, datetime.now(UTC), self.actor)
        return lake

    @cached_property
    def sound_rules(self) -> RuleBook:
        """The rules whose files are sound: enough to read what is on record, which must not wait for the others."""
        from engine.rulebook.book import RuleBook

        return RuleBook.load(self.settings.rulesets)[0]

    @cached_property
    def templates(self) -> Templates:
        """What texts of notices are made with; bindings of text messages are read when one is made."""
        from notifier.render import Templates
        from notifier.sms.settings import bindings_of

        return Templates(self.settings.templates, bindings_of(self.settings))

    @cached_property
    def sheets(self) -> Sheets:
        """What notices advise."""
        from notifier.sheets import Sheets

        return Sheets(self.settings.advice)

    def drafter(self, rulebook: Mapping[str, Rule]) -> Drafter:
        """What texts of notices are made of, under these rules."""
        from notifier.drafts import Drafter

        return Drafter(rulebook, self.settings.notice_language, self.templates, self.sheets)

    @cached_property
    def secret(self) -> bytes:
        """The key that seals buyers' ids, known to be the one that this ledger was sealed with."""
        from engine.evidence.secret import sealing_key

        return sealing_key(self.ledger, self.secret_file, datetime.now(UTC), self.actor)

    @cached_property
    def rulebook(self) -> RuleBook:
        """All rules; refused as a whole where one of them has a fault."""
        from engine.rulebook.book import load_or_refuse

        return load_or_refuse(self.settings.rulesets)

    @cached_property
    def who(self) -> Actor:
        """Who is answerable, and what they may: the user of a token, else of the operating system.

        Raises NotLetInError for one who is not let in.
        """
        return Actor.unbounded(self.os_name) if self.own_work else self.onlooker

    @cached_property
    def onlooker(self) -> Actor:
        """Who is told of what is done, also of what kaohe itself does. Raises NotLetInError as `who` does."""
        token = self.settings["token"]
        begun = not self.settings.keeps_ledger or (self.settings.home / LEDGER).is_file()
        if not begun and not token:
            return Actor.unbounded(self.os_name)
        if not begun:  # a token was made in some home, and this is none: another is meant, or KAOHE_TOKEN is left over
            raise NoHomeError(self.settings.home)
        from engine.ledger.database import reading, transaction
        from engine.tracker.access import actor_of, is_stale, note_use

        now = datetime.now(UTC)
        with reading(self.ledger) as session:
            found = actor_of(session, self.os_name, token, now)
            stale = bool(token) and is_stale(session, token, now)
        if stale:
            with transaction(self.ledger) as session:
                note_use(session, token, now)
        return found

    @cached_property
    def os_name(self) -> str:
        """The user of the operating system, whatever the environment says."""
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return f"uid {os.getuid()}"

    @property
    def actor(self) -> str:
        """Their name, as the journal keeps it."""
        return self.who.name

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that reads what this desk's actor may read."""
        from engine.ledger.database import reading

        with reading(self.ledger, self.who.scope, self.stranger) as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that writes, and sees what this desk's actor may read."""
        from engine.ledger.database import transaction

        with transaction(self.ledger, self.who.scope) as session:
            yield session

    def writes_at(self, as_of: str | None) -> datetime:
        """The time as of which a command that writes is typed, now by default.

        What is yet to come cannot be on record. Only who may administer everything may say that it is later by now
        than it is, to try an installation. Raises NotAllowedError for others.
        """
        at = instant(as_of, "--as-of")
        if at > datetime.now(UTC) + AHEAD:
            self.who.must(Permission.ADMINISTER, None)
        return at

    def shows(self, client: str, platform: str, shop: str) -> bool:
        """Whether whoever looks on may read what concerns this shop: of what is done for all, so much is printed."""
        return self.onlooker.scope.covers(client, shop_key(platform, shop))

    @cached_property
    def owner(self) -> str:
        """This process, as leases name it; the token tells it from another of the same name, on whatever host."""
        return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    @property
    def secret_file(self) -> Path:
        """Where the key that seals buyers' ids is kept."""
        return self.home / "secret"

    @property
    def attachments(self) -> AttachmentStore:
        """Where what is attached to appeals is kept: in the home, or beside a lake that several hosts share."""
        from engine.tracker.attachments import AttachmentStore

        lake = self.settings.lake
        shared = not lake.is_relative_to(self.settings.home)
        return AttachmentStore(lake.with_name(f"{lake.name}-attachments") if shared else self.home / "attachments")

    @property
    def cache(self) -> Path:
        """Where tallies are kept; may be deleted at any time."""
        return self.home / "cache" / "tallies"

    @property
    def outbox(self) -> Path:
        """Where mail is put as `.eml` files while no SMTP server is configured."""
        return self.home / "outbox"

    @property
    def place(self) -> Place:
        """What assessing works with."""
        from engine.assessment.place import Place

        return Place(self.ledger, self.lake, self.cache, self.owner, KAOHE, patience=self.settings.waiting)

    def close(self) -> None:
        """Let go of the ledger's connections, if it was opened."""
        if "ledger" in self.__dict__:
            self.ledger.dispose()


@contextmanager
def desk(home: str | None, forgiving: bool = False) -> Iterator[Desk]:
    """A desk for one command, put away afterwards; `forgiving` as `load_settings` is."""
    opened = Desk(environment_settings(home, forgiving))
    try:
        yield opened
    finally:
        opened.close()


def instant(text: str | None, option: str) -> datetime:
    """The time that an option gives, or the present. Without an offset it is Asia/Shanghai; a day is its midnight."""
    if text is None:
        return datetime.now(UTC)
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise KaoheError(
            f"{option} {text!r} is not a time; write it like 2026-03-10T10:00+08:00",
            zh=f"{option} {text!r} 不是时间；写成 2026-03-10T10:00 这样",
        ) from None
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(LOCAL_ZONE))


def day(text: str | None, option: str) -> date | None:
    """The day that an option gives, if it is given."""
    if text is None:
        return None
    try:
        return written_day(text)
    except ValueError:
        raise KaoheError(
            f"{option} {text!r} is not a day; write it like 2026-03-10",
            zh=f"{option} {text!r} 不是日期；写成 2026-03-10 这样",
        ) from None
