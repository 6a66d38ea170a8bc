"""The store of attachments: each file once, named by its sha256, whole or not at all, and checked whenever it is read.

What a file is, its first bytes tell and not its name, since packs hand it on to others.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from engine.errors import KaoheError, os_words

MOST_BYTES = 20 * 1024 * 1024
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
TEXT = "text/plain"
KINDS = "PDF, PNG, JPEG, GIF, WebP, MP4 or plain text"
_CONTROLS = frozenset(range(32)) - {0x09, 0x0A, 0x0C, 0x0D}


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in the store."""

    sha256: str
    name: str
    media_type: str
    size: int

    @property
    def is_picture(self) -> bool:
        """Whether platforms count it among the pictures of an appeal."""
        return self.media_type.startswith("image/")


class AttachmentStore:
    """Attachments below `root`, which is made with the first of them, for its owner alone."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, path: Path) -> Stored:
        """Take a file in. Raises KaoheError if it cannot be read, is too large, or none of the kinds that are taken."""
        data = _bytes_of(path)
        kind = media_type(data)
        if kind is None:
            raise KaoheError(
                f"{path} is none of what can be attached ({KINDS}); convert it first",
                zh=f"{path} 不是可以附上的文件（PDF、PNG、JPEG、GIF、WebP、MP4 或纯文本）；请先转换",
            )
        stored = Stored(hashlib.sha256(data).hexdigest(), path.name, kind, len(data))
        self._write(self._place(stored.sha256), data)
        return stored

    def read(self, sha256: str) -> bytes:
        """The bytes of an attachment. Raises KaoheError if they are gone, or not what they were."""
        try:
            data = self._place(sha256).read_bytes()
        except OSError as error:
            raise KaoheError(
                f"the attachment {sha256[:12]} cannot be read in {self.root}: {error.strerror}; restore it from a copy",
                zh=f"{self.root} 里的附件 {sha256[:12]} 读不出来：{os_words(error)}；请从备份恢复",
            ) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise KaoheError(
                f"the attachment {sha256[:12]} in {self.root} was changed; restore it from a copy",
                zh=f"{self.root} 里的附件 {sha256[:12]} 被改动过；请从备份恢复",
            )
        return data

    def _place(self, sha256: str) -> Path:
        return self.root / sha256[:2] / sha256

    def _write(self, place: Path, data: bytes) -> None:
        if place.exists() and hashlib.sha256(place.read_bytes()).hexdigest() == place.name:
            return
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.parent.mkdir(mode=0o700, exist_ok=True)
        temporary = place.with_name(f".{place.name}.{uuid4().hex}")
        try:
            with temporary.open("wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
        _fsync_directory(place.parent)


def media_type(data: bytes) -> str | None:
    """What a file is by its bytes; None for what is not taken.

    >>> media_type(b"%PDF-1.7 ..."), media_type("申诉说明".encode()), media_type(b"PK\\x03\\x04")
    ('application/pdf', 'text/plain', None)
    """
    known = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    if known is None and data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        known = "image/webp"
    if known is None and data[4:8] == b"ftyp":
        known = "video/mp4"
    return known or (TEXT if _is_text(data) else None)


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(data) and _CONTROLS.isdisjoint(data)


def _bytes_of(path: Path) -> bytes:
    """What stands in a file, and no more than may be attached: neither of a pipe nor of a device."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe that nobody writes to would hold us for ever
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise KaoheError(f"{path} is no file", zh=f"{path} 不是文件")
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise KaoheError(f"cannot read {path}: {error.strerror}", zh=f"读不了 {path}：{os_words(error)}") from None
    if len(data) > MOST_BYTES:
        most = MOST_BYTES // 1024 // 1024
        raise KaoheError(
            f"{path} is larger than {most} MB; make it smaller, or split it", zh=f"{path} 超过 {most} MB；请压缩或拆分"
        )
    return data


def _fsync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
