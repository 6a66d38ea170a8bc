"""Is every time zone known in which days are counted?"""

from __future__ import annotations

from collections.abc import Mapping

from console.doctor.finding import Finding, ok
from engine.calendar.zones import zone_named
from engine.errors import UnknownNameError
from engine.rulebook.model import Text

SUBJECT = "zones"
MEND = Text(
    "请重新安装 tzdata（`pip install --force-reinstall tzdata`），或清掉 PYTHONTZPATH",
    "install tzdata anew (`pip install --force-reinstall tzdata`), or clear PYTHONTZPATH",
)


def check_zones(zones: Mapping[str, str]) -> list[Finding]:
    """Whether this machine knows each zone; `zones` maps who counts days in it (a platform, a rule) to its name."""
    unknown: dict[str, list[str]] = {}
    for who, zone in zones.items():
        try:
            zone_named(zone)
        except UnknownNameError:
            unknown.setdefault(zone, []).append(who)
    if not unknown:
        names = ", ".join(sorted(set(zones.values())))
        return [ok(SUBJECT, names, names)]
    return [
        Finding(
            SUBJECT,
            "wrong",
            Text(f"不认识时区 {zone}（{'、'.join(who)}）", f"the zone {zone} is unknown ({', '.join(who)})"),
            MEND,
        )
        for zone, who in unknown.items()
    ]
