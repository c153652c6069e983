"""Reading pull requests."""

from asyncio import gather
from collections.abc import Sequence
from typing import Any

from agents.ports import Done, Failed
from tools.github.client import GitHub, failed, place
from tools.github.issues import comment_line, issue_line, last
from tools.operation import Arguments, Use
from tools.told import MAX_BODY, at, cut, text_at, told

MAX_FILES = 300
"""Files of a pull request that are told."""

MAX_PATCH = 3_000
"""Characters of one file's patch."""

MAX_PATCHES = 60_000
"""Characters of all patches."""


async def pull_requests(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """Pull requests, the last updated first."""
    query = {"state": arguments["state"], "sort": "updated", "direction": "desc"}
    query |= {"base": arguments["base"]} if arguments["base"] else {}
    found = await github.pages(*place(arguments), "pulls", query=query, most=int(arguments["limit"]))
    return found if isinstance(found, Failed) else told({"pull_requests": [_line(one) for one in found]})


async def pull_request(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """One pull request: its files, checks, reviews and last comments."""
    at_repository, number = place(arguments), arguments["number"]
    answer = await github.read(*at_repository, "pulls", number)
    if isinstance(answer, Failed):
        return answer
    pull, head = answer.value, text_at(answer.value, "head", "sha")
    files, runs, states, reviews, notes, comments = await gather(
        github.pages(*at_repository, "pulls", number, "files", query={}, most=MAX_FILES),
        github.pages(*at_repository, "commits", head or "HEAD", "check-runs", query={"filter": "latest"}, most=100, inside="check_runs"),
        github.pages(*at_repository, "commits", head or "HEAD", "status", query={}, most=100, inside="statuses"),
        github.pages(*at_repository, "pulls", number, "reviews", query={}, most=200),
        github.pages(*at_repository, "pulls", number, "comments", query={"sort": "created", "direction": "desc"}, most=30),
        last(github, (*at_repository, "issues", number, "comments"), int(at(pull, "comments") or 0), 20),
    )
    if wrong := failed((files, reviews, notes, comments)):
        return wrong
    return told({
        **_line(pull),
        "body": text_at(pull, "body", most=2 * MAX_BODY),
        "mergeable": at(pull, "mergeable"), "merge_state": text_at(pull, "mergeable_state"),
        "additions": at(pull, "additions"), "deletions": at(pull, "deletions"), "changed_files": at(pull, "changed_files"),
        "files": _files(_items(files), patches=arguments["patches"]),
        "checks": runs.text if isinstance(runs, Failed) else checks(runs, _items(states)),
        "reviews": reviewed(_items(reviews)),
        "review_comments": [{**comment_line(one), "file": text_at(one, "path"), "line": at(one, "line")} for one in _items(notes)],
        "comments": [comment_line(one) for one in _items(comments)],
    })


def checks(runs: Sequence[Any], states: Sequence[Any]) -> dict[str, Any]:
    """Check runs and commit statuses, condensed: how many came to what, and which did not succeed."""
    named = [(text_at(run, "name"), text_at(run, "conclusion") or text_at(run, "status"), text_at(run, "output", "title"),
              text_at(run, "html_url")) for run in runs]
    named += [(text_at(one, "context"), text_at(one, "state"), text_at(one, "description"), text_at(one, "target_url")) for one in states]
    counts: dict[str, int] = {}
    for _, outcome, *_ in named:
        counts[outcome] = counts.get(outcome, 0) + 1
    rest = [
        {"name": name, "outcome": outcome, "says": says, "url": url}
        for name, outcome, says, url in named if outcome not in ("success", "neutral", "skipped")
    ]
    return {"counts": counts, "not_successful": rest}


def reviewed(reviews: Sequence[Any]) -> list[dict[str, str]]:
    """The last review of each reviewer that says something, and what they wrote."""
    latest: dict[str, dict[str, str]] = {}
    for one in reviews:
        who, state = text_at(one, "user", "login"), text_at(one, "state").lower()
        if state == "commented" and latest.get(who, {}).get("state") in ("approved", "changes_requested"):
            continue
        latest[who] = {
            "reviewer": who, "state": state, "at": text_at(one, "submitted_at"), "commit": text_at(one, "commit_id")[:12],
            "body": text_at(one, "body", most=MAX_BODY // 2),
        }
    return list(latest.values())


def _files(files: Sequence[Any], *, patches: bool) -> list[dict[str, Any]]:
    found, left = [], MAX_PATCHES
    for one in files:
        patch = text_at(one, "patch", most=min(MAX_PATCH, max(left, 0))) if patches else ""
        left -= len(patch)
        found.append({
            "file": text_at(one, "filename"), "was": text_at(one, "previous_filename"), "status": text_at(one, "status"),
            "additions": at(one, "additions"), "deletions": at(one, "deletions"), "patch": patch,
        })
    return found


def _line(raw: Any) -> dict[str, Any]:
    return {
        **issue_line(raw), "draft": at(raw, "draft"), "merged": text_at(raw, "merged_at"),
        "head": cut(text_at(raw, "head", "label"), 200), "head_commit": text_at(raw, "head", "sha"), "base": text_at(raw, "base", "ref"),
    }


def _items(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []
