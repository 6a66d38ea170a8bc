"""The key that seals buyers' ids: lost, foreign, renewed on purpose, shared."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.usefixtures("english")


def test_a_lost_key_stops_an_import_until_it_is_restored(kaohe, sessions, home, tmp_path):
    assert kaohe("import", str(sessions(79, 100)), "--kind", "sessions").code == 0
    shutil.move(home / "secret", tmp_path / "kept")
    said = kaohe("import", str(sessions(80, 100)), "--kind", "sessions")
    assert said.code == 2
    for words in (str(home / "secret"), "is not there (fingerprint", "restore it from a backup", "kaohe secret renew"):
        assert words in said.err
    assert not (home / "secret").exists()
    shutil.move(tmp_path / "kept", home / "secret")
    assert kaohe("import", str(sessions(80, 100)), "--kind", "sessions").code == 0


def test_another_key_is_noticed_before_it_seals_anything(kaohe, sessions, home):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    (home / "secret").write_text("ab" * 32, encoding="ascii")
    head = kaohe("journal", "verify").out
    said = kaohe("import", str(sessions(80, 100)), "--kind", "sessions")
    assert said.code == 2
    assert "this is another key" in said.err
    assert kaohe("secret", "check").code == 2
    assert kaohe("journal", "verify").out == head


def test_a_new_key_is_begun_on_purpose_and_journalled(kaohe, sessions, home):
    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    old = (home / "secret").read_text(encoding="ascii")
    assert "counts already" in kaohe("secret", "renew", "--why", "x").err
    (home / "secret").unlink()
    assert kaohe("secret", "renew", "--why", "the disk is gone").code == 0
    new = (home / "secret").read_text(encoding="ascii")
    assert new != old
    assert kaohe("import", str(sessions(80, 100)), "--kind", "sessions").code == 0
    (entry,) = [e for e in kaohe("journal", "list", "--json").rows if e["event"] == "secret.renewed"]
    assert entry["payload"]["why"] == "the disk is gone"
    assert entry["payload"]["before"]["fingerprint"] != entry["payload"]["after"]["fingerprint"]
    assert new not in kaohe("journal", "list", "--json").out


def test_a_ledger_with_evidence_from_before_fingerprints_takes_the_key_that_is_there(kaohe, sessions, home):
    from sqlmodel import delete

    from engine.ledger.database import open_ledger, transaction
    from engine.ledger.tables import Seal

    kaohe("import", str(sessions(79, 100)), "--kind", "sessions")
    engine = open_ledger(f"sqlite:///{home / 'ledger.sqlite'}")
    with transaction(engine) as session:
        session.exec(delete(Seal))
    (home / "secret").rename(home / "kept")
    assert kaohe("import", str(sessions(80, 100)), "--kind", "sessions").code == 2
    (home / "kept").rename(home / "secret")
    assert kaohe("import", str(sessions(80, 100)), "--kind", "sessions").code == 0
    with transaction(engine) as session:
        assert session.get(Seal, "buyers")
    engine.dispose()


def test_the_key_is_never_printed(kaohe, home):
    kaohe("worker", "--once")
    said = kaohe("secret", "check")
    assert said.code == 0
    assert (home / "secret").read_text(encoding="ascii")[:16] not in said.out
