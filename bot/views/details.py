"""The modals that show a call whole: all there is to know of a question, and the one from which a long call is approved."""

from agents.core.calls import Call
from agents.core.state import Ask, AskKind, Run
from bot.views.blocks import SECTION, VIEW_BLOCKS, Json, context, exact, pieces, section
from bot.views.facts import MARKS, Mentions
from bot.views.message import Modal
from bot.views.mrkdwn import date, escape, inline, visible
from bot.views.outcome import sentence
from bot.views.room import text_of
from bot.views.rows import changes, deciders, earlier, edits, stakes, whole
from bot.views.spot import Spot, about

REVIEW = "review"

MOST = 24_000
"""Characters of each text that a modal shows; what is beyond is in the journal. No arguments that people are asked about are longer."""

CHANGES = 8000
"""Characters of a difference."""


def details(run: Run, ask: Ask) -> Modal:
    """The modal for this question as it stands."""
    call = run.calls.get(ask.call_id) if ask.call_id else None
    blocks: list[Json] = [section(f"*Question* `{escape(ask.ask_id)}`, {escape(ask.state)}, asked {date(ask.asked_at)}")]
    if ask.kind is AskKind.APPROVAL:
        blocks.append(section("\n".join([*earlier(run, ask), *(deciders(run, ask, {}) if ask.open else [sentence(ask)])])))
    if call is not None:
        blocks += _called(run, ask, call)
    if ask.detail:
        blocks += _long("What is known", ask.detail, run)
    if ask.reason:
        blocks += _long("Reason", ask.reason, run)
    blocks.append(context(f"{escape(run.run_id)} · fingerprint {escape(ask.digest or 'none')}"))
    return Modal("details", "Details", tuple(blocks[:VIEW_BLOCKS]))


def review(run: Run, ask: Ask, where: Spot | None, mentions: Mentions) -> Modal:
    """Everything that an approval needs, the arguments whole. To submit it is to approve."""
    call = run.calls[ask.call_id] if ask.call_id else None
    if call is None:
        raise ValueError(f"{ask.ask_id} asks about no call.")
    blocks = (
        *whole(run, ask), *edits(run, ask, CHANGES), *changes(run, ask, CHANGES),
        section("\n".join([*earlier(run, ask), *stakes(call), *deciders(run, ask, mentions)])),
        context(f"{escape(ask.ask_id)} · fingerprint {escape(ask.digest)}"),
    )
    return Modal(REVIEW, "Review and approve", blocks, submit="Approve", private_metadata=about(where, ask=ask.ask_id))


def _called(run: Run, ask: Ask, call: Call) -> list[Json]:
    rules = "\n".join(f"• {inline(rule, 300)}" for rule in (*call.rules[:8], *([call.reason] if call.reason else ()))) or "none"
    return [
        section(f"*Call* `{escape(call.call_id)}` of `{escape(call.tool)}`: {MARKS.get(call.state, call.state)}"),
        *_long("Arguments, whole", text_of(run, ask), run), *edits(run, ask, CHANGES), *changes(run, ask, CHANGES),
        *(_long("Preview, as it was taken", ask.preview, run)),
        section(f"*Rules that decided*\n{rules}\nRisk {call.risk}, effect {call.effect}, repeatable: {call.repeat}"),
        *_long("Result", call.result, run),
    ]


def _long(title: str, text: str, run: Run) -> list[Json]:
    """A title and a literal text over as many blocks as it takes, cut visibly at the most that a modal shows."""
    if not text:
        return []
    shown = visible(text)
    blocks = [section(f"*{title}*"), *(exact(piece, SECTION) for piece in pieces(shown[:MOST]))]
    if len(shown) > MOST:
        missing = f"{len(shown) - MOST:,} more characters are not shown here"
        blocks.append(section(f":scissors: _Cut: {missing}; `countersign show {escape(run.run_id)}` has them all._"))
    return blocks
