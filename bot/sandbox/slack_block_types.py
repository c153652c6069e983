"""Every block type that Slack knows, with its fields. Source: https://docs.slack.dev/reference/block-kit/blocks."""

from typing import Any

from bot.sandbox.slack_charts import CHART
from bot.sandbox.slack_checks import (
    Check,
    Complain,
    Field,
    anything,
    at_least_one,
    boolean,
    exactly_one,
    fields,
    in_turn,
    items,
    may,
    must,
    one_of,
    string,
    typed,
)
from bot.sandbox.slack_elements import (
    ACCESSORY,
    BUTTON,
    IMAGE,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    LINK_SOURCE,
    SLACK_FILE,
    TYPE,
    URL,
    any_text,
    plain,
)
from bot.sandbox.slack_rich_text import RICH_TEXT

MARKDOWN_LIMIT = 12_000
"""Characters in all markdown blocks of a payload together."""
_BLOCK: dict[str, Field] = {**TYPE, "block_id": may(string(255, 1))}


def _section_has_text(block: Any, pointer: str, complain: Complain) -> None:
    if not block.get("text") and not block.get("fields"):
        complain("missing required field: text or fields", pointer)


def _even_rows(block: Any, pointer: str, complain: Complain) -> None:
    """All rows of a table are equally long."""
    rows = block.get("rows")
    if isinstance(rows, list) and len({len(row) for row in rows if isinstance(row, list)}) > 1:
        complain("all rows must have the same number of cells", f"{pointer}/rows")


_CELL = typed(
    {
        "raw_text": fields({**TYPE, "text": must(string(10_000, 1))}),
        "raw_number": fields({**TYPE, "value": must(anything), "text": must(string(10_000, 1))}),
        "rich_text": RICH_TEXT,
    }
)
_COLUMN = fields({"align": may(one_of("left", "center", "right")), "is_wrapped": may(boolean)})
_TASK = fields(
    {
        **_BLOCK,
        "task_id": must(string(255, 1)),
        "title": must(string(3000, 1)),
        "details": may(RICH_TEXT),
        "output": may(RICH_TEXT),
        "sources": may(items(LINK_SOURCE, 100, 0)),
        "status": must(one_of("pending", "in_progress", "complete", "error")),
    }
)
_CARD = in_turn(
    fields(
        {
            **_BLOCK,
            "hero_image": may(IMAGE),
            "icon": may(IMAGE),
            "title": may(any_text(150)),
            "subtitle": may(any_text(150)),
            "body": may(any_text(200)),
            "actions": may(items(typed({"button": BUTTON}), 25)),
        }
    ),
    at_least_one("hero_image", "title", "actions", "body"),
)
BASIC: dict[str, Check] = {
    "section": in_turn(
        fields(
            {
                **_BLOCK,
                "text": may(any_text(3000)),
                "fields": may(items(any_text(2000), 10)),
                "accessory": may(ACCESSORY),
                "expand": may(boolean),
            }
        ),
        _section_has_text,
    ),
    "divider": fields(_BLOCK),
    "header": fields({**_BLOCK, "text": must(plain(150))}),
    "image": in_turn(
        fields(
            {
                **_BLOCK,
                "image_url": may(URL),
                "slack_file": may(SLACK_FILE),
                "alt_text": must(string(2000)),
                "title": may(plain(2000)),
            }
        ),
        exactly_one("image_url", "slack_file"),
    ),
    "actions": fields({**_BLOCK, "elements": must(items(IN_ACTIONS, 25))}),
    "context": fields({**_BLOCK, "elements": must(items(IN_CONTEXT, 10))}),
    "rich_text": RICH_TEXT,
    "video": fields(
        {
            **_BLOCK,
            "alt_text": must(string(2000)),
            "video_url": must(URL),
            "thumbnail_url": must(URL),
            "title": must(plain(199)),
            "title_url": may(URL),
            "description": may(plain(200)),
            "provider_icon_url": may(URL),
            "provider_name": may(string(100)),
            "author_name": may(string(49)),
        }
    ),
}
_INPUT = fields(
    {
        **_BLOCK,
        "label": must(plain(2000)),
        "element": must(IN_INPUT),
        "hint": may(plain(2000)),
        "optional": may(boolean),
        "dispatch_action": may(boolean),
    }
)
_MESSAGE_ONLY: dict[str, Check] = {
    "markdown": fields({**_BLOCK, "text": must(string(MARKDOWN_LIMIT, 1))}),
    "context_actions": fields({**_BLOCK, "elements": must(items(IN_CONTEXT_ACTIONS, 5))}),
    "table": in_turn(
        fields({**_BLOCK, "rows": must(items(items(_CELL, 20), 100)), "column_settings": may(items(_COLUMN, 20, 0))}),
        _even_rows,
    ),
    "task_card": _TASK,
    "plan": fields({**_BLOCK, "title": must(string(3000, 1)), "tasks": may(items(typed({"task_card": _TASK}), 50, 0))}),
    "alert": fields({**_BLOCK, "text": must(any_text(3000)), "level": may(one_of("default", "info", "warning", "error", "success"))}),
    "card": _CARD,
    "carousel": fields({**_BLOCK, "elements": must(items(typed({"card": _CARD}), 10))}),
    "data_visualization": CHART,
    "file": fields({**_BLOCK, "external_id": must(string(255, 1)), "source": must(one_of("remote"))}),
}
IN_MESSAGES: dict[str, Check] = {**BASIC, **_MESSAGE_ONLY, "input": _INPUT}
IN_MODALS: dict[str, Check] = {**BASIC, "input": _INPUT, "alert": _MESSAGE_ONLY["alert"]}
IN_HOMES: dict[str, Check] = {**BASIC, "input": _INPUT}
