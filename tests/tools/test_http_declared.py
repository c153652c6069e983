"""What a tool declares for people: how things would be afterwards, how a call is taken back."""

from datetime import timedelta

import pytest
from aiohttp import web

from agents.core.tool import Undo
from tests.tools.declared import World
from tests.tools.outside import Outside
from tools.net import Net


@pytest.fixture
def world(net: Net, outside: Outside) -> World:
    return World(net, outside)


async def test_a_preview_shows_what_the_arguments_would_make_of_it(world: World) -> None:
    world.outside.says(web.json_response({"count": 1, "name": "checkout"}))
    preview = {"url": f"{world.outside.url}/services/{{service}}", "after": {"count": "{count}", "name": "{service}-{count}"}}
    shown = await world.restart(preview=preview).preview({"service": "checkout", "reason": "x", "count": 3})
    assert shown.text.splitlines() == ["count: 1 → 3", "name: checkout → checkout-3"]
    world.outside.says(web.json_response({"count": 1, "name": "checkout"}))
    other = await world.restart(preview=preview).preview({"service": "checkout", "reason": "x", "count": 9})
    assert other.fingerprint == shown.fingerprint


async def test_a_field_whose_argument_is_left_out_stays_as_it_is(world: World) -> None:
    world.outside.says(web.json_response({"count": 1}))
    preview = {"url": f"{world.outside.url}/services/{{service}}", "after": {"count": "{more}"}}
    http = {"method": "POST", "url": f"{world.outside.url}/services/{{service}}", "body": {"more": "{more}"}}
    arguments = {"service": {"type": "string"}, "more": {"type": "integer", "required": False}}
    tool = world.restart(http=http, arguments=arguments, preview=preview, probe=None)
    assert (await tool.preview({"service": "checkout"})).text == "count: 1"


def test_what_is_declared_of_grants_and_undo_reaches_the_policy(world: World) -> None:
    undo = {"tool": "tool", "arguments": {"service": "{service}"}, "within": "90s"}
    spec = world.restart(grantable=False, undo=undo).spec
    assert (spec.grantable, spec.undo) == (False, Undo("tool", {"service": "{service}"}, timedelta(seconds=90)))
    assert (world.restart().spec.grantable, world.restart().spec.undo) == (True, None)
