"""Attachments: kept once by their digest, known by their bytes, checked when they are read."""

import os
import threading

import pytest

from engine.errors import KaoheError
from engine.tracker import attachments
from engine.tracker.attachments import AttachmentStore, media_type

PDF = b"%PDF-1.7\n..."


@pytest.fixture
def store(tmp_path):
    return AttachmentStore(tmp_path / "attachments")


def test_a_file_is_there_once_and_comes_back_as_it_was(store, tmp_path):
    for name in ("a.pdf", "b.exe"):
        (tmp_path / name).write_bytes(PDF)
    first, second = store.put(tmp_path / "a.pdf"), store.put(tmp_path / "b.exe")
    assert (first.sha256, first.media_type, first.size) == (second.sha256, "application/pdf", len(PDF))
    assert second.name == "b.exe"  # what it was called; what it is, its bytes tell
    assert store.read(first.sha256) == PDF
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == [first.sha256]
    assert store.root.stat().st_mode & 0o777 == 0o700


def test_what_was_changed_or_is_gone_is_never_given_out(store, tmp_path):
    (tmp_path / "a").write_bytes(PDF)
    kept = store.put(tmp_path / "a")
    (place,) = (path for path in store.root.rglob("*") if path.is_file())
    place.write_bytes(PDF + b"!")
    with pytest.raises(KaoheError, match="was changed; restore it from a copy"):
        store.read(kept.sha256)
    assert store.put(tmp_path / "a") == kept  # to attach it again mends it
    assert store.read(kept.sha256) == PDF
    place.unlink()
    with pytest.raises(KaoheError, match=r"cannot be read in .*: No such file"):
        store.read(kept.sha256)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF0000WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypmp42", "video/mp4"),
        ("申诉说明\n".encode(), "text/plain"),
        (b"<html><script>", "text/plain"),
        (b"MZ\x90\0", None),
        (b"PK\x03\x04", None),
        (b"a\0b", None),
        (b"", None),
    ],
)
def test_what_a_file_is_its_bytes_tell(data, kind):
    assert media_type(data) == kind


def test_what_cannot_be_attached_is_refused_and_nothing_is_kept(store, tmp_path, monkeypatch):
    monkeypatch.setattr(attachments, "MOST_BYTES", 1024)
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04")
    (tmp_path / "large.pdf").write_bytes(PDF + bytes(1024))
    os.mkfifo(tmp_path / "pipe")
    for name, message in (
        ("x.zip", "is none of what can be attached"),
        ("large.pdf", "is larger than"),
        ("pipe", "is no file"),
        (".", "cannot read|is no file"),
        ("nowhere", "No such file"),
    ):
        with pytest.raises(KaoheError, match=message):
            store.put(tmp_path / name)
    assert not store.root.exists()


def test_several_who_attach_the_same_at_once_keep_it_whole(store, tmp_path):
    (tmp_path / "a").write_bytes(PDF * 1000)
    kept = []
    threads = [threading.Thread(target=lambda: kept.append(store.put(tmp_path / "a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 8
    assert store.read(kept[0].sha256) == PDF * 1000
