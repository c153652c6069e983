"""YAML with the line of every value: read by YAML 1.2's rules (`on` is a word), without tags and without doubled keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.settings import SENSITIVE, passwords_in
from tools.references import HEADERS, REFERENCE, fits

Where = tuple[str | int, ...]
"""The way to a value: keys of mappings and numbers of items from the top of the file."""

MAX_VALUES = 50_000
"""Aliases can make a small file unfold without end; so many values are more than any real configuration."""



@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong in one place."""

    file: str
    line: int
    """Counted from 1; 0 for what is wrong with the file as a whole."""
    where: Where
    text: str
    """What is wrong and what would be right."""

    def __str__(self) -> str:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.where).lstrip(".")
        place = f"{self.file}:{self.line} " if self.line else self.file
        line = f"{place} {path}: {self.text}" if path else f"{place} {self.text}"
        return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


@dataclass(slots=True)
class Source:
    """One file as it was read. It gathers the mistakes that are found in it."""

    file: str
    """As people know it: the path that was given."""
    lines: dict[Where, int] = field(default_factory=dict)
    content: Any = None
    mistakes: list[Mistake] = field(default_factory=list)
    unset: dict[str, list[Where]] = field(default_factory=dict)
    """Where the names stand that the environment has not; what stands there is unknown."""
    secrets: set[str] = field(default_factory=set)
    """Values from the environment that stand in headers, or whose names say that they are secrets."""

    def unknown(self) -> tuple[Where, ...]:
        """The places where nothing can be said about what is meant: those with mistakes, and those that the environment leaves open."""
        return (*(mistake.where for mistake in self.mistakes), *(where for places in self.unset.values() for where in places))

    def wrong(self, where: Where, text: str, line: int | None = None) -> None:
        """Note a mistake; its line is that of the nearest enclosing value that has one, unless it is given."""
        known = where
        while line is None:
            line = self.lines.get(known, None if known else 1)
            known = known[:-1]
        self.mistakes.append(Mistake(self.file, line, where, text))


class _Loader(yaml.SafeLoader):
    """Leaves every scalar a text: PyYAML follows YAML 1.1, in which `on`, `4:30` and `2026-11-18` are something else."""

    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - how PyYAML wants it overridden


_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_TEXT, _LIST, _MAPPING = (f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map"))


def read(path: Path, file: str, environ: Mapping[str, str]) -> Source:
    """The file's content with `${NAME}` expanded in its values, and every mistake of form. Never raises for what is in the file."""
    source = Source(file)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        source.wrong((), f"is not UTF-8 text (byte {error.start})")
        return source
    except FileNotFoundError:
        source.wrong((), "does not exist. Write it (bot/sandbox/countersign.yaml is an example), or set COUNTERSIGN_CONFIG to yours.", 0)
        return source
    except (OSError, ValueError) as error:
        source.wrong((), f"cannot be read: {error.strerror if isinstance(error, OSError) else error}", 0)
        return source
    try:
        node = yaml.compose(text, _Loader)
        builder = _Builder(source, environ)
        source.content = builder.build(node, ()) if node else None
        builder.tell_unset()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        source.wrong((), f"is not YAML: {error.problem}{f', {error.context}' if error.context else ''}", line)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        source.wrong((), f"is not YAML: {str(error).splitlines()[0] if str(error) else 'it is nested too deeply'}")
    return source


class _Builder:
    """Makes plain values of YAML nodes and remembers their lines."""

    def __init__(self, source: Source, environ: Mapping[str, str]) -> None:
        self._source = source
        self._environ = environ
        self._left = MAX_VALUES

    def tell_unset(self) -> None:
        """Note each name that the environment has not: once, where it stands first."""
        for name, (first, *others) in self._source.unset.items():
            more = f" (used in {len(others)} more place{'s' * (len(others) > 1)})" if others else ""
            self._source.wrong(first, f'the environment has no "{name[:60]}"{more}; set it, or write $${{ where you mean a plain ${{')

    def build(self, node: yaml.Node, where: Where) -> Any:
        """The node's value. Raises RecursionError for one that holds itself, and ValueError for one that unfolds without end."""
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"it unfolds to more than {MAX_VALUES:,} values")
        self._source.lines.setdefault(where, node.start_mark.line + 1)
        if node.tag not in (_TEXT, _LIST, _MAPPING):
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            self._source.wrong(where, f"tags such as {tag[:60]} are not supported; write the plain value")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*where, number)) for number, item in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 - there is no fourth kind
        return self._scalar(node, where)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._source.wrong(where, "a key has to be a single word", line)
                continue
            if key.value in values:
                first = self._source.lines[(*where, key.value)]
                self._source.wrong((*where, key.value), f"stands here a second time; the first is in line {first}", line)
                continue
            self._source.lines[(*where, key.value)] = line
            values[key.value] = self.build(value, (*where, key.value))
        return values

    def _scalar(self, node: yaml.ScalarNode, where: Where) -> Any:
        text: str = node.value
        if node.style is None:
            if text in _WORDS:
                return _WORDS[text]
            if _INTEGER.fullmatch(text):
                return int(text)
            if _DECIMAL.fullmatch(text):
                return float(text)
        return REFERENCE.sub(lambda match: self._expand(match, where), text)

    def _expand(self, match: re.Match[str], where: Where) -> str:
        refers = where[:1] == ("tools",) and where[2:4] == HEADERS
        if match[1]:
            return match[0] if refers else match[1]
        name = match[2]
        value = self._environ.get(name)
        if value is None:
            self._source.unset.setdefault(name, []).append(where)
            return match[0]
        if value and ("headers" in where or SENSITIVE.search(name)):
            self._source.secrets.add(value)
        self._source.secrets.update(passwords_in(value))
        if not refers:
            return value
        if not fits(value) or not value:
            self._source.wrong(where, f"what the environment has as {name} is not printable ASCII on one line, which a header has to be")
        return match[0]
