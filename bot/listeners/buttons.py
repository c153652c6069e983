"""Every button of ours goes to whoever deals with it."""

from collections.abc import Mapping

from agents.ports import Delivery
from bot.listeners.commands import Commands
from bot.listeners.desk import Handler
from bot.listeners.home import Home
from bot.listeners.payloads import is_on_home


class Buttons:
    """By action id. What is not named here is a decision or a dialog, and goes to `decisions`."""

    def __init__(self, *, home: Home, commands: Commands, decisions: Handler) -> None:
        self._home = home
        self._decisions = decisions
        self._own: Mapping[str, Handler] = {
            "page": commands.turn_page,
            "page_first": commands.turn_page,
            "revoke": commands.revoke,
            **dict.fromkeys(("schedule_pause", "schedule_resume", "schedule_run"), commands.schedule),
            "inbox_replay": commands.deal,
            "inbox_drop": commands.deal,
        }
        self._of_home: Mapping[str, Handler] = dict.fromkeys(("halt", "resume", "revoke", "home_refresh"), home.switched)

    async def handle(self, delivery: Delivery) -> None:
        """A button was clicked."""
        name = str(delivery.body["actions"][0].get("action_id"))
        on_home = is_on_home(delivery.body)
        handler = self._of_home.get(name) if on_home else self._own.get(name)
        if handler is not None:
            await handler(delivery)
            return
        await self._decisions(delivery)
        if on_home:
            await self._home.used(delivery)
