"""The grammar of `rich_text` blocks. Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block."""

from bot.sandbox.slack_checks import Check, anything, boolean, fields, integer, items, may, must, one_of, string, typed
from bot.sandbox.slack_elements import TYPE

_STYLE = fields(
    {name: may(boolean) for name in ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")}
)
_STYLED = {**TYPE, "style": may(_STYLE)}
_PART: dict[str, Check] = {
    "text": fields({**_STYLED, "text": must(string(40_000, 1))}),
    "link": fields({**_STYLED, "url": must(string(3000, 1)), "text": may(string(40_000)), "unsafe": may(boolean)}),
    "emoji": fields({**_STYLED, "name": must(string(100, 1)), "unicode": may(string(100)), "skin_tone": may(integer(1, 6))}),
    "user": fields({**_STYLED, "user_id": must(string(255, 1))}),
    "usergroup": fields({**_STYLED, "usergroup_id": must(string(255, 1))}),
    "channel": fields({**_STYLED, "channel_id": must(string(255, 1))}),
    "team": fields({**_STYLED, "team_id": must(string(255, 1))}),
    "broadcast": fields({**_STYLED, "range": must(one_of("here", "channel", "everyone"))}),
    "color": fields({**_STYLED, "value": must(string(20, 1))}),
    "date": fields(
        {
            **_STYLED,
            "timestamp": must(anything),
            "format": must(string(255, 1)),
            "url": may(string(3000)),
            "fallback": may(string(3000)),
        }
    ),
}
_PARTS = must(items(typed(_PART), 10_000, 0))
_SECTION = fields({**TYPE, "elements": _PARTS})
_BORDER = may(integer(0, 1))
_ELEMENT: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_quote": fields({**TYPE, "elements": _PARTS, "border": _BORDER}),
    "rich_text_preformatted": fields({**TYPE, "elements": _PARTS, "border": _BORDER, "language": may(string(100))}),
    "rich_text_list": fields(
        {
            **TYPE,
            "elements": must(items(typed({"rich_text_section": _SECTION}), 10_000, 0)),
            "style": must(one_of("bullet", "ordered")),
            "indent": may(integer(0, 8)),
            "offset": may(integer(0, 100_000)),
            "border": _BORDER,
        }
    ),
}
RICH_TEXT = fields({**TYPE, "block_id": may(string(255, 1)), "elements": must(items(typed(_ELEMENT), 10_000, 0))})
"""The whole block."""
