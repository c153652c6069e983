"""What the model is given: legal, fenced, and growing at its end only."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.claude_request import render
from agents.claude_tier import Tier
from agents.core import events as e
from agents.core.fold import apply, fold
from agents.core.ids import SYSTEM, RunId, ask_id, call_id
from agents.core.state import Run
from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Prompt
from agents.prompt import CUT, FINISH, NEVER_RAN, RULES, SILENT, UNKNOWN, build
from bot.sandbox.model_request import MessagesRequest, parse
from tests.agents.core.histories import after, answered, asked, call, judged, later, proposed, started
from tests.world import AGENT, DANA, NOON, READ, WRITE, trigger

TIER, OTHER = Tier("claude-test", cache=False), Tier("claude-other", cache=False)
TEXTS = st.one_of(st.sampled_from(["", " ", "Done. \n", "</message>", '<output tool="x">', "ok"]), st.text(max_size=30))
NAMES = st.sampled_from(["read", "write", "rm -rf /", "", "x" * 200])
VALUES = st.one_of(st.integers(), st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False))
ARGUMENTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=3)
WAYS = st.sampled_from([
    "rejected", "denied", "simulated", "finished", "failed", "refused", "expired", "approved", "happened", "abandoned", "probed",
])


def prompt_of(run: Run, *earlier: Run) -> Prompt:
    return build(run, earlier, AGENT, (WRITE, READ))


def body_of(prompt: Prompt, tier: Tier = TIER) -> dict[str, Any]:
    """The request, without cache markers."""
    body: dict[str, Any] = json.loads(json.dumps(render(prompt, tier)[0]))
    return body


def sent(prompt: Prompt, tier: Tier = TIER) -> str:
    """The conversation byte for byte up to the end of its last block, without the order to finish behind it."""
    messages = body_of(prompt, tier)["messages"]
    last = messages[-1]["content"]
    if last[-1] == {"type": "text", "text": FINISH}:
        last.pop()
    text = json.dumps(messages)
    return text.removesuffix("]}]")


class History:
    """A run that anything can happen to, and what the model was given at each of its turns."""

    def __init__(self, data: st.DataObject, number: int, earlier: tuple[Run, ...]) -> None:
        self.data = data
        self.earlier = earlier
        self.run_id = RunId(f"run-{number}")
        self.prompts: list[Prompt] = []
        self.thoughts: list[tuple[Tier, str, int]] = []
        """Who thought, the block's signature, and how many prompts had been made by then."""
        begin = e.RunStarted("triage", trigger(f"k{number}"), data.draw(TEXTS))
        self.run = fold([e.Recorded(self.run_id, 1, NOON, DANA, "triage", begin)])

    def happen(self, *events: e.Event) -> None:
        for event in events:
            self.run = apply(self.run, e.Recorded(self.run_id, self.run.seq + 1, NOON, SYSTEM, "triage", event))

    def draw(self, strategy: st.SearchStrategy[Any]) -> Any:
        return self.data.draw(strategy)

    def hear(self) -> None:
        """Perhaps somebody writes."""
        if self.draw(st.integers(0, 3)) == 3:
            self.happen(e.InputReceived(f"i{self.run.seq}", self.draw(st.sampled_from(["Dana", 'Eve">\n', ""])), self.draw(TEXTS)))

    def live(self) -> None:
        """Turn after turn until it concludes, or is cut short."""
        for _ in range(self.draw(st.integers(1, 5))):
            self.turn()
            if self.run.conclusion is not None or self.run.pending:
                break
        self.happen(e.RunFinished(*(self.run.conclusion or (e.Outcome.STOPPED, "Stopped by Dana."))))

    def turn(self) -> None:
        self.ask()
        while self.draw(st.integers(0, 4)) == 4:  # the model fails, or the program ends and asks again
            self.hear()
            if self.draw(st.booleans()):
                self.limit()
            if self.run.conclusion is not None:
                return
            self.ask()
        wanted = self.draw(st.lists(st.tuples(NAMES, ARGUMENTS, st.none() | st.just("{nonsense")), max_size=3))
        first = len(self.run.calls) + 1
        calls = tuple(e.Proposal(call_id(first + i), tool, {} if raw else given, raw) for i, (tool, given, raw) in enumerate(wanted))
        stops = [e.Stop.TOOLS, e.Stop.LENGTH, e.Stop.REFUSAL] if calls else [e.Stop.END, e.Stop.LENGTH, e.Stop.REFUSAL]
        said, thinking = self.think()
        self.happen(replace(answered(said + self.draw(TEXTS), *calls, stop=self.draw(st.sampled_from(stops))), thinking=thinking))
        if self.run.conclusion is not None:
            return
        for one in calls:
            if self.draw(st.integers(0, 9)):
                self.resolve(one)
            self.hear()

    def think(self) -> tuple[str, str]:
        """Perhaps one of two models thinks, before it speaks and perhaps once more behind its first words; these, and what is kept."""
        author, head = self.draw(st.sampled_from([TIER, OTHER])), list[dict[str, Any]]()
        words = self.draw(st.sampled_from(["", "", "First.", " x. "]))
        for text in (None, words or None)[: self.draw(st.integers(0, 2))]:
            signature = f"{self.run_id} {len(self.thoughts)}"
            head += [] if text is None else [{"type": "text", "text": text}]
            head.append({"type": "thinking", "thinking": self.draw(TEXTS), "signature": signature})
            self.thoughts.append((author, signature, len(self.prompts)))
        said = words + "\n\n" if len(head) == 3 else ""
        return said, render(self.prompts[-1], author)[1].seal(tuple(head))

    def ask(self) -> None:
        self.happen(e.ModelAsked(self.run.steps + 1, "smart"))
        self.prompts.append(prompt_of(self.run, *self.earlier))

    def limit(self) -> None:
        question = ask_id(self.run_id, len(self.run.asks) + 1)
        self.happen(e.ModelFailed("overloaded"), e.LimitReached(question, e.Limit.MODEL, "It is down."))
        choice = self.draw(st.sampled_from(["raise", "finish"]))
        self.happen(e.LimitAnswered(question, e.Limit.MODEL, choice, "Dana"))
        if choice == "finish":
            self.run = replace(self.run, model_error="")

    def resolve(self, one: e.Proposal) -> None:
        """Bring a call to its end in one of all ways."""
        i, tool, text, way = one.call_id, one.tool, self.draw(TEXTS), self.draw(WAYS)
        begin = e.ToolStarted(i, tool, "key")
        ask = ask_id(self.run_id, len(self.run.asks) + 1)
        question = e.ApprovalAsked(ask, i, tool, "d", "p", "f", (), 1, later(hours=4))
        doubt = (judge(one, e.Decision.ALLOW), begin, e.CallInterrupted(i, tool, text), e.DoubtRaised(ask, i, tool, text, ()))
        ways: dict[str, tuple[e.Event, ...]] = {
            "rejected": (e.CallRejected(i, tool, text),),
            "denied": (judge(one, e.Decision.DENY),),
            "simulated": (judge(one, e.Decision.SIMULATE),),
            "finished": (judge(one, e.Decision.ALLOW), begin, e.ToolFinished(i, tool, text)),
            "failed": (judge(one, e.Decision.NOTIFY), begin, e.ToolFailed(i, tool, text)),
            "refused": (judge(one, e.Decision.ASK), question, e.ApprovalDenied(ask, i, tool, "Bob", text)),
            "expired": (judge(one, e.Decision.ASK), question, e.ApprovalExpired(ask, i, tool)),
            "approved": (judge(one, e.Decision.ASK), question, e.ApprovalGranted(ask, i, tool, ()), begin, e.ToolFinished(i, tool, text)),
            "happened": (*doubt, e.DoubtResolved(ask, i, tool, "happened", "Bob")),
            "abandoned": (*doubt, e.DoubtResolved(ask, i, tool, "abandon", "Bob")),
            "probed": (*doubt[:3], e.ProbeAnswered(i, tool, True)),
        }
        for event in ways[way]:
            self.happen(event)
            self.hear()


def judge(one: e.Proposal, decision: e.Decision) -> e.CallJudged:
    return e.CallJudged(one.call_id, one.tool, decision, ("a rule",), Risk.LOW, Effect.NONE, Repeat.FREE)


def check_shape(prompt: Prompt) -> None:
    """The rules of the Messages API, by the sandbox and by ourselves."""
    body = body_of(prompt)
    parse(MessagesRequest, json.dumps(body).encode())
    roles = [message["role"] for message in body["messages"]]
    assert roles == [("user", "assistant")[i % 2] for i in range(len(roles))]
    assert roles[-1] == "user"
    for message in body["messages"]:
        kinds = [block["type"] for block in message["content"] if block["type"] != "thinking"]
        assert kinds
        assert kinds == sorted(kinds, key=["tool_result", "text", "tool_use"].index)
        assert message["role"] == "assistant" or not any("signature" in block for block in message["content"])
        texts = [block["text"] for block in message["content"] if block["type"] == "text"]
        assert all(text.strip() for text in texts)
        if message["role"] == "assistant":
            assert all(text == text.rstrip() for text in texts if text != " x. ")  # what stands between thinking stays as it was


def signatures(prompt: Prompt, tier: Tier) -> list[str]:
    """The thinking that a model is given back, in its order."""
    messages = body_of(prompt, tier)["messages"]
    return [block["signature"] for message in messages for block in message["content"] if block["type"] == "thinking"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_happens_each_request_is_legal_and_begins_with_the_one_before(data: st.DataObject) -> None:
    first = History(data, 1, ())
    first.live()
    second = History(data, 2, (first.run,))
    second.live()
    for history in (first, second):
        for prompt in history.prompts:
            check_shape(prompt)
        for before, behind in zip(history.prompts, history.prompts[1:], strict=False):
            assert sent(behind).startswith(sent(before))
            assert sent(behind, OTHER).startswith(sent(before, OTHER))
            assert all(body_of(before)[part] == body_of(behind)[part] for part in ("system", "tools"))
    assert sent(second.prompts[0]).startswith(sent(first.prompts[-1]))
    for tier in (TIER, OTHER):
        told = [signature for author, signature, _ in first.thoughts if author is tier]
        for number, prompt in enumerate(second.prompts):
            now = [signature for author, signature, made in second.thoughts if author is tier and made <= number]
            assert signatures(prompt, tier) == told + now


@given(TEXTS, TEXTS)
def test_nobody_ends_a_fence_from_inside(said: str, result: str) -> None:
    run = after(started(said), asked(), answered("", call(tool="read")), judged(e.Decision.ALLOW, tool="read"))
    run = after(run, e.ToolStarted(call_id(1), "read", "key"), e.ToolFinished(call_id(1), "read", result))
    prompt = prompt_of(run)
    for text, tag in ((prompt.messages[0].texts[0], "message"), (prompt.messages[2].results[0][1], "output")):
        assert text.count("</message>") + text.count("</output>") == 1
        assert text.count("<message ") + text.count("<output ") == 1
        assert text.endswith(f"</{tag}>")


def test_system_prompt_is_the_agents_with_the_products_rules_behind() -> None:
    prompt = prompt_of(after(started(), asked()))
    assert prompt.system == f"You triage.\n\n{RULES}"
    assert [tool.name for tool in prompt.tools] == ["read", "write"]
    assert prompt.tools_allowed


def test_people_are_named() -> None:
    run = after(started("Checkout is slow."), e.InputReceived("i1", "Bob", "Since ten."), asked())
    assert prompt_of(run).messages[0].texts == (
        '<message from="Dana">\nCheckout is slow.\n</message>', '<message from="Bob">\nSince ten.\n</message>',
    )


def test_results_come_before_what_people_wrote_meanwhile() -> None:
    run = after(proposed(call()), e.InputReceived("i1", "Bob", "Hurry."), judged(e.Decision.DENY), asked())
    newest = prompt_of(run).messages[-1]
    assert newest.results[0][0] == "r1-c1"
    assert newest.results[0][1].startswith("Denied by policy")
    assert newest.results[0][2]
    assert newest.texts == ('<message from="Bob">\nHurry.\n</message>',)


def test_what_came_while_the_model_is_asked_waits_for_the_next_request() -> None:
    run = after(started(), asked())
    assert prompt_of(after(run, e.InputReceived("i1", "Bob", "Hurry."))) == prompt_of(run)


def test_before_it_is_asked_the_prompt_holds_what_is_unread() -> None:
    assert prompt_of(started("Look.")) == prompt_of(after(started("Look."), asked()))


@pytest.mark.parametrize(("text", "shown"), [("Part one, ", "Part one,"), ("", SILENT), (" \n", SILENT)])
def test_a_cut_turn_is_asked_to_go_on(text: str, shown: str) -> None:
    run = after(started(), asked(), answered(text, stop=e.Stop.LENGTH), asked())
    _, assistant, user = prompt_of(run).messages
    assert assistant.texts == (shown,)
    assert user.texts == (CUT,)


def test_a_malformed_call_shows_what_was_written() -> None:
    run = after(started(), asked(), answered("", e.Proposal(call_id(1), "no such tool!", {}, '{"x": oops')), asked())
    assert prompt_of(run).messages[1].calls == (("r1-c1", "no_such_tool_", {"not_a_json_object": '{"x": oops'}),)


def test_arguments_have_one_order_whoever_wrote_them() -> None:
    one = after(started(), asked(), answered("", call(b=1, a={"d": 1, "c": 2})))
    other = after(started(), asked(), answered("", call(a={"c": 2, "d": 1}, b=1)))
    assert json.dumps(body_of(prompt_of(one))) == json.dumps(body_of(prompt_of(other)))


def test_told_to_finish_it_may_call_no_tools() -> None:
    limit = e.LimitReached(ask_id(RunId("run-test"), 1), e.Limit.STEPS, "It has used 25 turns.")
    run = after(proposed(call()), judged(e.Decision.DENY), limit)
    run = after(run, e.LimitAnswered(limit.ask_id, e.Limit.STEPS, "finish", "Dana"), asked())
    prompt = prompt_of(run)
    assert not prompt.tools_allowed
    assert prompt.messages[-1].texts[-1] == FINISH
    assert body_of(prompt)["tool_choice"] == {"type": "none"}
    assert body_of(prompt)["tools"]


@pytest.mark.parametrize(("begun", "told"), [(False, NEVER_RAN), (True, UNKNOWN)])
def test_a_continued_run_says_what_became_of_it(begun: bool, told: str) -> None:
    first = after(proposed(call()), judged(e.Decision.ALLOW))
    if begun:
        first = after(first, e.ToolStarted(call_id(1), "write", "key"))
    first = after(first, e.RunFinished(e.Outcome.STOPPED, "Stopped by Dana."))
    messages = prompt_of(after(proposed(call()), judged(e.Decision.DENY), asked()), first).messages
    assert messages[2].results == (("r1-c1", told, True),)
    assert messages[2].texts == (
        "That request ended without an answer. Stopped by Dana.", '<message from="Dana">\nDo it.\n</message>',
    )
    assert [message.calls[0][0] for message in messages if message.calls] == ["r1-c1", "r2-c1"]
