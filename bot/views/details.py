"""The modal that shows all there is to know of a question: whole arguments, preview, rules, ids."""

from agents.core.state import Ask, Run
from bot.views.answer import split_literal
from bot.views.blocks import SECTION, VIEW_BLOCKS, Json, context, exact, section
from bot.views.facts import MARKS, as_json
from bot.views.message import Modal
from bot.views.mrkdwn import date, escape, visible

MOST = 24_000
"""Characters of each of the two texts that a modal shows; what is beyond is in the journal."""


def details(run: Run, ask: Ask) -> Modal:
    """The modal for this question as it stands."""
    call = run.calls.get(ask.call_id) if ask.call_id else None
    blocks: list[Json] = [section(f"*Question* `{escape(ask.ask_id)}`, {escape(ask.state)}, asked {date(ask.asked_at)}")]
    if call is not None:
        blocks += [section(f"*Call* `{escape(call.call_id)}` of `{escape(call.tool)}`: {MARKS.get(call.state, call.state)}")]
        blocks += _long("Arguments, whole", as_json(call.arguments), run)
        blocks += _long("Preview", ask.preview, run)
        rules = "\n".join(f"• {escape(rule)}" for rule in call.rules) or "none"
        blocks += [section(f"*Rules that decided*\n{rules}\nRisk {call.risk}, effect {call.effect}, repeatable: {call.repeat}")]
    if ask.detail:
        blocks += _long("What is known", ask.detail, run)
    blocks += [context(f"{escape(run.run_id)} · fingerprint {escape(ask.digest or 'none')}")]
    return Modal("details", "Details", tuple(blocks[:VIEW_BLOCKS]))


def _long(title: str, text: str, run: Run) -> list[Json]:
    """A title and a literal text over as many blocks as it takes, cut visibly at the most that a modal shows."""
    if not text:
        return []
    shown = visible(text)
    blocks = [section(f"*{title}*"), *(exact(piece, SECTION) for piece in split_literal(shown[:MOST]))]
    if len(shown) > MOST:
        missing = f"{len(shown) - MOST:,} more characters are not shown here"
        blocks.append(section(f":scissors: _Cut: {missing}; `countersign show {escape(run.run_id)}` has them all._"))
    return blocks
