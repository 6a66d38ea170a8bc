"""Buyers are known again, and by nobody else: what is stored is an HMAC under a key of this installation."""

import hashlib
import hmac
import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import KaoheError
from engine.evidence.cells import sealed
from engine.evidence.duck import connect
from engine.evidence.quarantine import write_quarantine
from engine.evidence.secret import load_secret

BUYERS = ["Wang-Xiaoming", "13800138000", "张三丰的小号", "o'hara; --"]


def hmac_of(platform, buyer, key):
    return hmac.new(key, f"{platform}\x1f{buyer}".encode(), hashlib.sha256).digest()[:16]


@pytest.fixture(scope="module")
def seal():
    con = connect()
    yield lambda text, key: con.execute(f"SELECT {sealed('?::VARCHAR', key)}", [text]).fetchone()[0]
    con.close()


@settings(deadline=None)
@given(st.text(), st.binary(max_size=64))
def test_the_seal_is_the_hmac_of_the_standard_library(seal, text, key):
    assert seal(text, key) == hmac.new(key, text.encode(), hashlib.sha256).digest()[:16]


@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_a_buyer_is_stored_as_an_hmac_of_platform_and_id(house, form):
    rows = [
        {"platform": p, "session": f"{p}{n}", "buyer": f" {b} "} for p in ("jd", "tmall") for n, b in enumerate(BUYERS)
    ]
    house.take(getattr(house, form)(f"a.{form}", *rows, {"session": "nobody", "buyer": " "}))
    key = bytes(range(32))
    expected = [(p, hmac_of(p, b, key)) for p in ("jd", "tmall") for b in BUYERS]
    assert house.rows("platform", "buyer") == [*expected, ("xiaohongshu", None)]


def test_no_buyers_id_is_anywhere_on_disk(house):
    """Neither in the lake, nor in the ledger, nor in what is told of bad rows, however bad the rows are."""
    rows = [{"session": f"{n}", "buyer": buyer} for n, buyer in enumerate(BUYERS)]
    bad = [{"session": f"b{n}", "buyer": buyer + "\n"} for n, buyer in enumerate(BUYERS)]
    long = [{"session": f"l{n}", "buyer": buyer * 100} for n, buyer in enumerate(BUYERS)]
    other = [{"session": f"o{n}", "buyer": buyer, "opened_at": "?"} for n, buyer in enumerate(BUYERS)]
    files = [getattr(house, f)(f"a.{f}", *rows, *bad, *long, *other) for f in ("csv", "ndjson", "parquet")]
    keys = '"shop": "s", "session": "x", "opened_at": "2026-03-02T10:00"'
    broken = "".join(f'{{{keys}, "buyer": ["{b}"]}}\n{{"buyer": "{b}", \n' for b in BUYERS)
    summary = house.take(*files, house.file("b.ndjson", broken), platform="jd", show_values=True)
    assert summary.refused == 3 * 12 + 8
    home = house.folder / "home"
    write_quarantine(home / "quarantine" / "q.csv", summary.faults)
    ledger = house.folder / "ledger.sqlite"
    texts = [path.read_bytes() for path in [*home.rglob("*"), *ledger.parent.glob("ledger.sqlite*")] if path.is_file()]
    texts.append(repr(house.rows()).encode())
    texts.append("".join(map(str, summary.faults)).encode())
    texts.append(repr(house.journal()).encode())
    for buyer in BUYERS:
        assert not any(buyer.encode() in text for text in texts)


def test_unknown_columns_are_never_stored(house):
    rows = [{"session": str(n), "message": f"private words {n}", "phone": "13800138000"} for n in range(3)]
    for form in ("csv", "ndjson", "parquet"):
        summary = house.take(getattr(house, form)(f"a.{form}", *rows))
        assert summary.unknown_columns == ("message", "phone")
    assert set(house.rows()[0]) == {
        "platform", "shop", "session", "buyer", "agent", "opened_by",
        "opened_at", "first_human_reply_at", "closed_at", "day", "second",
        "derived", "shadowed", "replied_by", "named",
    }  # fmt: skip
    assert b"private" not in b"".join(path.read_bytes() for path in house.live_files())


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "home" / "secret"
    old = os.umask(0)
    try:
        key = load_secret(path)
    finally:
        os.umask(old)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_secret(path) == key
    assert [p.name for p in path.parent.iterdir()] == ["secret"]
    assert load_secret(tmp_path / "other") != key


def test_processes_that_make_the_key_at_once_agree(tmp_path, crew):
    for turn in range(5):
        path = str(tmp_path / f"home{turn}" / "secret")
        keys = crew(*[{"make_secret": path}] * 6)
        assert len(keys) == 6
        assert all(key == keys[0] and len(key[0]) == 64 for key in keys)


def test_whoever_comes_second_takes_the_key_that_is_there(tmp_path, monkeypatch):
    path = tmp_path / "secret"
    link = os.link

    def too_late(draft, target):
        path.write_text("ab" * 32)
        link(draft, target)

    monkeypatch.setattr(os, "link", too_late)
    assert load_secret(path) == bytes.fromhex("ab" * 32)
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]


def test_what_a_dead_process_left_beside_the_key_does_not_matter(tmp_path):
    (tmp_path / f".secret.{os.getpid()}").write_text("half")
    assert len(load_secret(tmp_path / "secret")) == 32


@pytest.mark.parametrize("content", ["", "ab" * 31, "ab" * 33, "not hexadecimal" * 5, "钥匙"])
def test_a_key_that_is_none_is_told_and_never_replaced(tmp_path, content):
    path = tmp_path / "secret"
    path.write_text(content)
    with pytest.raises(KaoheError, match="the key that seals buyers' ids"):
        load_secret(path)
    assert path.read_text() == content


def test_a_key_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KaoheError, match=r"cannot be read or made: .*File exists"):
        load_secret(tmp_path / "file" / "secret")


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("26/10/2026 10:00", "26/10/2026 10:00"),
        ("2026年3月2日 上午9:05", "2026年3月2日 上午9:05"),
        ("2026.3.2 9:05 PM", "2026.3.2 9:05 PM"),
        ("2026-02-30T10:00:00+08:00", "2026-02-30T10:00:00+08:00"),
        ("13800138000", "***********"),
        ("138-0013-8000", "***-****-****"),
        ("2026-03-02 13800138000", "****-**-** ***********"),
    ],
)
def test_a_refused_time_is_shown_and_a_number_of_somebody_in_its_place_is_not(house, cell, told):
    [fault] = house.take(house.csv("a.csv", {"opened_at": cell})).faults
    assert fault.value == told
