"""From facts to a finished text: finds the template of an event, a channel and a language, and fills it in.

A template is `<event>.<form>.<language>.txt`, its form that of the channel: the subject on its first line, an empty
line, then the body. An event without one of its own is told by `news.<form>.<language>.txt`. The texts of short
messages are a provider's: for them a binding says what goes into its variables. Directories that are given are searched
before the shipped one, so one file is enough to reword one notice, or all news. One that cannot be used, or fails with
what a notice has to say, is passed over for the next: a notice on time in kaohe's own words serves an officer better
than none.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Template, meta

from engine.errors import UnknownNameError, os_words
from engine.ledger.canonical import sha256_of
from engine.rulebook.model import Language, Text
from notifier.brief_facts import BriefFacts
from notifier.channels.kind import Form
from notifier.channels.registry import kind, kinds
from notifier.digest_facts import DigestFacts
from notifier.events import GATHERED, LATE, OPENED
from notifier.facts import NoticeFacts
from notifier.gathered import GatheredFacts
from notifier.sandbox import compiled, faults, rendered, sandbox
from notifier.sms.binding import Bindings
from notifier.sms.facts import NEWS, TrialFacts, is_news
from notifier.sms.filling import filled
from notifier.sms.lint import check, refuse
from notifier.stamps import Stamp, stamp_of
from notifier.template_fault import TemplateFaultError
from notifier.words.lines import unmarked

SHIPPED = Path(__file__).parent / "templates"
Facts = NoticeFacts | DigestFacts | BriefFacts | GatheredFacts
_FACTS: Mapping[str, type[Facts]] = {OPENED.event: NoticeFacts, LATE.event: DigestFacts, GATHERED.event: GatheredFacts}
NAME = re.compile(r"(?P<event>[a-z_]+\.[a-z_]+|news)\.(?P<form>[a-z0-9-]+)\.(?P<language>[A-Za-z-]+)\.txt")


_LAYOUT = Text(
    "1: 第一行是主题，第二行空着，从第三行起是正文",
    "1: the first line is the subject, the second is empty, the body follows",
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished text. `template` names the file it was made with, without its directory and ending.

    `sha256` is that of the file, or of the provider's template, so that it is known which version it was.
    """

    template: str
    subject: str
    body: str
    variables: Mapping[str, str] = field(default_factory=dict)
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A sound template: its two parts, and the variables that it mentions."""

    subject: Template
    body: Template
    sha256: str
    names: frozenset[str]


class Templates:
    """The templates of some directories (`own`) and the shipped ones, each compiled once, and again once it changes."""

    def __init__(self, directories: Sequence[Path] = (), bindings: Bindings | None = None) -> None:
        self.own = tuple(directories)
        self._bindings = bindings or Bindings()
        self._environment = sandbox(html=False)
        self._read: dict[Path, tuple[Stamp, _Compiled | TemplateFaultError]] = {}
        self._failed: dict[Path, tuple[Stamp, TemplateFaultError]] = {}  # sound by themselves, but not with these facts

    def render(self, event: str, channel: str, facts: Facts | TrialFacts) -> Rendered:
        """The text for this event and channel, in the language of the facts.

        Of a short message the subject is the provider's template and sign, and the body the message as it is read.
        Raises UnknownNameError if there is no such template, TemplateFaultError if no sound one is left or there
        is no such binding.
        """
        form = kind(channel).form
        if form == "sms":
            return self._message(event, channel, facts)
        refused: TemplateFaultError | None = None
        for path in self._candidates(event, form, facts.language):
            try:
                return self.made(path, form, facts)
            except TemplateFaultError as error:
                refused = refused or error
                if self.fault(path) is None:
                    self._failed[path] = (stamp_of(path) or (0, 0, 0), error)
        raise refused or self._unknown(event, form, facts.language)

    def made(self, path: Path, form: Form, facts: Facts | TrialFacts) -> Rendered:
        """The text that this one template makes of these facts. Raises TemplateFaultError where it cannot."""
        found = self._reading(path)
        if isinstance(found, TemplateFaultError):
            raise found
        values = {field: getattr(facts, field) for field in variables_of(path)}
        title = " ".join(rendered(found.subject, str(path), values).split())
        if form == "chat":  # whose body is Markdown, and whose subject is not
            values = {field: _unmarked(value) for field, value in values.items()}
        if not title:
            raise TemplateFaultError(str(path), [Text("1: 主题是空的", "1: the subject is empty")])
        return Rendered(path.stem, title, _tidy(rendered(found.body, str(path), values)), sha256=found.sha256)

    def _message(self, event: str, channel: str, facts: Facts | TrialFacts) -> Rendered:
        binding = self._bindings.find(channel, event, facts.language, NEWS if is_news(event) else None)
        refuse(binding, self._bindings)
        values, text = filled(binding, facts)
        digest = sha256_of([binding.code, binding.sign, binding.text])
        return Rendered(binding.id, binding.subject, text + "\n", values, digest)

    def names(self, event: str, channel: str, language: Language) -> frozenset[str]:
        """The variables that the template for this event and channel mentions, or its binding's variables.

        Raises as `render` does where there is no such template or binding.
        """
        form = kind(channel).form
        if form == "sms":
            binding = self._bindings.find(channel, event, language, NEWS if is_news(event) else None)
            return frozenset(one.fact for one in binding.variables)
        for path in self._candidates(event, form, language):
            if isinstance(found := self._reading(path), _Compiled):
                return found.names
        raise self._unknown(event, form, language)

    def find(self, event: str, form: Form, language: Language) -> Path:
        """The file of this template: the event's own, from the first directory that has one, else that of all news.

        Raises UnknownNameError naming the forms or languages known.
        """
        found = next(self._candidates(event, form, language), None)
        if found is None:
            raise self._unknown(event, form, language)
        return found

    def fault(self, path: Path) -> TemplateFaultError | None:
        """Why this file cannot be used, or failed with what a notice had to say since it was last written; or None."""
        found = self._reading(path)
        if isinstance(found, TemplateFaultError):
            return found
        stamp, error = self._failed.get(path, (None, None))
        return error if stamp == stamp_of(path) else None

    def _candidates(self, event: str, form: Form, language: Language) -> Iterator[Path]:
        names = [f"{event}.{form}.{language}.txt"]
        if is_news(event):
            names.append(f"{NEWS}.{form}.{language}.txt")
        paths = (directory / name for name in names for directory in (*self.own, SHIPPED))
        return (path for path in paths if stamp_of(path) is not None)

    def _unknown(self, event: str, form: Form, language: Language) -> UnknownNameError:
        files = [f for d in (*self.own, SHIPPED) for f in d.glob("*.txt")]
        named = [m for f in files if (m := NAME.fullmatch(f.name))]
        forms = {m["form"] for m in named if m["event"] == event}
        if form not in forms:
            return UnknownNameError(f"form of {event} notices", form, forms)
        languages = {m["language"] for m in named if m["event"] == event and m["form"] == form}
        return UnknownNameError(f"language of {form} notices", language, languages)

    def binding_faults(self) -> list[tuple[str, str]]:
        """Every fault of the bindings of text messages, in English and Chinese, as `file:binding: what`."""
        return check(self._bindings, [one.name for one in kinds().values() if one.form == "sms"])

    def _reading(self, path: Path) -> _Compiled | TemplateFaultError:
        stamp = stamp_of(path) or (0, 0, 0)
        known = self._read.get(path)
        if known is None or known[0] != stamp:
            try:
                known = stamp, self._compile(path)
            except TemplateFaultError as error:
                known = stamp, error
            self._read[path] = known
        return known[1]

    def _compile(self, path: Path) -> _Compiled:
        name = str(path)
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise TemplateFaultError(name, [Text("1: 不是 UTF-8", "1: is not UTF-8")]) from error
        except OSError as error:
            why = Text(f"1: 读不了：{os_words(error)}", f"1: cannot be read: {error.strerror}")
            raise TemplateFaultError(name, [why]) from error
        known = variables_of(path)
        found = faults(self._environment, source, known)
        subject, _, rest = source.partition("\n")
        gap, _, body = rest.partition("\n")
        if not found and (gap.strip() or not subject.strip() or not body.strip()):
            found = [_LAYOUT]
        if found:
            raise TemplateFaultError(name, found)
        return _Compiled(
            compiled(self._environment, name, subject, known),
            compiled(self._environment, name, body, known),
            hashlib.sha256(source.encode()).hexdigest(),
            frozenset(meta.find_undeclared_variables(self._environment.parse(source))),
        )


def variables_of(path: Path) -> frozenset[str]:
    """What a template may name, by the event that it is for."""
    named = NAME.fullmatch(path.name)
    # A file of another name is never used, and checked as one of these.
    return frozenset(
        field.name for field in dataclasses.fields(facts_of_event(named["event"] if named else OPENED.event))
    )


def facts_of_event(event: str) -> type[Facts]:
    """Whose fields are the variables of this event's templates."""
    return _FACTS.get(event, BriefFacts)


def _unmarked(value: Any) -> Any:
    """A variable whose texts do nothing in Markdown."""
    if isinstance(value, tuple):
        return tuple(_unmarked(part) for part in value)
    return unmarked(value) if isinstance(value, str) else value


def _tidy(text: str) -> str:
    """No blanks at the ends of lines, at most one empty line in a row, one line feed at the end."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"
