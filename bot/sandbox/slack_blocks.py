"""Checks the blocks of messages and whole views as Slack does, and gives ids to what has none."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Set
from typing import Any

from bot.sandbox.slack_block_types import IN_HOMES, IN_MESSAGES, IN_MODALS, MARKDOWN_LIMIT
from bot.sandbox.slack_charts import A_MESSAGE
from bot.sandbox.slack_checks import Check, Field, anything, boolean, fields, items, may, must, string, typed
from bot.sandbox.slack_elements import plain
from bot.sandbox.slack_errors import SlackRefusal
from bot.sandbox.slack_state import interactive
from bot.sandbox.workspace import Json

MESSAGE_TEXT_LIMIT = 12_000
"""Characters of text in all blocks of a message together.

Slack does not document this limit; it refuses with `msg_blocks_too_long` somewhere between 9,600 and 13,300 characters,
depending on the number of blocks (slackapi/bolt-js issues 2509 and 2867).
"""
_VIEW: dict[str, Field] = {
    "type": must(anything),
    "private_metadata": may(string(3000)),
    "callback_id": may(string(255)),
    "external_id": may(string(255)),
}
_MODAL = fields(
    {
        **_VIEW,
        "title": must(plain(24)),
        "blocks": must(items(typed(IN_MODALS), 100)),
        "submit": may(plain(24)),
        "close": may(plain(24)),
        "clear_on_close": may(boolean),
        "notify_on_close": may(boolean),
        "submit_disabled": may(boolean),
    }
)
_HOME = fields({**_VIEW, "blocks": must(items(typed(IN_HOMES), 100))})


def refuse_unknown_blocks(blocks: Any, unknown: Set[str]) -> None:
    """Refuse with `invalid_blocks` a message with a block of a type that this workspace does not know."""
    found = [block["type"] for block in blocks or () if isinstance(block, dict) and block.get("type") in unknown]
    if found:
        raise SlackRefusal("invalid_blocks", tuple(f"[ERROR] unsupported type: {one} [json-pointer:/blocks]" for one in found))


def checked_blocks(blocks: Any) -> tuple[Json, ...]:
    """The blocks of a message with their ids; refuses with `invalid_blocks` or `msg_blocks_too_long`."""
    complaints = _complaints(items(typed(IN_MESSAGES), 50, 0), blocks, "/blocks")
    if complaints:
        raise SlackRefusal("invalid_blocks", tuple(complaints))
    if sum(map(len, _texts(blocks))) > MESSAGE_TEXT_LIMIT:
        raise SlackRefusal("msg_blocks_too_long")
    return tuple(_with_ids(blocks))


def checked_view(view: Any, kind: str) -> Json:
    """A view with the ids of its blocks; refuses with `invalid_arguments`, as views.* do, or `view_too_large`."""
    if not isinstance(view, dict):
        raise SlackRefusal("invalid_arguments", ("[ERROR] missing required field: view",))
    if view.get("type") != kind:
        raise SlackRefusal("invalid_arguments", (f"[ERROR] must be a view of type {kind} [json-pointer:/view/type]",))
    complaints = _complaints(_MODAL if kind == "modal" else _HOME, view, "/view")
    if kind == "modal" and not view.get("submit") and any(_type_of(block) == "input" for block in view.get("blocks") or ()):
        complaints.append("[ERROR] missing required field: submit [json-pointer:/view]")
    if complaints:
        raise SlackRefusal("invalid_arguments", tuple(complaints))
    if len(repr(view)) > 250_000:
        raise SlackRefusal("view_too_large")
    return {**view, "blocks": _with_ids(view["blocks"])}


def _complaints(check: Check, value: Any, pointer: str) -> list[str]:
    """Everything that is wrong, in Slack's form; the rules over several blocks only where each block is right."""
    found: list[str] = []

    def complain(sentence: str, where: str) -> None:
        found.append(f"[ERROR] {sentence} [json-pointer:{where}]")

    check(value, pointer, complain)
    if not found:
        blocks = value if isinstance(value, list) else value["blocks"]
        _across(blocks, pointer if isinstance(value, list) else f"{pointer}/blocks", complain)
    return found


def _across(blocks: list[Json], pointer: str, complain: Callable[[str, str], None]) -> None:
    """The rules that hold over all blocks together."""
    for block_id in _repeated(block.get("block_id") for block in blocks):
        complain(f"block_id already exists: {block_id}", pointer)
    for number, block in enumerate(blocks):
        for action_id in _repeated(element.get("action_id") for _, element in interactive([block])):
            complain(f"action_id already exists: {action_id}", f"{pointer}/{number}")
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MARKDOWN_LIMIT:
        complain(f"markdown blocks must be less than {MARKDOWN_LIMIT + 1} characters together", pointer)
    if sum(block["type"] == "table" for block in blocks) > 1:
        complain("only one table allowed", pointer)
    if sum(block["type"] == "data_visualization" for block in blocks) > A_MESSAGE:
        complain(f"no more than {A_MESSAGE} data_visualization blocks allowed", pointer)
    if sum(element.get("focus_on_load", False) for _, element in interactive(blocks)) > 1:
        complain("focus_on_load can be set on one element only", pointer)


def _repeated(names: Iterable[str | None]) -> list[str]:
    """The names that stand there more than once."""
    seen: set[str] = set()
    twice = []
    for name in names:
        if name in seen:
            twice.append(name)
        elif name is not None:
            seen.add(name)
    return twice


def _texts(value: Any) -> Iterator[str]:
    """Every `text` in a tree of blocks."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "text" and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)


def _with_ids(blocks: Iterable[Json]) -> list[Json]:
    """The blocks with a block id each and an action id for each element that can be used."""
    return [_with_id(block) for block in blocks]


def _with_id(block: Json) -> Json:
    named = {**block, "block_id": block.get("block_id") or secrets.token_urlsafe(4)}
    for name in ("element", "accessory"):
        if name in named:
            named[name] = _with_action_id(named[name])
    if block["type"] in ("actions", "context_actions"):
        named["elements"] = [_with_action_id(element) for element in block["elements"]]
    return named


def _with_action_id(element: Json) -> Json:
    if element["type"] == "image" or element.get("action_id"):
        return element
    return {**element, "action_id": secrets.token_urlsafe(4)}


def _type_of(block: Any) -> Any:
    return block.get("type") if isinstance(block, dict) else None
