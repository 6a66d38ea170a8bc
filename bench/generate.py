"""Generated chats of a quarter on three platforms: skewed shops, replies in time, late and never; some ratings."""

from __future__ import annotations

from pathlib import Path

from engine.evidence.duck import connect, text

SHOPS = 1000
AGENTS = 5  # a shop
FIRST_DAY = "2026-01-05"
DAYS = 91  # thirteen whole weeks
TALK = 8  # messages of a conversation
RATED = 20  # one rating for so many messages, on Kuaishou alone
FORM = "'%Y-%m-%dT%H:%M:%S+08:00'"

# Who speaks: the buyer asks, a bot may greet, an agent answers nine times of ten, and so on.
_SENDER = """CASE j WHEN 0 THEN 'buyer' WHEN 1 THEN CASE WHEN hash(i, 21) % 10 < 3 THEN 'bot' ELSE 'buyer' END
    WHEN 2 THEN CASE WHEN hash(i, 22) % 100 < 92 THEN 'agent' ELSE 'buyer' END WHEN 3 THEN 'buyer'
    WHEN 4 THEN CASE WHEN hash(i, 23) % 100 < 90 THEN 'agent' ELSE 'system' END WHEN 5 THEN 'buyer'
    WHEN 6 THEN CASE WHEN hash(i, 24) % 100 < 88 THEN 'agent' ELSE 'buyer' END ELSE 'agent' END"""


def generate(path: Path, messages: int, shops: int = SHOPS, first: str = FIRST_DAY, days: int = DAYS) -> None:
    """Write `messages` rows to `path`, the same for the same number; hashes of the row number stand in for chance."""
    talks = max(1, messages // TALK)
    opened = f"TIMESTAMP '{first}' + to_seconds((hash(i, 2) % {days * 86_400})::BIGINT)"
    # The next word comes after some seconds, as a rule within the minute, and in one of twelve talks after minutes.
    pace = "(2 + hash(i, 10) % 28 + CASE WHEN hash(i, 11) % 12 = 0 THEN 150 ELSE 0 END)"
    _write(
        path,
        f"""SELECT {_PLATFORM} AS platform, 's' || shop AS shop, 'c' || i AS session,
                'b' || hash(i, 4) % ({talks} // 2 + 1) AS buyer,
                CASE WHEN sender = 'agent' THEN 's' || shop || 'a' || hash(i, 5) % {AGENTS} END AS agent, sender,
                strftime(opened + to_seconds((j * {pace} + hash(i, j, 12) % 3)::BIGINT), {FORM}) AS sent_at
            FROM (
                SELECT i, j, {opened} AS opened, {_shop(shops)} AS shop, {_SENDER} AS sender
                FROM range({talks}) t(i), range({TALK}) u(j)
            )""",
    )


def generate_ratings(path: Path, messages: int, shops: int = SHOPS, first: str = FIRST_DAY, days: int = DAYS) -> None:
    """Write one rating for `RATED` messages to `path`; four of five are good."""
    rated, shop = f"TIMESTAMP '{first}' + to_seconds((hash(i, 2) % {days * 86_400})::BIGINT)", _shop(shops)
    _write(
        path,
        f"""SELECT 'kuaishou' AS platform, 's' || {shop} AS shop, 'r' || i AS rating,
                's' || {shop} || 'a' || hash(i, 5) % {AGENTS} AS agent, strftime({rated}, {FORM}) AS rated_at,
                CASE WHEN hash(i, 6) % 100 < 80 THEN 'satisfied' WHEN hash(i, 6) % 100 < 90 THEN 'neutral'
                     ELSE 'disappointed' END AS score,
                CASE WHEN hash(i, 6) % 100 >= 80 AND hash(i, 7) % 20 = 0 THEN 'bad_attitude' END AS reasons
            FROM range({max(1, messages // RATED)}) t(i)""",
    )


_PLATFORM = "CASE shop % 3 WHEN 0 THEN 'kuaishou' WHEN 1 THEN 'pinduoduo' ELSE 'xiaohongshu' END"


def _shop(shops: int) -> str:
    return f"floor({shops} * power((hash(i, 3) % 1000000) / 1000000.0, 2))::INTEGER"


def _write(path: Path, query: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with connect() as con:
        con.execute(f"COPY ({query}) TO {text(str(draft))} (FORMAT csv, HEADER)")
    draft.rename(path)
