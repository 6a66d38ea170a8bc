"""Conditions: what passes means to DuckDB what was written, and nothing else passes."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import KaoheError
from engine.rulebook.expression import MAX_DEPTH, ExpressionError, canonical
from engine.rulebook.relations import RELATIONS, SESSIONS

SQL_TYPES = {"text": "VARCHAR", "integer": "INTEGER", "boolean": "BOOLEAN", "date": "DATE"}
CONSTANTS = {"text": "'buyer'", "integer": "60", "boolean": "true", "date": "'2026-03-02'"}
ATTACKS = [
    "agent IN (SELECT agent FROM sessions)",
    "EXISTS (SELECT 1)",
    "(SELECT true)",
    "read_csv('/etc/passwd') IS NULL",
    "shop = (FROM read_text('/etc/passwd'))",
    "getenv('HOME') = shop",
    "length(shop) = 3",
    "upper(shop) = 'A'",
    "coalesce(replied_before_close, true)",
    "count(*) = 1",
    "row_number() OVER (ORDER BY shop) = 1",
    "sum(second) OVER () > 1",
    "CAST(second AS VARCHAR) = '1'",
    "second::text = '1'",
    "TRY_CAST(shop AS INTEGER) = 1",
    "DATE '2026-01-01' = day",
    "INTERVAL 1 DAY IS NULL",
    "opened_by = 'buyer' -- or anybody",
    "opened_by = 'buyer' /* or anybody */",
    "opened_by = 'buyer'; DROP TABLE sessions",
    "opened_by = 'buyer';",
    "opened_by = 'buyer') OR (true",
    "opened_by = 'buyer' UNION SELECT 1",
    "DROP TABLE sessions",
    "COPY sessions TO 'x'",
    "ATTACH 'x'",
    "PRAGMA version",
    "INSTALL httpfs",
    "\"opened_by\" = 'buyer'",
    'opened_by = "buyer"',
    "sessions.opened_by = 'buyer'",
    "opened_by = $1",
    "opened_by = ?",
    "opened_by = :name",
    "opened_by = @name",
    "opened_by = $$buyer$$",
    "opened_by = E'buyer'",
    "opened_by = X'00'",
    "opened_by || 'x' = 'buyerx'",
    "second + 1 = 2",
    "second % 2 = 0",
    "CASE WHEN true THEN true END",
    "opened_by LIKE 'b%'",
    "opened_by ~ 'b.*'",
    "second BETWEEN 1 AND 2",
    "opened_by IS DISTINCT FROM 'x'",
    "replied_before_close IS TRUE",
    "shop IN ['a']",
    "shop = ANY ['a']",
    "{'a': 1} IS NULL",
    "x -> x",
    "lambda x: x",
    "*",
    "columns(*) IS NULL",
    "#1 = 'a'",
    "opened_by COLLATE NOCASE = 'BUYER'",
    "shop AT TIME ZONE 'UTC' = 'a'",
    "NOT NOT replied_before_close",
    "IN NOT NULL",
    "NULL IS NULL",
    "shop IN (IN)",
    "second = - -1",
    "",
    "   ",
    "'",
    "/*",
    "(((",
    ")",
    "()",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_is_not_a_plain_condition_is_refused_with_a_place(attack):
    with pytest.raises(ExpressionError) as refused:
        canonical(attack, SESSIONS)
    assert refused.value.findings
    assert all(0 <= finding.offset <= len(attack) and finding.what for finding in refused.value.findings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("second = 'late'", "a whole number is compared with text"),
        ("shop = 1", "text is compared with a whole number"),
        ("replied_before_close = 'true'", "true or false is compared with text"),
        ("shop = second", "text is compared with a whole number"),
        ("second IN (1, 'a')", "a whole number is compared with text"),
        ("day = 20260302", "a date is compared with a whole number"),
        ("day = 'monday'", "a date is compared with a date"),
        ("day = shop", "a date is compared with a date"),
        ("second", "is no condition by itself"),
        ("shop AND replied_before_close", "is no condition by itself"),
        ("NOT shop", "is no condition by itself"),
        ("true", "a constant is no condition"),
        ("1 = 1", "one side of a comparison must be a column"),
        ("shop = NULL", "write IS NULL"),
        ("shop < 'b'", "text has no order"),
        ("replied_before_close > false", "boolean has no order"),
        ("second = 1.5", "numbers are whole"),
        ("second = 9999999999999999999", "numbers are whole"),
        ("second IN ()", "IN needs a list"),
        ("second IN (second)", "IN needs a list"),
        ("opend_by = 'buyer'", "did you mean 'opened_by'?"),
        ("OPENED_BY = 'buyer'", "unknown sessions column 'OPENED_BY'"),
        ("(shop = 'a') = true", "between a column and a column or constant"),
    ],
)
def test_what_does_not_fit_is_told_in_words(text, message):
    with pytest.raises(KaoheError, match="^.*" + message.replace("?", "[?]").replace("(", "[(]")):
        canonical(text, SESSIONS)


def test_all_unknown_columns_and_all_wrong_types_are_told_at_once():
    with pytest.raises(ExpressionError) as refused:
        canonical("opend_by = 'a' OR sop = 'b'", SESSIONS)
    assert [finding.offset for finding in refused.value.findings] == [0, 18]
    with pytest.raises(ExpressionError) as refused:
        canonical("shop = 1 OR second = 'x'", SESSIONS)
    assert [finding.offset for finding in refused.value.findings] == [0, 12]


@pytest.mark.parametrize("relation", [r for r in RELATIONS.values() if r.columns], ids=lambda relation: relation.name)
def test_every_column_can_be_named_and_duckdb_agrees(relation):
    columns = ", ".join(f"NULL::{SQL_TYPES[c.type]} AS {name}" for name, c in relation.columns.items())
    with duckdb.connect() as connection:
        for name, column in relation.columns.items():
            condition = canonical(f"{name} = {constant_for(column)} OR {name} IS NULL", relation)
            rows = connection.execute(f"SELECT count(*) FROM (SELECT {columns}) WHERE {condition}").fetchall()
            assert rows == [(1,)]


def constant_for(column):
    if not column.choices:
        return CONSTANTS[column.type]
    return quoted(column.choices[0]) if column.type == "text" else column.choices[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("score = 'satisfed'", "score is never 'satisfed'; did you mean 'satisfied'?"),
        ("'满意' = score", "score is never '满意'; known: disappointed, neutral, satisfied"),
        ("score IN ('neutral', 'dissapointed')", "score is never 'dissapointed'; did you mean 'disappointed'?"),
        ("score <> ''", "score is never ''; known: disappointed, neutral, satisfied"),
        ("stars = 6", "stars is never '6'; known: 1, 2, 3, 4, 5"),
        ("stars = -1", "stars is never '-1'; did you mean '1'?"),
        ("agent_kind = 'robot'", "agent_kind is never 'robot'; did you mean 'bot'?"),
        ("origin = 'invite'", "origin is never 'invite'; did you mean 'invited'?"),
    ],
)
def test_a_constant_that_a_column_never_is_is_told_with_those_that_it_can_be(text, message):
    with pytest.raises(ExpressionError) as refused:
        canonical(text, RELATIONS["ratings"])
    (finding,) = refused.value.findings
    assert finding.what == message
    constant = finding.what.split("'")[1].lstrip("-")
    assert text[finding.offset :].lstrip("'").startswith(constant)


def test_what_a_column_can_be_passes_and_limits_of_a_number_need_not_be_among_it():
    for text in ("score = 'neutral'", "stars IN (1, 5)", "stars < 6", "NOT origin = 'buyer'", "agent = 'satisfed'"):
        assert canonical(text, RELATIONS["ratings"])


def test_one_meaning_has_one_canonical_form():
    forms = ["opened_by='buyer'   and not second in(1,2)", "opened_by = 'buyer' AND second NOT IN (1, 2)"]
    assert {canonical(form, SESSIONS) for form in forms} == {"opened_by = 'buyer' AND NOT second IN (1, 2)"}


def test_a_long_condition_passes_and_a_longer_one_does_not():
    alternatives = " OR ".join(f"second = {n}" for n in range(70))
    assert canonical(alternatives, SESSIONS) == alternatives
    nested = "(" * MAX_DEPTH + "second = 1" + ")" * MAX_DEPTH
    assert canonical(nested, SESSIONS) == nested
    for text in (" OR ".join(f"second = {n}" for n in range(80)), f"({nested})", "second = 1" + " " * 2000):
        with pytest.raises(ExpressionError):
            canonical(text, SESSIONS)


@pytest.fixture(scope="module")
def rows():
    """A table of the relation's columns, with every combination of some values and null."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE sessions AS"
            " SELECT shop, agent, second, replied_before_close,"
            " shop AS opened_by, shop AS session, DATE '2026-03-02' AS day"
            " FROM (VALUES ('a'), (''''), ('\\'), (NULL)) s(shop), (VALUES ('b'), (NULL)) a(agent),"
            " (VALUES (0), (5), (NULL)) t(second), (VALUES (true), (false), (NULL)) r(replied_before_close)"
        )
        yield connection


WORDS = [*SESSIONS.columns, "AND", "OR", "NOT", "IN", "IS", "NULL", "(", ")", ",", "=", "<>", "<", "-", "1", "'a'"]
PLAIN = len(WORDS)
WORDS += ["SELECT", "FROM", "::", ";", "--", "/*", "*/", '"', "'", ".", "[", "{", "CASE", "OVER", "$", "true", "x"]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
        st.lists(st.sampled_from(WORDS[:PLAIN]), max_size=12).map(" ".join),
    )
)
def test_any_text_is_refused_or_runs_and_never_raises_anything_else(rows, text):
    try:
        printed = canonical(text, SESSIONS)
    except ExpressionError:
        return
    assert canonical(printed, SESSIONS) == printed
    rows.execute(f"SELECT count(*) FROM sessions WHERE {printed}")


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


plain_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
comparisons = st.one_of(
    st.tuples(st.sampled_from(["shop", "agent"]), st.sampled_from(["=", "<>", "!="]), plain_text.map(quoted)),
    st.tuples(st.just("second"), st.sampled_from(["=", "<", "<=", ">", ">="]), st.integers(-9, 9).map(str)),
    st.tuples(st.just("replied_before_close"), st.just("="), st.sampled_from(["true", "FALSE"])),
).map(" ".join)
leaves = st.one_of(
    comparisons,
    st.just("replied_before_close"),
    st.sampled_from(["agent IS NULL", "agent is not null", "NOT replied_before_close IS NULL"]),
    st.lists(plain_text.map(quoted), min_size=1, max_size=3).map(lambda given: f"shop IN ({', '.join(given)})"),
    st.lists(st.integers(-3, 9).map(str), min_size=1).map(lambda given: f"second NOT IN ({','.join(given)})"),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" AND ", " or "]), inner).map("".join),
        inner.map(lambda condition: f"NOT ({condition})"),
        inner.map(lambda condition: f"( {condition} )"),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(conditions)
def test_the_printed_condition_means_to_duckdb_what_was_written(rows, condition):
    printed = canonical(condition, SESSIONS)
    select = "SELECT * FROM sessions WHERE {} ORDER BY ALL"
    written = rows.execute(select.format(condition)).fetchall()
    assert rows.execute(select.format(printed)).fetchall() == written
