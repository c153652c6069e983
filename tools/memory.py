"""Memory: facts, preferences and earlier decisions that outlive a run, each with its source and within its scope."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from pydantic import Field

from agents.core.errors import JournalError
from agents.core.ids import fingerprint
from agents.core.memory import Memory, Note, Scope
from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Caller, Clock, Done, Failed
from tools.argument import Argument, Part
from tools.memories import Memories
from tools.operation import Arguments, Operation, Use
from tools.source import Entry, Pack, SourceContext

NUMBER = r"^m[1-9][0-9]{0,14}$"
LISTED = 500
"""Characters of each memory in a list."""

FOUND = 2_000
"""Characters of each memory that a search finds."""

NO_DATABASE = "There is no database here in which anything could be remembered."


class MemoryConfig(Part):
    """Who shares memories, and how many there may be."""

    shared: Literal["none", "agent", "channel", "all"] = "none"
    """`none`: an agent reads what it stored in the same channel. `agent`: what it stored in any channel. `channel`: what any agent stored
    in the same channel. `all`: everything that was stored with this source."""
    most: int = Field(default=1000, ge=1, le=10_000)
    """How many memories one scope may hold."""


class MemoryEntry(Entry):
    """`{name: memory, memory: {}}`."""

    memory: MemoryConfig


@dataclass(frozen=True, slots=True)
class Book:
    """The memories of one source."""

    name: str
    config: MemoryConfig
    kept: Memories | None
    """None where there is no database, as in `countersign check`."""
    clock: Clock

    def scope(self, caller: Caller) -> Scope:
        """What this caller may read, forget and add to."""
        shared = self.config.shared
        return Scope(
            self.name,
            caller.agent if shared in ("none", "agent") else None,
            _channel(caller) if shared in ("none", "channel") else None,
        )


@asynccontextmanager
async def _connect(entry: MemoryEntry, context: SourceContext) -> AsyncIterator[Book]:
    if context.memories is not None:
        with suppress(JournalError):  # beside a running bot, which does it itself
            await context.memories.sweep(context.clock())
    yield Book(entry.name, entry.memory, context.memories, context.clock)


async def _store(book: Book, arguments: Arguments, use: Use) -> Done | Failed:
    if book.kept is None:
        return Failed(NO_DATABASE)
    caller, now, days = use.caller, book.clock(), arguments.get("expires_days")
    note = Note(
        key=fingerprint(book.name, use.key), book=book.name, agent=caller.agent, channel=_channel(caller), text=arguments["text"].strip(),
        topic=arguments["topic"].strip(), tags=tuple(dict.fromkeys(" ".join(tag.split()) for tag in arguments["tags"])),
        run_id=caller.run_id, actor=caller.initiator, tainted=caller.tainted, at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    try:
        number = await book.kept.store(note, book.scope(caller), book.config.most)
    except JournalError as error:
        return Failed(f"Nothing was remembered. {error}")
    if number is None:
        return Failed(f"Memory is full: {book.config.most} memories are here. Forget some that are of no use any more.")
    return Done(f"Remembered as m{number}.")


async def _search(book: Book, arguments: Arguments, use: Use) -> Done | Failed:
    if book.kept is None:
        return Failed(NO_DATABASE)
    try:
        found = await book.kept.search(arguments["words"], book.scope(use.caller), book.clock(), arguments["limit"])
    except JournalError as error:
        return Failed(str(error))
    return _told(found, FOUND, "Nothing that is remembered here fits these words.")


async def _list(book: Book, arguments: Arguments, use: Use) -> Done | Failed:
    if book.kept is None:
        return Failed(NO_DATABASE)
    before = int(arguments["before"][1:]) if "before" in arguments else None
    try:
        found = await book.kept.newest(
            book.scope(use.caller), book.clock(), arguments["limit"], topic=arguments["topic"].strip(), before=before
        )
    except JournalError as error:
        return Failed(str(error))
    return _told(found, LISTED, "Nothing is remembered here.")


async def _forget(book: Book, arguments: Arguments, use: Use) -> Done | Failed:
    if book.kept is None:
        return Failed(NO_DATABASE)
    number, now = int(arguments["memory"][1:]), book.clock()
    try:
        found = await book.kept.find(number, book.scope(use.caller), now)
        if found is None:
            return Failed(f"There is no memory m{number} here; it may have been forgotten or have expired.")
        await book.kept.forget(number, use.key, now)
    except JournalError as error:
        return Failed(f"Nothing was forgotten. {error}")
    size = len(found.note.text)
    return Done(f"Erased for good: {_head(found)}. It had {size} {'character' if size == 1 else 'characters'}.")


def _told(found: Iterable[Memory], most: int, nothing: str) -> Done:
    """Each memory with its source. One that was stored in a tainted run taints whoever reads it."""
    memories = tuple(found)
    lines = "\n\n".join(f"{_head(memory)}\n{_indented(memory.note.text, most)}" for memory in memories)
    return Done(lines or nothing, any(memory.note.tainted for memory in memories))


def _head(memory: Memory) -> str:
    """What it is called, what it is about, where it comes from: on one line, whatever its words are."""
    note = memory.note
    about = "; ".join(" ".join(word.split()) for word in (note.topic, *note.tags) if word.strip())
    source = f"run {note.run_id} for {note.actor}" if note.run_id else note.actor
    until = f", until {note.expires_at:%Y-%m-%d}" if note.expires_at else ""
    taint = ", written after reading what outsiders could have written" if note.tainted else ""
    return f"{memory.name}{f' [{about}]' if about else ''} from {source}, {note.at:%Y-%m-%d %H:%M} UTC{until}{taint}"


def _indented(text: str, most: int) -> str:
    """Text that cannot be taken for the head of another memory."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "\n".join(f"  {line}" for line in cut.splitlines())


def _channel(caller: Caller) -> str:
    return caller.place.channel if caller.place else ""


def _invalid(book: Book, arguments: Arguments) -> str | None:
    return None if arguments["text"].strip() else "`text` is empty: there is nothing to remember."


LIMIT = Argument(type="integer", default=10, minimum=1, maximum=30, description="at most so many memories")
TOPIC = Argument(type="string", default="", maxLength=80, description="what it is about in a few words, such as checkout deploys")

MEMORY = Pack("memory", MemoryEntry, (
    Operation(
        "store",
        "Remember a fact, a preference or a decision for later runs. Write it so that it can be understood without this conversation, with "
        "names and dates. Never store secrets or what people would not want to be kept.",
        _store,
        {
            "text": Argument(type="string", minLength=1, maxLength=4000, description="what to remember, in whole sentences"),
            "topic": TOPIC,
            "tags": Argument(
                type="array", default=[], items={"type": "string", "minLength": 1, "maxLength": 40}, maxItems=8,
                description="further words under which it should be found",
            ),
            "expires_days": Argument(
                type="integer", required=False, minimum=1, maximum=3650, description="days after which it is erased; leave it out for never"
            ),
        },
        risk=Risk.LOW, effect=Effect.INTERNAL, repeat=Repeat.KEYED, invalid=_invalid,
    ),
    Operation(
        "search",
        "Search what was remembered in earlier runs, by words of any form; the most relevant and freshest first, each with its source.",
        _search,
        {"words": Argument(type="string", minLength=1, maxLength=300, description="words that it may hold"), "limit": LIMIT},
    ),
    Operation(
        "list", "List what was remembered in earlier runs, the newest first, each with its source.", _list,
        {
            "topic": Argument(type="string", default="", maxLength=80, description="only what has exactly this topic"),
            "limit": LIMIT,
            "before": Argument(type="string", required=False, pattern=NUMBER, description="only what is older than this, such as m12"),
        },
    ),
    Operation(
        "forget", "Erase a memory for good, because it is wrong, outdated or should not be kept. It cannot be brought back.", _forget,
        {"memory": Argument(type="string", pattern=NUMBER, description="what it is called, such as m12")},
        risk=Risk.MEDIUM, effect=Effect.INTERNAL, repeat=Repeat.FREE,
    ),
), _connect)
