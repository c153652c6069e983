"""Changes of columns are exact: each has a kind, a sentence and a severity, and the same columns have none."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.detection.schema import Change, Column, Kind, Severity, as_json, changes, columns_of

ID, NAME = Column("id", "bigint", False), Column("name", "text", True)
TOTAL, AT = Column("total", "numeric(10,2)", True), Column("at", "date")
TABLE = (ID, NAME, TOTAL, AT)

COLUMNS = st.lists(
    st.builds(Column, st.sampled_from("abcdef"), st.sampled_from(("int", "bigint", "text")), st.sampled_from((True, False, None))),
    max_size=6, unique_by=lambda column: column.name,
)


def said(after: tuple[Column, ...], before: tuple[Column, ...] = TABLE) -> list[tuple[Kind, Severity, str]]:
    """The changes in short."""
    return [(change.kind, change.severity, change.sentence) for change in changes(before, after)]


def test_each_kind_has_its_sentence() -> None:
    assert said((ID, NAME, TOTAL)) == [(Kind.REMOVED, Severity.HIGH, "Column at (date) is gone.")]
    assert said((*TABLE, Column("tax", "numeric"))) == [(Kind.ADDED, Severity.LOW, "Column tax (numeric) is new.")]
    assert said((ID, NAME, replace(TOTAL, type="text"), AT)) == [
        (Kind.RETYPED, Severity.HIGH, "Column total was numeric(10,2) and is text now.")
    ]
    assert said((replace(ID, nullable=True), replace(NAME, nullable=False), TOTAL, AT)) == [
        (Kind.NULLABLE, Severity.MEDIUM, "Column id may be null now."),
        (Kind.REQUIRED, Severity.LOW, "Column name may no longer be null."),
    ]
    assert said((ID, NAME, replace(TOTAL, name="amount"), AT)) == [
        (Kind.RENAMED, Severity.HIGH, "Column total is gone, and amount stands in its place with the same type: likely renamed.")
    ]
    assert said(()) == [(Kind.GONE, Severity.HIGH, "The table is gone, or has lost all 4 columns.")]


def test_columns_are_json() -> None:
    assert columns_of(json.loads(json.dumps(as_json(TABLE)))) == TABLE
    for odd in ({}, {"columns": 3}, {"columns": [["id"]]}):
        with pytest.raises(ValueError, match="These are no columns"):
            columns_of(odd)


def test_a_first_look_another_order_and_another_way_of_writing_are_no_change() -> None:
    assert changes((), TABLE) == ()
    assert changes(TABLE, tuple(reversed(TABLE))) == ()
    assert changes((TOTAL,), (replace(TOTAL, type="NUMERIC (10, 2)"),)) == ()
    assert changes((AT,), (replace(AT, nullable=True),)) == ()


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        ("integer", "bigint", True), ("bigint", "integer", False), ("varchar(20)", "varchar(40)", True),
        ("varchar(40)", "varchar(20)", False), ("varchar(20)", "text", True), ("text", "varchar(20)", False),
        ("real", "double precision", True), ("varchar(20)", "char(40)", False), ("bigint", "real", False), ("varchar(20)", "bigint", False),
    ],
)
def test_a_wider_type_is_less_severe(old: str, new: str, wider: bool) -> None:
    [change] = changes((Column("c", old),), (Column("c", new),))
    assert change.severity is (Severity.MEDIUM if wider else Severity.HIGH)


def test_a_column_of_another_type_or_place_is_no_new_name() -> None:
    kinds = [change.kind for change in changes(TABLE, (ID, Column("label", "bigint"), TOTAL, AT))]
    assert kinds == [Kind.REMOVED, Kind.ADDED]
    assert [change.kind for change in changes(TABLE, (ID, TOTAL, AT, Column("label", "text")))] == [Kind.REMOVED, Kind.ADDED]
    shifted = changes(TABLE, (Column("tenant", "bigint"), ID, Column("label", "text"), TOTAL, AT))
    assert [(change.kind, change.column) for change in shifted] == [(Kind.RENAMED, "name"), (Kind.ADDED, "tenant")]


def seen(found: tuple[Change, ...], after: bool) -> set[str]:
    return {column.name for change in found if (column := change.after if after else change.before) is not None}


@given(COLUMNS, COLUMNS)
def test_what_is_gone_and_what_is_new_are_told_once_and_the_worst_first(before: list[Column], after: list[Column]) -> None:
    assert changes(before, before) == ()
    found = changes(before, after)
    if not before or not after:
        assert len(found) == bool(before)
        return
    was, now = {column.name for column in before}, {column.name for column in after}
    gone = [change.column for change in found if change.kind in (Kind.REMOVED, Kind.RENAMED)]
    assert sorted(gone) == sorted(was - now)
    assert now - was <= seen(found, after=True)
    assert was - now <= seen(found, after=False)
    assert [list(Severity).index(change.severity) for change in found] == sorted(list(Severity).index(change.severity) for change in found)
    new = [change.after.name for change in found if change.kind in (Kind.ADDED, Kind.RENAMED) and change.after]
    assert sorted(new) == sorted(now - was)
