"""What `/ops help` answers."""

from collections.abc import Mapping

from bot.views.blocks import section
from bot.views.message import Message

USES: Mapping[str, tuple[str, str]] = {
    "runs": ("the newest runs; `/ops runs open` only those that are not over", ""),
    "run": (
        "one run at a glance, with its buttons",
        "`/ops run run-abc` (the first letters of its id are enough) shows what it was asked, its calls, what waits, and what it used.",
    ),
    "approvals": (
        "questions that wait for people; `mine` those that wait for you, `all` the decided ones too",
        "`/ops approvals mine` lists what you may decide and have not asked for yourself. The decisions are made on the cards, on the "
        "Home tab, or with `countersign approve` at the terminal.",
    ),
    "audit": (
        "what happened, newest first; `/ops help audit` tells how to narrow it",
        "`/ops audit` shows what happened, newest first. Narrow it with any of\n"
        "• `run run-abc…`  (the first letters are enough)\n• `agent triage`   • `tool restart_service`\n"
        "• `user @somebody`, or `user me`\n• `since 2h`, `since 3d`, `since 2026-11-20`\n"
        "for example: `/ops audit tool restart_service user me since 7d`",
    ),
    "agents": ("who they are, what each may use, how free it is", ""),
    "grants": (
        "approvals that were given ahead; `/ops grants revoke ID` takes one back",
        "`/ops grants` lists what may run without asking, for how long and how often; `/ops grants all` also those that are used up, over "
        "or taken back. Whoever gave one may take it back, and so may operators: with the button, or with `/ops grants revoke ID`.",
    ),
    "halt": (
        "freeze everything, or one agent: `/ops halt triage because …` (operators)",
        "`/ops halt` freezes every agent, `/ops halt triage` one of them; `because …` tells why. Nothing new begins and nothing can be "
        "approved, also after a restart, until an admin resumes it. What is under way comes to its end. Operators may do it.",
    ),
    "resume": ("end a halt: `/ops resume`, or `/ops resume triage` (admins)", ""),
    "stop": (
        "end a run; `/ops stop RUN take over` if you go on with it yourself",
        "`/ops stop run-abc` ends a run after what is under way; `/ops stop run-abc take over` ends it as handed over to you. Operators "
        "may do both, and whoever asked for a run may stop it.",
    ),
    "inbox": (
        "what arrived and could not be dealt with (operators)",
        "`/ops inbox` lists what waits to be dealt with: first what was parked because it failed again and again, with why, then what is "
        "tried again later. *Try again* or `/ops inbox replay 17` has one tried at once, *Drop* or `/ops inbox drop 17` gives it up.",
    ),
    "spend": ("what each agent used in the last day; `/ops spend since 7d` for longer", ""),
    "memory": (
        "what agents remember; `/ops memory WORDS` searches, `/ops memory forget m12` erases (operators)",
        "`/ops memory` lists what agents remember, the newest first; `/ops memory checkout deploys` searches it, the most relevant first. "
        "`/ops memory forget m12` erases one for good, which the audit shows. Operators see what was stored where they may read.",
    ),
    "schedules": (
        "runs that begin by themselves: when next, when last; `/ops schedules pause NAME`, `resume NAME`, `run NAME` (operators)",
        "`/ops schedules` lists them with their buttons. `/ops schedules pause NAME`: its times start nothing until somebody writes "
        "`/ops schedules resume NAME`; what it missed meanwhile is not made up. `/ops schedules run NAME` starts a run now, also while it "
        "is paused. Operators may do it.",
    ),
    "monitors": (
        "what is watched: how each monitor stands, when it looked, how many false alarms it gave in a week",
        "`/ops monitors` lists them, those first that fail or have something open. Where false alarms of a series are more than the "
        "monitor's `budget` it proposes a lower `sensitivity`, with what that would have changed in the last week.",
    ),
    "report": (
        "what monitors found in the last day, worst first; `/ops report NAME` how one stands; `since 7d` for longer",
        "`/ops report since 7d` lists what was found since then, what goes on first. `/ops report orders` shows how one monitor stands, "
        "its series of late, what goes on and what was found.",
    ),
    "help": ("this; `/ops help VERB` tells more of one", ""),
}
"""Of each command what it does, and what more there is to say."""

LAST = """To give an agent work, mention the bot in a channel or write to it directly. What you write in the thread of a run goes to that \
run. To have it look into a message of somebody else, pick *Triage this* from the message's menu. What waits for you is on its Home tab."""


def help_text(word: str = "") -> Message:
    """What there is; or all there is to say of one command, which has to be one of `USES`."""
    if word:
        short, long = USES[word]
        return Message(f"/ops {word}", (section(f"*`/ops {word}`*  {long or short}"),))
    lines = "\n".join(f"*`/ops {verb}`*  {short}" for verb, (short, _) in USES.items())
    return Message("What /ops can do", (section(lines), section(LAST)))
