"""What two people agreed to let off, as far as it touches a month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from console.reports.look import Look
from console.reports.sheet import Kind, Row, Sheet, Tone, Word
from console.waiver_words import Told
from engine.tracker.waiver_states import STATES

KINDS: Mapping[str, Kind] = {"starts": "day", "ends": "day"}
_TONES: Mapping[str, Tone] = {"approved": "good", "requested": "warn"}


def waivers(look: Look, found: Iterable[Told]) -> Sheet:
    """Waivers with their shops and rules. The reason, and who asked and agreed, are internal."""
    comma = "、" if look.language == "zh-CN" else ", "
    rows = []
    for told in found:
        w = told.waiver
        cells = (
            w.client,
            told.name,
            Word(w.state, STATES[w.state].in_language(look.language), _TONES.get(w.state, "quiet")),
            # A shop that has gone to another client since is not this one's to be told of.
            comma.join(look.shop(shop.platform, shop.external_id) for shop in told.shops if shop.client == w.client),
            w.violation_id or comma.join(map(look.title_words, w.rules)),
            w.first_day,
            w.last_day,
            comma.join(w.writers),
            w.decided_by,
            w.why,
        )
        rows.append(Row(w.client, cells))
    return Sheet(
        "waivers",
        look.said("waivers"),
        look.columns("client waiver state covered rules starts ends asked_by decided_by reason", **KINDS),
        tuple(rows),
        look.said("waivers empty"),
    )
