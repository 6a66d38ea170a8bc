"""The one place where a rule file holds an expression: `where`, a condition on the columns of a relation.

It is SQL, read by sqlglot in DuckDB's dialect, and let through by three lists: of tokens, of node types and
of types. What is stored is printed from the checked tree, so no text of a file ever reaches a database.
"""

from __future__ import annotations

from sqlglot import Token, TokenType, exp, parse_one, tokenize
from sqlglot.errors import ParseError, TokenError

from engine.errors import KaoheError
from engine.rulebook.condition import ALLOWED, DIALECT, Finding, check_condition
from engine.rulebook.faults import shown, unknown
from engine.rulebook.relations import Relation

MAX_CHARACTERS = 2_000
MAX_TOKENS = 300
MAX_DEPTH = 16

_ALLOWED_TOKENS = frozenset(
    {
        *(TokenType.VAR, TokenType.STRING, TokenType.NUMBER, TokenType.DASH, TokenType.TRUE, TokenType.FALSE),
        *(TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE),
        *(TokenType.AND, TokenType.OR, TokenType.NOT, TokenType.IN, TokenType.IS, TokenType.NULL),
        *(TokenType.L_PAREN, TokenType.R_PAREN, TokenType.COMMA),
    }
)


class ExpressionError(KaoheError):
    """A condition that is refused; `findings` are all that was found, in their order."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(finding.what for finding in findings))


def canonical(text: str, relation: Relation) -> str:
    """The condition `text` on the columns of `relation`, checked and printed anew in one fixed form.

    Raises ExpressionError.

    >>> from engine.rulebook.relations import SESSIONS
    >>> canonical("opened_by='buyer' and (second  in(1,2) or agent is not null)", SESSIONS)
    "opened_by = 'buyer' AND (second IN (1, 2) OR NOT agent IS NULL)"
    """
    tokens = _tokens(text)
    if findings := _check_tokens(text, tokens, relation):
        raise ExpressionError(findings)
    tree = _tree(text)
    if findings := check_condition(tree, relation):
        raise ExpressionError(findings)
    return tree.sql(dialect=DIALECT, comments=False)


def _refused(offset: int, what: str) -> ExpressionError:
    return ExpressionError([Finding(offset, what)])


def _tokens(text: str) -> list[Token]:
    if len(text) > MAX_CHARACTERS:
        raise _refused(0, f"longer than {MAX_CHARACTERS} characters")
    try:
        tokens = tokenize(text, dialect=DIALECT)
    except TokenError:
        raise _refused(0, "a quotation or comment in the condition is never closed") from None
    if not tokens:
        raise _refused(0, "no condition is written here")
    if len(tokens) > MAX_TOKENS:
        raise _refused(tokens[MAX_TOKENS].start, f"more than {MAX_TOKENS} words and signs")
    return tokens


def _check_tokens(text: str, tokens: list[Token], relation: Relation) -> list[Finding]:
    """Unknown columns, and the first thing that no condition may hold: the rest is seldom worth reading."""
    findings: list[Finding] = []
    depth = 0
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        what = _forbidden(text, token, following, depth, relation)
        if what:
            return [*findings, Finding(token.start, what)]
        if token.token_type == TokenType.VAR and token.text not in relation.columns:
            findings.append(Finding(token.start, unknown(f"{relation.name} column", token.text, relation.columns)))
    return findings


def _forbidden(text: str, token: Token, following: Token | None, depth: int, relation: Relation) -> str | None:
    # Some columns have names that SQL gives a meaning elsewhere (`session`): here they are names.
    quoted = token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
    kind = TokenType.VAR if token.text in relation.columns and not quoted else token.token_type
    after = following.token_type if following else None
    written = text[token.start : token.end + 1]
    if token.comments:
        return "comments are refused in a condition"
    if kind == TokenType.IDENTIFIER:
        return f"{shown(written)} is refused: write columns without quotes, and text in single quotes"
    if after == TokenType.L_PAREN and kind == TokenType.VAR:
        return f"{shown(written)} is called like a function; {ALLOWED}"
    if kind not in _ALLOWED_TOKENS:
        return f"{shown(written)} is refused; {ALLOWED}"
    if kind == TokenType.NOT and after == TokenType.NOT:
        return "NOT NOT says nothing"
    if kind == TokenType.DASH and after != TokenType.NUMBER:
        return "- is refused but for the sign of a number"
    if depth > MAX_DEPTH:
        return f"more than {MAX_DEPTH} parentheses are open"
    return None


def _tree(text: str) -> exp.Expr:
    try:
        return parse_one(text, into=exp.Condition, dialect=DIALECT)
    except ParseError as error:
        place = error.errors[0] if error.errors else {}
        before, word = str(place.get("start_context", "")), str(place.get("highlight", ""))
        near = f" near {shown(word)}" if word else ""
        raise _refused(len(before), f"cannot be read as a condition{near}") from None
