"""A prompt as the Messages API takes it, laid out so that what one step wrote to the prompt cache the next one reads."""

from typing import Any

from agents.claude_thinking import Said, joined, placed
from agents.claude_tier import Tier
from agents.ports import Message, Prompt

LOOKBACK = 20
"""Blocks before a breakpoint, itself included, among which the API looks for what was cached earlier."""
_BREAKPOINT = {"type": "ephemeral"}


def render(prompt: Prompt, tier: Tier) -> tuple[dict[str, Any], Said]:
    """The body of the request, and what it says.

    The breakpoint that moves with the conversation is the API's automatic one, so the messages of one request stand in the next byte
    for byte; the system prompt, with the tools in front of it, has one of its own. Only where a turn brought more blocks than the API
    looks back over is the end of the previous request marked as well.
    """
    messages, said = _conversation(prompt, tier)
    body: dict[str, Any] = {"model": tier.model, "max_tokens": tier.max_tokens or prompt.max_tokens, "messages": messages}
    if prompt.system:
        body["system"] = [{"type": "text", "text": prompt.system}]
    if prompt.tools:
        body["tools"] = [{"name": t.name, "description": t.description, "input_schema": dict(t.schema)} for t in prompt.tools]
        if not prompt.tools_allowed:
            body["tool_choice"] = {"type": "none"}
    if tier.cache:
        _mark(body)
    return body, said


def _conversation(prompt: Prompt, tier: Tier) -> tuple[list[dict[str, Any]], Said]:
    """The messages, each with what this model thought in it."""
    messages: list[dict[str, Any]] = []
    said = Said(prompt, tier)
    for message in prompt.messages:
        messages.append(_message(message, said))
        said.add(messages[-1])
    return messages, said


def _message(message: Message, said: Said) -> dict[str, Any]:
    """One message; `said` is what stands before it."""
    content: list[dict[str, Any]] = [
        {"type": "tool_result", "tool_use_id": call_id, "content": text, "is_error": is_error}
        for call_id, text, is_error in message.results
    ]
    calls = [{"type": "tool_use", "id": call_id, "name": tool, "input": arguments} for call_id, tool, arguments in message.calls]
    if message.thinking and (head := said.unseal(message.thinking)):
        return {"role": message.role, "content": placed(head, joined(message.texts), calls)}
    content += [{"type": "text", "text": text} for text in message.texts]
    return {"role": message.role, "content": content + calls}


def _mark(body: dict[str, Any]) -> None:
    """Ask for caching."""
    body["cache_control"] = _BREAKPOINT
    if "system" in body:
        body["system"][-1]["cache_control"] = _BREAKPOINT
    before, new = body["messages"][:-2], body["messages"][-2:]
    if before and sum(len(message["content"]) for message in new) >= LOOKBACK:
        before[-1]["content"][-1]["cache_control"] = _BREAKPOINT
