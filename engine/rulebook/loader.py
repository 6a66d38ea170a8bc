"""One rule file: from its bytes to a rule, or to everything that is wrong with it.

A file with any fault makes no rule. Nothing in a file can raise: what cannot be read is a fault with a place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, cast

from engine.errors import KaoheError
from engine.rulebook import values
from engine.rulebook.digest import rule_sha256
from engine.rulebook.faults import Fault, shown
from engine.rulebook.model import Announcement, Rule, Source, Text
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.platforms import PLATFORMS
from engine.rulebook.reading.measures import Measures, read_measures
from engine.rulebook.reading.sources import Citations, read_sources
from engine.rulebook.reading.texts import read_bilingual, read_text
from engine.rulebook.reading.version import Around, read_versions
from engine.rulebook.scan import File, StopReadingError, composed, decoded

SCHEMA = "ruleset/v1"
REQUIRED = ("schema", "id", "platform", "subject", "timezone", "title", "sources", "versions")
OPTIONAL = ("announced", "measures")
SUBJECTS = ("shop", "agent", "person")
JUDGED = ("shop",)  # those that an assessment can judge so far
_ID = re.compile(r"[a-z][a-z0-9]*\.[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one file: a rule, or faults, sorted. `id_at`: line and column of its id, from 1."""

    rule: Rule | None
    faults: tuple[Fault, ...] = ()
    id_at: tuple[int, int] = (1, 1)


def load(path: str, data: bytes) -> Loaded:
    """Read the rule that a file's bytes hold. `path` is what messages call the file."""
    text = decoded(path, data)
    if isinstance(text, Fault):
        return Loaded(None, (text,))
    file = File(path, text, [])
    rule, id_at = None, (1, 1)
    try:
        root = composed(file)
        if root is not None:
            place = Place(file, root, "")
            rule = _rule(place)
            if "id" in place.peek():
                id_at = place.peek()["id"][1].position
    except StopReadingError:
        rule = None  # the file's last fault says why
    if rule is None or file.faults:
        return Loaded(None, tuple(sorted(set(file.faults))))
    versions = tuple(replace(version, sha256=rule_sha256(rule, version)) for version in rule.versions)
    return Loaded(replace(rule, versions=versions), (), id_at)


def _rule(root: Place) -> Rule | None:
    """The rule, its digests still empty: they are reckoned only of a file without faults."""
    fields = root.fields(REQUIRED, OPTIONAL)
    if fields is None:
        return None
    fields.take("schema", lambda at: at.one_of((SCHEMA,), "schema"))
    platform = fields.take("platform", lambda at: at.one_of(PLATFORMS, "platform"))
    name = fields.take("id", lambda at: at.read(lambda text: _id(text, platform)))
    subject = fields.take("subject", _subject)
    zone = fields.take("timezone", lambda at: at.read(lambda text: _zone(text, platform)))
    title = fields.take("title", read_bilingual)
    sources = fields.take("sources", read_sources) or {}
    own = fields.take("measures", read_measures) or {}
    read_on = [day for _, s in sources.values() if s for day in (s.published, s.retrieved) if day]
    around = Around(
        Citations(sources, max(read_on, default=None)), Measures({kind: text for kind, (_, text) in own.items()})
    )
    versions = fields.take("versions", lambda at: read_versions(at, around))
    announced = fields.take("announced", lambda at: _announced(at, around.citations)) or ()
    _check_used(fields, sources, own, around)
    if name is None or platform is None or subject is None or zone is None or title is None or not versions:
        return None
    return Rule(
        id=name,
        platform=platform,
        subject=cast('Literal["shop", "agent", "person"]', subject),
        zone=zone,
        title=title,
        sources={key: source for key, (_, source) in sources.items() if source is not None},
        versions=versions,
        announced=announced,
        path=root.file.path,
        source_text=root.file.text,
        measures={kind: text for kind, (_, text) in own.items()},
    )


def _subject(place: Place) -> str | None:
    subject = place.one_of(SUBJECTS, "subject")
    if subject is not None and subject not in JUDGED:
        place.fault(
            f"only rules that judge shops can be assessed so far; write subject: {JUDGED[0]}, "
            f"or keep the file out of the rulesets"
        )
    return subject


def _id(text: str, platform: str | None) -> str:
    if not _ID.fullmatch(text):
        raise KaoheError(f"{shown(text)} is no id; write the platform, a dot and a name, like xiaohongshu.reply-rate")
    if platform is not None and text.partition(".")[0] != platform:
        raise KaoheError(f"{shown(text)} must begin with the platform: {platform}.{text.partition('.')[2]}")
    return text


def _zone(text: str, platform: str | None) -> str:
    # Evidence is kept in days of the platform; a rule in another zone would cut its cycles elsewhere.
    if platform is not None and text != PLATFORMS[platform].zone:
        raise KaoheError(f"{shown(text)} is not the zone in which {platform} counts days: {PLATFORMS[platform].zone}")
    return text


def _announced(place: Place, citations: Citations) -> tuple[Announcement, ...]:
    """Changes that are announced and do not decide: dates, ascending, with what was read where."""
    found: list[Announcement] = []
    for key, value in place.entries() or ():
        since = key.read(values.day)
        fields = value.fields(("cite", "says"))
        if fields is None:
            continue
        cite, says = fields.take("cite", citations.read), fields.take("says", read_text)
        if since is None or cite is None or says is None:
            continue
        if found and since < found[-1].since:
            key.fault(f"announcements ascend; {since} comes after {found[-1].since}")
        found.append(Announcement(since, cite, says))
    return tuple(found)


def _check_used(
    fields: Fields,
    sources: dict[str, tuple[Place, Source | None]],
    own: dict[str, tuple[Place, Text]],
    around: Around,
) -> None:
    if "versions" not in fields:
        return
    for name, (key, _) in sources.items():
        if name not in around.citations.used:
            key.fault("this source is cited nowhere; cite it or leave it out")
    for kind, (key, _) in own.items():
        if kind not in around.measures.used:
            key.fault("this measure is on no ladder; leave it out")
