"""Commands and their answers, as the asker sees them."""

from tests.bot.office import Office, eventually
from tests.bot.sandbox.acting import INCIDENTS, Json


async def ask(bot: Office, text: str, user: str = "U01ALICE", channel: str = INCIDENTS) -> Json:
    """The message that this person reads on the command; it is for them alone."""
    before = len(await bot.page.messages(user, channel))
    await bot.page.act("command", user=user, channel=channel, text=f"/ops {text}")

    async def answered() -> Json | None:
        new = (await bot.page.messages(user, channel))[before:]
        return new[0] if new else None

    answer = await eventually(answered)
    assert answer["ephemeral"]
    other = "U01DANA" if user != "U01DANA" else "U01ALICE"
    assert answer not in await bot.page.messages(other, INCIDENTS)
    return answer


async def ops(bot: Office, text: str, user: str = "U01ALICE", channel: str = INCIDENTS) -> str:
    """What this person reads on the command, in blocks."""
    return words(await ask(bot, text, user, channel))


def words(message: Json) -> str:
    """All that is written in a message's sections."""
    return "\n".join(block["text"]["text"] for block in message["blocks"] if block["type"] == "section")


def values(message: Json) -> dict[str, str]:
    """The values of a message's buttons by their action ids."""
    found = [one for block in message["blocks"] for one in block.get("elements", ()) if one.get("type") == "button"]
    found += [block["accessory"] for block in message["blocks"] if "accessory" in block]
    return {one["action_id"]: one["value"] for one in found}


async def turned(bot: Office, message: Json, action: str, user: str = "U01ALICE") -> Json:
    """The message after a click on one of its buttons, which comes in its place."""
    await bot.click(message, action, user)

    async def changed() -> Json | None:
        now = next(one for one in await bot.page.messages(user, message["channel"]) if one["ts"] == message["ts"])
        return now if now["blocks"] != message["blocks"] else None

    return await eventually(changed)
