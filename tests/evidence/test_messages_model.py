"""Messages, and sessions imported and derived, against a naive model in plain Python: lists, loops and dictionaries."""

import hashlib
import hmac
from collections import Counter
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.evidence.kinds import MESSAGES

from .conftest import SECRET

SHANGHAI, UTC = ZoneInfo("Asia/Shanghai"), ZoneInfo("UTC")
MIDNIGHT = datetime(2026, 3, 3, tzinfo=SHANGHAI)
# Few instants around two midnights, so that rows are equal, at one instant, or a day apart.
INSTANTS = st.sampled_from([-86401, -86400, -2, -1, -1, 0, 0, 1, 2, 86399, 86400])
MESSAGE = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(["jd", "jd", "jd", "tmall"]),
        "shop": st.sampled_from(["s1", "s1", "s2"]),
        "session": st.sampled_from(["", "a", "b"]),
        "buyer": st.sampled_from(["b1", "b2"]),
        "agent": st.sampled_from(["", "x", "y"]),
        "sender": st.sampled_from(["buyer", "buyer", "agent", "agent", "bot", "system"]),
        "sent_at": INSTANTS,
    }
)
SESSION = st.fixed_dictionaries(
    {
        "platform": st.just("jd"),
        "shop": st.sampled_from(["s1", "s2"]),
        "session": st.sampled_from(["a", "b", "c"]),
        "opened_at": INSTANTS,
    }
)
MESSAGES_OF_FILES = st.lists(st.lists(MESSAGE, min_size=1, max_size=8), min_size=1, max_size=3)
SESSIONS_OF_FILES = st.lists(st.lists(SESSION, min_size=1, max_size=2), min_size=1, max_size=1)
IMPORT = st.tuples(
    st.one_of(
        st.tuples(st.just("messages"), MESSAGES_OF_FILES),
        st.tuples(st.just("messages"), MESSAGES_OF_FILES),
        st.tuples(st.just("sessions"), SESSIONS_OF_FILES),
    ),
    st.sampled_from([False, False, True]),
)


def instant(seconds):
    return MIDNIGHT + timedelta(seconds=seconds)


def utc(at):
    return at and at.astimezone(UTC).replace(tzinfo=None)


def seal(platform, buyer):
    return hmac.new(SECRET, f"{platform}\x1f{buyer}".encode(), hashlib.sha256).digest()[:16]


def last(text):
    """A key that puts nobody after everybody."""
    return text is None, text or ""


class Model:
    """What is stored: messages as tuples with their number, imported sessions as a dictionary."""

    def __init__(self):
        self.messages, self.sessions = set(), {}

    def take(self, kind, files, replace):
        """One import; how many rows are new and how many are removed."""
        return self.take_messages(files, replace) if kind == "messages" else self.take_sessions(files, replace)

    def take_messages(self, files, replace):
        brought = set()
        for rows in files:
            seen = Counter()
            for row in rows:
                key = (row["platform"], row["shop"], row["session"] or None, seal(row["platform"], row["buyer"]),
                       row["agent"] or None, row["sender"], instant(row["sent_at"]))  # fmt: skip
                seen[key] += 1
                brought.add((*key, seen[key]))
        before = self.messages
        places = {(m[0], m[1], m[6].date()) for m in brought} if replace else set()
        kept = {m for m in before if (m[0], m[1], m[6].date()) not in places}
        self.messages = kept | brought
        return len(self.messages - before), len(before - self.messages)

    def take_sessions(self, files, replace):
        brought = {}
        for rows in files:
            openings = Counter(key[:2] for key in {(row["shop"], row["session"], row["opened_at"]) for row in rows})
            brought |= {
                ("jd", row["shop"], row["session"]): instant(row["opened_at"])
                for row in rows
                if openings[row["shop"], row["session"]] == 1
            }
        before = self.sessions
        places = {(key[1], at.date()) for key, at in brought.items()} if replace else set()
        kept = {key: at for key, at in before.items() if (key[1], at.date()) not in places}
        self.sessions = kept | brought
        return len(self.sessions.keys() - before.keys()), len(before.keys() - self.sessions.keys())

    @staticmethod
    def conversation(m):
        return m[:3] if m[2] else (*m[:2], m[3])

    def message_rows(self):
        """Every message with who answered it, when, and who had spoken before it."""
        found = []
        for m in self.messages:
            same = [o for o in self.messages if self.conversation(o) == self.conversation(m)]
            today = [o for o in same if o[6].date() == m[6].date()]
            answers = [(o[6], last(o[4])) for o in today if o[5] == "agent" and o[6] >= m[6]]
            spoken = sorted((o for o in today if o[5] in {"buyer", "agent"}), key=self.place)
            before = [o[5] for o in spoken if self.place(o) < self.place(m)]
            if m[5] == "buyer":
                answered, (_, by) = min(answers, default=(None, (None, None)))
                tail = (utc(answered), by or None, before[-1] if before else None)
            else:
                tail = (None, None, None)
            found.append((*m[:6], utc(m[6]), m[7], m[6].date(), *tail))
        return sorted(found, key=str)

    @staticmethod
    def place(m):
        return m[6], m[5] != "buyer", last(m[4]), m[7], m[3]

    def session_rows(self):
        found = [
            (*key, None, None, "buyer", utc(at), None, False, False, at.date()) for key, at in self.sessions.items()
        ]
        spoken = sorted(
            (m for m in self.messages if m[5] in {"buyer", "agent"}), key=lambda m: str(self.conversation(m))
        )
        for _, group in groupby(spoken, self.conversation):
            rows = list(group)
            name = rows[0][2] or f"buyer:{rows[0][3].hex()[:16]}"
            opened = min(m[6] for m in rows)
            agents = sorted((m[6], last(m[4])) for m in rows if m[5] == "agent")
            asked = min((m[6] for m in rows if m[5] == "buyer"), default=None)
            by = "agent" if agents and (asked is None or agents[0][0] < asked) else "buyer"
            named = min((m[4] for m in rows if m[4]), default=None)
            agent = (agents[0][1][1] if agents else None) or named
            replied = utc(agents[0][0]) if agents else None
            shadowed = (*rows[0][:2], name) in self.sessions
            buyer = min(m[3] for m in rows)
            found.append((*rows[0][:2], name, buyer, agent, by, utc(opened), replied, True, shadowed, opened.date()))
        return sorted(found, key=str)


def alike(row):
    return tuple(sorted(row.items()))


def stored_messages(chat):
    columns = ("platform", "shop", "session", "buyer", "agent", "sender", "sent_at", "nth", "day")
    return sorted(chat.rows(*columns, "answered_at", "answered_by", "previous"), key=str)


def stored_sessions(house):
    columns = ("platform", "shop", "session", "buyer", "agent", "opened_by", "opened_at", "first_human_reply_at")
    return sorted(house.rows(*columns, "derived", "shadowed", "day"), key=str)


def written(house, name, rows):
    cells = [{c: instant(v).isoformat() if c.endswith("_at") else v for c, v in row.items()} for row in rows]
    return house.csv(name, *cells, columns=list(cells[0]))


@settings(
    max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(IMPORT, min_size=1, max_size=4))
def test_any_imports_of_messages_and_sessions_leave_what_the_model_leaves(empty_house, imports):
    house, model = empty_house(), Model()
    chat = house.of(MESSAGES)
    for turn, ((kind, files), replace) in enumerate(imports):
        importer = chat if kind == "messages" else house
        paths = [written(importer, f"{turn}-{number}.csv", rows) for number, rows in enumerate(files)]
        before = chat.state(), house.live()
        summary = importer.take(*paths, replace=replace)
        assert (summary.taken, summary.removed) == model.take(kind, files, replace)
        assert summary.read == summary.taken + summary.already_there + summary.replaced + summary.refused
        assert stored_messages(chat) == model.message_rows()
        assert stored_sessions(house) == model.session_rows()
        assert ((chat.state(), house.live()) == before) == (summary.days == ())
        assert chat.sound() and house.sound()


@settings(
    max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(MESSAGE, min_size=1, max_size=12), st.lists(SESSION, max_size=2), st.data())
def test_the_same_rows_in_any_order_and_cutting_leave_the_same_bytes(empty_house, messages, sessions, data):
    """Equal rows stay in one file; files overlap, come in one command or in several, sessions before or after."""
    found = []
    for cut in (False, True):
        house = empty_house()
        chat = house.of(MESSAGES)
        works = [(house, [("s.csv", sessions)])] if sessions else []
        if cut:
            parts = {alike(m): data.draw(st.sets(st.integers(0, 2), min_size=1)) for m in messages}
            shuffled = data.draw(st.permutations(messages))
            files = [[m for m in shuffled if n in parts[alike(m)]] for n in range(3)]
            together = data.draw(st.booleans())
            named = [(f"{n}.csv", rows) for n, rows in enumerate(files) if rows]
            works += [(chat, named)] if together else [(chat, [one]) for one in named]
            works = data.draw(st.permutations(works))
        else:
            works.append((chat, [("m.csv", messages)]))
        for importer, files in works:
            importer.take(*(written(importer, name, rows) for name, rows in files))
        found.append((stored_messages(chat), stored_sessions(house), chat.live(), house.live()))
    assert found[0] == found[1]
