"""Statements from the text files in the folder `sql`: a line that says what it is, and the statement under it."""

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "sql"
HEAD = re.compile(r"@(both|sqlite|postgresql|mysql) ?(\w*)(!?): (.*)")


@dataclass(frozen=True, slots=True)
class Case:
    """One statement."""

    name: str
    sql: str
    kind: str
    """What has to become of it, in the file's own words."""
    beyond: bool
    """Whether it reaches beyond the database."""
    shared: bool
    """Whether it is for SQLite and PostgreSQL alike."""


def cases(file: str, dialect: str) -> list[Case]:
    """The statements of a file for this dialect."""
    found: list[Case] = []
    block: list[str] = []
    for line in [*(FOLDER / file).read_text(encoding="utf-8").splitlines(), "@both end: "]:
        if head := HEAD.fullmatch(line):
            if block and (began := HEAD.fullmatch(block[0])) and began[1] in ("both", dialect):
                sql = "\n".join(block[1:]).strip()
                found.append(Case(began[4], sql, began[2], began[3] == "!", began[1] == "both"))
            block = [head[0]]
        elif block:
            block.append(line)
    return found
