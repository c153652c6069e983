"""Reading what was committed and what was deployed."""

from asyncio import gather
from typing import Any

from agents.ports import Done, Failed
from tools.github.client import GitHub, place
from tools.operation import Arguments, Use
from tools.told import at, list_at, text_at, told

MAX_MESSAGE = 600
"""Characters of a commit's message."""

STATUSES = 5
"""Statuses of a deployment that are told, newest first."""


async def commits(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """Commits of a branch between two times, newest first; or those that `head` has beyond `base`, oldest first."""
    most = int(arguments["limit"])
    if arguments["base"] or arguments["head"]:
        if not (arguments["base"] and arguments["head"]):
            return Failed("Give both `base` and `head`, or neither.")
        return await _between(github, arguments, most)
    query = {name: str(arguments[given]) for name, given in (("sha", "ref"), ("since", "since"), ("until", "until"), ("path", "path"))
             if arguments[given]}
    found = await github.pages(*place(arguments), "commits", query=query, most=most)
    return found if isinstance(found, Failed) else told({"commits": [_commit(one) for one in found]})


async def _between(github: GitHub, arguments: Arguments, most: int) -> Done | Failed:
    """https://docs.github.com/en/rest/commits/commits#compare-two-commits"""
    answer = await github.read(*place(arguments), "compare", f"{arguments['base']}...{arguments['head']}", query={"per_page": most})
    if isinstance(answer, Failed):
        return answer
    files = list_at(answer.value, "files")
    return told({
        "status": text_at(answer.value, "status"), "ahead_by": at(answer.value, "ahead_by"), "behind_by": at(answer.value, "behind_by"),
        "commits": [_commit(one) for one in list_at(answer.value, "commits")][:most],
        "files": [
            {"file": text_at(one, "filename"), "additions": at(one, "additions"), "deletions": at(one, "deletions")} for one in files
        ],
    })


async def deployments(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """Deployments, newest first, with their last statuses."""
    query = {name: str(arguments[name]) for name in ("environment", "ref") if arguments[name]}
    found = await github.pages(*place(arguments), "deployments", query=query, most=int(arguments["limit"]))
    if isinstance(found, Failed):
        return found
    answers = await gather(*(
        github.read(*place(arguments), "deployments", text_at(one, "id") or 0, "statuses", query={"per_page": STATUSES})
        for one in found
    ))
    return told({"deployments": [
        _deployment(one, answer.text if isinstance(answer, Failed) else list_at(answer.value))
        for one, answer in zip(found, answers, strict=True)
    ]})


def _commit(raw: Any) -> dict[str, Any]:
    return {
        "sha": text_at(raw, "sha"), "author": text_at(raw, "author", "login") or text_at(raw, "commit", "author", "name"),
        "at": text_at(raw, "commit", "committer", "date"), "message": text_at(raw, "commit", "message", most=MAX_MESSAGE),
        "url": text_at(raw, "html_url"),
    }


def _deployment(raw: Any, statuses: list[Any] | str) -> dict[str, Any]:
    return {
        "id": at(raw, "id"), "environment": text_at(raw, "environment"), "ref": text_at(raw, "ref"), "sha": text_at(raw, "sha"),
        "task": text_at(raw, "task"), "by": text_at(raw, "creator", "login"), "created": text_at(raw, "created_at"),
        "description": text_at(raw, "description"),
        "statuses": statuses if isinstance(statuses, str) else [
            {"state": text_at(one, "state"), "at": text_at(one, "created_at"), "says": text_at(one, "description"),
             "url": text_at(one, "log_url") or text_at(one, "target_url")} for one in statuses
        ],
    }
