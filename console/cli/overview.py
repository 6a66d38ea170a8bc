"""The first words after `kaohe`: what each is for, and the modules of `console.cli` that are imported when it is typed.

What a command works with is imported with its modules, so nobody waits for what only others use.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


class Word:
    """A command or a group of commands: its help in English, and the modules in which it is."""

    def __init__(self, help_: str, *modules: str) -> None:
        self.help, self.modules = help_, modules


OVERVIEW: Mapping[str, Word] = MappingProxyType(
    {
        "explain": Word(
            "Why a violation stands there: figure, standard, ladder, counts, the rule's text and its basis, evidence.",
            "violations",
        ),
        "assess": Word(
            "Assess what is due. With --from/--to print every current assessment of these days, else only what is new.",
            "assess",
        ),
        "calendar": Word(
            "A month of assessments: which shops are assessed when, what came of it, what is next, who is limited.",
            "calendar",
        ),
        "demo": Word(
            "Import → tally → assess → record → notices → a summary, in a home of its own; "
            "run again, it changes nothing.",
            "demo",
        ),
        "doctor": Word(
            "Look at everything that kaohe rests on, and say how to mend what is not in order; exits 1 with findings.",
            "doctor",
        ),
        "import": Word(
            "Import evidence. Bad rows are set aside and told; the rest of their file is taken.", "evidence"
        ),
        "outlook": Word(
            "Where each shop stands in the cycles not assessed yet: safe, lost, or how many mend or break it.",
            "outlook",
        ),
        "pack": Word(
            "Everything about a violation in one file: figures, rule, sources, trace, notices, journal, attachments.",
            "pack",
        ),
        "sanctions": Word("Which shops are limited, by what, on a day or in a stretch of days.", "sanctions"),
        "charges": Word(
            "What violations were forecast to cost against what the platforms charged, and who bears it.", "sanctions"
        ),
        "status": Word(
            "What is due, running or failed, which notices wait, who works; exits 1 when anything is late.", "status"
        ),
        "config": Word("Every setting, its value and its origin; secrets masked.", "config"),
        "whoami": Word("Who you are here, and what you may do where.", "users"),
        "worker": Word(
            "Assess what falls due and send its notices, until told to stop. Several may run on one ledger.", "worker"
        ),
        "rules": Word("The rules: list, show, check, test.", "rules"),
        "violations": Word(
            "Violations on record: list, show, record what was decided.",
            "violation_lists",
            "violations",
            "violations_record",
        ),
        "appeals": Word("Appeals: what is due, draft, hand in, record the outcome.", "appeals"),
        "duties": Word("Duties: who owes what by when, its proof, and a second person who checks it.", "duties"),
        "evidence": Word("The evidence: what is there, what is missing.", "evidence_remove", "evidence_status"),
        "journal": Word("The journal: list entries, verify the chain.", "journal"),
        "lake": Word("The lake of day files: check that it is this ledger's, say that it has moved.", "lake"),
        "mappings": Word("Files as the back offices give them: list, show, check.", "mappings"),
        "mutes": Word("Mutes: what nobody is told of for a while, with an end and a reason.", "mutes"),
        "notices": Word(
            "Notices: list, show, preview, retry, send what is due; what arrived.", "notices", "receipts", "wording"
        ),
        "penalties": Word("What the platforms decided: list, show, match with our violations, confirm.", "penalties"),
        "period": Word("Months: close what is paid, see what was corrected since, open one again.", "period"),
        "report": Word("Reports: of a day, of a month; a file for each client and one for the house.", "reports"),
        "routes": Word("Who is told: contacts and routes from one file, and what they lead to.", "routes"),
        "deposits": Word("Deposits with the platforms: record a balance, list what may be left.", "sanctions"),
        "secret": Word("The key that seals buyers' ids: check it, begin a new one on purpose.", "secret"),
        "standards": Word("Standards of contracts, stricter than the platforms': set, list, end, check.", "standards"),
        "shops": Word("Shops: import a register, add one, list them.", "subjects"),
        "people": Word("People and their sub-accounts: import a register, list them.", "subjects"),
        "users": Word("Users: who may do what where.", "users"),
        "tokens": Word("Tokens, by which programs work as a user.", "users"),
        "waivers": Word("Waivers: one person asks, another one approves; they end by themselves.", "waivers"),
    }
)
