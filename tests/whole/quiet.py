"""How loud the bot was: where it spoke, and whom it called."""

import json
import re
from collections import Counter

from tests.whole.town import BOT, Town, key_of

CALLS = re.compile(r"<@(\w+)[|>]|<!subteam\^(\w+)|<!(here|channel|everyone)")
"""What makes somebody's telephone ring, if a message begins with it. An edit calls nobody."""


async def called(town: Town) -> dict[str, set[str]]:
    """Whom each message called when it was posted, by the kind of the message; kinds that called nobody are left out."""
    found: dict[str, set[str]] = {}
    for call in (await town.get("page/log"))["calls"]:
        arguments = call["arguments"]
        if not call["ok"] or call["method"] not in ("chat.postMessage", "chat.startStream", "chat.appendStream", "chat.stopStream"):
            continue
        said = json.dumps([arguments.get(part) for part in ("text", "blocks", "chunks", "markdown_text")], ensure_ascii=False)
        kind = re.search(r"/(progress|answer|card|reminder|escalation|notice)\b", json.dumps(arguments))
        if names := {next(filter(None, one)) for one in CALLS.findall(said)}:
            found.setdefault(kind[1] if kind else call["method"], set()).update(names)
    return found


async def spoke(town: Town, channel: str, ts: str) -> Counter[str]:
    """How many messages of each kind the bot has in a thread. In the channel itself it has none."""
    assert [m for m in await town.dana.channel(channel) if m["user"] == BOT and not m["ephemeral"]] == []
    thread = [m for m in await town.dana.thread(channel, ts) if m["user"] == BOT and not m["ephemeral"]]
    keys = [key_of(m) for m in thread]
    assert len(set(keys)) == len(keys), keys
    return Counter(key.partition("/")[2].partition(":")[0] for key in keys)
