"""What stands below the title of every report, and what distinguishes a client's from the one for the house."""

from __future__ import annotations

from dataclasses import replace

from console.local_time import local_time
from console.reports.look import LOCAL_ZONE, Look
from console.reports.sheet import Report


def notes(look: Look) -> tuple[str, ...]:
    """As of when, on which clock, and how numbers are to be read."""
    return look.said("as of", at=local_time(look.now), zone=LOCAL_ZONE), look.said("money note")


def for_client(look: Look, report: Report, client: str) -> Report:
    """What a client may be given of a report, saying whose it is."""
    return replace(report.of_client(client), notes=(look.said("for client", client=client), *report.notes))


def for_the_house(look: Look, report: Report) -> Report:
    """The whole report, with the warning that it is not for clients."""
    return replace(report, notes=(look.said("internal"), look.said("do not pass on"), *report.notes))
