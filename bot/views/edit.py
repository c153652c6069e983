"""The modal in which a person changes a call before it is approved: an input an argument, made from the tool's schema."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from agents.core.ids import AskId, canonical
from bot.views.blocks import VIEW_BLOCKS, Json, section
from bot.views.form import MISSING, Field, Mistyped, block, fields_of, read
from bot.views.message import Modal
from bot.views.mrkdwn import escape, inline
from bot.views.spot import Spot, about, entered

CALLBACK = "edit"

MOST = VIEW_BLOCKS - 5
"""Arguments that have an input; the others are kept as they are."""


def edit(ask_id: AskId, tool: str, schema: Mapping[str, Any], arguments: Mapping[str, Any], where: Spot | None) -> Modal:
    """The modal for a call of this tool with these arguments."""
    fields = fields_of(schema, arguments)
    said = (
        f"Change what `{escape(tool)}` would be called with. It does not run yet: a new card asks about the changed call, "
        "and the agent is told what you changed."
    )
    blocks: list[Json] = [section(said), *(block(one) for one in _editable(fields))]
    if not any(one["type"] == "input" for one in blocks):
        kept = "Nothing of this call can be changed in a dialog. Deny it with a reason: the agent reads it and can propose another one."
        return Modal(CALLBACK, "Edit this call", (section(kept), *_kept(fields)))
    return Modal(CALLBACK, "Edit this call", (*blocks, *_kept(fields)), submit="Ask with this", private_metadata=about(where, ask=ask_id))


def arguments_in(
    view: Mapping[str, Any], schema: Mapping[str, Any], arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], Mapping[str, str]]:
    """The arguments in a submitted modal, and what is wrong with them by the block in which it was entered."""
    fields = fields_of(schema, arguments)
    shown = {one.block_id for one in _editable(fields)}
    changed: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for one in fields:
        held = entered(view, one.block_id)
        try:
            value = read(one, held) if one.block_id in shown and held else one.value
        except Mistyped as error:
            wrong[one.block_id] = str(error)
        else:
            if value is not MISSING:
                changed[one.name] = value
    return changed, wrong


def complaints(
    view: Mapping[str, Any], tool: str, schema: Mapping[str, Any], arguments: Mapping[str, Any],
    invalid: Callable[[str, Mapping[str, Any]], str | None],
) -> Mapping[str, str]:
    """What is wrong with a submitted modal, by the block that should say so; nothing where it can be taken."""
    changed, wrong = arguments_in(view, schema, arguments)
    shown = _editable(fields_of(schema, arguments))
    if wrong or not shown:
        return wrong
    if canonical(changed) == canonical(arguments):
        return {shown[0].block_id: "Nothing was changed. Close this to approve the call as it is, or to deny it."}
    return _placed(why, shown) if (why := invalid(tool, changed)) else {}


def _placed(why: str, shown: tuple[Field, ...]) -> Mapping[str, str]:
    """Each sentence at the argument that it names, else at the first; as plain text, which is what Slack shows there."""
    placed: dict[str, str] = {}
    for sentence in re.split(r"(?<=\.) (?=`|There )", why):
        named = next((one for one in shown if re.search(rf"`{re.escape(one.name)}[`.\[]", sentence)), shown[0])
        placed[named.block_id] = f"{placed.get(named.block_id, '')} {sentence.replace('`', '')}".strip()[:300]
    return placed


def _editable(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(one for one in fields if one.editable)[:MOST]


def _kept(fields: tuple[Field, ...]) -> tuple[Json, ...]:
    """What has no input here."""
    shown = {one.block_id for one in _editable(fields)}
    kept = [f"`{inline(one.name, 60)}`" for one in fields if one.block_id not in shown]
    if not kept:
        return ()
    more = f" and {len(kept) - 10} more" if len(kept) > 10 else ""
    return (section(f":lock: Too long for a dialog of Slack's, and kept as it is: {', '.join(kept[:10])}{more}."),)
