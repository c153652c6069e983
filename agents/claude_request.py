"""A prompt as the Messages API takes it, laid out so that what one step wrote to the prompt cache the next one reads."""

from typing import Any

from agents.claude_tier import Tier
from agents.ports import Message, Prompt

LOOKBACK = 20
"""Blocks before a breakpoint, itself included, among which the API looks for what was cached earlier."""
_BREAKPOINT = {"type": "ephemeral"}


def render(prompt: Prompt, tier: Tier) -> dict[str, Any]:
    """The body of the request.

    The breakpoint that moves with the conversation is the API's automatic one, so the messages of one request stand in the next byte
    for byte; the system prompt, with the tools in front of it, has one of its own. Only where a turn brought more blocks than the API
    looks back over is the end of the previous request marked as well.
    """
    messages = [_message(message) for message in prompt.messages]
    body: dict[str, Any] = {"model": tier.model, "max_tokens": tier.max_tokens or prompt.max_tokens, "messages": messages}
    if prompt.system:
        body["system"] = [{"type": "text", "text": prompt.system}]
    if prompt.tools:
        body["tools"] = [{"name": t.name, "description": t.description, "input_schema": dict(t.schema)} for t in prompt.tools]
        if not prompt.tools_allowed:
            body["tool_choice"] = {"type": "none"}
    if tier.cache:
        _mark(body)
    return body


def _message(message: Message) -> dict[str, Any]:
    content: list[dict[str, Any]] = [
        {"type": "tool_result", "tool_use_id": call_id, "content": text, "is_error": is_error}
        for call_id, text, is_error in message.results
    ]
    content += [{"type": "text", "text": text} for text in message.texts]
    content += [{"type": "tool_use", "id": call_id, "name": tool, "input": arguments} for call_id, tool, arguments in message.calls]
    return {"role": message.role, "content": content}


def _mark(body: dict[str, Any]) -> None:
    """Ask for caching."""
    body["cache_control"] = _BREAKPOINT
    if "system" in body:
        body["system"][-1]["cache_control"] = _BREAKPOINT
    before, new = body["messages"][:-2], body["messages"][-2:]
    if before and sum(len(message["content"]) for message in new) >= LOOKBACK:
        before[-1]["content"][-1]["cache_control"] = _BREAKPOINT
