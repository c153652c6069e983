"""`/ops monitors`, `/ops report` and the Home tab: how monitors stand and what they found, for who may see it; false alarms too many."""

from dataclasses import replace
from datetime import timedelta

from agents.core.finding import Mark
from agents.core.ids import person
from agents.monitors import Looked, Sample
from bot.sandbox.app import Sandbox
from tests.bot.findings import cause, finding, signal, tell
from tests.bot.listeners.asking import ask, ops, turned, values, words
from tests.bot.listeners.test_finding_clicks import kept_by, report
from tests.bot.listeners.test_home import open_home
from tests.bot.office import Kept, Office, eventually, now, office
from tests.bot.sandbox.acting import Page
from tests.bot.watched import ORDERS

ALICE = person("T01SANDBOX", "U01ALICE")
LEADS = "C01OPSLEADS"
MINUTE = timedelta(minutes=1)


def kept(*names: str) -> Kept:
    return Kept(monitors={name: replace(ORDERS, name=name) for name in ("orders", *names)})


async def looked(bot: Office, name: str = "orders", error: str = "", values: tuple[float | None, ...] = ()) -> None:
    """The monitor has looked a minute ago."""
    at = now()
    samples = [Sample("volume", at - (len(values) - n) * MINUTE, value) for n, value in enumerate(values)]
    stands = Looked(name, 1, "d", at, at - MINUTE, at, at, error, at - 5 * MINUTE if error else None)
    await bot.kept.samples.put(stands, samples)


async def false_alarm(bot: Office, number: int, score: float = 2.0) -> None:
    run_id = await tell(bot.incidents, replace(signal(number, found=finding(score=score)), began=str(number)))
    await bot.incidents.mark(run_id, Mark.FALSE_ALARM, ALICE)
    await bot.dispatcher.settled()


async def test_monitors_are_listed_as_they_stand(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, kept("users", "stock")) as bot:
        await looked(bot)
        await looked(bot, "stock", "Connection refused at db:5432")
        await tell(bot.incidents)
        await bot.dispatcher.settled()
        text = await ops(bot, "monitors")
        assert "*3 monitors*" in text
        assert text.index(":electric_plug: fails  *stock*") < text.index(":red_circle: 1 open  *orders*") < text.index("begins  *users*")
        assert "Connection refused at db:5432" in text
        assert "1 in a week, 0 false · 1 false a week and series is put up with" in text
        assert "*Findings*" not in text


async def test_a_false_alarm_too_many_proposes_less_in_its_thread_and_in_the_list(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, kept()) as bot:
        await looked(bot)
        await false_alarm(bot, 1)
        assert "sensitivity" not in await ops(bot, "monitors")
        run_id = await tell(bot.incidents, replace(signal(2, found=finding(score=1.5)), began="2"))
        shown = await report(bot)
        await bot.click(await kept_by(bot, shown), "finding_false", "U01DANA")
        await bot.said(shown["ts"], "With sensitivity: 0.63 instead of 1, 1 of them would not have been told.")
        await bot.dispatcher.settled()
        assert len(await page.thread(shown["ts"])) == 2
        assert (await bot.runs.see(run_id)).over
        text = await ops(bot, "monitors")
        assert "2 in a week, 2 false" in text
        assert ":control_knobs: volume of orders: 2 false alarms in a week" in text


async def test_what_was_found_is_told_the_worst_first_page_by_page(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, kept()) as bot:
        assert "Nothing was found since" in await ops(bot, "report")
        for number in range(12):
            found = finding(subject=f"shop.table_{number}", score=float(number))
            severity = "critical" if number == 3 else "warning"
            run_id = await tell(
                bot.incidents, signal(found=found, series=str(number), severity=severity), trigger=cause(monitor=f"orders{number}")
            )
            if number > 9:
                await bot.incidents.mark(run_id, Mark.EXCLUDE, ALICE)
        shown = await ask(bot, "report since 2h")
        text = words(shown)
        assert "*12 findings* since" in text
        assert text.index("table_3 ") < text.index("table_9 ") < text.index("table_4 ")
        assert "table_11" not in text
        further = words(await turned(bot, shown, "page"))
        assert ":white_check_mark: *volume* of shop.table_11" in further
        assert "expected, says Alice Moreau" in further
        assert values(shown)["page"] == "report since 2h page 2"
        assert "is no time" in await ops(bot, "report since never")


async def test_one_monitor_is_shown_with_its_series(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, kept()) as bot:
        await looked(bot, values=(10.0, 12.0, None, 11.0, 40.0))
        run_id = await tell(bot.incidents)
        await bot.incidents.mark(run_id, Mark.ACKNOWLEDGED, ALICE)
        await bot.dispatcher.settled()
        text = await ops(bot, "report orders")
        assert ":red_circle: 1 open  *orders* · shop.orders" in text
        assert "*412 rows*" not in text
        assert "*407 rows*, expected 1,180 to 1,620 rows · *66 % below*" in text
        assert ":eyes: Alice Moreau" in text
        assert "`▁▁·▁█ 10–40` rows · volume" in text
        assert "did you mean `orders`?" in await ops(bot, "report ordres")


async def test_nobody_reads_what_happened_where_they_are_not(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, replace(kept(), roles={"admins": kept().roles["operators"]})) as bot:
        await looked(bot)
        await tell(bot.incidents, trigger=cause(LEADS))
        await bot.dispatcher.settled()
        assert "407 rows" in await ops(bot, "report orders", "U01ALICE")
        assert "407 rows" not in await ops(bot, "report orders", "U01DANA")
        assert "Nothing was found" in await ops(bot, "report", "U01DANA")
        assert "0 open" not in await ops(bot, "monitors", "U01DANA")
        assert "407 rows" not in await open_home(bot, "At work", "U01DANA")
        assert "full members" in await ops(bot, "monitors", "U01GUS")


async def test_the_home_tab_shows_what_goes_on_and_what_fails(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page, kept("stock")) as bot:
        assert "Findings" not in await open_home(bot, "At work")
        await looked(bot, "stock", "Connection refused")
        await tell(bot.incidents)
        home = await open_home(bot, "*407 rows*")
        assert "*stock* could not look" in home
        await bot.incidents.mark((await bot.run()).run_id, Mark.FALSE_ALARM, ALICE)
        await bot.page.see("home", user="U01ALICE")

        async def gone() -> bool | None:
            return "*407 rows*" not in str(await bot.page.see("home", user="U01ALICE", quiet="1")) or None

        assert await eventually(gone)


async def test_the_commands_are_in_the_help(sandbox: Sandbox, page: Page) -> None:
    async with office(sandbox, page) as bot:
        text = await ops(bot, "help")
        assert "`/ops monitors`" in text
        assert "`/ops report`" in text
        assert "No monitor is configured." in await ops(bot, "monitors")
