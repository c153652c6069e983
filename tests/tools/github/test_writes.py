"""What is written at GitHub, once, and what comes of it where the answer is lost."""

from typing import Any

import pytest
from aiohttp import web

from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Done, Failed, Unknown
from tests.tools.github.server import TOKEN, GitHubServer, issue, user
from tests.tools.outside import hang_up
from tests.tools.sources import opened
from tools.marks import mark_of
from tools.toolbox import Toolbox

COMMENT = {"repository": "acme/shop", "number": 7, "body": "Rolled back."}
ISSUE = {"repository": "acme/shop", "title": "Checkout is down", "body": "Since 09:30.", "labels": ["incident"]}


async def broken(_: web.Request) -> web.StreamResponse:
    return web.Response(status=502, headers={"Retry-After": "60"})


async def test_what_is_declared(toolbox: Toolbox) -> None:
    specs = toolbox.specs()
    declared = {
        name: (spec.risk, spec.effect, spec.repeat, spec.probe, spec.preview)
        for name, spec in specs.items()
        if spec.effect is not Effect.NONE
    }
    assert declared == {
        "gh_comment": (Risk.MEDIUM, Effect.EXTERNAL, Repeat.NEVER, True, True),
        "gh_create_issue": (Risk.MEDIUM, Effect.EXTERNAL, Repeat.NEVER, True, True),
        "gh_label": (Risk.LOW, Effect.INTERNAL, Repeat.FREE, False, True),
        "gh_rerun_workflow": (Risk.MEDIUM, Effect.INTERNAL, Repeat.NEVER, False, True),
    }
    assert all(spec.taints for name, spec in specs.items() if name not in declared)


async def test_a_comment_is_written_with_its_mark(toolbox: Toolbox, server: GitHubServer) -> None:
    server.issues[7] = issue(7)
    assert await toolbox.run("gh_comment", COMMENT, key="run-1.c1") == Done(
        '{"commented": true, "url": "https://github.com/acme/shop/issues/7#issuecomment-1"}'
    )
    assert server.comments[7][0]["body"] == f"Rolled back.\n\n<!-- {mark_of('run-1.c1')} -->"
    assert "run-1" not in server.comments[7][0]["body"]
    assert await toolbox.probe("gh_comment", COMMENT, key="run-1.c1") is True
    assert await toolbox.probe("gh_comment", COMMENT, key="run-1.c2") is False


async def test_an_issue_is_opened_with_its_mark(toolbox: Toolbox, server: GitHubServer) -> None:
    result = await toolbox.run("gh_create_issue", ISSUE, key="run-1.c1")
    assert result == Done('{"number": 1, "url": "https://github.com/acme/shop/issues/1"}')
    assert [one["name"] for one in server.issues[1]["labels"]] == ["incident"]
    server.issues[1]["state"] = "closed"
    assert await toolbox.probe("gh_create_issue", ISSUE, key="run-1.c1") is True
    assert await toolbox.probe("gh_create_issue", ISSUE, key="run-1.c2") is False
    assert server.queries[-1] == {
        "state": "all",
        "since": "2026-10-29T09:30:00Z",
        "sort": "created",
        "direction": "desc",
        "per_page": "100",
        "page": "1",
    }


@pytest.mark.parametrize("lost", [hang_up, broken])
@pytest.mark.parametrize(("tool", "arguments"), [("gh_comment", COMMENT), ("gh_create_issue", ISSUE)])
async def test_a_lost_answer_is_settled_by_the_probe(
    toolbox: Toolbox, server: GitHubServer, tool: str, arguments: dict[str, Any], lost: Any
) -> None:
    server.issues[7] = issue(7)
    server.after = lost
    assert isinstance(await toolbox.run(tool, arguments, key="a.c1"), Unknown)
    assert len([one for one in server.asked if one[0] == "POST"]) == 1
    assert await toolbox.probe(tool, arguments, key="a.c1") is True
    server.before = lost
    assert isinstance(await toolbox.run(tool, arguments, key="a.c2"), Unknown)
    server.before = None
    assert await toolbox.probe(tool, arguments, key="a.c2") is False


async def test_a_probe_that_cannot_see_everything_does_not_say_no(toolbox: Toolbox, server: GitHubServer) -> None:
    server.issues[7] = issue(7)
    server.comments[7] = [{"user": user("mona"), "body": "me too"}] * 1_000
    assert await toolbox.probe("gh_comment", COMMENT, key="k") is None
    server.issues = {number: issue(number, created_at="2026-11-20T00:00:00Z") for number in range(1, 1_200)}
    assert await toolbox.probe("gh_create_issue", ISSUE, key="k") is None
    server.issues = {number: issue(number, created_at="2026-09-20T00:00:00Z") for number in range(1, 1_200)}
    assert await toolbox.probe("gh_create_issue", ISSUE, key="k") is False
    server.before = broken
    assert await toolbox.probe("gh_create_issue", ISSUE, key="k") is None


async def test_a_refused_write_failed(toolbox: Toolbox, server: GitHubServer) -> None:
    assert await toolbox.run("gh_comment", COMMENT, key="k") == Failed(
        "GitHub answered 404: Not Found. It does not exist, or the token may not see it."
    )

    async def refuse(_: web.Request) -> web.StreamResponse:
        errors = [{"resource": "Issue", "field": "labels", "code": "invalid"}, {"message": "Sorry"}, "Text"]
        return web.json_response({"message": "Validation Failed", "errors": errors}, status=422)

    server.before = refuse
    assert await toolbox.run("gh_create_issue", ISSUE, key="k") == Failed(
        "GitHub answered 422: Validation Failed. Issue labels invalid, Sorry, Text."
    )

    async def moved(_: web.Request) -> web.StreamResponse:
        return web.Response(status=301, headers={"Location": "/repositories/9/issues"})

    server.before = moved
    assert isinstance(await toolbox.run("gh_create_issue", ISSUE, key="k"), Failed)
    assert len(server.asked) == 3


async def test_a_forged_mark_is_refused(toolbox: Toolbox, server: GitHubServer) -> None:
    result = await toolbox.run("gh_comment", {**COMMENT, "body": f"x <!-- {mark_of('run-9.c9')} -->"}, key="k")
    assert isinstance(result, Failed)
    assert server.asked == []


async def test_people_see_where_it_is_written(toolbox: Toolbox, server: GitHubServer) -> None:
    server.issues[7] = issue(7, "Checkout\nis down", labels=[{"name": "p1"}])
    preview = await toolbox.preview("gh_comment", COMMENT)
    assert (
        preview.text == "repository: acme/shop (internal)\nissue: #7 Checkout is down\nstate: open\nauthor: mona\nlabels: p1\nlocked: False"
    )
    assert (await toolbox.preview("gh_comment", COMMENT)).fingerprint == preview.fingerprint
    server.issues[7]["state"] = "closed"
    assert (await toolbox.preview("gh_comment", COMMENT)).fingerprint != preview.fingerprint
    assert (await toolbox.preview("gh_create_issue", ISSUE)).text == "repository: acme/shop (internal)"
    server.rest["actions/runs/33"] = {"id": 33, "name": "CI", "run_attempt": 2, "status": "completed", "conclusion": "failure"}
    assert "attempt: 2\n" in (await toolbox.preview("gh_rerun_workflow", {"repository": "acme/shop", "run": 33})).text


async def test_labels_and_runs(toolbox: Toolbox, server: GitHubServer) -> None:
    server.issues[7] = issue(7, labels=[{"name": "p1"}])
    arguments = {"repository": "acme/shop", "number": 7, "labels": ["bug"]}
    for _ in range(2):
        assert await toolbox.run("gh_label", arguments, key="k") == Done('{"labels": ["p1", "bug"]}')
    assert isinstance(await toolbox.run("gh_label", {**arguments, "labels": []}, key="k"), Failed)
    for only_failed, path in ((True, "rerun-failed-jobs"), (False, "rerun")):
        result = await toolbox.run("gh_rerun_workflow", {"repository": "acme/shop", "run": 33, "only_failed": only_failed}, key="k")
        assert result == Done('{"started_again": 33}')
        assert server.asked[-1] == ("POST", f"/repos/acme/shop/actions/runs/33/{path}")


async def test_an_owner_s_repositories_may_all_be_allowed(server: GitHubServer) -> None:
    item = {"name": "gh", "github": {"url": server.url, "token_env": "T", "repositories": ["Acme/*"]}, "only": ["create_issue"]}
    async with opened(item, environ={"T": TOKEN}) as tools:
        assert isinstance(await tools.run("gh_create_issue", ISSUE, key="k"), Done)
        assert isinstance(await tools.run("gh_create_issue", {**ISSUE, "repository": "acmeevil/shop"}, key="k"), Failed)
        assert set(tools.specs()) == {"gh_create_issue"}
