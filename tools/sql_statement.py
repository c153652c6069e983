"""A statement as a tree, so that what is checked is what runs: it is parsed, its tables are looked up, and it is written anew.

Only this file and `sql_expression.py` import sqlglot. Comments and hints do not survive; the written text has one meaning, or it is
refused (`sql_text.py`).
"""

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.generators.mysql import MySQLGenerator
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from tools.sql_text import Refused, final

LONGEST = 20_000
"""Characters of a statement."""

class _Mysql(MySQL):
    """MySQL, written so that MariaDB reads it too: RLIKE is known to both, REGEXP_LIKE to one."""

    class Generator(MySQLGenerator):
        TRANSFORMS: ClassVar = {**MySQLGenerator.TRANSFORMS, exp.RegexpLike: lambda self, node: self.binary(node, "RLIKE")}


DIALECTS: Mapping[str, str | type[MySQL]] = {"sqlite": "sqlite", "postgresql": "postgres", "mysql": _Mysql}

Resolve = Callable[[str, str], tuple[str, str]]
"""`resolve(schema, table)`: where the table is, as (schema, table); the schema is empty where none was written. Raises Refused."""

_REFUSED: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.Command, "This kind of statement is not allowed here."),
    (exp.DML, "It would write: INSERT, UPDATE, DELETE and MERGE are not allowed, inside WITH neither."),
    (exp.DDL, "It would change the database."),
    (exp.Into, "SELECT … INTO would write."),
    (exp.Lock, "FOR UPDATE and FOR SHARE take locks, which is not allowed here."),
    (exp.Placeholder, "There are no parameters here: write the values into the statement."),
    (exp.Parameter, "There are no parameters or variables here: write the values into the statement."),
    (exp.SessionParameter, "Settings of the server cannot be read here."),
)
"""What has a plain reason. Everything else that does not belong is stopped word by word in the written text."""

_BROKEN = (ValueError, TypeError, AttributeError, LookupError, AssertionError, re.error)
"""What sqlglot raises over some texts that it cannot read."""

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # its warnings repeat what a person or a model wrote


def checked(text: str, dialect: str, resolve: Resolve, extra: Collection[str] = (), most: int | None = None) -> str:
    """The statement to run in place of this text: one that reads, from tables that `resolve` knows, with functions that are listed.

    `dialect` is `sqlite`, `postgresql` or `mysql`; `extra` are more functions, as `name` or `schema.name`, in lower case. With `most`
    it ends after that many rows by itself. Raises Refused.
    """
    tree = parsed(text, dialect)
    if dialect == "postgresql":
        tree = normalize_identifiers(tree, dialect="postgres")
    _check(tree)
    for table in list(tree.find_all(exp.Table)):
        _place(table, dialect, resolve)
    if dialect == "postgresql":
        _enclose(tree)
    if most is not None:
        _limit(tree, most)
    text = written(tree, dialect)
    again = parsed(text, dialect)
    _check(again)
    for table in again.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and not table.db and not _is_query(table, dialect):
            raise Refused(f"It is not clear which table {table.name} is. Give each WITH query a name of its own.")
    if dialect == "postgresql" and any(True for _ in _exposed(again)):
        raise Refused("Write a function in FROM in a query of its own: FROM (SELECT * FROM function(…)) AS name.")
    if written(again, dialect) != text:
        raise Refused("The statement could be read in two ways. Write it more plainly.")
    return final(text, dialect, extra)


def parsed(text: str, dialect: str) -> exp.Expr:
    """The tree of the only statement, or expression, in this text. Raises Refused."""
    if len(text) > LONGEST:
        raise Refused(f"The statement is longer than {LONGEST:,} characters.")
    if "\0" in text:
        raise Refused("The statement holds a NUL character.")
    try:
        trees = [tree for tree in sqlglot.parse(text, dialect=DIALECTS[dialect]) if not isinstance(tree, exp.Semicolon | None)]
    except SqlglotError as error:
        raise Refused(f"The statement cannot be read: {_reason(error)}") from error
    except _BROKEN as error:
        raise Refused("The statement cannot be read. Write it more plainly.") from error
    except RecursionError as error:
        raise Refused("The statement is nested too deeply.") from error
    if len(trees) != 1:
        raise Refused(f"Write exactly one statement; these are {len(trees)}." if trees else "There is no statement.")
    return trees[0]


def _reason(error: SqlglotError) -> str:
    detail: Mapping[str, Any] = next(iter(getattr(error, "errors", ())), {})
    if not detail:
        return f"{str(error).splitlines()[0][:200]}."
    near = f"{detail.get('start_context', '')[-30:]}⟨{detail.get('highlight', '')}⟩{detail.get('end_context', '')[:30]}"
    return f"{detail.get('description')}, line {detail.get('line')}, near: {near}"


def _check(tree: exp.Expr) -> None:
    """Raises Refused for what no later look would tell as plainly, and for what has two meanings."""
    for node in tree.walk():
        for kind, why in _REFUSED:
            if isinstance(node, kind) and not isinstance(node, exp.Query):
                raise Refused(why)
        node.comments = None
        if isinstance(node, exp.Select):
            node.set("hint", None)
        if isinstance(node, exp.In) and node.args.get("field") is not None:
            raise Refused("Write IN with a list or with a query: IN (SELECT …).")
        if isinstance(node, exp.Anonymous) and not isinstance(node.this, str):
            raise Refused(f"Write the function {node.name} without quotes.")
    if not isinstance(tree, exp.Query | exp.Values):
        raise Refused("Only SELECT, WITH … SELECT and VALUES can be run here.")


def _place(table: exp.Table, dialect: str, resolve: Resolve) -> None:
    """Say of a table where it is; a function that gives rows, and a WITH query, stay as they are."""
    if not isinstance(table.this, exp.Identifier):
        return
    if table.catalog:
        raise Refused(f"{table.sql()}: write tables as schema.table or table.")
    if not table.db and _is_query(table, dialect):
        return
    schema, name = resolve(table.db, table.name)
    table.set("db", exp.to_identifier(schema, quoted=True))
    table.set("this", exp.to_identifier(name, quoted=True))


def _is_query(table: exp.Table, dialect: str) -> bool:
    """Whether this name certainly means a WITH query that is in scope, by the rules that all dialects share."""
    fold = str.lower if dialect == "sqlite" else str
    node: exp.Expr = table
    while node.parent is not None:
        within, node = node, node.parent
        named = node.args.get("with_") if isinstance(node, exp.Query | exp.Values) else None
        if named is None:
            continue
        names = [fold(query.alias) for query in named.expressions]
        if within is not named:
            known = names
        else:
            at = next(place for place, query in enumerate(named.expressions) if _holds(query, table))
            known = names[:at + 1] if named.args.get("recursive") else names[:at]
        if fold(table.name) in known:
            return True
    return False


def _holds(node: exp.Expr, inner: exp.Expr) -> bool:
    above: exp.Expr | None = inner
    while above is not None and above is not node:
        above = above.parent
    return above is node


def _exposed(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The functions in FROM that do not stand alone in a `SELECT * FROM function`."""
    for node in tree.find_all(exp.Table, exp.Unnest, exp.Lateral):
        if _is_function(node) and not _alone(node):
            yield node


def _enclose(tree: exp.Expr) -> None:
    """Put each function in FROM in a query of its own. Raises Refused.

    PostgreSQL calls functions without parentheses too: `(x).f` is `f(x)`, and `a.f` is `f(a)` where `a` is a function in FROM. The first
    has no form in the written text. After this `a` is a row, and no function with an effect takes a row.
    """
    for node in list(_exposed(tree)):
        if node.args.get("rows_from") or node.args.get("joins"):
            raise Refused("Write the functions in FROM one by one, and joins without parentheses.")
        alias = node.args.get("alias")
        name = alias.this.copy() if alias and alias.this else exp.to_identifier(_name(node), quoted=True)
        inner = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node.copy()))
        node.replace(exp.Lateral(this=exp.Subquery(this=inner), alias=exp.TableAlias(this=name)))


def _is_function(node: exp.Expr) -> bool:
    if isinstance(node, exp.Table):
        return not isinstance(node.this, exp.Identifier)
    if isinstance(node, exp.Lateral):
        return not isinstance(node.this, exp.Subquery)
    return isinstance(node.parent, exp.From | exp.Join | exp.Subquery)


def _alone(node: exp.Expr) -> bool:
    query = node.parent.parent if isinstance(node.parent, exp.From) else None
    if not isinstance(query, exp.Select) or query.args["expressions"] != [exp.Star()]:
        return False
    return not any(value for key, value in query.args.items() if key not in ("expressions", "from_"))


def _name(node: exp.Expr) -> str:
    """How PostgreSQL calls a function in FROM that was given no name."""
    called = node if isinstance(node, exp.Unnest) else node.this
    if not isinstance(called, exp.Func):
        raise Refused("Write tables and functions in FROM plainly, with a name each.")
    return called.name.lower() if isinstance(called, exp.Anonymous) else called.sql_name().lower()


def _limit(tree: exp.Expr, most: int) -> None:
    limit = tree.args.get("limit")
    if limit is None:
        tree.set("limit", exp.Limit(expression=exp.Literal.number(most)))
        return
    count = limit.args.get("expression") or limit.args.get("count")
    if not isinstance(count, exp.Literal) or not count.name.isdigit():
        raise Refused("Write LIMIT with a plain number.")
    if int(count.name) > most:
        tree.set("limit", exp.Limit(expression=exp.Literal.number(most)))


def written(tree: exp.Expr, dialect: str) -> str:
    """The tree as text, without comments and with every name in quotes. Raises Refused."""
    try:
        return tree.sql(DIALECTS[dialect], identify=True, comments=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise Refused(f"The statement is not {dialect}: {str(error).splitlines()[0][:200]}") from error
    except _BROKEN as error:
        raise Refused("The statement cannot be written anew. Write it more plainly.") from error
    except RecursionError as error:
        raise Refused("The statement is nested too deeply.") from error
