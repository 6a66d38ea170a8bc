"""What the demo plants: outcomes that are known before anything is counted, each at a place where mistakes are made.

A test holds the verdicts against a list that was written by hand. All other weeks, months and days are drawn around a
shop's habit from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

# Xiaohongshu, sessions: (shop, week) → (answered by a human in time, opened by buyers).
REPLIED: Mapping[tuple[str, str], tuple[int, int]] = {
    ("xhs-1001", "2026-W05"): (79, 100),  # fails by one; half of its sessions come in two files
    ("xhs-1001", "2026-W06"): (80, 100),  # exactly at the standard
    ("xhs-1002", "2026-W07"): (863, 1079),  # a campaign week: 79.98 %, and no rounding saves it
    ("xhs-2001", "2026-W09"): (4, 5),  # at the gate and at the standard
    ("xhs-2001", "2026-W10"): (0, 4),  # one below the gate: not assessed, whatever it is
    ("xhs-1002", "2026-W13"): (47, 60),  # the newest week: its notice goes out
    ("xhs-2001", "2026-W13"): (20, 30),
}

# Kuaishou, ratings: (shop, week) → (satisfied, all). The poor ones of four weeks make the 100 of a month.
SATISFIED: Mapping[tuple[str, str], tuple[int, int]] = {
    ("ks-3001", "2026-W02"): (225, 250),
    ("ks-3001", "2026-W03"): (315, 350),
    ("ks-3001", "2026-W04"): (80, 100),  # exactly at the standard
    ("ks-3001", "2026-W05"): (140, 160),
    ("ks-3001", "2026-W06"): (225, 250),
    ("ks-3001", "2026-W07"): (270, 300),
    ("ks-3001", "2026-W08"): (180, 200),
    ("ks-3001", "2026-W09"): (225, 250),
    ("ks-3001", "2026-W10"): (225, 250),
    ("ks-3001", "2026-W11"): (250, 275),
    ("ks-3001", "2026-W12"): (225, 250),
    ("ks-3001", "2026-W13"): (225, 250),
    ("ks-3002", "2026-W02"): (150, 175),
    ("ks-3002", "2026-W03"): (120, 144),
    ("ks-3002", "2026-W04"): (79, 100),  # fails by one
    ("ks-3002", "2026-W05"): (140, 170),
    ("ks-3002", "2026-W06"): (4, 5),  # four good ones make up for a bad one
    ("ks-3002", "2026-W07"): (200, 233),
    ("ks-3002", "2026-W08"): (200, 233),
    ("ks-3002", "2026-W09"): (200, 233),
    ("ks-3002", "2026-W10"): (150, 175),
    ("ks-3002", "2026-W11"): (150, 175),
    ("ks-3002", "2026-W12"): (150, 175),
    ("ks-3002", "2026-W13"): (150, 175),
}

# Kuaishou, ratings: (shop, month) → how many of the poor ones blame the attitude. Three violations in a row, the first
# two confirmed by the platform, climb the whole ladder.
BLAMED: Mapping[tuple[str, str], int] = {
    ("ks-3001", "2026-01"): 7,  # of 100: one too many
    ("ks-3001", "2026-02"): 7,
    ("ks-3001", "2026-03"): 7,
    ("ks-3002", "2026-01"): 6,  # of 100: exactly at the standard
    ("ks-3002", "2026-02"): 6,
    ("ks-3002", "2026-03"): 4,
}

# Kuaishou, messages: (shop, month) → (answered in time, people, day by day).
IN_TIME: Mapping[tuple[str, str], tuple[int, int]] = {
    ("ks-3002", "2026-01"): (70, 100),  # exactly at the standard
    ("ks-3002", "2026-02"): (69, 100),  # fails by one
}

# Pinduoduo, messages: (shop, day) → (effectively answered, people).
EFFECTIVE: Mapping[tuple[str, date], tuple[int, int]] = {
    ("pdd-4001", date(2026, 1, 15)): (49, 100),  # at the gate, and fails by one
    ("pdd-4001", date(2026, 1, 16)): (50, 100),  # exactly at the gate and at the standard
    ("pdd-4001", date(2026, 1, 17)): (40, 99),  # one below the gate: not assessed
    ("pdd-4001", date(2026, 3, 31)): (49, 100),  # the newest day: its notice goes out
}

# Kuaishou's back office shows this shop's replies in thousands and tenths of a percent only, so its officer enters
# (people, answered in time, at least, at most).
COUNTED: Mapping[tuple[str, str], tuple[int, int, int, int]] = {
    ("ks-3003", "2026-01"): (1000, 742, 737, 746),  # whatever was rounded away, it complies
    ("ks-3003", "2026-02"): (1000, 640, 635, 644),  # whatever was rounded away, it violates
    ("ks-3003", "2026-03"): (1000, 700, 695, 704),  # 69.5 % or 70.4 %: it cannot be told
}

# (rule, shop, cycle) → what the platform's notice said: severity, yuan charged, its number. A person enters it some
# days after the assessment; the next violation is graded by it.
CONFIRMED: Mapping[tuple[str, str, str], tuple[str, int, str]] = {
    ("kuaishou.service-attitude", "ks-3001", "2026-01"): ("minor", 0, "KS-20260204-0117"),
    ("kuaishou.service-attitude", "ks-3001", "2026-02"): ("serious", 200, "KS-20260304-0206"),
}
