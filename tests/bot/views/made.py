"""Runs made of events, and the checks that every view must pass."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import Any

from slack_sdk.models.blocks import Block

from agents.core import events as e
from agents.core.fold import fold
from agents.core.ids import SYSTEM, ActorId, AskId, CallId, RunId, person
from agents.core.state import Run
from agents.core.tool import Effect, Repeat, Risk
from agents.core.trigger import Place, Source, Trigger
from bot.sandbox.slack_blocks import checked_blocks, checked_view
from bot.views.blocks import Json, text_size
from bot.views.message import Message, Modal

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
RUN = RunId("run-abcdefghij234567")
ASK = AskId(f"{RUN}.a1")
DANA, ALICE, BOB = person("T01", "U01DANA"), person("T01", "U01ALICE"), person("T01", "U01BOB")
MENTIONS = {"operators": "<@U01ALICE> <!subteam^S01OPS>"}
PLACE = Place("T01", "C01", "100.1")

HOSTILE = (
    "<!channel> <!here> <@U01ALICE> <!subteam^S01OPS|ops> <https://evil.example|Approve>",
    "&lt;!channel&gt; &amp;lt; & < > &",
    "```\n*Approved* by <@U01CAROL>\n```",
    "\u202eevorppa\u202c \u200bzero\u200bwidth\ufeff \x00\x07\x1b[31m",
    "&<>" * 34_000,
    "🏴‍☠️" * 20_000,
    "word " * 20_000,
    "\n" * 5_000,
    "",
    " ",
    "# " + " " * 60_000 + "\n# a" + " " * 60_000 + "b\n" + "- " * 30_000,
    "[" * 30_000 + "**" * 30_000 + "<@" * 30_000,
    "*" * 3000 + "_" * 3000 + "`" * 3001,
)
"""What a person, a model or a document could write to be taken for something else, or to break a view."""


def rows(*facts: e.Event | tuple[e.Event, ActorId]) -> tuple[e.Recorded, ...]:
    """Events of one run, a second apart."""
    given = [fact if isinstance(fact, tuple) else (fact, SYSTEM) for fact in facts]
    return tuple(e.Recorded(RUN, n, NOON + timedelta(seconds=n), actor, "triage", event) for n, (event, actor) in enumerate(given, 1))


def started(text: str = "checkout is slow", *, tainted: bool = False) -> e.RunStarted:
    """Dana asks."""
    return e.RunStarted("triage", Trigger(Source.MENTION, "k", DANA, "Dana Reyes", PLACE, tainted), text)


def turn(text: str, *calls: tuple[str, dict[str, Any]], first: int = 1) -> tuple[e.Event, e.Event]:
    """The model's turn."""
    proposed = tuple(e.Proposal(CallId(f"c{first + n}"), tool, arguments) for n, (tool, arguments) in enumerate(calls))
    stop = e.Stop.TOOLS if calls else e.Stop.END
    return e.ModelAsked(1, "smart"), e.ModelAnswered("claude-test", text, proposed, stop, e.Usage(1000, 200), 0.0123, 900)


def judged(tool: str = "restart_service", decision: e.Decision = e.Decision.ASK, call: str = "c1") -> e.CallJudged:
    """The policy has spoken."""
    return e.CallJudged(
        CallId(call), tool, decision, ("partial autonomy, high risk",), Risk.HIGH, Effect.INTERNAL, Repeat.NEVER, False
    )


def asked(*, preview: str = "version 12 -> 11", required: int = 1, approvers: Sequence[str] = ("role:operators",)) -> e.ApprovalAsked:
    """The question."""
    return e.ApprovalAsked(
        ASK, CallId("c1"), "restart_service", "d" * 64, preview, "f", tuple(approvers), required, NOON + timedelta(hours=4)
    )


def waiting(
    text: str = "checkout is slow", arguments: dict[str, Any] | None = None, words: str = "A restart should help.", **question: Any
) -> tuple[e.Event | tuple[e.Event, ActorId], ...]:
    """The events of a run that waits for approval of one call."""
    call = ("restart_service", {"service": "checkout"} if arguments is None else arguments)
    return (started(text), *turn(words, call), judged(), asked(**question))


def several(
    *calls: dict[str, Any], text: str = "checkout is slow", preview: str = "version: 12 → 11", words: str = "Restart them.", **question: Any
) -> tuple[e.Event | tuple[e.Event, ActorId], ...]:
    """The events of a run that asks about several calls of one turn."""
    asks = [
        replace(asked(preview=preview, **question), ask_id=AskId(f"{RUN}.a{n}"), call_id=CallId(f"c{n}"))
        for n in range(1, len(calls) + 1)
    ]
    made = [judged(call=f"c{n}") for n in range(1, len(calls) + 1)]
    return (started(text), *turn(words, *(("restart_service", call) for call in calls)), *made, *asks)


def run_of(*facts: e.Event | tuple[e.Event, ActorId]) -> Run:
    """The run that these events make."""
    return fold(rows(*facts))


def check(message: Message) -> Message:
    """The message is one that Slack takes: by its own models, by its schema, and by the size of its text."""
    blocks = list(message.blocks)
    assert [block.to_dict()["type"] for block in Block.parse_all(blocks)] == [block["type"] for block in blocks]
    checked_blocks(blocks)
    assert_ids_differ(blocks)
    assert text_size(blocks) <= 9600
    assert 0 < len(message.text) <= 3000
    assert_tame(message.text)
    for text in mrkdwn_of(blocks):
        assert_tame(text)
    return message


def check_modal(modal: Modal) -> Modal:
    """The modal is one that Slack takes."""
    view = modal.view()
    assert [block.to_dict()["type"] for block in Block.parse_all(view["blocks"])] == [block["type"] for block in view["blocks"]]
    checked_view(view, "modal")
    assert_ids_differ(view["blocks"])
    for text in mrkdwn_of(view["blocks"]):
        assert_tame(text)
    return modal


def assert_ids_differ(blocks: Sequence[Json]) -> None:
    """No two blocks have one id, and no two elements of a block."""
    named = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(named) == len(set(named))
    for block in blocks:
        elements = [one["action_id"] for one in block.get("elements", ()) if "action_id" in one]
        assert len(elements) == len(set(elements))


def called(message: Message) -> set[str]:
    """Everybody whom a message mentions."""
    texts = [message.text, *mrkdwn_of(list(message.blocks))]
    return {name for text in texts for name in re.findall(r"<(?:@|!subteam\^)([A-Z0-9]+)", text)}


def assert_tame(text: str) -> None:
    """Nothing in this mrkdwn calls people together, and no entity is cut."""
    for call in ("<!channel", "<!here", "<!everyone", "<https://evil.example|"):
        assert call not in text
    assert "&" not in text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert text.count("<") == text.count(">")


def mrkdwn_of(value: object) -> list[str]:
    """Every mrkdwn text in a tree of blocks."""
    if isinstance(value, dict):
        own = [value["text"]] if value.get("type") == "mrkdwn" else []
        return own + [text for item in value.values() for text in mrkdwn_of(item)]
    return [text for item in value for text in mrkdwn_of(item)] if isinstance(value, list | tuple) else []


def literal(value: object) -> str:
    """Every literal text in a tree of blocks, joined."""
    if isinstance(value, dict):
        own = str(value["text"]) if value.get("type") in ("text", "plain_text") and isinstance(value.get("text"), str) else ""
        return own + "".join(literal(item) for item in value.values())
    return "".join(literal(item) for item in value) if isinstance(value, list | tuple) else ""


def buttons(blocks: Sequence[Json]) -> list[tuple[str, str]]:
    """Action ids and values of all buttons."""
    return [(one["action_id"], one["value"]) for block in blocks if block["type"] == "actions" for one in block["elements"]]


def drawn(blocks: Sequence[Json]) -> str:
    """The blocks as text to compare: a mark for each kind, a line for each line, long lines wrapped."""
    return "\n".join(line for block in blocks for text in _drawn(block) for line in _wrapped(text))


def _drawn(block: Json) -> list[str]:
    match block["type"]:
        case "section":
            return [f"SECTION {block['text']['text']}"]
        case "header":
            return [f"HEADER {block['text']['text']}"]
        case "context":
            return [f"SMALL {element['text']}" for element in block["elements"]]
        case "divider":
            return ["----"]
        case "context_actions":
            return ["THUMBS " + " ".join(f"({e['positive_button']['value']}) ({e['negative_button']['value']})" for e in block["elements"])]
        case "input":
            return [_input(block)]
        case "actions":
            return ["BUTTONS " + " ".join(_element(element) for element in block["elements"])]
        case "image":
            return [f"PICTURE {block.get('slack_file', {}).get('id', '')} {block['alt_text']}"]
        case "rich_text":
            return [f"{part['type'].removeprefix('rich_text_').upper()} {literal(item)}" for part in block["elements"]
                    for item in (part["elements"] if part["type"] == "rich_text_list" else [part])]
    return [str(block)]


def _element(element: Json) -> str:
    if element["type"] == "static_select":
        options = "/".join(option["text"]["text"] for option in element["options"])
        return f"[{element['placeholder']['text']}: {options}]({element['action_id']})"
    return f"[{element['text']['text']}]({element['action_id']}{', ' + element['style'] if 'style' in element else ''})"


def _input(block: Json) -> str:
    element = block["element"]
    first = element.get("initial_value") or [o["text"]["text"] for o in [*element.get("initial_options", ()), *_one(element)]]
    optional = " optional" if block["optional"] else ""
    return f"INPUT {block['label']['text']} ({element['type']}{optional}): {first or ''} — {block.get('hint', {}).get('text', '')}"


def _one(element: Json) -> list[Json]:
    return [element["initial_option"]] if "initial_option" in element else []


def _wrapped(text: str) -> list[str]:
    return [piece for line in text.split("\n") for piece in wrap(line, 120, subsequent_indent="   ") or [""]]
