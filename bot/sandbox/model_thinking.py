"""The offline model's thinking: signed when it is given, and demanded back, whole and behind the same words, as the API does.

It is stricter than the API in one thing: a block that another model wrote is refused here, and left out without a word there.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from bot.sandbox.model_cache import segment_of
from bot.sandbox.model_request import ApiError, CountRequest, Loose, Message, ToolUse

_KINDS = ("thinking", "redacted_thinking")
Block = dict[str, Any]


class Thoughts:
    """Signs blocks of thinking, and remembers behind which words it thought before it called something."""

    def __init__(self) -> None:
        self._demanded: dict[str, list[Block]] = {}
        """The blocks of a turn that called something, by what stood before it."""

    def clear(self) -> None:
        """Forget what was thought."""
        self._demanded.clear()

    def signed(self, request: CountRequest, content: Sequence[Block]) -> list[Block]:
        """The content of an answer, with its thinking signed. The same answer to the same request has the same signatures."""
        said = _Said(request)
        for message in request.messages:
            said.add(message)
        signed: list[Block] = []
        for block in content:
            signed.append(said.signed(block))
            said.add(Message.model_validate({"role": "assistant", "content": [signed[-1]]}))
        return signed

    def remember(self, request: CountRequest, content: Sequence[Block]) -> None:
        """This answer was given to its end: if it called something, its thinking has to come back."""
        thoughts = [block for block in content if block["type"] in _KINDS]
        if thoughts and any(block["type"] == "tool_use" for block in content):
            said = _Said(request)
            for message in request.messages:
                said.add(message)
            self._demanded[said.mark] = thoughts

    def check(self, request: CountRequest) -> None:
        """Hold a conversation that comes back against what was thought in it.

        Raises ApiError where thinking is missing, was changed, or stands behind other words than those that it answered."""
        said = _Said(request)
        for index, message in enumerate(request.messages):
            if message.role == "assistant":
                self._check_turn(index, message, said)
            else:
                said.add(message)

    def _check_turn(self, index: int, message: Message, said: "_Said") -> None:
        demanded = self._demanded.get(said.mark, [])
        thoughts = [_plain(block) for block in message.blocks() if isinstance(block, Loose)]  # nothing else is loose in a model's turn
        if any(isinstance(block, ToolUse) for block in message.blocks()) and demanded and not thoughts:
            raise ApiError(400, f"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.")
        for number, block in enumerate(message.blocks()):
            if isinstance(block, Loose) and said.signed(_plain(block)) != _plain(block):
                raise ApiError(400, f"messages.{index}.content.{number}: Invalid `signature` in `{block.type}` block")
            said.add(Message(role="assistant", content=[block]))
        if thoughts and demanded and thoughts != demanded:
            raise ApiError(400, f"messages.{index}: `thinking` or `redacted_thinking` blocks in the turn cannot be left out or modified.")


class _Said:
    """What a request says up to one moment, to one model."""

    def __init__(self, request: CountRequest) -> None:
        tools = [segment_of("tool", tool).text for tool in request.tools]
        self._digest = hashlib.sha256(json.dumps([request.model, request.system_text(), tools]).encode())

    @property
    def mark(self) -> str:
        """A name for all of it."""
        return self._digest.hexdigest()

    def add(self, message: Message) -> None:
        """Blocks count one by one, wherever one message ends and the next begins; breakpoints and the order of names do not count."""
        for block in message.blocks():
            self._digest.update(json.dumps(json.loads(segment_of(message.role, block).text), sort_keys=True).encode())

    def signed(self, block: Block) -> Block:
        """A block of thinking with its signature for this place; any other block as it is."""
        if block["type"] == "thinking":
            return {**block, "signature": self._sign(block["thinking"])}
        if block["type"] == "redacted_thinking":
            hidden = str(block["data"]).partition(".")[0]
            return {**block, "data": f"{hidden}.{self._sign(hidden)}"}
        return block

    def _sign(self, thought: str) -> str:
        return base64.b64encode(hashlib.sha256(f"{self.mark} {thought}".encode()).digest()).decode()


def thinking(text: str) -> Block:
    """A block that people could read, not yet signed."""
    return {"type": "thinking", "thinking": text, "signature": ""}


def redacted(text: str) -> Block:
    """A block that only the model can read, not yet signed."""
    return {"type": "redacted_thinking", "data": base64.b64encode(text.encode()).decode()}


def _plain(block: Loose) -> Block:
    body: Block = block.model_dump(mode="json", exclude={"cache_control"})
    return body
