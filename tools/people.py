"""A question to people in words, so that an agent that cannot go on asks instead of guessing or giving up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from agents.core.help import OPERATORS
from agents.ports import Failed
from tools.argument import Argument, Part
from tools.operation import Arguments, Operation, Use
from tools.source import Entry, Pack, SourceContext


class PeopleConfig(Part):
    """It has nothing to say."""


class PeopleEntry(Entry):
    """`{name: ask_human, people: {}}`."""

    people: PeopleConfig = PeopleConfig()


@asynccontextmanager
async def _connect(entry: PeopleEntry, context: SourceContext) -> AsyncIterator[None]:
    yield None


async def _ask(source: None, arguments: Arguments, use: Use) -> Failed:
    return Failed("Only a run can ask people: it waits in its thread for what they write.")


PEOPLE = Pack("people", PeopleEntry, (
    Operation(
        "",
        "Ask people something in words, and wait for their answer. Ask whoever asked you where only they can know. Ask the operators where "
        "you cannot go on by yourself: a tool that you need is down, the findings contradict each other, or nothing that you may do helps. "
        "Say what you have found, what you have tried, and what you need. People see the results that you have read.",
        _ask,
        {
            "question": Argument(type="string", minLength=3, maxLength=2000, description="what you need to know, and why"),
            "to": Argument(type="string", enum=["asker", OPERATORS], default="asker", description="whom you ask"),
        },
        asks=True,
    ),
), _connect)
