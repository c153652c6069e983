"""The modal in which a person approves a call and allows others like it ahead of time, with the pattern in words."""

from collections.abc import Collection, Mapping
from typing import Any

from agents.core.grants import Terms
from agents.core.state import Ask, Run
from bot.views.blocks import Json, choice, field, section
from bot.views.difference import value_text
from bot.views.facts import asked_arguments, the_call
from bot.views.message import Modal
from bot.views.mrkdwn import cut, escape, inline
from bot.views.rows import whole
from bot.views.spot import Spot, about, entered

CALLBACK = "grant"
SECONDS, USES, FIXED = "seconds", "uses", "fixed"

LENGTHS = {"900": "15 minutes", "3600": "1 hour", "14400": "4 hours", "86400": "1 day"}
TIMES = {"1": "once", "3": "3 times", "10": "10 times", "100": "100 times"}

BOXES = 10
"""Boxes to tick in one element, by Slack."""
MOST = 50
"""Arguments that can be left open; the others have to be just as they are."""


def grant(run: Run, ask: Ask, where: Spot | None, fixed: Collection[str] | None = None) -> Modal:
    """The modal. `fixed` are the arguments that have to be just these: at first all."""
    arguments = asked_arguments(run, ask)
    ticked = arguments.keys() if fixed is None else fixed
    own = "" if ask.allow_initiator else ", and so does one that you have asked for yourself"
    blocks = (
        *whole(run, ask),
        section(
            "It runs once now. *What you would allow beside it:* calls that are like it run *without asking anybody*, so long and so "
            "often. Each use is recorded with your name, and it can be taken back at any moment: `/ops grants`. A call with an argument "
            f"that this one does not have asks all the same{own}."
        ),
        field(SECONDS, "For how long", _menu(LENGTHS, "3600")), field(USES, "How often at most", _menu(TIMES, "10")),
        *_boxes(arguments),
        section(f"*In words:* {pattern(run.agent, the_call(run, ask).tool, arguments, ticked)}"),
    )
    return Modal(CALLBACK, "Approve and allow more", blocks, submit="Approve and allow", private_metadata=about(where, ask=ask.ask_id))


def pattern(agent: str, tool: str, arguments: Mapping[str, Any], fixed: Collection[str]) -> str:
    """What a grant covers, as mrkdwn: `restart_service` by triage, where service is exactly "checkout" and reason may be anything."""
    said = [f"{inline(name, 60)} {_bound(arguments[name]) if name in fixed else 'may be anything'}" for name in sorted(arguments)]
    listed = f"{', '.join(said[:-1])} and {said[-1]}" if len(said) > 1 else "".join(said)
    return cut(f"`{escape(tool)}` by {escape(agent)}{f', where {listed}' if listed else ', without arguments'}.", 2500)


def terms_of(view: Mapping[str, Any], arguments: Mapping[str, Any]) -> Terms:
    """What a submitted modal allows. What it did not offer is as narrow as it can be."""
    return Terms(_picked(view, SECONDS, LENGTHS, "900"), _picked(view, USES, TIMES, "1"), fixed_in(view, arguments))


def fixed_in(view: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The arguments that have to be just these, as they are ticked."""
    names = sorted(arguments)
    fixed = list(names[MOST:])
    for first in range(0, len(names[:MOST]), BOXES):
        offered = range(first, min(first + BOXES, len(names), MOST))
        held = entered(view, f"{FIXED}:{first}")
        ticked = {str(one.get("value")) for one in held["selected_options"] or ()} if "selected_options" in held else set(map(str, offered))
        fixed += [names[number] for number in offered if str(number) in ticked]
    return tuple(sorted(fixed))


def _bound(value: object) -> str:
    return f"is exactly {inline(value_text(value), 200)}"


def _picked(view: Mapping[str, Any], name: str, offered: Mapping[str, str], least: str) -> int:
    picked = str((entered(view, name).get("selected_option") or {}).get("value"))
    return int(picked if picked in offered else least)


def _menu(offered: Mapping[str, str], first: str) -> Json:
    options = {value: choice(text, value) for value, text in offered.items()}
    return {"type": "static_select", "options": list(options.values()), "initial_option": options[first]}


def _boxes(arguments: Mapping[str, Any]) -> list[Json]:
    """A box for each argument, ticked: each change of one has the words below written anew."""
    names = sorted(arguments)[:MOST]
    boxes = []
    for first in range(0, len(names), BOXES):
        options = [
            choice(f"{names[number]} is exactly this", str(number), value_text(arguments[names[number]]))
            for number in range(first, min(first + BOXES, len(names)))
        ]
        element = {"type": "checkboxes", "options": options, "initial_options": options}
        label = "What has to be just as it is here" if not first else "And of these"
        hint = "Without the tick it may be anything."
        boxes.append(field(f"{FIXED}:{first}", label, element, hint, optional=True, dispatch_action=True))
    return boxes
