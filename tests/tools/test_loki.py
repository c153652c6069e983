"""Loki by its HTTP API. The answers are those of https://grafana.com/docs/loki/latest/reference/loki-http-api/"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from agents.ports import Done, Failed
from tests.tools.outside import Outside
from tests.tools.sources import NOW, opened
from tools.toolbox import Toolbox

END = int(NOW.timestamp())
QUERY_RANGE = {"query", "start", "end", "step", "limit", "direction"}
STATS = {"summary": {"bytesProcessedPerSecond": 1, "execTime": 0.1}}


class Loki:
    """What it is asked, and what it says."""

    def __init__(self) -> None:
        self.content: Any = {"resultType": "streams", "result": [], "stats": STATS}
        self.warnings: list[str] = []
        self.refuses: list[web.Response] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.headers: list[dict[str, str]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        query = dict(request.query)
        if request.path.endswith("query_range"):
            assert request.path == "/loki/api/v1/query_range"
            assert query.keys() == QUERY_RANGE
            assert all(len(query[name]) == 19 for name in ("start", "end"))
        else:
            assert request.path in ("/loki/api/v1/labels", "/loki/api/v1/label/app/values")
            assert query.keys() <= {"start", "end", "query"}
        self.asked.append((request.path, query))
        self.headers.append(dict(request.headers))
        if self.refuses:
            return self.refuses.pop(0)
        return web.json_response({"status": "success", "data": self.content, **({"warnings": self.warnings} if self.warnings else {})})


@pytest.fixture
def loki(outside: Outside) -> Loki:
    server = Loki()
    outside.answer = server.answer
    return server


@pytest.fixture
async def toolbox(outside: Outside, loki: Loki) -> AsyncIterator[Toolbox]:
    item = {"name": "l", "loki": {"url": outside.url, "tenant": "shop|web", "token_env": "TOKEN", "headers": {"X-Extra": "1"}}}
    async with opened(item, environ={"TOKEN": "t0ken"}) as toolbox:
        yield toolbox


async def told(toolbox: Toolbox, tool: str, **arguments: object) -> str:
    result = await toolbox.run(f"l_{tool}", arguments, key="k")
    assert isinstance(result, Done), result
    assert result.taints
    return result.text


def streams(*many: tuple[dict[str, str], list[tuple[float, str]]]) -> dict[str, Any]:
    result = [{"stream": labels, "values": [[f"{int(at * 1000)}000000", line] for at, line in lines]} for labels, lines in many]
    return {"resultType": "streams", "result": result, "stats": STATS}


async def test_lines_of_all_streams_are_told_in_the_order_of_time(toolbox: Toolbox, loki: Loki) -> None:
    loki.content = streams(
        ({"app": "cart", "pod": "a"}, [(END - 10, "ERROR three"), (END - 30, "INFO one")]),
        ({"app": "cart", "pod": "b"}, [(END - 20.5, "two")]),
    )  # fmt: skip
    assert (await told(toolbox, "query", query='{app="cart"}')).splitlines() == [
        "3 lines from 2026-11-28T09:29:30Z to 2026-11-28T09:29:50Z; error 1, info 1",
        'All have {app="cart"}',
        "The lines:",
        '2026-11-28T09:29:30Z {pod="a"} INFO one',
        '2026-11-28T09:29:39.500Z {pod="b"} two',
        '2026-11-28T09:29:50Z {pod="a"} ERROR three',
    ]
    assert loki.asked == [("/loki/api/v1/query_range", {
        "query": '{app="cart"}', "start": f"{END - 3600}000000000", "end": f"{END}000000000", "step": "120s", "limit": "1000",
        "direction": "backward",
    })]  # fmt: skip
    assert (loki.headers[0]["X-Scope-OrgID"], loki.headers[0]["Authorization"]) == ("shop|web", "Bearer t0ken")
    assert loki.headers[0]["X-Extra"] == "1"


@pytest.mark.parametrize(("direction", "which", "first"), [("backward", "newest", "line 35"), ("forward", "oldest", "line 0")])
async def test_many_lines_are_grouped_and_the_limit_is_said(
    toolbox: Toolbox, loki: Loki, direction: str, which: str, first: str
) -> None:
    loki.content = streams(({"app": "cart"}, [(END - 60 + n, f"line {n} of <!channel>") for n in range(40)]))
    loki.warnings = ["the query hit a limit"]
    text = await told(toolbox, "query", query='{app="cart"}', limit=40, lines=5, direction=direction)
    assert "  40x line <…> of <!channel>" in text
    assert f"these are the {which}" in text
    assert text.startswith("Warning of the server: the query hit a limit")
    assert [first in line for line in text.splitlines()[-5:]] == [True, False, False, False, False]


async def test_numbers_over_time(toolbox: Toolbox, loki: Loki) -> None:
    result = [{"metric": {"app": "cart"}, "values": [[END - 60, "2"], [END, "4"]]}]
    loki.content = {"resultType": "matrix", "result": result, "stats": STATS}
    text = await told(toolbox, "query", query='sum by (app) (rate({app="cart"}[1m]))', since="2m")
    assert "first 2, last 4" in text
    assert loki.asked[0][1]["step"] == "5s"


async def test_structured_metadata_beside_a_line_is_no_trouble(toolbox: Toolbox, loki: Loki) -> None:
    loki.content = {"resultType": "streams", "result": [{"stream": {}, "values": [[f"{END}000000001", "a line", {"trace_id": "7"}]]}]}
    assert "a line" in await told(toolbox, "query", query='{a="b"}')


async def test_nothing_found(toolbox: Toolbox) -> None:
    assert "No line matches in this time" in await told(toolbox, "query", query='{app="none"}')


@pytest.mark.parametrize(("answer", "text"), [
    (web.Response(status=400, text="parse error at line 1, col 6: syntax error: unexpected IDENTIFIER"), "parse error at line 1, col 6"),
    (web.Response(status=401, text="no org id"), "no org id"),
    (web.json_response({"code": 400, "message": "max entries limit per query exceeded"}, status=400), "max entries limit"),
    (web.Response(text="hello"), "is not Loki's API"),
])
async def test_errors_are_told(toolbox: Toolbox, loki: Loki, answer: web.Response, text: str) -> None:
    loki.refuses = [answer]
    result = await toolbox.run("l_query", {"query": "{app=cart}"}, key="k")
    assert isinstance(result, Failed)
    assert text in result.text
    assert len(loki.asked) == 1


async def test_labels_and_values(toolbox: Toolbox, loki: Loki) -> None:
    loki.content = ["app", "pod"]
    assert await told(toolbox, "labels") == "2 labels: app, pod"
    loki.content = [f"app-{n}" for n in range(101)]
    assert "1 more are left out" in await told(toolbox, "labels", label="app", match='{pod="a"}', since="1h")
    assert loki.asked[1][1] == {"start": f"{END - 3600}000000000", "end": f"{END}000000000", "query": '{pod="a"}'}
    assert isinstance(await toolbox.run("l_labels", {"label": "a/../b"}, key="k"), Failed)
