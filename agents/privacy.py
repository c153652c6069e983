"""Personal data kept from the model: it reads tokens such as `[email-1]`, the journal and the people keep the text.

Which token stands for what follows from the run's journal, in the order in which things were said, and from nothing else: the next
prompt of the run begins with the same tokens, and so does the same prompt after a restart.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.core.calls import Call
from agents.core.ids import AskId, CallId, RunId
from agents.core.state import Ask, Run, Said, Turn
from agents.core.tool import ToolSpec
from agents.phones import phones_in
from agents.ports import ModelCall

SHORTEST = 5
"""Characters from which the value of a named field is also found where it stands in other text; a shorter one is too common."""

_EMAIL = re.compile(r"[\w.+-]{1,64}(?:@|%40|\\u0040)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_CARD = re.compile(r"(?<![\d.])(?=([2-6](?:[ -]?\d){12,18}))")
_TOKEN = re.compile(r"\[([A-Za-z][A-Za-z0-9_]*)-([0-9]+)\]")
_JSON = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Privacy:
    """What the model is not to read."""

    mask: frozenset[str] = frozenset()
    """`email`, `phone`, `card`."""
    fields: tuple[str, ...] = ()
    """Names of JSON fields whose values are personal."""
    region: str | None = None
    """Two letters of the country in which numbers without a country code are dialled; None where they are left alone."""


_Hidden = tuple[Turn, Mapping[CallId, Call], Mapping[AskId, Ask]]
"""A turn, its calls and what people were asked about them, as the model may read them."""


class Veil:
    """What stands for what in one run.

    Tokens are numbered in the order in which the run's journal, and those of the runs that it continues, say what they stand for. What of
    that is told to the model in short, or left out, changes no number.
    """

    def __init__(self, privacy: Privacy) -> None:
        self.privacy = privacy
        self.tokens: dict[str, str] = {}
        """By the text that is hidden."""
        self.texts: dict[str, str] = {}
        """The inverse."""
        self._kept: dict[tuple[RunId, int], _Hidden] = {}
        """Turns that do not change any more, so that a long run is not read for each turn anew."""

    def over(self, runs: Sequence[Run]) -> tuple[Run, ...]:
        """The runs as the model may read them, the one that it is asked about last.

        What others wrote in the form of a token is none: `[email-1]` in a message, in a result, or in the answer of an older run, whose
        tokens stood for something else, becomes `(email-1)`. So a token that the model reads is always one of this run's.
        """
        if not (self.privacy.mask or self.privacy.fields):
            return tuple(runs)
        return tuple(self._run(run, is_own=run is runs[-1]) for run in runs)

    def arguments(self, call: ModelCall, spec: ToolSpec | None) -> dict[str, Any]:
        """A call's arguments as they are judged, shown, approved and sent: the hidden text for a tool that may have it, else as written."""
        return {name: self.reveal(one) for name, one in call.arguments.items()} if spec and spec.personal else call.arguments

    def reveal(self, value: Any) -> Any:
        """Arguments with the hidden text in place of its tokens; what looks like a token and is none stays as it is."""
        if isinstance(value, str):
            return _TOKEN.sub(lambda match: self.texts.get(match[0], match[0]), value)
        if isinstance(value, Mapping):
            return {name: self.reveal(one) for name, one in value.items()}
        return [self.reveal(one) for one in value] if isinstance(value, list) else value

    def _run(self, run: Run, *, is_own: bool) -> Run:
        turns, calls, asks = [], dict(run.calls), dict(run.asks)
        for number, turn in enumerate(run.turns):
            hidden = self._kept.get((run.run_id, number)) or self._turn(run, turn, is_own=is_own)
            if turn.text is not None and all(run.calls[call_id].over for call_id in turn.calls):
                self._kept[run.run_id, number] = hidden
            turns.append(hidden[0])
            calls.update(hidden[1])
            asks.update(hidden[2])
        unread = () if run.being_asked else self._said(run.unread)  # what came since is read, and numbered, behind the turn's results
        return replace(run, turns=tuple(turns), calls=calls, unread=unread, asks=asks, reason=self._hide(run.reason))

    def _turn(self, run: Run, turn: Turn, *, is_own: bool) -> _Hidden:
        said = self._said(turn.said)
        text = turn.text and self._hide(turn.text, written=is_own)
        calls = {call_id: self._call(run.calls[call_id], is_own=is_own) for call_id in turn.calls}
        asks = {ask_id: replace(ask, reason=self._hide(ask.reason)) for ask_id, ask in run.asks.items() if ask.call_id in turn.calls}
        return replace(turn, said=said, text=text), calls, asks

    def _said(self, said: Sequence[Said]) -> tuple[Said, ...]:
        return tuple(replace(one, text=self._hide(one.text)) for one in said)

    def _call(self, call: Call, *, is_own: bool) -> Call:
        edits = tuple(
            replace(edit, before=self._hidden(edit.before, written=is_own), after=self._hidden(edit.after, written=False))
            for edit in call.edits
        )
        arguments = self._hidden(call.arguments, written=is_own and not edits)
        malformed = call.malformed and self._hide(call.malformed, written=is_own)
        return replace(call, arguments=arguments, malformed=malformed, edits=edits, result=self._hide(call.result))

    def _hidden(self, value: Any, *, written: bool, name: str = "") -> Any:
        """Arguments without personal data; `name` is that of the field."""
        if name in self.privacy.fields and value not in (None, "", [], {}):
            return self._token(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        if isinstance(value, str):
            return self._hide(value, written=written)
        if isinstance(value, Mapping):
            return {key: self._hidden(one, written=written, name=key) for key, one in value.items()}
        return [self._hidden(one, written=written) for one in value] if isinstance(value, list) else value

    def _hide(self, text: str, *, written: bool = False) -> str:
        """A text without personal data. Of what has the form of a token, those stay that the model has read and written itself."""
        text = _TOKEN.sub(lambda match: match[0] if written and match[0] in self.texts else self._no_token(match), text)
        for name in self.privacy.fields:
            for start, end in _field(text, name):
                self._token(name, text[start:end])
        parts: list[str] = []
        at = 0
        for start, end, kind in _joined(sorted(self._found(text), key=lambda span: (span[0], -span[1]))):
            parts += [text[at:start], self._token(kind, text[start:end])]
            at = end
        return "".join([*parts, text[at:]])

    def _no_token(self, match: re.Match[str]) -> str:
        kinds = {"email", "phone", "card", *(name.lower() for name in self.privacy.fields)}
        return f"({match[1]}-{match[2]})" if match[1].lower() in kinds else match[0]

    def _token(self, kind: str, text: str) -> str:
        if self.texts.get(text):
            return text  # it is a token already: the model's own
        if text not in self.tokens:
            number = sum(token.startswith(f"[{kind}-") for token in self.texts) + 1
            self.tokens[text] = f"[{kind}-{number}]"
            self.texts[self.tokens[text]] = text
        return self.tokens[text]

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where what must not be read stands, and what it is."""
        for name in self.privacy.fields:
            yield from ((start, end, name) for start, end in _field(text, name))
        mask = self.privacy.mask
        if "email" in mask:
            yield from ((*match.span(), "email") for match in _EMAIL.finditer(text))
        if "card" in mask:
            yield from ((start, end, "card") for start, end in _cards(text))
        if "phone" in mask:
            yield from ((start, end, "phone") for start, end in phones_in(text, self.privacy.region))
        for token, known in self.texts.items():
            kind = token[1:].rpartition("-")[0]
            if kind in self.privacy.fields and len(known) >= SHORTEST:
                yield from ((*match.span(), kind) for match in re.finditer(rf"(?<!\w){re.escape(known)}(?!\w)", text))


def _field(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where the values of a JSON field stand, also of JSON within JSON, and of a line `path.name: value`."""
    for match in re.finditer(rf'(\\*)"{re.escape(name)}\\*"\s{{0,9}}:\s{{0,9}}', text):
        if match[1]:
            quote = re.escape(f'{match[1]}"')
            if inner := re.compile(rf"{quote}(.{{1,2000}}?){quote}", re.DOTALL).match(text, match.end()):
                yield inner.span(1)
            continue
        try:
            value, end = _JSON.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            if cut := re.compile(r'"?([^",}\]\r\n]{1,2000})').match(text, match.end()):
                yield cut.span(1)
            continue
        if isinstance(value, str):
            yield match.end() + 1, end - 1
        elif value is not None:
            yield match.end(), end
    for match in re.finditer(rf"(?m)^[\w.-]{{0,200}}?(?<![\w-]){re.escape(name)}: (.{{1,2000}})$", text):
        yield match.span(1)


def _joined(spans: list[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """Those that overlap as one, of the kind of the first."""
    joined: list[tuple[int, int, str]] = []
    for start, end, kind in spans:
        if joined and start < joined[-1][1]:
            first, last, before = joined[-1]
            joined[-1] = first, max(last, end), before
        elif end > start:
            joined.append((start, end, kind))
    yield from joined


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Where numbers of payment cards stand, also right behind other numbers."""
    for match in _CARD.finditer(text):
        ends = [place + 1 for place, one in enumerate(match[1]) if one.isdigit()]
        for end in reversed(ends[12:]):
            follows = text[match.start() + end : match.start() + end + 1]
            if not follows.isdigit() and _is_card(match[1][:end]):
                yield match.start(), match.start() + end
                break


def _is_card(text: str) -> bool:
    """Whether the digits are those of a payment card: their check digit is right (Luhn, ISO/IEC 7812-1)."""
    digits = [int(one) for one in reversed(text) if one.isdigit()]
    return len(digits) <= 19 and sum(sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(digits)) % 10 == 0
