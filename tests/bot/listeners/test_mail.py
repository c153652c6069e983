"""`/ops inbox` in the sandbox's workspace."""

from agents.core import events as e
from agents.core.ids import CONTROL
from agents.ports import Delivery
from bot.sandbox.app import Sandbox
from tests.bot.listeners.asking import ask, ops, turned, values, words
from tests.bot.office import Kept, Office, Role, eventually, now, office
from tests.bot.sandbox.acting import Page

ROLES = {"operators": Role(("U01ALICE",))}


async def parked(bot: Office, count: int = 1) -> None:
    for number in range(1, count + 1):
        delivery = Delivery(f"alerts:{number}", "webhook", {"n": number}, now())
        await bot.kept.inbox.receive(delivery)
        await bot.kept.inbox.failed(delivery.key, "KeyError: <!channel> 'labels'", times=5)
        await bot.kept.inbox.park(delivery.key, now())


async def test_what_is_parked_is_listed_replayed_and_dropped(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(roles=ROLES)) as bot:
        met: list[str] = []

        async def handle(delivery: Delivery) -> None:
            met.append(delivery.key)

        bot.front.desk._handlers = {**bot.front.desk._handlers, "webhook": handle}
        await parked(bot, 2)
        assert "Only operators may do this." in await ops(bot, "inbox", "U01DANA")
        shown = await ask(bot, "inbox")
        assert "*parked*" in words(shown)
        assert "after 5 attempts" in words(shown)
        assert "KeyError: &lt;!channel&gt; 'labels'" in words(shown)
        assert values(shown) == {"inbox_replay": "inbox replay 2", "inbox_drop": "inbox drop 2"}  # of two rows the last one's
        assert "Delivery 1 is tried again." in await ops(bot, "inbox replay 1")

        async def dealt_with() -> bool | None:
            return bot.kept.inbox.kept["alerts:1"] is None or None

        await eventually(dealt_with)
        assert met == ["alerts:1"]
        assert "There is no delivery 1 that waits" in await ops(bot, "inbox replay 1")
        assert "`drop` takes the number" in await ops(bot, "inbox drop alerts")
        after = await turned(bot, await ask(bot, "inbox"), "inbox_drop")
        assert "Delivery 2 is dropped" in words(after)
        assert "Nothing waits" in words(after)
        events = [row.event for row in bot.kept.journal.rows[CONTROL]]
        assert [type(event) for event in events] == [e.DeliveryReplayed, e.DeliveryDropped]


async def test_a_long_list_has_pages(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, Kept(roles=ROLES)) as bot:
        await parked(bot, 23)
        first = await ask(bot, "inbox")
        assert "*23 deliveries*" in words(first)
        assert values(first)["page"] == "inbox page 2"
        assert values(await ask(bot, "inbox page 3"))["inbox_drop"] == "inbox drop 23"
