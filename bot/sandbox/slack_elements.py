"""Block Kit's composition objects and elements: which fields they have and how long those may be.

Source: https://docs.slack.dev/reference/block-kit/block-elements and .../composition-objects.
"""

import re
from typing import Any

from bot.sandbox.slack_checks import (
    Check,
    Complain,
    Field,
    anything,
    boolean,
    exactly_one,
    fields,
    in_turn,
    integer,
    items,
    may,
    must,
    one_of,
    string,
    typed,
)
from bot.sandbox.slack_state import STATE
from bot.sandbox.workspace import Json

TYPE = {"type": must(anything)}
ACTION_ID = may(string(255, 1))
URL = string(3000, 1)


def texts(longest: int) -> dict[str, Check]:
    """Checks of the two kinds of text object, of at most so many characters."""
    text = must(string(longest, 1))
    return {
        "plain_text": fields({**TYPE, "text": text, "emoji": may(boolean)}),
        "mrkdwn": fields({**TYPE, "text": text, "verbatim": may(boolean)}),
    }


def plain(longest: int) -> Check:
    """A plain_text object of at most so many characters."""
    return typed({"plain_text": texts(longest)["plain_text"]})


def any_text(longest: int) -> Check:
    """A plain_text or mrkdwn object of at most so many characters."""
    return typed(texts(longest))


CONFIRM = fields(
    {
        "title": must(plain(100)),
        "text": must(any_text(300)),
        "confirm": must(plain(30)),
        "deny": must(plain(30)),
        "style": may(one_of("primary", "danger")),
    }
)
_OPTION_REST: dict[str, Field] = {"value": must(string(150, 1)), "description": may(any_text(75)), "url": may(URL)}
OPTION = fields({"text": must(plain(75)), **_OPTION_REST})
RICH_OPTION = fields({"text": must(any_text(75)), **_OPTION_REST})
GROUP = fields({"label": must(plain(75)), "options": must(items(OPTION, 100))})
DISPATCH = fields({"trigger_actions_on": must(items(one_of("on_enter_pressed", "on_character_entered"), 2))})
CONVERSATION_FILTER = fields(
    {
        "include": may(items(one_of("im", "mpim", "private", "public"), 4)),
        "exclude_external_shared_channels": may(boolean),
        "exclude_bot_users": may(boolean),
    }
)


def _file_id(value: Any, pointer: str, complain: Complain) -> None:
    if not isinstance(value, str) or not re.fullmatch("F[A-Z0-9]{8,}", value):
        complain("input must match regex pattern: ^[F][A-Z0-9]{8,}$", pointer)


SLACK_FILE = in_turn(fields({"id": may(_file_id), "url": may(URL)}), exactly_one("id", "url"))
_IMAGE_SOURCE: dict[str, Field] = {"image_url": may(URL), "slack_file": may(SLACK_FILE), "alt_text": must(string(2000))}
IMAGE = in_turn(fields({**TYPE, **_IMAGE_SOURCE}), exactly_one("image_url", "slack_file"))
_COMMON: dict[str, Field] = {**TYPE, "action_id": ACTION_ID}
_CONFIRMED: dict[str, Field] = {**_COMMON, "confirm": may(CONFIRM)}
_FOCUS: dict[str, Field] = {"focus_on_load": may(boolean), "placeholder": may(plain(150))}
_VISIBLE: dict[str, Field] = {"visible_to_user_ids": may(items(string(255, 1), 100))}
_LABEL: dict[str, Field] = {"accessibility_label": may(string(75))}
BUTTON = fields(
    {
        **_CONFIRMED,
        **_VISIBLE,
        **_LABEL,
        "text": must(plain(75)),
        "url": may(URL),
        "value": may(string(2000)),
        "style": may(one_of("primary", "danger")),
        "agent_prompt": may(string(4000)),
        "agent_prompt_display": may(anything),
    }
)
_FEEDBACK = fields({"text": must(plain(75)), "value": must(string(2000)), **_LABEL})


def _select(initial: str, check_initial: Check = anything, /, **more: Field) -> Check:
    """A select menu with this field for what is chosen at first."""
    return fields({**_CONFIRMED, **_FOCUS, initial: may(check_initial), **more})


def _multi(initial: str, check_initial: Check = anything, /, **more: Field) -> Check:
    return _select(initial, check_initial, max_selected_items=may(integer(1, 10_000)), **more)


def _offered(element: Json, pointer: str, complain: Complain) -> None:
    """What is chosen at first has to be among what is offered."""
    groups = element.get("option_groups") or [{"options": element["options"]}]
    offered = [option["value"] for group in groups for option in group["options"]]
    initial = element.get("initial_options") or ([element["initial_option"]] if element.get("initial_option") else [])
    for option in initial:
        if option.get("value") not in offered:
            complain("initial option is not among the options", pointer)


def _static(check: Check) -> Check:
    return in_turn(check, exactly_one("options", "option_groups"), _offered)


def _text_input(**more: Field) -> Check:
    return fields({**_COMMON, **_FOCUS, "initial_value": may(string(3000)), "dispatch_action_config": may(DISPATCH), **more})


_OPTIONS: dict[str, Field] = {"options": may(items(OPTION, 100)), "option_groups": may(items(GROUP, 100))}
_FILTERED: dict[str, Field] = {"default_to_current_conversation": may(boolean), "filter": may(CONVERSATION_FILTER)}
_RESPONSE_URL: dict[str, Field] = {"response_url_enabled": may(boolean)}
_CHOICES: dict[str, Field] = {**_CONFIRMED, "focus_on_load": may(boolean), "options": must(items(RICH_OPTION, 10))}

ELEMENTS: dict[str, Check] = {
    "button": BUTTON,
    "icon_button": fields(
        {**_CONFIRMED, **_VISIBLE, **_LABEL, "icon": must(string(255, 1)), "text": must(plain(75)), "value": may(string(2000))}
    ),
    "feedback_buttons": fields({**_COMMON, "positive_button": must(_FEEDBACK), "negative_button": must(_FEEDBACK)}),
    "overflow": fields({**_CONFIRMED, "options": must(items(OPTION, 5))}),
    "checkboxes": in_turn(fields({**_CHOICES, "initial_options": may(items(RICH_OPTION, 10))}), _offered),
    "radio_buttons": in_turn(fields({**_CHOICES, "initial_option": may(RICH_OPTION)}), _offered),
    "static_select": _static(_select("initial_option", OPTION, **_OPTIONS)),
    "multi_static_select": _static(_multi("initial_options", items(OPTION, 100), **_OPTIONS)),
    "external_select": _select("initial_option", min_query_length=may(integer(0, 3000))),
    "multi_external_select": _multi("initial_options", min_query_length=may(integer(0, 3000))),
    "users_select": _select("initial_user"),
    "multi_users_select": _multi("initial_users"),
    "conversations_select": _select("initial_conversation", **_FILTERED, **_RESPONSE_URL),
    "multi_conversations_select": _multi("initial_conversations", **_FILTERED),
    "channels_select": _select("initial_channel", **_RESPONSE_URL),
    "multi_channels_select": _multi("initial_channels"),
    "datepicker": _select("initial_date"),
    "timepicker": _select("initial_time", timezone=may(string(255))),
    "datetimepicker": _select("initial_date_time"),
    "plain_text_input": _text_input(multiline=may(boolean), min_length=may(integer(0, 3000)), max_length=may(integer(1, 3000))),
    "email_text_input": _text_input(),
    "url_text_input": _text_input(),
    "number_input": _text_input(is_decimal_allowed=must(boolean), min_value=may(string(50)), max_value=may(string(50))),
    "rich_text_input": fields(
        {
            **_COMMON,
            **_FOCUS,
            "initial_value": may(anything),
            "dispatch_action_config": may(DISPATCH),
            "min_lines": may(integer(1, 100)),
            "max_lines": may(integer(1, 100)),
        }
    ),
    "file_input": fields({**_COMMON, "filetypes": may(items(string(20, 1), 100)), "max_files": may(integer(1, 10))}),
    "workflow_button": fields({**_COMMON, **_LABEL, "text": must(plain(75)), "workflow": must(anything), "style": may(anything)}),
    "image": IMAGE,
}


def among(*types: str) -> Check:
    """One of these elements."""
    return typed({name: ELEMENTS[name] for name in types})


_TEXT_INPUTS = frozenset(name for name in ELEMENTS if name.endswith("_input"))
_BUTTONS = ("button", "overflow", "workflow_button")
_MENUS = tuple(name for name in STATE if name not in _TEXT_INPUTS)
ACCESSORY = among("image", *_BUTTONS, *_MENUS)
IN_ACTIONS = among(*_BUTTONS, *_MENUS, "rich_text_input")
IN_CONTEXT = typed({**texts(3000), "image": IMAGE})
IN_CONTEXT_ACTIONS = among("feedback_buttons", "icon_button")
IN_INPUT = among(*STATE)
LINK_SOURCE = fields({**TYPE, "url": must(URL), "text": must(string(3000))})
