"""The import against a model of it in plain Python: dictionaries of rows, one file and one line after the other."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SHANGHAI = ZoneInfo("Asia/Shanghai")
MIDNIGHT = datetime(2026, 3, 3, tzinfo=SHANGHAI)
ZONES = [SHANGHAI, ZoneInfo("UTC"), ZoneInfo("America/St_Johns"), None]

# Instants around one local midnight, written in any zone, so that days are close to each other and easily mistaken.
INSTANTS = st.sampled_from([-86401, -86400, -3600, -1, 0, 1, 28800, 86399, 86400])


def written(seconds, zone):
    at = MIDNIGHT + timedelta(seconds=seconds)
    return (
        at.astimezone(SHANGHAI).replace(tzinfo=None).isoformat(" ") if zone is None else at.astimezone(zone).isoformat()
    )


TIME = st.tuples(INSTANTS, st.sampled_from(ZONES))
ROW = st.fixed_dictionaries(
    {
        "platform": st.sampled_from(["jd", "jd", "tmall", "nowhere"]),
        "shop": st.sampled_from(["s1", "s2"]),
        "session": st.sampled_from(["a", "b", "c", "c ", ""]),
        "agent": st.sampled_from(["x", "y", ""]),
        "opened_at": TIME,
        "closed_at": st.none() | TIME,
    }
)
FILE = st.tuples(st.sampled_from(["csv", "csv", "ndjson", "parquet"]), st.lists(ROW, max_size=6))
IMPORT = st.tuples(st.lists(FILE, min_size=1, max_size=3), st.booleans())


class Model:
    """What is stored: (platform, shop, session) → (opened, closed, agent)."""

    def __init__(self):
        self.stored = {}

    def take(self, files, replace):
        """One import; (read, taken, removed, refused)."""
        good, refused = [], 0
        for rows in files:
            fine = [self.cleaned(row) for row in rows if self.cleaned(row)]
            openings = Counter(key for key, _ in {(key, row[0]) for key, row in fine})
            whole = [(key, row) for key, row in fine if openings[key] == 1]
            refused += len(rows) - len(whole)
            good += whole
        before = dict(self.stored)
        if replace and refused:
            return sum(map(len, files)), 0, 0, refused
        if replace:
            days = {(key[:2], self.day(row)) for key, row in good}
            self.stored = {key: row for key, row in before.items() if (key[:2], self.day(row)) not in days}
        gone = set(before) - set(self.stored)
        self.stored.update(good)
        taken = len(set(self.stored) - set(before))
        return sum(map(len, files)), taken, len(gone - set(self.stored)), refused

    @staticmethod
    def cleaned(row):
        key = (row["platform"], row["shop"], row["session"].strip())
        opened = MIDNIGHT + timedelta(seconds=row["opened_at"][0])
        closed = row["closed_at"] and MIDNIGHT + timedelta(seconds=row["closed_at"][0])
        if key[0] == "nowhere" or not key[2] or (closed and closed < opened):
            return None
        return key, (opened, closed, row["agent"] or None)

    @staticmethod
    def day(row):
        return row[0].astimezone(SHANGHAI).date()

    def rows(self):
        return sorted((*key, row[2], row[0], row[1], self.day(row)) for key, row in self.stored.items())


def content(house):
    columns = ("platform", "shop", "session", "agent", "opened_at", "closed_at", "day")
    utc = ZoneInfo("UTC")
    return sorted(
        (*names, opened.replace(tzinfo=utc), closed and closed.replace(tzinfo=utc), day)
        for *names, opened, closed, day in house.rows(*columns)
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(IMPORT, min_size=1, max_size=4))
def test_any_imports_leave_what_the_model_leaves(empty_house, imports):
    house, model = empty_house(), Model()
    for turn, (files, replace) in enumerate(imports):
        paths = []
        for number, (wanted, rows) in enumerate(files):
            cells = [
                row | {name: row[name] and written(*row[name]) for name in ("opened_at", "closed_at")} for row in rows
            ]
            columns = list(cells[0]) if cells else ["platform", "shop", "session", "opened_at"]
            form = "csv" if wanted == "ndjson" and not cells else wanted  # an NDJSON without lines is an empty file
            paths.append(getattr(house, form)(f"{turn}-{number}.{form}", *cells, columns=columns))
        before = house.state()
        summary = house.take(*paths, replace=replace)
        assert (summary.read, summary.taken, summary.removed, summary.refused) == model.take(
            [rows for _, rows in files], replace
        )
        good = summary.taken + summary.already_there + summary.replaced + summary.held_back
        assert summary.read == good + summary.refused
        assert content(house) == model.rows()
        assert (house.state() == before) == (summary.days == ())
        assert house.sound()
