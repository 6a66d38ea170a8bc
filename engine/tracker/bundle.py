"""A pack as a file: the same bytes for the same content, with a manifest by which anybody can check it again.

The manifest names each file with its sha256 and size, one a line, sorted; its own digest names the whole pack. Whoever
changes a pack can write its manifest anew: the digest that was printed when it was made proves where it is from.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

from engine.errors import KaoheError, os_words
from engine.ledger.canonical import sha256_of

MANIFEST = "MANIFEST"
JOURNAL = "journal.json"
VIOLATION = "violation.json"
ALWAYS = frozenset({"index.html", JOURNAL, "rule.yaml", VIOLATION})  # no pack is without them
MOST_BYTES = 512 * 1024 * 1024  # of all that a pack holds, unpacked
MOST_FILES = 2000
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that the format knows: when it was packed is not content
_LINE = re.compile(r"([0-9a-f]{64}) (\d{1,12}) (.+)")
_HOSTILE = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a pack found wrong (nothing, if it is sound), the digest of its manifest, how many files it has.

    `head` is the end of the journal that it was made from: `kaohe journal verify --expect` takes it.
    """

    findings: tuple[str, ...]
    digest: str
    files: int
    head: str | None


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP file of these, with a manifest. Raises ValueError for a name that could leave the directory unpacked in."""
    for name in files:
        if not safe(name) or name == MANIFEST:
            raise ValueError(name)
    lines = [f"{hashlib.sha256(data).hexdigest()} {len(data)} {name}\n" for name, data in sorted(files.items())]
    content = {**files, MANIFEST: "".join(lines).encode()}
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # what compresses best differs between machines
        for name, data in sorted(content.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def checked(path: Path) -> Checked:
    """Check a pack against its own manifest. Raises KaoheError if it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked(archive)
    except OSError as error:
        raise KaoheError(f"cannot read {path}: {error.strerror}", zh=f"读不了 {path}：{os_words(error)}") from None
    except (  # what damage to a ZIP file comes to; nothing is unpacked that would raise a compressor's errors
        zipfile.BadZipFile,  # headers that make no sense, and bytes without their checksum
        NotImplementedError,  # marked as patched, strongly encrypted, or of a later version of the format
        RuntimeError,  # marked as encrypted; and JSON that is nested without end
        EOFError,  # cut off within a file
        ValueError,  # names or a MANIFEST that are no UTF-8, and a place that lies beyond any file
    ):
        raise KaoheError(
            f"{path} is no pack, or it was damaged; ask for it again", zh=f"{path} 不是材料包，或已损坏；请重新索取"
        ) from None


def safe(name: str) -> bool:
    """Whether a name stays within the directory that a pack is unpacked in, whatever unpacks it.

    >>> safe("attachments/a.png"), safe("../a"), safe("/a"), safe("c:\\\\a")
    (True, False, False, False)
    """
    parts = PurePosixPath(name).parts
    plain = not any(c in name for c in '\\:*?"<>|') and name.isprintable()
    return bool(parts) and plain and not name.startswith("/") and all(p not in {".", ".."} for p in parts)


def file_name(number: int, name: str) -> str:
    """A name for a file in a pack after what it was called where it came from, with nothing in it that could harm.

    >>> file_name(1, "../../聊天 记录.png"), file_name(2, "<script>")
    ('01-聊天_记录.png', '02-script')
    """
    plain = _HOSTILE.sub("_", name.rpartition("/")[2].rpartition("\\")[2]).strip("._")
    stem, dot, ending = plain.rpartition(".")
    short = f"{stem[:60].strip('_')}.{ending[:8]}" if dot else plain[:60]
    return f"{number:02}-{short or 'file'}"


def _checked(archive: zipfile.ZipFile) -> Checked:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    findings = _unreadable(entries, names)
    if findings or MANIFEST not in names:
        return Checked((*findings, *([] if MANIFEST in names else ["there is no MANIFEST"])), "", len(names), None)
    manifest = archive.read(MANIFEST)
    told = {}
    for line in manifest.decode().splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            findings.append(f"the MANIFEST has a line that cannot be read: {line[:60]!r}")
        else:
            told[found[3]] = (found[1], int(found[2]))
    present = set(names) - {MANIFEST}
    findings += [f"missing: {name}" for name in sorted((told.keys() | ALWAYS) - present)]
    findings += [f"not in the MANIFEST: {name}" for name in sorted(present - told.keys())]
    for name in sorted(present & told.keys()):
        data = archive.read(name)
        if (hashlib.sha256(data).hexdigest(), len(data)) != told[name]:
            findings.append(f"changed: {name}")
    head = None
    if not findings:
        more, head = _journal(archive.read(JOURNAL))
        findings += more
        if not more and _told_head(archive.read(VIOLATION)) != head:
            findings.append(f"{VIOLATION} and {JOURNAL} do not name the same end of the journal")
    return Checked(tuple(findings), hashlib.sha256(manifest).hexdigest(), len(present), head)


def _unreadable(entries: Sequence[zipfile.ZipInfo], names: Sequence[str]) -> list[str]:
    """Why nothing of it should be read, or unpacked by anybody."""
    if len(names) > MOST_FILES:
        return ["too many files"]
    findings = [f"unsafe name: {name!r}" for name in names if not safe(name)]
    findings += [f"twice: {name}" for name in sorted({n for n in names if names.count(n) > 1})]
    findings += [f"not a plain file: {entry.filename!r}" for entry in entries if not _plain(entry)]
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        findings.append("too large to be a pack")
    return findings


def _plain(entry: zipfile.ZipInfo) -> bool:
    """Whether it is a file, no link and no directory, whose bytes lie there as they are, as kaohe does it."""
    kind = stat.S_IFMT(entry.external_attr >> 16)  # 0: made by a system that tells none
    stored = entry.compress_type == zipfile.ZIP_STORED and entry.compress_size == entry.file_size
    return kind in {0, stat.S_IFREG} and not entry.is_dir() and stored


def _journal(data: bytes) -> tuple[list[str], str | None]:
    """What is wrong with the extract of the journal, payloads without their digests above all; and its end."""
    try:
        told = json.loads(data)
        wrong = [finding for entry in told["entries"] if (finding := _entry(entry)) is not None]
        if not told["entries"]:
            wrong.append(f"{JOURNAL} has no entries")
        return wrong, str(told["head"])
    except (ValueError, KeyError, TypeError):
        return [f"{JOURNAL} cannot be read"], None


def _entry(entry: Mapping[str, Any]) -> str | None:
    name = f"{entry['batch']}.{entry['position']}"
    if entry["redacted_why"] is not None:
        return None if entry["payload"] is None else f"entry {name} is marked as redacted, but has a payload"
    same = sha256_of(entry["payload"]) == entry["payload_sha256"]
    return None if same else f"the payload of entry {name} was changed"


def _told_head(data: bytes) -> str | None:
    try:
        return str(json.loads(data)["journal_head"])
    except (ValueError, KeyError, TypeError):
        return None
