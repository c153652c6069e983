"""What a model thought: kept as it was written, and given back to that model alone, where it stood.

The API signs each block of thinking and takes it back only unchanged, to a model that can read it, behind exactly the conversation in
which it was written. So what is kept carries a seal, made of the endpoint, the model, everything that the request said, and the blocks
themselves. Where the same seal is not made again, all thinking of that turn is left out: another model is asked, the agent has other
tools, a secret was taken out, the content was erased. Whoever thinks next has never seen it there, so what each model is given still
only grows at its end.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from agents.claude_tier import Tier
from agents.ports import Prompt

Head = tuple[dict[str, Any], ...]
"""A turn's blocks up to its last one of thinking, as the API wrote them: thinking, and the text between."""

_SEAL = 32  # hexadecimal digits
_APART = "\n\n"


class Said:
    """What a request says, as a digest that grows with each message."""

    def __init__(self, prompt: Prompt, tier: Tier) -> None:
        """Before the first message."""
        tools = [(tool.name, tool.description, dict(tool.schema)) for tool in prompt.tools]
        self._digest = hashlib.sha256(_bytes([tier.base_url, tier.model, prompt.system, tools]))

    def add(self, message: dict[str, Any]) -> None:
        """One message more, as it is sent."""
        self._digest.update(_bytes(message))

    def seal(self, head: Head) -> str:
        """What was thought in the turn that answers this; empty where nothing was."""
        if not head:
            return ""
        written = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
        return self._seal(written) + written

    def unseal(self, thinking: str) -> Head:
        """The inverse, for the same model behind the same conversation; empty for everybody else."""
        written = thinking[_SEAL:]
        return tuple(json.loads(written)) if written and self._seal(written) == thinking[:_SEAL] else ()

    def _seal(self, written: str) -> str:
        digest = self._digest.copy()
        digest.update(_bytes(written))
        return digest.hexdigest()[:_SEAL]


def joined(texts: Sequence[str]) -> str:
    """A turn's text, made of its blocks."""
    return _APART.join(texts)


def placed(head: Head, text: str, calls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A turn's blocks, with its thinking where it stood. `text` is all that it said, of which the head may hold a part."""
    told = joined([block["text"] for block in head if block["type"] == "text"])
    rest = "" if told and not text.startswith(told + _APART) else text.removeprefix(told and told + _APART)
    return [*head, *([{"type": "text", "text": rest}] if rest else []), *calls]


def _bytes(value: Any) -> bytes:
    """A value for the digest. Half a surrogate pair counts as the mark that the journal writes in its place."""
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")
