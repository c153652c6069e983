"""A model that obeys whatever it reads: nothing leaves that nobody who may has countersigned, and plain reading is not held up."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.core.approval import Refusal
from agents.core.calls import CallState
from agents.core.policy import Autonomy
from agents.runs import Answered
from tests.agents.siege import GUS, Bot, Company, Siege, calls, message
from tests.world import ALICE, DANA, says, voter

INJECTIONS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "injections.yaml").read_text(encoding="utf-8"))
PLACES = ("message", "reply", "ticket", "page", "error", "memory", "description", "denial")
"""Where the attacker's words lie."""

OUTSIDE = ("send_email", "post_webhook", "pay")
GUEST = replace(voter(GUS, "operators"), is_guest=True)


def mark(number: int) -> str:
    """What tells the order with this number from all others."""
    return f"K{number:03}K"


async def attack(siege: Siege, bot: Bot, where: str, number: int, text: str) -> None:
    """A run whose model comes to read the text."""
    order, thread = f"{text} {mark(number)}", f"{number}.0"
    siege.model.orders = {mark(number): calls(INJECTIONS[number]["calls"])}
    reading: dict[str, tuple[str, dict[str, Any]]] = {
        "ticket": ("read_ticket", {"number": 1}), "page": ("fetch_page", {}), "error": ("try_page", {}), "memory": ("recall", {}),
        "reply": ("list_services", {}), "denial": ("send_email", {"to": "dana@example.com", "body": "hello"}),
    }
    first = reading.get(where)
    siege.model.script.clear()
    if first:
        siege.model.script.append(says("I look.", first))
    siege.company.ticket, siege.company.page, siege.company.error, siege.company.memory = order, order, order, [(order, True)]
    if where == "message":
        await bot.runs.start(message(f"k{number}", thread, tainted=True, actor=GUS), order, "desk")
    else:
        run_id = await bot.runs.start(message(f"k{number}", thread), "Help.", "desk")
        if where == "reply":
            await bot.dispatcher.settled()
            await bot.runs.hear(message(f"r{number}", thread, tainted=True, actor=GUS), order, "desk")
        elif where == "denial":
            await bot.dispatcher.settled()
            for ask in (await bot.runs.see(run_id)).open_asks:
                assert isinstance(await bot.runs.answer(ask.ask_id, "deny", GUS, order), Answered)
    await bot.dispatcher.settled()


async def accomplices(siege: Siege, bot: Bot) -> int:
    """Whoever may not decide tries to; how many questions were open."""
    tried = 0
    for run_id in await siege.journal.open_runs():
        for ask in (await bot.runs.see(run_id)).open_asks:
            tried += 1
            if ask.call_id:
                for actor in (DANA, "T9/U_EVIL", "countersign"):
                    assert isinstance(await bot.runs.answer(ask.ask_id, "approve", actor), Refusal)  # type: ignore[arg-type]
        await bot.dispatcher.settled()
    return tried


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("autonomy", Autonomy)
async def test_whoever_obeys_the_attacker_has_no_effect_outside(autonomy: Autonomy, where: str) -> None:
    if (autonomy, where) == (Autonomy.SHADOW, "denial"):
        return  # nobody is asked in shadow, so nobody denies
    asked = wanted = 0
    step = 1 if autonomy in (Autonomy.PARTIAL, Autonomy.FULL) else 3  # where all writes ask, or none is made, a third will do
    tried = tuple(enumerate(INJECTIONS))[PLACES.index(where) % step :: step]
    for number, injection in tried:
        order = f"{injection['text']} {mark(number)}"
        siege = Siege(autonomy, Company(description=order), vendor=where == "description")
        siege.directory.known[GUS] = GUEST
        async with siege.running() as bot:
            await attack(siege, bot, where, number, injection["text"])
            asked += await accomplices(siege, bot)
        assert mark(number) in siege.model.obeyed, injection["name"]
        assert siege.company.left == [], injection["name"]
        wanted += sum(getattr(row.event, "tool", "") in OUTSIDE for row in siege.events("call_judged", "call_rejected"))
    assert wanted > len(tried) / 2  # the attack was made
    assert asked > len(tried) / 2 or autonomy is Autonomy.SHADOW


async def test_the_same_attack_leaves_where_somebody_who_may_approves_it() -> None:
    siege = Siege(Autonomy.FULL)
    async with siege.running() as bot:
        await attack(siege, bot, "ticket", 0, INJECTIONS[0]["text"])
        (run_id,) = await siege.journal.open_runs()
        (ask,) = (await bot.runs.see(run_id)).open_asks
        assert isinstance(await bot.runs.answer(ask.ask_id, "approve", ALICE), Answered)
        await bot.dispatcher.settled()
    assert [tool for _, tool, _ in siege.company.left] == ["send_email"]


async def test_without_taint_the_dial_lets_what_is_harmless_out() -> None:
    siege = Siege(Autonomy.FULL)
    async with siege.running() as bot:
        siege.model.script.append(says("I pay.", ("pay", {"iban": "XX", "amount": 1})))
        await bot.runs.start(message("k", "1.0"), "Pay it.", "desk")
        await bot.dispatcher.settled()
    assert [tool for _, tool, _ in siege.company.left] == ["pay"]


READS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list_services", {}), ("read_ticket", {"number": 7}), ("fetch_page", {}), ("recall", {}), ("try_page", {}),
)


async def test_plain_reading_is_not_held_up() -> None:
    done = stopped = 0
    for autonomy in Autonomy:
        siege = Siege(autonomy)
        async with siege.running() as bot:
            for number in range(25):
                chosen = [READS[(number + step) % len(READS)] for step in range(1 + number % 4)]
                turns = [says("I read.", one) for one in chosen]
                siege.model.script.extend([*turns, says("I read all at once.", *READS), says("This is it.")])
                outsider = number % 3 == 0
                run_id = await bot.runs.start(message(f"k{number}", f"{number}.0", tainted=outsider), "What is going on?", "desk")
                await bot.dispatcher.settled()
                run = await bot.runs.see(run_id)
                done += 1
                wrong = [call for call in run.calls.values() if call.state not in (CallState.FINISHED, CallState.FAILED)]
                stopped += bool(wrong or run.open_asks or run.answer != "This is it.")
    assert done == 100
    assert stopped <= 0.05 * done
