"""Every command, by every role, over one's own and over what is another's: nothing foreign is shown, nothing changed.

A command is a line in `ROWS`: what is typed about one's own, what about another's, and what it takes. One that is in
the tree of commands and not here fails.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.access import NEEDS, NOBODY
from console.cli.main import run
from console.cli.tree import tree
from console.desk import Desk, desk
from engine.ledger.actors import ROLES, Actor, Grant, Permission
from engine.tracker.tokens import create_token
from engine.tracker.users import Place, add_user

OWN, OTHER = "qqacme", "zzbrill"  # clients; whatever is theirs is called after them
AFTER = "2026-03-10T10:05+08:00"
X = "xiaohongshu"
P = Permission
HEADER = "platform,shop,session,buyer,agent,opened_by,opened_at,first_human_reply_at,closed_at"
SILENT = {"config", "demo", "mappings check", "mappings list", "mappings show"}  # speak of no client, whoever asks
SILENT |= {"notices check", "notices variables", "rules check", "rules list", "rules test"}


@dataclass(frozen=True)
class Row:
    """What is typed (`{}` stands for whose it is), what it takes, whether it writes."""

    words: str
    need: Permission | None = P.READ
    everywhere: bool = False
    whole: bool = False  # about all of a client: for nobody who has a role over a shop of it
    writes: bool = False
    foreign: bool = True  # whether there is something of another's to name
    ends: tuple[int, ...] = (0, 1, 3)  # how it may end for those who may: 2 where something else stands against it
    refused: tuple[int, ...] = (2,)  # how it ends for others; 1 where rows of a file are refused
    only: tuple[str, ...] = field(default=())  # the actors who try it; all by default

    def typed(self, whose: str, place: Path, names: dict[str, dict[str, str]]) -> list[str]:
        return [word.format(whose, at=place, **names[whose]) for word in self.words.split()]


ROWS = [
    Row(f"assess --from 2026-03-10 --to 2026-03-10 --as-of {AFTER} --shop {{}}1 --dry-run"),
    Row(f"assess --as-of {AFTER} --json", P.HANDLE, everywhere=True, writes=True, foreign=False),
    Row("assess --as-of 2099-01-01", P.ADMINISTER, everywhere=True, writes=True, foreign=False),
    Row(f"assess --from 2026-03-10 --to 2026-03-10 --as-of {AFTER} --dry-run", foreign=False),
    Row(f"calendar --month 2026-03 --as-of {AFTER} --client {{}}"),
    Row(f"calendar --month 2026-03 --as-of {AFTER} --json", foreign=False),
    Row("appeals list --json", foreign=False),
    Row("appeals open {v} --by main", P.HANDLE, writes=True, ends=(0, 2)),
    Row("appeals outcome {v} upheld --why because", P.DECIDE, writes=True, ends=(0, 2)),
    Row("appeals correct {v} --at 2026-03-11T10:00 --why because", P.DECIDE, writes=True, ends=(0, 2)),
    Row("appeals submit {v} --why because", P.DECIDE, writes=True, ends=(0, 2)),
    Row("charges --month 2026-03 --json", foreign=False),
    Row("deposits list --json", foreign=False),
    Row("deposits record {}1 --balance 100 --at 2026-03-10 --why read", P.REGISTER, writes=True),
    Row("doctor --send-none", need=None, foreign=False),
    Row("duties add mandatory_study --due 2027-01-01 --why read --client {}", P.DECIDE, whole=True, writes=True),
    Row("duties add mandatory_study --due 2027-01-01 --why read --violation {v}", P.DECIDE, writes=True),
    Row("duties cancel {d} --why because", P.DECIDE, writes=True),
    Row("duties check {d} --why because", P.APPROVE, writes=True, ends=(0, 2)),
    Row("duties done {d} --proof words", P.HANDLE, writes=True),
    Row("duties give {d} --to somebody", P.DECIDE, writes=True, ends=(0, 2)),
    Row("duties list --json", foreign=False),
    Row("duties list --client {}"),
    Row("duties reject {d} --why because", P.APPROVE, writes=True, ends=(0, 2)),
    Row("duties show {d}"),
    Row(f"evidence remove --platform {X} --shop {{}}1 --why because", P.REGISTER, writes=True),
    Row("evidence status --month 2026-03 --client {}"),
    Row("evidence status --month 2026-03 --json", foreign=False),
    Row("explain {v} --full"),
    Row("explain {v} --json"),
    Row("import {at}/more-{}.csv --kind sessions", P.IMPORT, writes=True),
    Row("journal list --json", foreign=False),
    Row("journal list --about {v} --json"),
    Row("journal verify", everywhere=True, foreign=False),
    Row("lake check", P.ADMINISTER, everywhere=True, foreign=False),
    Row("lake moved --why because", P.ADMINISTER, everywhere=True, writes=True, foreign=False, ends=(2,)),
    Row("notices list --json", foreign=False),
    Row("notices preview {v}"),
    Row("notices channels --json", foreign=False),
    Row("notices callbacks --listen nowhere", need=None, foreign=False, ends=(2,), only=("viewer-of-a-client",)),
    Row("notices receipts", P.HANDLE, everywhere=True, writes=True, foreign=False),
    Row("notices test email --to zhang@example.com", P.ADMINISTER, everywhere=True, foreign=False),
    Row("mutes end M-1 --why because", P.DECIDE, everywhere=True, writes=True, foreign=False, ends=(2,)),
    Row("mutes list --json", everywhere=True, foreign=False),
    Row(
        "mutes set --client {} --until 2099-01-02 --from 2099-01-01 --why because",
        P.DECIDE,
        everywhere=True,
        writes=True,
    ),
    Row("routes apply {at}/none.toml", P.REGISTER, everywhere=True, writes=True, foreign=False, ends=(2,)),
    Row("routes preview --json", everywhere=True, foreign=False),
    Row("routes show", everywhere=True, foreign=False),
    Row("notices retry {n}", P.HANDLE, writes=True),
    Row("notices send", P.HANDLE, everywhere=True, writes=True, foreign=False),
    Row("notices show {n}"),
    Row("outlook --as-of 2026-03-08T20:00 --json", foreign=False),
    Row("outlook --as-of 2026-03-08T20:00 --shop {}1"),
    Row("pack {v} -o {at}/pack.zip"),
    Row("penalties confirm {}-p1 --why because", P.DECIDE, writes=True, ends=(0, 2)),
    Row("penalties link {}-p1 {v} --why because", P.DECIDE, writes=True),
    Row("penalties list --json", foreign=False),
    Row("penalties list --client {}"),
    Row("penalties match --json", foreign=False),
    Row("penalties ours-none {}-p1 --why because", P.DECIDE, writes=True),
    Row("penalties show {}-p1"),
    Row("penalties unlink {}-p1 --why because", P.DECIDE, writes=True, ends=(0, 2)),
    Row("people import {at}/people-{}.csv", P.REGISTER, writes=True, refused=(1, 2)),
    Row("people list --json", foreign=False),
    Row("period close 2026-01", P.APPROVE, everywhere=True, writes=True, foreign=False),
    Row("period list --json", foreign=False),
    Row("period reopen 2026-02 --why because", P.APPROVE, everywhere=True, writes=True, foreign=False),
    Row("period show 2026-02 --json", foreign=False),
    Row("report daily --as-of 2026-03-08T20:00 --json", foreign=False),
    Row(f"report daily --as-of {AFTER} --client {{}} --xlsx {{at}}/out-{{}}"),
    Row(f"report month --month 2026-03 --as-of {AFTER} --json", foreign=False),
    Row("rules accuracy --json", foreign=False, ends=(0, 1, 2, 3)),  # 2 for people from outside
    Row("rules show xiaohongshu.reply-rate", need=None, foreign=False),
    Row("sanctions --on 2026-03-10 --json", foreign=False),
    Row("sanctions --on 2026-03-10 --shop {}1"),
    Row("secret check", P.ADMINISTER, everywhere=True, foreign=False),
    Row("secret renew --why because", P.ADMINISTER, everywhere=True, writes=True, foreign=False, ends=(2,)),
    Row(f"shops add {X} {{}}1 --category toys", P.REGISTER, writes=True),
    Row("shops import {at}/shops-{}.csv", P.REGISTER, whole=True, writes=True),
    Row("shops list --json", foreign=False),
    Row(f"shops unregister {X} {{}}1 --why because", P.REGISTER, writes=True),
    Row("standards check --month 2026-03 --json", foreign=False),
    Row("standards end {s} --last 2026-04-06 --why because", P.REGISTER, writes=True),
    Row("standards list --json", foreign=False),
    Row("standards list --client {}"),
    Row(f"standards set {{}} {X}.reply-rate 95% --since 2026-06-01 --shop {{}}1", P.REGISTER, writes=True),
    Row(f"status --as-of {AFTER} --json", foreign=False),
    Row("tokens create root more --until 2027-01-01", P.ADMINISTER, everywhere=True, writes=True, foreign=False),
    Row("tokens list --json", P.ADMINISTER, everywhere=True, foreign=False),
    Row("tokens revoke viewer-of-a-client t", P.ADMINISTER, everywhere=True, writes=True, foreign=False),
    Row("users add more --role viewer --client {}", P.ADMINISTER, everywhere=True, writes=True),
    Row("users disable viewer-of-a-client", P.ADMINISTER, everywhere=True, writes=True, foreign=False),
    Row("users grant viewer-of-a-client --role officer --shop {}1", P.ADMINISTER, everywhere=True, writes=True),
    Row("users list --json", P.ADMINISTER, everywhere=True, foreign=False),
    Row(f"users revoke viewer-of-a-client --client {OWN}", P.ADMINISTER, everywhere=True, writes=True, foreign=False),
    Row("violations list --json", foreign=False),
    Row("violations list --client {}"),
    Row("violations list --shop {}1"),
    Row("violations notified {v} --reference n1", P.DECIDE, writes=True),
    Row("violations record {v} acknowledged --why because", P.HANDLE, writes=True),
    Row("violations record {v} confirmed --why because", P.DECIDE, writes=True),
    # Who asked for the waiver that waits does not grant it: root has in this world.
    Row("violations record {v} waived --why because", P.APPROVE, writes=True, ends=(0, 2)),
    Row("violations show {v} --json"),
    Row("waivers approve {w} --why because", P.APPROVE, writes=True, ends=(0, 2)),
    Row("waivers edit {w} --to 2026-03-30 --why because", P.HANDLE, writes=True, ends=(0, 2)),
    Row("waivers list --json", foreign=False),
    Row("waivers list --client {}"),
    Row("waivers reject {w} --why because", P.APPROVE, writes=True),
    Row(
        "waivers request --violation {v} --from 2026-03-02 --to 2026-03-29 --why because",
        P.HANDLE,
        writes=True,
        ends=(0, 2),
    ),
    Row("waivers revoke {w} --why because", P.HANDLE, writes=True, ends=(0, 2)),
    Row("waivers show {w}"),
    Row("whoami --json", need=None, foreign=False),
    Row("worker --once", need=None, writes=True, foreign=False, only=("viewer-of-a-client",)),
]

SHOP = f"shop:{X}/{OWN}1"
ACTORS = {
    "root": Actor("root", (Grant("administrator"),)),
    **{f"{role}-of-a-client": Actor(f"{role}-of-a-client", (Grant(role, OWN),)) for role in ROLES[:-1]},
    **{f"{role}-of-a-shop": Actor(f"{role}-of-a-shop", (Grant(role, shop=SHOP),)) for role in ROLES[:-1]},
    "somebody-from-outside": Actor("somebody-from-outside", (Grant("operator", OWN),), internal=False),
    "who-has-no-role": Actor("who-has-no-role", ()),
}


def commands(command, path=()):
    inner = getattr(command, "commands", None)
    if not inner:
        yield " ".join(path)
    for name, below in (inner or {}).items():
        yield from commands(below, (*path, name))


TREE = set(commands(tree("en")))


def test_every_command_says_what_it_asks_of_its_actor():
    assert set(NEEDS) == TREE


def test_every_command_is_in_the_matrix_or_speaks_of_no_client():
    covered = {name for name in TREE for row in ROWS if f"{row.words} ".startswith(f"{name} ")}
    assert covered == TREE - SILENT
    assert all(NEEDS[name] is NOBODY for name in SILENT)


def sessions(shop, day):
    for n in range(100):
        at = f"2026-03-{day + n % 7:02}T"
        reply = f"{at}09:05:00" if n < 79 else ""
        yield f"{X},{shop},{shop}-s{n},{shop}-c{n},{shop}-agent,buyer,{at}09:00:00,{reply},{at}10:00:00"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A home with two clients of two shops each, of which everything is on record, and a token for each actor."""
    place = tmp_path_factory.mktemp("matrix")
    home = place / "home"
    both = (OWN, OTHER)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in __import__("os").environ if name.startswith("KAOHE_")]:
            patch.delenv(name)
        patch.chdir(place)
        patch.setattr(Desk, "os_name", "qqhouse-li")  # by whom all this was done

        def kaohe(*words, ends=(0,)):
            assert run([*words, "--home", str(home)]) in ends, words

        head = "platform,shop,alias,client,owner,contact\n"
        for c in both:
            rows = "".join(f"{X},{c}{n},{c}-alias{n},{c},{c}-owner,boss{n}@{c}.example\n" for n in (1, 2))
            (place / f"shops-{c}.csv").write_text(head + rows)
            (place / f"people-{c}.csv").write_text(
                f"person,platform,shop,agent,team\n{c}-person,{X},{c}1,{c}1-agent,{c}-team\n"
            )
            (place / f"more-{c}.csv").write_text("\n".join([HEADER, *sessions(f"{c}1", 9)]) + "\n")
            (place / f"first-{c}.csv").write_text(
                "\n".join([HEADER, *sessions(f"{c}1", 2), *sessions(f"{c}2", 2)]) + "\n"
            )
            head_ = "platform,shop,reference,noticed_at,status,amount_fen,borne_by\n"
            (place / f"penalties-{c}.csv").write_text(
                f"{head_}{X},{c}1,{c}-p1,2026-03-10T10:00:00,open,30000,{c}-bearer\n"
            )
            kaohe("shops", "import", str(place / f"shops-{c}.csv"))
        kaohe("import", *(str(place / f"first-{c}.csv") for c in both), "--kind", "sessions")
        for c in both:
            kaohe("people", "import", str(place / f"people-{c}.csv"))
            kaohe("import", str(place / f"penalties-{c}.csv"), "--kind", "penalties")
        kaohe("assess", "--as-of", AFTER)
        for c in both:
            kaohe("duties", "add", "mandatory_study", "--due", "2027-01-01", "--why", f"{c}-read", "--client", c)
            waived = ["--from", "2026-03-02", "--to", "2026-03-29", "--as-of", AFTER, "--why", f"{c}-because"]
            kaohe("deposits", "record", f"{c}1", "--balance", "99", "--at", "2026-03-09", "--why", f"{c}-read")
            agreed = [c, f"{X}.reply-rate", "90%", "--since", "2026-03-02", "--until", "2026-05-31"]
            kaohe("standards", "set", *agreed, "--shop", f"{c}1", "--note", f"{c}-note")
            kaohe("waivers", "request", "--shop", f"{c}1", "--rule", f"{X}.reply-rate", *waived)
            duty = "--to", f"{c}-holder", "--due", "2027-01-01", "--client", c
            kaohe("duties", "add", "mandatory_exam", *duty, "--why", f"{c}-read")
        kaohe("period", "close", "2026-02", "--as-of", AFTER)
        now = datetime.now(UTC)
        secrets = {}
        with desk(str(home)) as opened:
            root = Actor.unbounded(opened.os_name)
            with opened.transaction() as session:
                add_user(session, root, "root", "administrator", Place(), now, os_name=opened.os_name)
            for name, actor in ACTORS.items():
                with opened.transaction() as session:
                    for of in actor.grants if name != "root" else ():
                        where = Place(of.client, of.shop)
                        add_user(session, root, name, of.role, where, now, internal=actor.internal)
                    if not actor.grants:
                        add_user(session, root, name, "viewer", Place(OWN), now)
                with opened.transaction() as session:
                    secrets[name] = create_token(session, root, name, "t", now + timedelta(days=9), now)[1]
        kaohe("users", "revoke", "who-has-no-role", "--client", OWN)
    names = {}
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
        ledger.execute("UPDATE notice SET state = 'failed', attempts = 1, answer = 'no such mailbox'")
        ledger.commit()
        for c in both:
            wanted = "SELECT v.id, n.id FROM violation v JOIN notice n ON n.violation_id = v.id "
            wanted += "JOIN subject s ON s.id = v.subject_id"
            v, n = ledger.execute(f"{wanted} WHERE s.external_id = '{c}1'").fetchone()
            tables = ("duty", "waiver", "contract_standard")
            mine = [f"SELECT id FROM {table} WHERE client = '{c}'" for table in tables]
            d, w, standard = (ledger.execute(found).fetchone()[0] for found in mine)
            names[c] = {"v": v, "n": str(n), "d": f"D-{d}", "w": f"W-{w}", "s": str(standard)}
        foreign = [v for (v,) in ledger.execute("SELECT id FROM violation WHERE client = ?", [OTHER])]
    return place, names, secrets, re.compile("|".join([OTHER, *foreign]), re.IGNORECASE)


def dump(home):
    with closing(sqlite3.connect(home / "ledger.sqlite")) as ledger:
        ledger.execute("UPDATE api_token SET last_used_at = NULL")
        return list(ledger.iterdump())


def expected(actor, row):
    """Whether the actor may do it about their own."""
    if row.need is None:
        return True
    return actor.may(row.need, None if row.everywhere else OWN, None if row.everywhere or row.whole else SHOP)


def without(said: str, typed: Sequence[str]) -> str:
    """What was said, but for names repeated as they were typed or stand in the file: nobody learns anything by that."""
    for word in typed:
        said = said.replace(f"'{word}'", "…").replace(f"{X}/{word}", "…")
        said = said.replace(word, "…") if word.startswith("/") else said
    return said


AT_ONCE = {"viewer-of-a-client"}  # the others take their time


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "name", [name if name in AT_ONCE else pytest.param(name, marks=pytest.mark.slow) for name in ACTORS]
)
def test_nobody_sees_or_changes_what_is_anothers(world, name, tmp_path, monkeypatch, capsys):
    place, names, secrets, foreign = world
    actor, home = ACTORS[name], tmp_path / "home"
    monkeypatch.setenv("KAOHE_TOKEN", secrets[name])
    monkeypatch.chdir(tmp_path)
    faults = []
    shutil.copytree(place / "home", home)
    untouched = dump(home)
    hidden = hidden_from(actor, foreign)

    def attempt(row, whose, allowed):
        typed = row.typed(whose, place, names)
        capsys.readouterr()
        code = run([*typed, "--home", str(home)])
        said = capsys.readouterr()
        told = without(said.out + said.err, [*typed, f"{OTHER}1"])
        if code == 4 or (allowed and code not in row.ends) or (not allowed and row.writes and code not in row.refused):
            faults.append(f"{' '.join(typed)}: ended with {code}: {said.err}")
        if leak := hidden.search(told):
            faults.append(f"{' '.join(typed)}: told of {leak[0]}: {told}")
        changed = row.writes and dump(home) != untouched
        if changed and not allowed:
            faults.append(f"{' '.join(typed)}: changed the ledger")
        if changed:
            shutil.rmtree(home)
            shutil.copytree(place / "home", home)

    # Those that only read come first, and all of them together must have changed nothing.
    for row in sorted(ROWS, key=lambda row: row.writes):
        if row.writes and not faults:
            assert dump(home) == untouched
        if row.only and name not in row.only:
            continue
        attempt(row, OWN, expected(actor, row))
        if row.foreign and name != "root":
            attempt(row, OTHER, False)
    assert not faults, "\n\n".join(faults)


def told(capsys, secret, monkeypatch, home, *words):
    monkeypatch.setenv("KAOHE_TOKEN", secret)
    capsys.readouterr()
    run([*words, "--home", str(home)])
    return capsys.readouterr().out


# Agents and people; who of the house did something, holds a duty or bears a penalty; and why they did what they did.
OF_THE_HOUSE = re.compile(
    rf"{OWN}1-agent|{OWN}-(person|team|owner|holder|bearer|because|read)|qqhouse-li|\brule (gue|unk)"
)


def hidden_from(actor, foreign):
    """What this actor must not be told of."""
    if actor.name == "root":
        return re.compile("(?!)")
    return foreign if actor.internal else re.compile(f"{foreign.pattern}|{OF_THE_HOUSE.pattern}", re.IGNORECASE)


def test_counts_are_counts_of_ones_own(world, capsys, monkeypatch):
    place, _, secrets, _ = world
    for name, violations in (("root", 4), ("viewer-of-a-client", 2), ("viewer-of-a-shop", 1), ("who-has-no-role", 0)):
        out = told(capsys, secrets[name], monkeypatch, place / "home", "status", "--as-of", AFTER, "--json")
        assert f'"open": {violations}' in out or (violations == 0 and '"open"' not in out), (name, out)


def test_people_from_outside_are_told_of_no_agents_and_no_people(world, capsys, monkeypatch, tmp_path):
    place, names, secrets, _ = world
    mine = names[OWN]["v"]
    inside = told(capsys, secrets["viewer-of-a-client"], monkeypatch, place / "home", "explain", mine, "--json")
    assert f"{OWN}1-agent" in inside
    rows = [row.typed(OWN, place, names) for row in ROWS if not row.writes]
    rows += [[*words, "--json"] for words in rows if "--json" not in words and words[0] not in {"pack", "doctor"}]
    for words in rows:
        out = told(capsys, secrets["somebody-from-outside"], monkeypatch, place / "home", *words)
        assert not OF_THE_HOUSE.search(without(out, words)), (words, out)
    named = told(capsys, secrets["viewer-of-a-client"], monkeypatch, place / "home", "duties", "list")
    assert "qqacme-holder" in named
    pack = "pack", mine, "-o", str(tmp_path / "out.zip")
    told(capsys, secrets["somebody-from-outside"], monkeypatch, place / "home", *pack)
    packed = zipfile.ZipFile(tmp_path / "out.zip")
    assert not [name for name in packed.namelist() if OF_THE_HOUSE.search(packed.read(name).decode())]
    assert "材料包完好" in told(capsys, secrets["root"], monkeypatch, place / "home", "pack", "--verify", pack[-1])
