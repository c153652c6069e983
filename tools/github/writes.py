"""Writing to GitHub: comments, labels, issues, and runs again.

GitHub takes no idempotency key. What is written carries a mark, by which it is found again if the answer was lost.
"""

from collections.abc import Callable
from typing import Any

from agents.core.ids import canonical, fingerprint
from agents.ports import Done, Failed, Preview, Unknown
from tools.github.client import GitHub, place
from tools.marks import LOOK_BACK, forged, hidden, looked, mark_of
from tools.operation import Arguments, Use
from tools.told import MAX_BODY, at, list_at, text_at, told
from tools.toolbox import unread

MOST_SEEN = 1_000
"""Issues or comments that are looked through for a mark; where there are more, it cannot be told."""


def unwritable(github: GitHub, arguments: Arguments) -> str | None:
    """Why this may not be written."""
    return github.invalid(arguments) or forged(f"{arguments.get('title', '')}\n{arguments.get('body', '')}")


async def comment(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    """Comment on an issue or a pull request."""
    body = {"body": hidden(arguments["body"], use.key)}
    answer = await github.api.write("POST", *place(arguments), "issues", arguments["number"], "comments", body=body)
    return answer if isinstance(answer, Failed | Unknown) else told({"commented": True, "url": text_at(answer.value, "html_url")})


async def find_comment(github: GitHub, arguments: Arguments, key: str) -> bool | None:
    """Whether the comment is there."""
    query = {"since": _since(github)}
    path = (*place(arguments), "issues", arguments["number"], "comments")
    return await looked(lambda: _is_in(github, path, query, key))


async def create_issue(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    """Open an issue."""
    body = {"title": arguments["title"], "body": hidden(arguments["body"], use.key)}
    body |= {"labels": arguments["labels"]} if arguments["labels"] else {}
    answer = await github.api.write("POST", *place(arguments), "issues", body=body)
    if isinstance(answer, Failed | Unknown):
        return answer
    return told({"number": at(answer.value, "number"), "url": text_at(answer.value, "html_url")})


async def find_issue(github: GitHub, arguments: Arguments, key: str) -> bool | None:
    """Whether the issue is there."""
    query = {"state": "all", "since": _since(github), "sort": "created", "direction": "desc"}
    return await looked(lambda: _is_in(github, (*place(arguments), "issues"), query, key))


async def label(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    """Add labels to an issue or a pull request. Those that it has stay, so doing it again changes nothing."""
    path = (*place(arguments), "issues", arguments["number"], "labels")
    answer = await github.api.write("POST", *path, body={"labels": arguments["labels"]})
    if isinstance(answer, Failed | Unknown):
        return answer
    return told({"labels": [text_at(one, "name") for one in list_at(answer.value)]})


async def rerun_workflow(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed | Unknown:
    """Run a workflow's failed jobs, or all of them, again."""
    again = "rerun-failed-jobs" if arguments["only_failed"] else "rerun"
    answer = await github.api.write("POST", *place(arguments), "actions", "runs", arguments["run"], again)
    return answer if isinstance(answer, Failed | Unknown) else told({"started_again": arguments["run"]})


async def preview_of_issue(github: GitHub, arguments: Arguments) -> Preview:
    """The issue that is written to, and who can read it."""
    return await _preview(github, arguments, ("issues", arguments["number"]), lambda raw: {
        "issue": f"#{at(raw, 'number')} {text_at(raw, 'title')}", "state": text_at(raw, "state"), "author": text_at(raw, "user", "login"),
        "labels": ", ".join(text_at(one, "name") for one in list_at(raw, "labels")), "locked": at(raw, "locked"),
    })


async def preview_of_repository(github: GitHub, arguments: Arguments) -> Preview:
    """Who can read what is written."""
    return await _preview(github, arguments, (), lambda _: {})


async def preview_of_run(github: GitHub, arguments: Arguments) -> Preview:
    """The run as it is."""
    return await _preview(github, arguments, ("actions", "runs", arguments["run"]), lambda raw: {
        "workflow": text_at(raw, "name"), "branch": text_at(raw, "head_branch"), "commit": text_at(raw, "head_sha")[:12],
        "event": text_at(raw, "event"), "attempt": at(raw, "run_attempt"), "status": text_at(raw, "status"),
        "conclusion": text_at(raw, "conclusion"),
    })


async def _preview(
    github: GitHub, arguments: Arguments, path: tuple[str | int, ...], shown: Callable[[Any], dict[str, Any]]
) -> Preview:
    repository = await github.read(*place(arguments))
    target = await github.read(*place(arguments), *path) if path else repository
    if isinstance(repository, Failed) or isinstance(target, Failed):
        wrong = repository if isinstance(repository, Failed) else target
        return unread(wrong.text if isinstance(wrong, Failed) else "")
    visibility = text_at(repository.value, "visibility") or ("private" if at(repository.value, "private") else "public")
    state = {"repository": f"{arguments['repository']} ({visibility})", **shown(target.value)}
    lines = [f"{name}: {' '.join(str(value).split())}" for name, value in state.items() if value not in (None, "")]
    return Preview("\n".join(lines)[:MAX_BODY], fingerprint("github", canonical(state)))


async def _is_in(github: GitHub, path: tuple[str | int, ...], query: dict[str, str], key: str) -> bool | None:
    """Whether one of a list's bodies holds the mark; None where the list cannot be read to its end."""
    found = await github.pages(*path, query=query, most=MOST_SEEN)
    if isinstance(found, Failed):
        return None
    mark = mark_of(key)
    if any(mark in str(at(one, "body") or "") for one in found):
        return True
    newest_first = query.get("direction") == "desc"
    return False if len(found) < MOST_SEEN or (newest_first and text_at(found[-1], "created_at") < query["since"]) else None


def _since(github: GitHub) -> str:
    return (github.clock() - LOOK_BACK).strftime("%Y-%m-%dT%H:%M:%SZ")
