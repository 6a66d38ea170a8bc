"""The calendar of assessments as RFC 5545 has it: for the calendars that people already look at.

An assessment is an event without length at its instant, in its own zone; a measure is an event of whole days. Nothing
makes anybody busy. What an event is called (its UID) stays the same whatever becomes of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from console.calendar_words import cycle_words, line, measure_words, result_words, rule_title
from console.sentences import sentence
from engine.assessment.agenda import Agenda, Appointment, Item, Measure
from engine.rulebook.model import Language, Rule
from notifier.words.vocabulary import STATES, word

YEARS_AHEAD = 10
PRODUCT = "-//kaohe//assessment calendar//"
CATEGORIES = {
    "assessment": {"zh-CN": "考核", "en": "assessment"},
    "measure": {"zh-CN": "处罚", "en": "measure"},
}


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """Writes an agenda as a calendar. `asked` names whose it is, where it is not everybody's.

    It becomes part of the names of assessments: of two clients' calendars, neither may overwrite the other's words.
    """

    agenda: Agenda
    rules: Mapping[str, Rule]
    now: datetime
    language: Language
    asked: str = ""

    def text(self) -> str:
        """The calendar, in lines of at most 75 octets that end with CR LF."""
        calendar = Calendar()
        calendar.add("prodid", PRODUCT + ("ZH" if self.language == "zh-CN" else "EN"))
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", sentence("calendar name", self.language))
        listed = {item.appointment.name for item in self.agenda.items}
        later = [a for a in self.agenda.upcoming if a.name not in listed]
        events = [self._assessment(item.appointment, item) for item in self.agenda.items]
        events += [self._assessment(appointment, None) for appointment in later]
        events += [self._measure(measure) for measure in self.agenda.measures]
        for event in events:
            calendar.add_component(event)
        # A zone is written out for years of their own: icalendar's end with 2038.
        years = self.agenda.first.year, min(self.agenda.last.year + YEARS_AHEAD, date.max.year)
        calendar.add_missing_timezones(date(years[0], 1, 1), date(years[1], 12, 31))
        return bytes(calendar.to_ical(sorted=True)).decode()

    def _assessment(self, of: Appointment, item: Item | None) -> Event:
        title = rule_title(self.rules, of.rule, self.language)
        result = result_words(item, self.language) if item else ""
        event = self._event(f"{of.rule}/{of.cycle}{self._whose()}", "assessment")
        event.add("dtstart", of.due_at.astimezone(ZoneInfo(of.zone)))
        colon = "：" if self.language == "zh-CN" else ": "
        event.add("summary", line(title) + (f"{colon}{result}" if item and item.state != "coming" else ""))
        event.add("description", "\n".join(filter(None, [f"{of.rule} {of.version}", self._cycle(of), result])))
        return event

    def _measure(self, measure: Measure) -> Event:
        starts, ends = measure.sanction.starts, measure.sanction.ends
        assert starts is not None and ends is not None
        event = self._event(f"{measure.violation}/{measure.position}", "measure")
        event.add("dtstart", starts)
        event.add("dtend", ends + timedelta(days=1))  # the day after the last
        colon, comma = ("：", "，") if self.language == "zh-CN" else (": ", ", ")
        state = word(STATES, measure.state, self.language)
        words = measure_words(measure, self.rules, self.language)
        event.add("summary", f"{line(measure.shop.shown())}{colon}{words}{comma}{state}")
        lines = [f"{measure.shop.platform}/{line(measure.shop.id)}", f"{measure.violation} {state}"]
        event.add("description", "\n".join([*lines, rule_title(self.rules, measure.rule, self.language)]))
        return event

    def _event(self, name: str, category: str) -> Event:
        event = Event()
        event.add("uid", f"{name}@kaohe")
        event.add("dtstamp", self.now.astimezone(UTC).replace(microsecond=0))
        event.add("transp", "TRANSPARENT")
        event.add("categories", [CATEGORIES[category][self.language]])
        return event

    def _whose(self) -> str:
        return f"/{hashlib.sha256(self.asked.encode()).hexdigest()[:12]}" if self.asked else ""

    def _cycle(self, of: Appointment) -> str:
        return line(cycle_words(of, self.language))
