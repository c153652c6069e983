"""The last look at a statement: the very text that will run, word by word, read by nothing but this file.

The text is written from a checked tree, with every identifier in quotes. A word without quotes is therefore the language's or a function's;
each has to be on its list. Comments, variables, parameters, dollar quotes and further statements have no form here at all.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tools.sql_words import FUNCTIONS, KEYWORDS, OPERATORS


class Refused(Exception):
    """A statement that is not run. The message says which part of it and why, for the model."""


_STRING = {"sqlite": r"'(?:[^']|'')*'", "postgresql": r"'(?:[^']|'')*'|[eE]'(?:[^'\\]|''|\\.)*'", "mysql": r"'(?:[^'\\]|''|\\.)*'"}
_NAME = {"sqlite": r'"(?:[^"]|"")+"', "postgresql": r'"(?:[^"]|"")+"', "mysql": r"`(?:[^`]|``)+`"}


def _lexer(dialect: str) -> re.Pattern[str]:
    parts = (
        ("space", r" +"), ("string", rf"(?:{_STRING[dialect]}|[xXbB]'[0-9a-fA-F]*')(?![\w'])"), ("name", _NAME[dialect]),
        ("number", r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w$])"), ("word", r"[A-Za-z_][A-Za-z0-9_]*(?![\w$'\"`&])"),
        ("operator", r"[-+*/%^=<>!|&~#@?:]+"), ("mark", r"[(),.\[\]]"),
    )  # fmt: skip
    return re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in parts), re.DOTALL)


_LEXERS = {dialect: _lexer(dialect) for dialect in KEYWORDS}
_BEGINS = ("SELECT", "WITH", "VALUES", "(")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement."""

    kind: str
    """`string`, `name` (in quotes), `number`, `word`, `operator` or `mark`."""
    text: str


def final(text: str, dialect: str, extra: Collection[str] = ()) -> str:
    """The text as it runs. `extra` are more functions that may be called, as `name` or `schema.name`, in lower case. Raises Refused."""
    tokens = list(_tokens(text, dialect))
    if not tokens or tokens[0].text.upper() not in _BEGINS:
        raise Refused("Only SELECT, WITH … SELECT and VALUES can be run here.")
    return "".join(_written(tokens, at, dialect, extra) for at in range(len(tokens)))


def _tokens(text: str, dialect: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _LEXERS[dialect].match(text, at)
        if found is None or found.lastgroup is None:
            raise Refused(f"The statement holds what is not allowed here: {text[at:at + 20]!r}.")
        yield Token(found.lastgroup, found[0])
        at = found.end()


def _written(tokens: list[Token], at: int, dialect: str, extra: Collection[str]) -> str:
    token = tokens[at]
    match token.kind:
        case "operator" if token.text not in OPERATORS[dialect]:
            raise Refused(f"The operator {token.text} is not allowed here.")
        case "mark" if token.text == "." and (not at or tokens[at - 1].kind != "name"):
            raise Refused("A field of an expression cannot be taken here. Write columns as table.column.")
        case "word":
            return _word(tokens, at, dialect, extra)
        case "name":
            if _next(tokens, at) == "(" and not _lists_columns(tokens, at):
                raise Refused(f"Write the function {token.text} without quotes.")
            if dialect == "sqlite":  # SQLite takes "x" for a string where there is no column x; `x` is a name and nothing else
                return "`{}`".format(token.text[1:-1].replace('""', '"').replace("`", "``"))
    return token.text


def _word(tokens: list[Token], at: int, dialect: str, extra: Collection[str]) -> str:
    word = tokens[at].text.lower()
    calls = _next(tokens, at) == "("
    if at > 1 and tokens[at - 1].text == ".":
        schema = tokens[at - 2].text[1:-1].lower()
        if calls and f"{schema}.{word}" in extra:
            return word
        raise Refused(f"{schema}.{word} may not be called here; functions are called without a schema.")
    if word in KEYWORDS[dialect] or (calls and (word in FUNCTIONS[dialect] or word in extra)):
        return tokens[at].text
    if calls:
        for name in extra:
            schema, _, function = name.rpartition(".")
            if function == word:
                return f'"{schema}".{function}' if dialect == "postgresql" else f"`{schema}`.{function}"
        raise Refused(f"The function {word} is not among those that may be called here. The operator can add it under functions:.")
    raise Refused(f"{word.upper()} is not allowed here: one statement that reads, made of SELECT, WITH and VALUES, is.")


def _next(tokens: list[Token], at: int) -> str:
    """What follows."""
    return next((token.text for token in tokens[at + 1:] if token.kind != "space"), "")


def _lists_columns(tokens: list[Token], at: int) -> bool:
    """Whether what follows a name in parentheses is a list of columns and no arguments: `AS "t"("a")`, `WITH "t"("a") AS (SELECT`."""
    solid = [token for token in tokens[:at] if token.kind != "space"]
    rest = [token for token in tokens[at + 1:] if token.kind != "space"]
    end = next((place for place, token in enumerate(rest) if token.text == ")"), 0)
    if any(token.kind != "name" and token.text != "," for token in rest[1:end]):
        return False
    behind = [token.text.upper() for token in rest[end + 1:end + 5] if token.text.upper() not in ("NOT", "MATERIALIZED")]
    return solid[-1].text.upper() == "AS" or (behind[:2] == ["AS", "("] and behind[2:3] in (["SELECT"], ["WITH"], ["VALUES"], ["("]))
