"""From facts to a finished text: finds the template of an event, a channel and a language, and fills it in.

A template is `<event>.<form>.<language>.txt`, its form that of the channel: the subject on its first line, an empty
line, then the body. An event without one of its own is told by `news.<form>.<language>.txt`. The texts of short
messages are a provider's: for them a binding says what goes into its variables. Directories that are given are searched
before the shipped one, so one file is enough to reword one notice, or all news.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Template, meta

from engine.errors import UnknownNameError
from engine.ledger.canonical import sha256_of
from engine.rulebook.model import Language
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
from notifier.template_fault import TemplateFaultError
from notifier.words.lines import unmarked

SHIPPED = Path(__file__).parent / "templates"
Facts = NoticeFacts | DigestFacts | BriefFacts | GatheredFacts
_FACTS: Mapping[str, type[Facts]] = {OPENED.event: NoticeFacts, LATE.event: DigestFacts, GATHERED.event: GatheredFacts}
_NAME = re.compile(r"(?P<event>[a-z_]+\.[a-z_]+|news)\.(?P<form>[a-z0-9-]+)\.(?P<language>[A-Za-z-]+)\.txt")


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


class Templates:
    """The templates of some directories and the shipped ones, each checked and compiled once."""

    def __init__(self, directories: Sequence[Path] = (), bindings: Bindings | None = None) -> None:
        self._bindings = bindings or Bindings()
        self._directories = (*directories, SHIPPED)
        self._environment = sandbox(html=False)
        self._compiled: dict[Path, tuple[Template, Template, str, frozenset[str]]] = {}

    def render(self, event: str, channel: str, facts: Facts | TrialFacts) -> Rendered:
        """The text for this event and channel, in the language of the facts.

        Of a short message the subject is the provider's template and sign, and the body the message as it is read.
        Raises UnknownNameError if there is no such template, TemplateFaultError if it is refused or fails, or if there
        is no such binding.
        """
        form = kind(channel).form
        if form == "sms":
            return self._message(event, channel, facts)
        path = self.find(event, form, facts.language)
        if path not in self._compiled:
            self._compiled[path] = self._compile(path)
        subject, body, digest, _ = self._compiled[path]
        values = {field: getattr(facts, field) for field in _variables(path)}
        title = " ".join(rendered(subject, str(path), values).split())
        if form == "chat":  # whose body is Markdown, and whose subject is not
            values = {field: _unmarked(value) for field, value in values.items()}
        if not title:
            raise TemplateFaultError(str(path), ["1: the subject is empty"])
        return Rendered(path.stem, title, _tidy(rendered(body, str(path), values)), sha256=digest)

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
        path = self.find(event, form, language)
        if path not in self._compiled:
            self._compiled[path] = self._compile(path)
        return self._compiled[path][3]

    def find(self, event: str, form: Form, language: Language) -> Path:
        """The file of this template: the event's own, from the first directory that has one, else that of all news.

        Raises UnknownNameError naming the forms or languages known.
        """
        names = [f"{event}.{form}.{language}.txt"]
        if is_news(event):
            names.append(f"{NEWS}.{form}.{language}.txt")
        for path in (directory / name for name in names for directory in self._directories):
            if path.is_file():
                return path
        named = [m for d in self._directories for f in d.glob("*.txt") if (m := _NAME.fullmatch(f.name))]
        forms = {m["form"] for m in named if m["event"] == event}
        if form not in forms:
            raise UnknownNameError(f"form of {event} notices", form, forms)
        languages = {m["language"] for m in named if m["event"] == event and m["form"] == form}
        raise UnknownNameError(f"language of {form} notices", language, languages)

    def check(self) -> list[str]:
        """Every fault of every template file, as `path:line: what`, sorted; empty if all may be used."""
        found: list[str] = []
        for path in sorted({f for d in self._directories for f in d.glob("*.txt")}):
            try:
                self._compile(path)
            except TemplateFaultError as error:
                found += [f"{path}:{fault}" for fault in error.faults]
        return found

    def binding_faults(self) -> list[tuple[str, str]]:
        """Every fault of the bindings of text messages, in English and Chinese, as `file:binding: what`."""
        return check(self._bindings, [one.name for one in kinds().values() if one.form == "sms"])

    def _compile(self, path: Path) -> tuple[Template, Template, str, frozenset[str]]:
        name = str(path)
        try:
            source = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise TemplateFaultError(name, ["1: is not UTF-8"]) from error
        known = _variables(path)
        found = faults(self._environment, source, known)
        subject, _, rest = source.partition("\n")
        gap, _, body = rest.partition("\n")
        if not found and (gap.strip() or not subject.strip() or not body.strip()):
            found = ["1: the first line is the subject, the second is empty, the body follows"]
        if found:
            raise TemplateFaultError(name, found)
        return (
            compiled(self._environment, name, subject, known),
            compiled(self._environment, name, body, known),
            hashlib.sha256(source.encode()).hexdigest(),
            frozenset(meta.find_undeclared_variables(self._environment.parse(source))),
        )


def _variables(path: Path) -> frozenset[str]:
    """What a template may name, by the event that it is for."""
    named = _NAME.fullmatch(path.name)
    event = (
        named["event"] if named else OPENED.event
    )  # a file of another name is never used, and checked as one of these
    return frozenset(field.name for field in dataclasses.fields(_FACTS.get(event, BriefFacts)))


def _unmarked(value: Any) -> Any:
    """A variable whose texts do nothing in Markdown."""
    if isinstance(value, tuple):
        return tuple(_unmarked(part) for part in value)
    return unmarked(value) if isinstance(value, str) else value


def _tidy(text: str) -> str:
    """No blanks at the ends of lines, at most one empty line in a row, one line feed at the end."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n") + "\n"
