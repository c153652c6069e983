"""Files of other programs: JSON in pieces is the same JSON, and nothing outside of a folder is opened."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.artifacts import Unreadable, read_bytes, read_object, unix

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=12,
)


def read(folder: Path, text: str) -> Any:
    (folder / "x.json").write_text(text, encoding="utf-8")
    return read_object(folder, "x.json")


@given(value=st.dictionaries(st.text(max_size=3), VALUES, max_size=4), indent=st.sampled_from([None, 0, 2]))
def test_json_in_pieces_is_the_same_json(tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any], indent: int | None) -> None:
    assert read(tmp_path_factory.getbasetemp(), f" {json.dumps(value, indent=indent)}\n") == value


@given(value=st.dictionaries(st.text(max_size=2), VALUES, min_size=1, max_size=3), data=st.data())
def test_what_is_none_is_none_in_pieces(tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(value)
    at = data.draw(st.integers(0, len(text) - 1))
    broken = text[:at] + data.draw(st.sampled_from(["", ",", "}", "]", ":", '"', "{", "[", "x", " "])) + text[at + 1 :]
    try:
        whole = json.loads(broken)
    except ValueError:
        whole = None
    folder = tmp_path_factory.getbasetemp()
    if isinstance(whole, dict):
        assert read(folder, broken) == whole
    else:
        with pytest.raises(Unreadable):
            read(folder, broken)


@pytest.mark.parametrize("text", [
    "", "{", "{,}", '{"a":1,}', '{"a" 1}', "{1:2}", '{"a":[1,]}', '{"a":{"b":1,}}', '{"a":[', '{"a":1} x', "[1",
])
def test_mistakes_have_their_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(Unreadable, match=r"x\.json is no JSON: .*char \d+"):
        read(tmp_path, text)


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    assert read(tmp_path, '\ufeff{"a": 1}') == {"a": 1}


def test_a_file_that_is_too_large_is_said_or_its_end_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    with pytest.raises(Unreadable, match="has 10 bytes; at most 4 are read"):
        read_bytes(tmp_path, "x", 4)
    assert read_bytes(tmp_path, "x", 4, end=True) == b"6789"


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="nothing cannot be read: No such file or directory"):
        read_bytes(tmp_path, "nothing")
    with pytest.raises(Unreadable, match="Is a directory"):
        read_bytes(tmp_path.parent, tmp_path.name)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unreadable, match="pipe is no ordinary file"):
        read_bytes(tmp_path, "pipe")


@pytest.mark.parametrize(("text", "seconds"), [
    ("2026-11-28T12:00:00Z", 1795867200), ("2026-11-28T12:00:00.5+01:00", 1795863600.5), ("2026-11-28T12:00:00", 1795867200),
    ("yesterday", None), (None, None), (7, None), ("0001-01-01T00:00:00+14:00", None),
])
def test_times(text: object, seconds: float | None) -> None:
    assert unix(text) == seconds
