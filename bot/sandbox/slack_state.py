"""Interactive elements of blocks: finding them, what they hold, and the action that a person's use of one makes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.workspace import Json


@dataclass(frozen=True)
class Holds:
    """Where a stateful element keeps its value."""

    field: str  # in `state.values` and in actions
    initial: str  # in the element, as the app set it
    empty: Any = None  # while nothing is chosen


STATE: dict[str, Holds] = {
    "plain_text_input": Holds("value", "initial_value"),
    "email_text_input": Holds("value", "initial_value"),
    "url_text_input": Holds("value", "initial_value"),
    "number_input": Holds("value", "initial_value"),
    "rich_text_input": Holds("rich_text_value", "initial_value"),
    "static_select": Holds("selected_option", "initial_option"),
    "external_select": Holds("selected_option", "initial_option"),
    "radio_buttons": Holds("selected_option", "initial_option"),
    "checkboxes": Holds("selected_options", "initial_options", []),
    "multi_static_select": Holds("selected_options", "initial_options", []),
    "multi_external_select": Holds("selected_options", "initial_options", []),
    "users_select": Holds("selected_user", "initial_user"),
    "multi_users_select": Holds("selected_users", "initial_users", []),
    "conversations_select": Holds("selected_conversation", "initial_conversation"),
    "multi_conversations_select": Holds("selected_conversations", "initial_conversations", []),
    "channels_select": Holds("selected_channel", "initial_channel"),
    "multi_channels_select": Holds("selected_channels", "initial_channels", []),
    "datepicker": Holds("selected_date", "initial_date"),
    "timepicker": Holds("selected_time", "initial_time"),
    "datetimepicker": Holds("selected_date_time", "initial_date_time"),
    "file_input": Holds("files", "initial_files", []),
}
"""Every element that keeps a value; the others (buttons, overflow) only act."""


def interactive(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element with an action id, after the block in which it stands; blocks within blocks included."""
    for block in blocks:
        for name in ("element", "accessory"):
            if "action_id" in block.get(name, {}):
                yield block, block[name]
        for name in ("elements", "actions"):
            for element in block.get(name) or ():
                if isinstance(element, dict) and "action_id" in element:
                    yield block, element
        for name in ("child_blocks", "elements"):
            yield from interactive(child for child in block.get(name) or () if "block_id" in child)


def find_element(blocks: Iterable[Json], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """The block and the element that a person uses; raises ValueError when there is none."""
    for block, element in interactive(blocks):
        if element["action_id"] == action_id and block_id in (None, block["block_id"]):
            return block, element
    raise ValueError(f"there is no element {action_id!r} here")


def state_values(blocks: Iterable[Json], entered: Json) -> Json:
    """`state.values`: what each stateful element holds, as entered or as the app set it at first."""
    values: Json = {}
    for block, element in interactive(blocks):
        holds = STATE.get(element["type"])
        if holds is None:
            continue
        state = {"type": element["type"], holds.field: element.get(holds.initial, holds.empty)}
        given = entered.get(block["block_id"], {}).get(element["action_id"], {})
        if holds.field in given:
            state[holds.field] = given[holds.field]
        if state[holds.field] is None and holds.field == "value" and element["type"] != "plain_text_input":
            del state["value"]
        values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def action_of(block: Json, element: Json, value: Any, selected: Any, action_ts: str) -> Json:
    """The entry of `actions` for one use of an element; raises ValueError for a choice that is not offered."""
    action: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"], "action_ts": action_ts}
    kind = element["type"]
    if kind in ("button", "icon_button"):
        return action | {name: element[name] for name in ("text", "value", "style", "url", "icon") if name in element}
    if kind == "feedback_buttons":
        offered = [element["positive_button"], element["negative_button"]]
        chosen = next((button for button in offered if button["value"] == value), None)
        if chosen is None:
            raise ValueError(f"there is no feedback button with the value {value!r}")
        return action | {"value": chosen["value"], "text": chosen["text"]}
    if kind == "overflow":
        return action | {"selected_option": _option(element, selected)}
    if kind not in STATE:
        raise ValueError(f"an element of type {kind!r} cannot be used here")
    return action | {STATE[kind].field: chosen_value(element, value if selected is None else selected)}


def chosen_value(element: Json, chosen: Any) -> Any:
    """What the element holds once this is chosen: option objects for the values of options, other values as they are."""
    name = STATE[element["type"]].field
    if name == "selected_option":
        return None if chosen is None else _option(element, chosen)
    if name == "selected_options":
        return [_option(element, one) for one in (chosen if isinstance(chosen, list) else [chosen])]
    return chosen


def _option(element: Json, chosen: Any) -> Json:
    """The offered option with this value."""
    value = chosen["value"] if isinstance(chosen, dict) else chosen
    groups = element.get("option_groups") or [{"options": element.get("options", [])}]
    for group in groups:
        for option in group["options"]:
            if option.get("value") == value:
                found: Json = option
                return found
    raise ValueError(f"there is no option with the value {value!r}")


def unfilled(blocks: Iterable[Json], values: Json) -> dict[str, str]:
    """Slack's own complaints before a modal is submitted: inputs without a value, too short or too long texts, wrong numbers."""
    complaints: dict[str, str] = {}
    for block, element in interactive(blocks):
        if block["type"] != "input" or element["type"] not in STATE:
            continue
        held = values.get(block["block_id"], {}).get(element["action_id"], {}).get(STATE[element["type"]].field)
        if held in (None, "", []):
            complaint = None if block.get("optional", False) else "Please complete this required field."
        else:
            complaint = _wrong_number(element, str(held)) if element["type"] == "number_input" else _wrong_length(element, held)
        if complaint is not None:
            complaints[block["block_id"]] = complaint
    return complaints


def _wrong_length(element: Json, held: Any) -> str | None:
    if isinstance(held, str) and len(held) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if isinstance(held, str) and len(held) > element.get("max_length", 3000):
        return f"Please enter at most {element.get('max_length', 3000)} characters."
    return None


def _wrong_number(element: Json, held: str) -> str | None:
    try:
        number = Decimal(held)
    except InvalidOperation:
        return "Please enter a number."
    if not number.is_finite() or (number % 1 and not element["is_decimal_allowed"]):
        return "Please enter a whole number."
    if "min_value" in element and number < Decimal(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > Decimal(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None
