"""HTTP tools for tests, as a configuration declares them."""

from random import Random
from typing import Any

from tests.tools.outside import Outside
from tools.http import HttpTool, HttpToolConfig, build_tools
from tools.net import Net

ARGUMENTS = {"service": "checkout", "reason": 'it is "slow"', "count": 3}


class World:
    """Tools of one configuration at the server outside, and the sleeps that they took."""

    def __init__(self, net: Net, outside: Outside) -> None:
        self.net = net
        self.outside = outside
        self.slept: list[float] = []

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def restart(self, url: str = "", **changes: Any) -> HttpTool:
        """A tool that restarts a service."""
        url = url or self.outside.url
        return self._tool({
            "http": {
                "method": "POST", "url": f"{url}/services/{{service}}/restart",
                "body": {"why": "because {reason}", "count": "{count}", "all": [True, None]},
            },
            "arguments": {"service": {"type": "string"}, "reason": {"type": "string"}, "count": {"type": "integer", "default": 1}},
            "preview": {"url": f"{url}/services/{{service}}", "ignore": ["age"]},
            "probe": {"url": f"{url}/operations?key={{idempotency_key}}", "happened": {"field": "found.happened", "equals": True}},
        } | changes)  # fmt: skip

    def status(self, **changes: Any) -> HttpTool:
        """A tool that reads."""
        http = {"method": "GET", "url": f"{self.outside.url}/services/{{service}}"}
        return self._tool({"http": http, "arguments": {"service": {"type": "string"}}} | changes)

    def _tool(self, raw: dict[str, Any]) -> HttpTool:
        config = HttpToolConfig.model_validate({"name": "tool", "description": "A tool.", "timeout": 5} | raw)
        return build_tools([config], self.net, sleep=self._sleep, random=Random(1))[0]  # noqa: S311 - the same waits each time
