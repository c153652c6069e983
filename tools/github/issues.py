"""Reading issues."""

from asyncio import gather
from typing import Any

from agents.ports import Done, Failed
from tools.api import Query
from tools.github.client import GitHub, failed, place
from tools.operation import Arguments, Use
from tools.told import MAX_BODY, at, list_at, text_at, told

SCOPE = ("repo:", "org:", "user:")
"""Words of a search that would say where to look."""


async def issues(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """Issues, the last updated first: all that match a text, or all in a state."""
    text, most = arguments["text"].strip(), int(arguments["limit"])
    if wrong := out_of_place(text):
        return Failed(wrong)
    if text:
        return await _searched(github, arguments, text, most)
    query = {"state": arguments["state"], "sort": "updated", "direction": "desc"}
    query |= {"labels": ",".join(arguments["labels"])} if arguments["labels"] else {}
    query |= {"since": arguments["since"]} if arguments["since"] else {}
    found = await github.pages(*place(arguments), "issues", query=query, most=most, keep=lambda one: at(one, "pull_request") is None)
    return found if isinstance(found, Failed) else told({"issues": [issue_line(one) for one in found]})


def out_of_place(text: str) -> str | None:
    """Why a search text may not be asked; None where it may."""
    if words := [word for word in text.lower().replace("(", " ").split() if word.lstrip("-").startswith(SCOPE)]:
        return f"The text may not say where to search ({words[0]}): `repository` does."
    return None


async def _searched(github: GitHub, arguments: Arguments, text: str, most: int) -> Done | Failed:
    """By GitHub's search. What it finds outside the repository is dropped, whatever the text made of the question."""
    repository = arguments["repository"]
    words = [f"repo:{repository} is:issue"]
    words += [f"state:{arguments['state']}"] if arguments["state"] != "all" else []
    words += [f'label:"{label}"' for label in arguments["labels"] if '"' not in label]
    words += [f"updated:>={arguments['since']}"] if arguments["since"] else []
    query: Query = {"q": " ".join([*words, text]), "sort": "updated", "order": "desc", "per_page": most}
    answer = await github.read("search", "issues", query=query)
    if isinstance(answer, Failed):
        return answer
    ending = f"/repos/{repository}".lower()
    inside = [one for one in list_at(answer.value, "items") if text_at(one, "repository_url").lower().endswith(ending)]
    return told({"found": at(answer.value, "total_count"), "issues": [issue_line(one) for one in inside]})


async def issue(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """One issue with its last comments."""
    at_issue = (*place(arguments), "issues", arguments["number"])
    answer = await github.read(*at_issue)
    if isinstance(answer, Failed):
        return answer
    comments = await last(github, (*at_issue, "comments"), int(at(answer.value, "comments") or 0), int(arguments["comments"]))
    if isinstance(comments, Failed):
        return comments
    return told({**issue_whole(answer.value), "comments": [comment_line(one) for one in comments]})


async def last(github: GitHub, path: tuple[str | int, ...], count: int, most: int) -> list[Any] | Failed:
    """The last of a list that GitHub gives oldest first. `count` is how long it is."""
    if not count or not most:
        return []
    end = -(-count // most)
    answers = await gather(*(
        github.read(*path, query={"per_page": most, "page": page}) for page in range(max(1, end - 1), end + 1)
    ))
    if wrong := failed(answers):
        return wrong
    return [one for answer in answers if not isinstance(answer, Failed) for one in list_at(answer.value)][-most:]


def issue_line(raw: Any) -> dict[str, Any]:
    """An issue among others."""
    return {
        "number": at(raw, "number"),
        "title": text_at(raw, "title"),
        "state": text_at(raw, "state"),
        "why": text_at(raw, "state_reason"),
        "author": text_at(raw, "user", "login"),
        "labels": [text_at(label, "name") for label in list_at(raw, "labels")],
        "assignees": [text_at(one, "login") for one in list_at(raw, "assignees")],
        "comments": at(raw, "comments"),
        "created": text_at(raw, "created_at"),
        "updated": text_at(raw, "updated_at"),
        "url": text_at(raw, "html_url"),
    }


def issue_whole(raw: Any) -> dict[str, Any]:
    """An issue by itself, without its comments."""
    return {
        **issue_line(raw), "closed": text_at(raw, "closed_at"), "milestone": text_at(raw, "milestone", "title"),
        "locked": at(raw, "locked"), "pull_request": at(raw, "pull_request") is not None, "count_of_comments": at(raw, "comments"),
        "body": text_at(raw, "body", most=2 * MAX_BODY),
    }


def comment_line(raw: Any) -> dict[str, Any]:
    """A comment."""
    return {
        "author": text_at(raw, "user", "login"), "association": text_at(raw, "author_association"),
        "created": text_at(raw, "created_at"), "body": text_at(raw, "body", most=MAX_BODY // 2), "url": text_at(raw, "html_url"),
    }
