"""Numbers in JSON, of a real server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from agents.monitors import Measure, Monitor, Reading, SourceDown, Watch
from tests.tools.monitoring.opened import NOW, monitor, sources
from tests.tools.outside import Outside, hang_up
from tools.monitoring.parts import HttpPart

STATS = {
    "queue": {"depth": 17, "oldest": "12.5", "idle": None, "up": True}, "list": [{"n": 1}, {"n": 2}],
    "queues": [
        {"name": "mail", "depth": 3, "at": {"zone": "eu"}}, {"name": "push", "depth": 0, "at": {}}, {"name": "sms", "at": {"zone": "us"}},
    ],
    "by_name": {"mail": {"depth": 3}, "push": {"depth": 0}}, "flat": {"mail": 3, "push": 0}, "text": "many", "huge": "1e999",
}  # fmt: skip


def queue(outside: Outside, *watches: Watch, path: str = "/stats?all=1", **part: Any) -> Monitor:
    dimensions = tuple(part.get("labels", ()))
    place = HttpPart.model_validate({"url": f"{outside.url}{path}", **part})
    return monitor(place, *(watches or (Watch(Measure.VALUE, "v"),)), kind="http", dimensions=dimensions, most=part.pop("most", 20))


async def read(one: Monitor, **environ: str) -> Reading:
    async with sources({"m": one}, environ=environ, clock=lambda: NOW + timedelta(seconds=200)) as found:
        assert not found["m"].has_past
        return await found["m"].read(one, datetime(2026, 1, 1, tzinfo=UTC), NOW)


@pytest.mark.parametrize(("path", "value"), [
    ("queue.depth", 17), ("queue.oldest", 12.5), ("queue.idle", None), ("queue.up", 1), ("list.1.n", 2), ("huge", None),
])  # fmt: skip
async def test_a_path_leads_to_a_number(outside: Outside, path: str, value: float | None) -> None:
    outside.says(web.json_response(STATS))
    reading = await read(queue(outside, value=path))
    assert [(sample.series, sample.at, sample.value) for sample in reading.samples] == [("value(v)", NOW, value)]
    assert outside.asked == [("GET", "/stats?all=1")]


async def test_items_have_dimensions(outside: Outside) -> None:
    outside.says(web.json_response(STATS))
    reading = await read(queue(outside, items="queues", value="depth", labels={"queue": "name", "zone": "at.zone"}))
    assert [(sample.series, sample.value) for sample in reading.samples] == [
        ("value(v) queue=mail, zone=eu", 3), ("value(v) queue=push, zone=(none)", 0), ("value(v) queue=sms, zone=us", None),
    ]  # fmt: skip
    assert reading.notes == ("queue=sms, zone=us has no depth.",)
    for items, value in (("by_name", "depth"), ("flat", "value")):
        reading = await read(queue(outside, items=items, value=value, labels={"queue": "key"}))
        assert [(sample.series, sample.value) for sample in reading.samples] == [("value(v) queue=mail", 3), ("value(v) queue=push", 0)]


async def test_each_value_may_be_a_path(outside: Outside) -> None:
    outside.says(web.json_response(STATS))
    watches = (Watch(Measure.VALUE, "depth", expression="queue.depth"), Watch(Measure.VALUE, "age", expression="queue.oldest"))
    reading = await read(queue(outside, *watches))
    assert [(sample.series, sample.value) for sample in reading.samples] == [("value(depth)", 17), ("value(age)", 12.5)]
    assert len(outside.asked) == 1


async def test_items_that_go_have_no_value_and_too_many_are_left_out(outside: Outside) -> None:
    def answer(*names: str) -> web.Response:
        return web.json_response({"queues": [{"name": name, "depth": 1} for name in names]})

    outside.says(answer("a", "b"), answer("b", "c", "d", "b", "e"), answer("d"))
    one = monitor(
        HttpPart(url=f"{outside.url}/", items="queues", value="depth", labels={"q": "name"}), Watch(Measure.VALUE, "v"), kind="http",
        dimensions=("q",), most=3,
    )  # fmt: skip
    async with sources({"m": one}) as found:
        first, second, third = [await found["m"].read(one, NOW, NOW) for _ in range(3)]
    assert [(sample.series, sample.value) for sample in first.samples] == [("value(v) q=a", 1), ("value(v) q=b", 1)]
    assert {sample.series[-1]: sample.value for sample in second.samples} == {"b": 1, "c": 1, "d": 1, "a": None}
    assert second.notes == ("Several items have q=b: only the first of them counts.", "There are 4 items; 1 of them are left out.")
    assert {sample.series[-1]: sample.value for sample in third.samples} == {"a": None, "b": None, "c": None, "d": 1}


async def test_it_signs_in(outside: Outside) -> None:
    outside.says(web.json_response(STATS))
    await read(queue(outside, value="queue.depth", token_env="TOKEN", headers={"X-Team": "ops"}), TOKEN="t0ken")
    headers = outside.requests[0].headers
    assert (headers["Authorization"], headers["X-Team"], headers["Accept"]) == ("Bearer t0ken", "ops", "application/json")


@pytest.mark.parametrize(("answer", "path", "text"), [
    (web.json_response(STATS), "queue.dept", "the answer has no queue.dept; there is queue, list, queues"),
    (web.json_response(STATS), "text", "text is 'many', which is no number"),
    (web.json_response(STATS), "queue", "which is no number"),
    (web.json_response({}), "a", "the answer has no a; it is empty"),
    (web.json_response([1]), "a", "the answer has no a; it is a list of 1"),
    (web.json_response(3), "a", "the answer has no a; it is a single value"), (web.Response(text="<html>"), "a", "answered no JSON"),
    (web.Response(status=403), "a", r"answered 403 Forbidden\. The token is not accepted there\."),
    (web.Response(status=404), "a", r"answered 404 Not Found\."), (web.Response(text=f'"{"x" * 2_100_000}"'), "a", "more than the 2 MB"),
    (hang_up, "a", "could not be read: "),
    (web.Response(status=302, headers={"Location": "http://169.254.169.254/"}), "a", "answered 302"),
])  # fmt: skip
async def test_what_cannot_be_read_is_said(outside: Outside, answer: Any, path: str, text: str) -> None:
    outside.says(answer)
    with pytest.raises(SourceDown, match=text) as caught:
        await read(queue(outside, value=path))
    assert "all=1" not in str(caught.value)  # what stands behind the ? of an address may be a secret


async def test_items_have_to_be_a_list(outside: Outside) -> None:
    outside.says(web.json_response(STATS))
    with pytest.raises(SourceDown, match=r"text is no list; there is queue"):
        await read(queue(outside, items="text", value="depth", labels={"q": "name"}))
