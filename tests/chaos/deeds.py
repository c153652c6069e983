"""What the people of a storm do beside approving and denying: change, allow more, stop, undo, rate, halt, take grants back."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

from agents.core.switches import fold_switches
from bot.sandbox.visitor import Message, SandboxError, Visitor, button_of
from tests.chaos.ground import Ground

Values = Mapping[str, Mapping[str, Any]]
"""What is entered in a modal, by the name of the input."""

PATIENCE = 30
"""Tenths of a second in which a dialog opens, or the bot is there again."""

HALTS = ("/ops halt", "/ops halt triage", "/ops halt because of the storm")


@dataclass
class Deeds:
    """One person's hand on the bot. Whatever does not get through, because the bot is not there, is left at that."""

    random: Random
    ground: Ground

    async def dialog(self, person: Visitor, channel: str, message: Message, action: str, values: Values) -> bool:
        """Click a button that opens a dialog, fill it in and submit it; whether the bot took it."""
        try:
            await person.click(channel, message, action)
        except SandboxError:
            return False
        return await self._submit(person, values)

    async def _submit(self, person: Visitor, values: Values) -> bool:
        for _ in range(PATIENCE):
            if views := await person.views():
                view = views[-1]
                try:
                    errors = await person.submit(view, {name: {name: dict(held)} for name, held in values.items()})
                except SandboxError:
                    errors = {"": "the bot is not there"}
                if errors:
                    await self.close(person, view)
                return not errors
            await asyncio.sleep(0.1)
        return False

    async def close(self, person: Visitor, view: Mapping[str, Any]) -> None:
        """Close a dialog."""
        async with self.ground.session.post(f"{self.ground.url}/page/close", json={"user": person.user, "view_id": view["id"]}):
            return

    async def edit(self, person: Visitor, channel: str, card: Message) -> bool:
        """Change the reason of a call."""
        said = {"type": "plain_text_input", "value": f"As {person.user} says, number {self.random.randrange(10**6)}."}
        return await self.dialog(person, channel, card, "edit", {"argument:reason": said})

    async def grant(self, person: Visitor, channel: str, card: Message) -> bool:
        """Approve, and allow as much as is offered at first, or one more call of any kind."""
        wide: Values = {"fixed:0": {"type": "checkboxes", "selected_options": []}}
        return await self.dialog(person, channel, card, "grant", self.random.choice((wide, {})))

    async def use(self, person: Visitor, channel: str, message: Message, action: str, value: str | None = None) -> None:
        """Click something that needs no answer."""
        if button_of(message, action, value):
            with suppress(SandboxError):  # the bot is not there just now
                await person.click(channel, message, action, value)

    async def halt(self, person: Visitor, channel: str) -> None:
        """Freeze the agent, or everything."""
        await self._command(person, channel, self.random.choice(HALTS))

    async def resume(self, person: Visitor, channel: str) -> None:
        """Whatever is halted goes on."""
        for scope in fold_switches(await self.ground.switched()).halts:
            await self._command(person, channel, f"/ops resume {scope}".strip())

    async def revoke(self, person: Visitor, channel: str) -> None:
        """Take a grant back, as soon as there is one."""
        for _ in range(PATIENCE // 3):
            for grant in (await self.ground.grants(datetime.now(UTC)))[:1]:
                return await self._command(person, channel, f"/ops grants revoke {grant.grant_id}")
            await asyncio.sleep(0.3)

    async def _command(self, person: Visitor, channel: str, text: str) -> None:
        """Type a command, again and again while the bot is not there."""
        for _ in range(10 * PATIENCE):
            with suppress(SandboxError):
                return await person.command(channel, text)
            await asyncio.sleep(0.2)
