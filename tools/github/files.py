"""Reading files, and searching code."""

import base64
import binascii
from typing import Any

from agents.ports import Done, Failed
from tools.api import Query
from tools.github.client import GitHub, place
from tools.github.issues import out_of_place
from tools.operation import Arguments, Use
from tools.told import at, cut, list_at, text_at, told


async def file(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """A file at a ref, some lines of it or all; of a folder what is in it."""
    steps = [step for step in arguments["path"].split("/") if step]
    query = {"ref": arguments["ref"]} if arguments["ref"] else {}
    answer = await github.read(*place(arguments), "contents", *steps, query=query)
    if isinstance(answer, Failed):
        return answer
    if isinstance(answer.value, list):
        return told({"folder": "/".join(steps), "entries": [
            {"name": text_at(one, "name"), "type": text_at(one, "type"), "size": at(one, "size")} for one in answer.value[:1000]
        ]})
    return _told_file(answer.value, int(arguments["first_line"]), int(arguments["last_line"]))


def _told_file(raw: Any, first: int, last: int) -> Done | Failed:
    """https://docs.github.com/en/rest/repos/contents#get-repository-content: base64 up to 1 MB; beyond that it has no content."""
    kind = text_at(raw, "type")
    if kind != "file":
        return Failed(f"It is no file but a {kind or 'thing that cannot be read'}.")
    size = at(raw, "size")
    if text_at(raw, "encoding") != "base64":
        return Failed(f"The file is too large to be read here ({size} bytes; at most 1 MB).")
    try:
        content = base64.b64decode(text_at(raw, "content", most=10_000_000))
        text = content.decode()
    except (binascii.Error, UnicodeDecodeError):
        return Failed(f"The file is no text ({size} bytes).")
    lines = text.splitlines()
    chosen = lines[first - 1 : last or None]
    numbered = "\n".join(f"{number}: {cut(line, 1_000)}" for number, line in enumerate(chosen, first))
    return Done(f"{text_at(raw, 'path')} at {text_at(raw, 'sha')[:12]}, {len(lines):,} lines, {size} bytes\n{numbered}")


async def search_code(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """By GitHub's code search, which knows default branches. What it finds outside the repository is dropped."""
    repository = arguments["repository"]
    if wrong := out_of_place(arguments["text"]):
        return Failed(wrong)
    query: Query = {"q": f"repo:{repository} {arguments['text']}", "per_page": int(arguments["limit"])}
    answer = await github.read("search", "code", query=query, accept="application/vnd.github.text-match+json")
    if isinstance(answer, Failed):
        return answer
    inside = [one for one in list_at(answer.value, "items") if text_at(one, "repository", "full_name").lower() == repository.lower()]
    return told({"found": at(answer.value, "total_count"), "incomplete": at(answer.value, "incomplete_results"), "files": [
        {"path": text_at(one, "path"), "url": text_at(one, "html_url"),
         "fragments": [text_at(match, "fragment", most=600) for match in list_at(one, "text_matches")[:3]]} for one in inside
    ]})
