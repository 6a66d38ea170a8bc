"""Packs: all about a violation in one file, the same bytes each time, that harms nobody and can be checked."""

import hashlib
import json
import random
import shutil
import warnings
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from console.desk import Desk
from console.packing import pack_files
from console.settings import environment_settings
from engine.errors import KaoheError
from engine.evidence.lake import Lake
from engine.tracker.bundle import MANIFEST, checked, zipped
from engine.tracker.pack import gather
from notifier.records import records_of
from notifier.sheets import Sheets
from tests.ready import ready_home

WEEK = ("assess", "--as-of", "2026-03-10T10:05+08:00")
HOSTILE = "<script>alert('x')</script>\u202e.csv"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
@ready_home
def violation(kaohe, sessions, tmp_path):
    """A violation of a shop and agents with hostile names, under appeal, with two files of one name."""
    path = sessions(3, 9)
    path.write_text(path.read_text().replace(",a1,", f',"{HOSTILE}",'), encoding="utf-8")
    kaohe("shops", "add", "xiaohongshu", "s1", "--name", "<img src=x onerror=alert(1)>")
    kaohe("import", str(path), "--kind", "sessions")
    kaohe(*WEEK)
    (row,) = kaohe("violations", "list", "--json").rows
    name = row["violation"]
    kaohe("violations", "notified", name, "--noticed-at", "2026-03-11", "--reference", "<b>N-1</b>", "--amount", "10")
    (tmp_path / "text.txt").write_text("我们不同意 </div><script>alert(2)</script>", encoding="utf-8")
    for folder, data in (("one", PNG), ("two", PNG + b"2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "..聊天<记录>.png").write_bytes(data)
    files = [str(path) for path in sorted(tmp_path.glob("*/*.png"))]
    opened = kaohe("appeals", "open", name, "--text", str(tmp_path / "text.txt"), *(f"--attach={f}" for f in files))
    assert opened.code == 0, opened.err
    late = kaohe("appeals", "submit", name, "--late", "the platform agreed")
    assert late.code == 0, late.err
    return name


def packed(home, violation, *, internal=True):
    """The files of a pack, as somebody of the house gets it, or somebody else."""
    desk = Desk(environment_settings(str(home)))
    who = replace(desk.who, internal=internal)
    with desk.reading() as session:
        lake = Lake(desk.settings.lake)
        content = gather(session, desk.sound_rules, lake, desk.cache, desk.attachments, violation, who)
        record = records_of(session, [violation])[violation]
    used = content.explanation.outcome
    facts = record.facts_under(used.rule, used.version.key, Sheets(), "zh-CN")
    found = pack_files(content, facts, "zh-CN")
    desk.close()
    return found


def test_a_pack_holds_everything_is_the_same_each_time_and_is_found_sound(kaohe, violation, tmp_path):
    for name in ("a.zip", "b.zip"):
        assert kaohe("pack", violation, "-o", str(tmp_path / name)).code == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    said = kaohe("pack", "--verify", str(tmp_path / "a.zip"))
    assert (said.code, said.err) == (0, "")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        told = json.loads(archive.read("violation.json"))
        journal = json.loads(archive.read("journal.json"))
        page = archive.read("index.html").decode()
    assert names == [MANIFEST, *sorted(n for n in names if n.startswith("attachments/")), *names[3:]]
    assert set(names[3:]) == {"index.html", "journal.json", "rule.yaml", "violation.json"}
    assert (told["numerator"], told["denominator"], told["against_total"]) == (3, 9, 6)
    assert [row["session"] for row in told["against"]] == [f"s1-{n}" for n in (7, 8, 3, 4, 5, 6)] or len(
        told["against"]
    ) == 6
    assert {"claims", "trace", "sources", "appeals", "notices", "assumed", "disputed"} <= set(told)
    assert kaohe("journal", "verify", "--expect", journal["head"]).code == 0
    for words in ("我们不同意", "s1-3", "日志摘录", journal["head"], "依据"):
        assert words in page


def test_nothing_in_a_pack_can_run_or_leave_its_directory(home, violation):
    files = packed(home, violation)
    page = files["index.html"].decode()
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert "default-src 'none'" in page
    attached = sorted(name for name in files if name.startswith("attachments/"))
    assert attached == ["attachments/01-聊天_记录.png", "attachments/02-聊天_记录.png"]
    for name in ("../x", "/x", "a/../../x", "c:\\x", "a\\..\\x", "", "a\nb", MANIFEST):
        with pytest.raises(ValueError, match=r".*"):
            zipped({name: b""})


def test_agents_and_recipients_are_for_the_house_alone(home, violation):
    ours, theirs = packed(home, violation), packed(home, violation, internal=False)
    assert "alert('x')" in json.loads(ours["violation.json"])["agents"][0]["agent"]
    told = json.loads(theirs["violation.json"])
    assert (told["agents"], {row["agent"] for row in told["against"]}) == ([], {None})
    for name, data in theirs.items():
        assert b"alert('x')" not in data, name
        assert b"alert(&#39;x&#39;)" not in data, name
    assert told["against_total"] == 6
    assert all("recipient" not in notice and "body" not in notice for notice in told["notices"])


@pytest.fixture(scope="module")
def made():
    """Where the one pack of this module lies, once it is made."""
    return {}


@pytest.fixture
def shared(made, request, tmp_path):
    """A pack to take copies of: made once, for it is the same each time."""
    if "pack" not in made:
        kaohe, violation = (request.getfixturevalue(name) for name in ("kaohe", "violation"))
        assert kaohe("pack", violation, "-o", str(tmp_path / "shared.zip")).code == 0
        made["pack"] = (tmp_path / "shared.zip").read_bytes()
    (tmp_path / "shared.zip").write_bytes(made["pack"])
    return tmp_path / "shared.zip"


def rewritten(path, change):
    """The pack at `path` after somebody has changed its files."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (lambda files: files.update({"index.html": b"all is well"}), "文件被改动：index.html"),
        (lambda files: files.pop("rule.yaml"), "缺少文件：rule.yaml"),
        (lambda files: files.update({"more.txt": b""}), "清单里没有的文件：more.txt"),
        (lambda files: files.update({"../../etc/x": b""}), "不安全的文件名：'../../etc/x'"),
        (lambda files: files.pop(MANIFEST), "没有清单（MANIFEST）"),
        (lambda files: files.update({MANIFEST: b"nonsense\n"}), "读不了的一行"),
    ],
)
def test_what_was_changed_is_found(kaohe, violation, tmp_path, change, finding):
    path = tmp_path / "p.zip"
    kaohe("pack", violation, "-o", str(path))
    rewritten(path, change)
    said = kaohe("pack", "--verify", str(path))
    assert said.code == 1
    assert finding in said.err


def test_a_journal_that_was_changed_is_found_although_the_manifest_was_written_anew(home, violation, tmp_path):
    files = packed(home, violation)
    told = json.loads(files["journal.json"])
    told["entries"][0]["payload"]["why"] = "another reason"
    files["journal.json"] = json.dumps(told).encode()
    (tmp_path / "p.zip").write_bytes(zipped(files))
    found = checked(tmp_path / "p.zip").findings
    assert [finding.partition(" of entry")[0] for finding in found] == ["the payload"]


def rewritten_anew(path, change):
    """The same, with a manifest of what there is then."""

    def with_manifest(files):
        del files[MANIFEST]
        change(files)
        lines = [f"{hashlib.sha256(d).hexdigest()} {len(d)} {n}\n" for n, d in sorted(files.items())]
        files[MANIFEST] = "".join(lines).encode()

    rewritten(path, with_manifest)


def journal(change):
    """Changes what the journal's extract says."""

    def changed(files):
        told = json.loads(files["journal.json"])
        change(told)
        files["journal.json"] = json.dumps(told).encode()

    return changed


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (journal(lambda told: told["entries"][0].update(redacted_why="x")), "标为已删去，内容却还在"),
        (journal(lambda told: told.update(entries=[])), "journal.json 里没有条目"),
        (journal(lambda told: told.update(head="9:zz")), "写的日志末尾不一致"),
        (lambda files: files.update({"violation.json": b"[]"}), "写的日志末尾不一致"),
        *(
            (lambda files, name=name: files.pop(name), f"缺少文件：{name}")
            for name in ("index.html", "journal.json", "rule.yaml", "violation.json")
        ),
    ],
)
def test_what_no_pack_says_is_found_although_the_manifest_was_written_anew(kaohe, shared, tmp_path, change, finding):
    path = shutil.copy(shared, tmp_path / "p.zip")
    rewritten_anew(path, change)
    said = kaohe("pack", "--verify", str(path))
    assert said.code == 1
    assert finding in said.err


def entry_of(name, mode=0o100644):
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, mode << 16
    return entry


@pytest.mark.parametrize(
    ("entry", "finding"),
    [
        (entry_of("attachments/link", 0o120777), "不是原样存放的普通文件：'attachments/link'"),
        (entry_of("attachments/", 0o040755), "不是原样存放的普通文件：'attachments/'"),
        (entry_of("attachments/"), "不是原样存放的普通文件：'attachments/'"),
        (entry_of("index.html"), "重复的文件：index.html"),
    ],
)
def test_a_pack_has_plain_files_alone_and_each_once(kaohe, shared, tmp_path, entry, finding):
    path = shutil.copy(shared, tmp_path / "p.zip")
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")  # Python itself wonders at a name that is there twice
        archive.writestr(entry, b"")
    said = kaohe("pack", "--verify", str(path))
    assert said.code == 1
    assert finding in said.err


def compressed(path, method):
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_however_a_pack_was_damaged_it_is_refused_or_told_and_nothing_breaks(shared, tmp_path, method):
    path = shutil.copy(shared, tmp_path / "p.zip")
    compressed(path, method)
    sound = Path(path).read_bytes()
    assert (checked(path).findings == ()) == (method == zipfile.ZIP_STORED)
    chance = random.Random(method)
    for _ in range(300):
        damaged = bytearray(sound)
        for _ in range(chance.choice([1, 2, 5])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        if chance.random() < 0.2:
            del damaged[chance.randrange(len(damaged)) :]
        Path(path).write_bytes(damaged)
        with suppress(KaoheError):
            checked(path)


def test_a_file_that_would_lie_beyond_every_file_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr(MANIFEST, b"")
        archive.filelist[0].header_offset = 2**64 - 1
    with pytest.raises(KaoheError, match="is no pack, or it was damaged"):
        checked(tmp_path / "p.zip")


def test_what_is_no_pack_is_refused(kaohe, violation, tmp_path):
    (tmp_path / "p.zip").write_bytes(b"PK\x03\x04 nothing")
    for words in (("--verify", str(tmp_path / "p.zip")), ("--verify", str(tmp_path)), (), ("V-AAAAAAAAAAAA",)):
        assert kaohe("pack", *words).code == 2
    assert kaohe("pack", violation, "-o", str(tmp_path / "nowhere" / "p.zip")).code == 2
