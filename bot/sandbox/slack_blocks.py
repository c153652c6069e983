"""First slice: blocks are taken as they are."""

from typing import Any

from bot.sandbox.workspace import Json


def checked_blocks(blocks: Any) -> tuple[Json, ...]:
    """The blocks with a block id each."""
    return tuple({"block_id": f"b{number}", **block} for number, block in enumerate(blocks))


def checked_view(view: Any, kind: str) -> Json:
    """The view with a block id on each block."""
    return {**view, "blocks": list(checked_blocks(view.get("blocks", [])))}
