"""A small agent loop for tests: the real SDK on one side, the company as `countersign.yaml` declares it on the other."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from anthropic import AsyncAnthropic
from anthropic.types import Message, MessageParam, ToolChoiceParam, ToolParam, ToolUseBlock

from bot.sandbox import company, model
from bot.sandbox.scenes import Scene, load

CONFIG = Path(company.__file__).parent / "countersign.yaml"
Told = tuple[str, bool]
"""A tool's result and whether it is an error."""
Verdict = Callable[[ToolUseBlock], Told | None]
"""What a call is told instead of being carried out; None carries it out."""


@dataclass
class Played:
    """What came of a conversation."""

    replies: list[Message] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)
    """Newest result of each tool."""

    @property
    def answer(self) -> str:
        """The last text."""
        return text_of(self.replies[-1])

    @property
    def calls(self) -> list[list[str]]:
        """The tools called, turn by turn."""
        return [[block.name for block in reply.content if isinstance(block, ToolUseBlock)] for reply in self.replies]


@dataclass
class World:
    """A sandbox with the model and the company, without Slack."""

    url: str
    http: ClientSession
    claude: AsyncAnthropic
    messages: list[MessageParam] = field(default_factory=list)

    async def post(self, path: str, body: Any) -> Any:
        async with self.http.post(f"{self.url}/{path}", json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json()

    async def get(self, path: str) -> Any:
        async with self.http.get(f"{self.url}/{path}") as response:
            return await response.json()

    async def say(self, text: str, verdict: Verdict = lambda call: None, most: int = 20) -> Played:
        """Say something in this conversation, and drive it until the model has answered."""
        self.messages.append({"role": "user", "content": text})
        played = Played()
        for _ in range(most):
            reply = await self.ask({"type": "auto"})
            played.replies.append(reply)
            self.messages.append({"role": "assistant", "content": reply.content})
            calls = [block for block in reply.content if isinstance(block, ToolUseBlock)]
            assert reply.stop_reason == ("tool_use" if calls else "end_turn")
            if not calls:
                return played
            told = [(call, *(verdict(call) or await self._carry_out(call))) for call in calls]
            played.results.update({call.name: result for call, result, _ in told})
            self.messages.append(
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": c.id, "content": text, "is_error": bad} for c, text, bad in told],
                }
            )
        raise AssertionError(f"no answer after {most} turns")

    async def ask(self, choice: ToolChoiceParam) -> Message:
        """The model's next turn, with all tools declared."""
        stream = self.claude.messages.stream(
            model="claude-sonnet-5-5", max_tokens=2000, messages=self.messages, tools=declared(), tool_choice=choice
        )
        async with stream as events:
            return await events.get_final_message()

    async def _carry_out(self, call: ToolUseBlock) -> Told:
        tool = next((one for one in _config()["tools"] if one["name"] == call.name), None)
        if tool is None:
            return f"There is no tool {call.name}.", True
        http = tool["http"]
        url = http["url"].replace("${COMPANY_URL}", f"{self.url}/company").format(**call.input)
        query = {name: value.format(**call.input) for name, value in http.get("query", {}).items()}
        body = {name: value.format(**call.input) for name, value in http.get("body", {}).items()}
        headers = {tool["idempotency_header"]: call.id} if "idempotency_header" in tool else {}
        async with self.http.request(http["method"], url, params=query, json=body or None, headers=headers) as response:
            return await response.text(), response.status >= 400


def text_of(reply: Message) -> str:
    """The text of a message."""
    return "".join(block.text for block in reply.content if block.type == "text")


@cache
def _config() -> Any:
    return yaml.safe_load(CONFIG.read_text("utf-8"))


def declared() -> list[ToolParam]:
    """The HTTP tools of `countersign.yaml` as the API wants them."""
    return [
        {
            "name": tool["name"],
            "description": tool["description"],
            "input_schema": {"type": "object", "properties": tool.get("arguments", {}), "required": list(tool.get("arguments", {}))},
        }
        for tool in _config()["tools"] if "http" in tool
    ]


@cache
def scenes() -> tuple[Scene, ...]:
    """The scenes of the sandbox, read once."""
    return load()


@asynccontextmanager
async def world(settles: float = 0.0) -> AsyncIterator[World]:
    """A world at full speed; `settles` is the company's time to recover from a rollback, in seconds."""
    app = web.Application()
    app.add_routes([*model.routes(model.OfflineModel(scenes=scenes())), *company.routes()])
    async with TestServer(app) as server, ClientSession() as session:
        url = str(server.make_url("")).rstrip("/")
        async with AsyncAnthropic(
            base_url=f"{url}/model", api_key="k", max_retries=0, timeout=5, _strict_response_validation=True
        ) as claude:
            made = World(url, session, claude)
            await made.post("model/settings", {"pace": 0})
            await made.post("company/settings", {"rollback_settles": settles})
            yield made
