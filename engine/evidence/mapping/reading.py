"""One mapping file: from its bytes to a mapping, or to everything that is wrong with it, as for rules."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar, cast

from engine.calendar.cycles import DAY, MONTH, WEEK
from engine.errors import KaoheError
from engine.evidence.kinds import KINDS
from engine.evidence.mapping import formula
from engine.evidence.mapping.amounts import plain
from engine.evidence.mapping.model import ColumnKind, Fed, MappedColumn, MappingFile, Part, PeriodSource
from engine.evidence.mapping.sheet import spelling
from engine.rulebook import values
from engine.rulebook.faults import Fault, near, shown, unknown
from engine.rulebook.model import Claim
from engine.rulebook.nodes import Fields, Place
from engine.rulebook.platforms import PLATFORMS
from engine.rulebook.reading.provenance import read_provenance
from engine.rulebook.reading.sources import Citations, read_sources
from engine.rulebook.reading.texts import read_bilingual
from engine.rulebook.scan import File, StopReadingError, composed, decoded

SCHEMA = "mapping/v1"
REQUIRED = ("schema", "id", "platform", "kind", "title", "columns", "provenance")
OPTIONAL = ("sources", "skip", "missing")
OF_COUNTS = ("period", "parts", "adds_up", "counts", "shop")
COLUMN_KINDS = ("text", "period", "count", "rate", "percent")
SUBJECT_COLUMNS = ("shop", "agent")
PERIOD_COLUMNS = ("period", "period_start", "period_end")
PERIOD_SOURCES = ("column", "cell", "file name")
CYCLES = {"day": DAY, "week": WEEK, "month": MONTH}
SUM_OF_AGENTS = "sum of agents"
MOST_NUMBERS = 40
_ID = re.compile(r"[a-z][a-z0-9]*\.[a-z0-9]+(?:-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LoadedMapping:
    """What became of one file: a mapping, or faults, sorted."""

    mapping: MappingFile | None
    faults: tuple[Fault, ...] = ()


def load(path: str, data: bytes) -> LoadedMapping:
    """Read the mapping that a file's bytes hold. `path` is what messages call the file."""
    text = decoded(path, data)
    if isinstance(text, Fault):
        return LoadedMapping(None, (text,))
    file = File(path, text, [])
    mapping = None
    try:
        root = composed(file)
        if root is not None:
            mapping = _Reader(Place(file, root, ""), hashlib.sha256(data).hexdigest()).mapping()
    except StopReadingError:
        mapping = None  # the file's last fault says why
    if mapping is None or file.faults:
        return LoadedMapping(None, tuple(sorted(set(file.faults))))
    return LoadedMapping(mapping)


class _Reader:
    """Reads one mapping; what later parts may name is kept as the earlier ones are read."""

    def __init__(self, root: Place, sha256: str) -> None:
        self.root, self.sha256 = root, sha256
        self.columns: dict[str, MappedColumn] = {}
        self.parts: dict[str, Part] = {}
        self.of: dict[str, Place] = {}

    def mapping(self) -> MappingFile | None:
        """The mapping; None, or one with faults noted, where something is wrong."""
        peeked = self.root.peek()
        counts = "kind" not in peeked or peeked["kind"][1].written.strip() == "counts"
        fields = self.root.fields((*REQUIRED, *(("counts",) if counts else ())), (*OPTIONAL, *OF_COUNTS))
        if fields is None:
            return None
        fields.take("schema", lambda at: at.one_of((SCHEMA,), "schema"))
        platform = fields.take("platform", lambda at: at.one_of(PLATFORMS, "platform"))
        name = fields.take("id", lambda at: at.read(lambda text: _id(text, platform)))
        kind = fields.take("kind", lambda at: at.one_of(KINDS, "kind of evidence"))
        title = fields.take("title", read_bilingual)
        sources = fields.take("sources", read_sources) or {}
        citations = Citations(sources)
        fields.take("columns", lambda at: self._columns(at, kind))
        period: tuple[str, ...] = ()
        feeds: tuple[Fed, ...] = ()
        adds_up: dict[str, tuple[str, ...]] = {}
        shop = False
        if kind is not None and kind != "counts":
            for key in OF_COUNTS:
                if key in fields:
                    fields[key].fault(f"belongs to mappings that make counts; this one makes {kind}")
        else:
            fields.take("parts", self._parts)
            self._check_wholes()
            adds_up = fields.take("adds_up", self._adds_up) or {}
            period = fields.take("period", lambda at: _list(at, lambda i: i.one_of(PERIOD_SOURCES, "source"))) or ()
            feeds = fields.take("counts", lambda at: self._feeds(at, platform)) or ()
            shop = fields.take("shop", self._shop) is not None
            self._check_period(fields, period)
        skip = fields.take("skip", lambda at: _list(at, Place.text)) or ()
        missing = fields.take("missing", lambda at: _list(at, Place.text)) or ()
        claims = fields.take("provenance", lambda at: self._claims(at, citations, fields)) or ()
        for source, (at, _) in sources.items():
            if source not in citations.used:
                at.fault("this source is cited nowhere; cite it or leave it out")
        if name is None or platform is None or kind is None or title is None:
            return None
        return MappingFile(
            id=name,
            platform=platform,
            kind=kind,
            title=title,
            columns=self.columns,
            sources={key: source for key, (_, source) in sources.items() if source is not None},
            provenance=claims,
            path=self.root.file.path,
            sha256=self.sha256,
            period=cast("tuple[PeriodSource, ...]", period),
            skip=tuple(plain(word) for word in skip),
            missing=tuple(plain(word) for word in missing),
            parts=self.parts,
            numbers=self._in_order(),
            adds_up=adds_up,
            feeds=feeds,
            shop_is_sum=shop,
        )

    def _columns(self, place: Place, kind: str | None) -> None:
        taken: dict[str, str] = {}
        for key, value in place.entries() or ():
            name = str(key.node.value)
            if kind is not None and kind != "counts":
                if name not in KINDS[kind].names:
                    key.fault(unknown(f"column of {kind}", name, KINDS[kind].names))
            elif not _NAME.fullmatch(name):
                key.fault("a column is named with small letters, digits and _, at most 40")
            column = self._column(name, value, taken, kind)
            if column is not None:
                self.columns[name] = column

    def _column(self, name: str, place: Place, taken: dict[str, str], kind: str | None) -> MappedColumn | None:
        fields = place.fields(("headers",), ("is", "required", "fill", "of", "to"))
        if fields is None:
            return None
        headers = fields.take("headers", lambda at: _list(at, lambda i: _header(i, name, taken))) or ()
        default = "period" if name in PERIOD_COLUMNS else "text"
        sort = fields.take("is", lambda at: at.one_of(COLUMN_KINDS, "kind of column")) or default
        required = fields.take("required", lambda at: at.one_of(("yes", "no"), "answer")) == "yes"
        fill = fields.take("fill", lambda at: at.one_of(("down",), "way to fill")) is not None
        to = fields.take("to", lambda at: at.read(values.percentage))
        if "of" in fields and sort == "count":
            self.of[name] = fields["of"]
        elif "of" in fields:
            fields["of"].fault("only a count is a part of another")
        if "to" in fields and sort not in {"rate", "percent"}:
            fields["to"].fault("only a rate or a percent is rounded")
        if to == 0:
            fields["to"].fault("nothing is rounded to 0 %; write it like 0.1%")
        misread = "is" in fields and fields["is"].written.strip() not in COLUMN_KINDS
        what = None if misread or kind is None else _misfit(name, sort, is_counts=kind == "counts")
        if what is not None:
            place.fault(what)
        required = required or (name == "agent" and kind == "counts")  # a row without its agent would be the shop's own
        return MappedColumn(name, headers, cast("ColumnKind", sort), required, fill, _written(fields, "of"), to)

    def _parts(self, place: Place) -> None:
        written: dict[str, tuple[Place, tuple[str, str]]] = {}
        for key, value in place.entries() or ():
            name = str(key.node.value)
            if not _NAME.fullmatch(name):
                key.fault("a part is named with small letters, digits and _, at most 40")
            elif name in self.columns:
                key.fault("is the name of a column too")
                continue
            share = _formula(value, formula.share)
            if share is not None:
                written[name] = value, share
        rates = [c.name for c in self.columns.values() if c.kind in {"rate", "percent"}]
        counts = [c.name for c in self.columns.values() if c.kind == "count"]
        for name, (place_, (whole, rate)) in written.items():
            if whole not in (*counts, *written):
                place_.fault(unknown("number", whole, (*counts, *written)))
            elif rate not in rates:
                place_.fault(unknown("rate", rate, rates))
            else:
                self.parts[name] = Part(name, whole, rate)
                self.of[name] = place_

    def _check_wholes(self) -> None:
        """What counts are a part of is there, and nothing is a part of itself."""
        numbers = self._numbers()
        if len(numbers) > MOST_NUMBERS:
            self.root.below("columns").fault(
                f"more than {MOST_NUMBERS} counts and parts; no file of a back office has so many"
            )
            return
        for name, place in self.of.items():
            whole = self._parent(name)
            if whole is not None and whole not in numbers:
                place.fault(unknown("number", whole, numbers))
        for name in numbers:
            seen, at = [name], self._parent(name)
            while at is not None and at not in seen:
                seen.append(at)
                at = self._parent(at)
            if at == name:
                self.of[name].fault(f"{shown(name)} is a part of itself: {' of '.join([*seen, name])}")
                self.parts, self.of = {}, {}
                self.columns = {n: c for n, c in self.columns.items() if c.of is None}
                return

    def _numbers(self) -> tuple[str, ...]:
        return (*(c.name for c in self.columns.values() if c.kind == "count"), *self.parts)

    def _parent(self, name: str) -> str | None:
        if name in self.parts:
            return self.parts[name].of
        return self.columns[name].of if name in self.columns else None

    def _in_order(self) -> tuple[str, ...]:
        """The whole numbers, each after what it is a part of."""
        ordered: list[str] = []
        rest = list(self._numbers())
        while rest:
            ready = [name for name in rest if self._parent(name) not in rest]
            ordered += ready
            rest = [name for name in rest if name not in ready] if ready else []
        return tuple(ordered)

    def _adds_up(self, place: Place) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for key, value in place.entries() or ():
            name = str(key.node.value)
            sums = _formula(value, formula.terms)
            if name not in self._numbers():
                key.fault(unknown("number", name, self._numbers()))
            elif sums is not None:
                for term, sign in sums.items():
                    if term not in self._numbers() or self._parent(term) != name or sign < 0:
                        value.fault(f"{shown(term)} is no part of {name}{near(term, self._numbers())}")
                found[name] = tuple(sums)
        return found

    def _feeds(self, place: Place, platform: str | None) -> tuple[Fed, ...]:
        found = []
        for key, value in place.entries() or ():
            rule = str(key.node.value)
            if not _ID.fullmatch(rule) or (platform is not None and rule.partition(".")[0] != platform):
                key.fault(f"{shown(rule)} is no rule of {platform}; write its id, like {platform}.reply-rate")
            fields = value.fields(("within", "counters"))
            if fields is None:
                continue
            within = fields.take("within", lambda at: at.one_of(CYCLES, "cycle"))
            counters = fields.take("counters", self._counters)
            if within is not None and counters:
                found.append(Fed(rule, CYCLES[within], counters))
        return tuple(found)

    def _counters(self, place: Place) -> dict[str, dict[str, int]]:
        found = {}
        for key, value in place.entries() or ():
            if not _NAME.fullmatch(str(key.node.value)):
                key.fault("a counter is named with small letters, digits and _, at most 40")
            sums = _formula(value, formula.terms)
            if sums is None:
                continue
            for term in sums:
                if term not in self._numbers():
                    value.fault(unknown("number", term, self._numbers()), value.written.find(term))
            found[str(key.node.value)] = sums
        return found

    def _check_period(self, fields: Fields, period: Collection[str]) -> None:
        given = [name for name in PERIOD_COLUMNS if name in self.columns]
        if given and given not in (["period"], ["period_start", "period_end"]):
            fields["columns"].fault("the period is one column, period, or two: period_start and period_end")
        if "period" not in fields:
            self.root.below("period").fault(f"missing; say where the period stands: {', '.join(PERIOD_SOURCES)}")
        elif "column" in period and not given and "columns" in fields:
            fields["period"].fault("there is no column called period; give it its headers, or leave `column` out")

    def _shop(self, place: Place) -> str | None:
        if "agent" not in self.columns:
            place.fault("there is no column called agent whose rows could be added up")
        return place.one_of((SUM_OF_AGENTS,), "way to the shop's row")

    def _claims(self, place: Place, citations: Citations, given: Fields) -> tuple[Claim, ...] | None:
        claims = read_provenance(place, citations)
        kinds = {column.kind for column in self.columns.values()}
        required = ["headers"]
        required += ["parts"] if "parts" in given or self.of else []
        required += ["rounding"] if kinds & {"rate", "percent"} else []
        required += [key for key in ("skip", "shop") if key in given]
        present = place.peek()
        for name in required:
            if name not in present and place.is_mapping():
                place.below(name).fault("missing; this claim needs a basis: source or assumed")
        for name, (key, _) in present.items():
            if name not in required:
                key.fault(unknown("claim", name, required))
        return claims


def _misfit(name: str, sort: str, *, is_counts: bool) -> str | None:
    """What is wrong with a column of this name and kind, if anything is."""
    if not is_counts:
        taken_as_they_stand = "columns of sessions, messages and ratings are taken as they stand; leave `is` out"
        return taken_as_they_stand if sort != "text" else None
    if sort == "text" and name not in SUBJECT_COLUMNS:
        return f"a text is called shop or agent; call it so, or say what it `is`: {', '.join(COLUMN_KINDS[1:])}"
    if sort == "period" and name not in PERIOD_COLUMNS:
        return f"a period is called {', '.join(PERIOD_COLUMNS)}"
    return None


def _id(text: str, platform: str | None) -> str:
    if not _ID.fullmatch(text):
        raise KaoheError(f"{shown(text)} is no id; write the platform, a dot and a name, like kuaishou.satisfaction")
    if platform is not None and text.partition(".")[0] != platform:
        raise KaoheError(f"{shown(text)} must begin with the platform: {platform}.{text.partition('.')[2]}")
    return text


def _header(place: Place, column: str, taken: dict[str, str]) -> str | None:
    """A header in its one spelling; each belongs to one column."""
    text = place.text()
    if text is None:
        return None
    header = spelling(text)
    if header in taken:
        place.fault(f"{shown(text)} is a header of {taken[header]} already")
        return None
    taken[header] = column
    return header


def _formula(place: Place, parse: Callable[[str], T]) -> T | None:
    text = place.text()
    if text is None:
        return None
    try:
        return parse(text)
    except formula.FormulaError as error:
        place.fault(str(error), error.offset)
        return None


def _list(place: Place, read: Callable[[Place], str | None]) -> tuple[str, ...]:
    found = [value for item in place.one_or_more() if (value := read(item)) is not None]
    for value in sorted({v for v in found if found.count(v) > 1}) if len(found) <= 1000 else ():
        place.fault(f"{shown(value)} stands twice in this list")
    return tuple(dict.fromkeys(found))


def _written(fields: Fields, key: str) -> str | None:
    return fields[key].written.strip() or None if key in fields else None
