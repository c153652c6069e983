"""A piece of SQL that a configuration holds: a condition on a row, or a number over many rows. It is read as a tree and written anew.

What comes of it is one whole expression, with every name in quotes, so that nothing in it can end the place where it is put. The statement
that it becomes part of is checked once more, as all are (`sql_statement.py`).
"""

from collections.abc import Collection

from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from tools.sql_statement import checked, parsed, written
from tools.sql_text import Refused

LONGEST = 2_000
"""Characters of a piece."""

AGGREGATES = frozenset((
    "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "covar_pop", "covar_samp", "every", "group_concat", "json_agg",
    "mode", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy",
    "std", "stddev", "stddev_pop", "stddev_samp", "total", "var_pop", "var_samp", "variance",
))  # fmt: skip
"""Functions over many rows that sqlglot may know by their name alone."""


def condition(text: str, dialect: str, extra: Collection[str] = ()) -> str:
    """What has to hold of a row, in parentheses. `extra` as with `checked`. Raises Refused."""
    tree = _expression(text, dialect)
    if found := next((node for node in tree.walk() if _gathers(node)), None):
        raise Refused(f"{found.sql()[:60]} is about many rows; a condition is about one.")
    return _safe(tree, dialect, extra)


def aggregate(text: str, dialect: str, extra: Collection[str] = ()) -> str:
    """A number over the rows of a group, in parentheses. `extra` as with `checked`. Raises Refused."""
    tree = _expression(text, dialect)
    if not any(_gathers(node) for node in tree.walk()):
        raise Refused("It has to be a number over many rows, such as sum(amount), count(*) or avg(price).")
    for column in tree.find_all(exp.Column):
        if not any(_gathers(node) for node in _above(column)):
            raise Refused(f"{column.name} stands outside of sum, avg, count and their like, so it is not one number over many rows.")
    for node in tree.walk():
        if _is_function(node) and any(_is_function(above) for above in _above(node)):
            raise Refused("One function over many rows stands within another.")
    return _safe(tree, dialect, extra)


def _expression(text: str, dialect: str) -> exp.Expr:
    if len(text) > LONGEST:
        raise Refused(f"It is longer than {LONGEST:,} characters.")
    tree = parsed(text, dialect)
    if not isinstance(tree, exp.Condition | exp.Filter | exp.WithinGroup):
        raise Refused("It has to be one expression, not a statement.")
    for node in tree.walk():
        node.comments = None
        if isinstance(node, exp.Query | exp.Table):
            raise Refused("Queries within it are not allowed; make a view of them, and watch that.")
        if isinstance(node, exp.Window):
            raise Refused("Window functions (OVER) are not allowed in it.")
        if isinstance(node, exp.Alias):
            raise Refused("It takes no AS.")
        if isinstance(node, exp.Column) and (node.table or isinstance(node.this, exp.Star)):
            raise Refused("Write columns by their names alone, without the table.")
        if isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
            raise Refused("* stands in count(*) only.")
    return normalize_identifiers(tree, dialect="postgres") if dialect == "postgresql" else tree


def _safe(tree: exp.Expr, dialect: str, extra: Collection[str]) -> str:
    text = f"({written(tree, dialect)})"
    checked(f"SELECT {text} FROM t", dialect, lambda schema, name: (schema or "s", name), extra)  # noqa: S608
    return text


def _above(node: exp.Expr) -> list[exp.Expr]:
    found = []
    while node.parent is not None:
        node = node.parent
        found.append(node)
    return found


def _gathers(node: exp.Expr) -> bool:
    """Whether it makes one value of many rows, with what narrows or orders them."""
    return _is_function(node.this if isinstance(node, exp.Filter | exp.WithinGroup) else node)


def _is_function(node: object) -> bool:
    return isinstance(node, exp.AggFunc) or (isinstance(node, exp.Anonymous) and str(node.this).lower() in AGGREGATES)
