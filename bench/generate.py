"""Generated sessions of one quarter: skewed shops, replies in time, late and never, in CSV as an import takes it."""

from __future__ import annotations

from pathlib import Path

from engine.evidence.duck import connect, text

SHOPS = 1000
AGENTS = 5  # a shop
FIRST_DAY = "2026-01-05"
DAYS = 91  # thirteen whole weeks


def generate(path: Path, sessions: int) -> None:
    """Write `sessions` rows to `path`, the same for the same number; hashes of the row number stand in for chance."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    opened = f"TIMESTAMP '{FIRST_DAY}' + to_seconds((hash(i, 2) % {DAYS * 86_400})::BIGINT)"
    form = "'%Y-%m-%dT%H:%M:%S+08:00'"
    with connect() as con:
        con.execute(
            f"""COPY (
                SELECT 'xiaohongshu' AS platform, 's' || shop AS shop, 'c' || i AS session,
                    'b' || hash(i, 4) % ({sessions} // 3 + 1) AS buyer,
                    's' || shop || 'a' || hash(i, 5) % {AGENTS} AS agent,
                    CASE WHEN hash(i, 6) % 100 < 92 THEN 'buyer' ELSE 'agent' END AS opened_by,
                    strftime(opened, {form}) AS opened_at,
                    CASE WHEN hash(i, 7) % 100 < 85
                         THEN strftime(opened + to_seconds((hash(i, 8) % 600)::BIGINT), {form})
                         WHEN hash(i, 7) % 100 < 88 THEN strftime(opened + to_seconds(90000), {form})
                    END AS first_human_reply_at,
                    strftime(opened + to_seconds((3600 + hash(i, 9) % 7200)::BIGINT), {form}) AS closed_at
                FROM (
                    SELECT i, {opened} AS opened,
                        floor({SHOPS} * power((hash(i, 3) % 1000000) / 1000000.0, 2))::INTEGER AS shop
                    FROM range({sessions}) t(i)
                )
            ) TO {text(str(draft))} (FORMAT csv, HEADER)"""
        )
    draft.rename(path)
