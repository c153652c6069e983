"""Reading runs of workflows, and what failed in them.

Format: https://docs.github.com/en/rest/actions/workflow-runs, .../workflow-jobs
"""

from asyncio import gather
from typing import Any
from urllib.parse import urlsplit

from agents.ports import Done, Failed
from tools.asking import retried
from tools.github.client import GitHub, place
from tools.net import Request, Response
from tools.operation import Arguments, Use
from tools.told import at, list_at, text_at, told

BAD = ("failure", "timed_out", "startup_failure")
"""Outcomes of which the jobs are looked at."""

LOOKED_AT = 5
"""Failed runs of a list of which the jobs are told."""

LOGS = 3
"""Failed jobs of a run of which the log's end is read."""

LARGEST_LOG = 8_000_000
"""Bytes of a log that are read. Its end is in what is read, or the log is longer than that."""


async def workflow_runs(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """Runs, newest first; of the first failed ones the jobs and steps that failed."""
    query = {name: str(arguments[name]) for name in ("branch", "status", "event") if arguments[name]}
    query |= {"head_sha": arguments["commit"]} if arguments["commit"] else {}
    found = await github.pages(*place(arguments), "actions", "runs", query=query, most=int(arguments["limit"]), inside="workflow_runs")
    if isinstance(found, Failed):
        return found
    bad = [one for one in found if text_at(one, "conclusion") in BAD][:LOOKED_AT]
    jobs = await gather(*(_jobs(github, arguments, int(at(one, "id") or 0)) for one in bad))
    failing = {at(one, "id"): [_job(job) for job in listed if _is_bad(job)] for one, listed in zip(bad, jobs, strict=True)}
    return told({"workflow_runs": [{**_run(one), "failed_jobs": failing.get(at(one, "id"))} for one in found]})


async def workflow_run(github: GitHub, arguments: Arguments, use: Use) -> Done | Failed:
    """One run with all its jobs, and the end of the log of those that failed."""
    number, lines = int(arguments["run"]), int(arguments["log_lines"])
    answer = await github.read(*place(arguments), "actions", "runs", number)
    if isinstance(answer, Failed):
        return answer
    jobs = await _jobs(github, arguments, number)
    bad = [job for job in jobs if _is_bad(job)][: LOGS if lines else 0]
    logs = await gather(*(_log(github, arguments, int(at(job, "id") or 0), lines) for job in bad))
    ends = {at(job, "id"): log for job, log in zip(bad, logs, strict=True)}
    return told({**_run(answer.value), "jobs": [{**_job(job), "log_end": ends.get(at(job, "id"))} for job in jobs]})


async def _jobs(github: GitHub, arguments: Arguments, run: int) -> list[Any]:
    """The jobs of a run's last attempt; nothing where they cannot be read."""
    found = await github.pages(*place(arguments), "actions", "runs", run, "jobs", query={"filter": "latest"}, most=200, inside="jobs")
    return [] if isinstance(found, Failed) else found


async def _log(github: GitHub, arguments: Arguments, job: int, lines: int) -> str:
    """The last lines of a job's log. GitHub redirects to where it is kept, with a signed address: it is asked without the token."""
    answer = await github.read(*place(arguments), "actions", "jobs", job, "logs", redirect=True)
    if isinstance(answer, Failed):
        return f"(the log could not be read: {answer.text})"
    response = answer.response
    if 300 <= response.status < 400:
        location = response.headers.get("location", "")
        kept = await retried(github.net, Request("GET", location, reads=True, timeout=20, max_bytes=LARGEST_LOG))
        if not isinstance(kept, Response) or kept.status != 200:
            host = urlsplit(location).hostname
            why = f"{host} answered {kept.status}" if isinstance(kept, Response) else kept.why
            return f"(the log could not be read: {why})"
        response = kept
    text = response.body.decode("utf-8", "replace").removeprefix("\ufeff")
    kept_lines = text.splitlines()[-lines:]
    begun = "(the log is longer than what was read; this is not its end)\n" if response.cut else ""
    return begun + "\n".join(line[:500] for line in kept_lines)


def _is_bad(job: Any) -> bool:
    return text_at(job, "conclusion") in (*BAD, "cancelled")


def _run(raw: Any) -> dict[str, Any]:
    return {
        "run": at(raw, "id"), "workflow": text_at(raw, "name"), "title": text_at(raw, "display_title"), "number": at(raw, "run_number"),
        "attempt": at(raw, "run_attempt"), "event": text_at(raw, "event"), "status": text_at(raw, "status"),
        "conclusion": text_at(raw, "conclusion"), "branch": text_at(raw, "head_branch"), "commit": text_at(raw, "head_sha"),
        "by": text_at(raw, "actor", "login"), "created": text_at(raw, "created_at"), "updated": text_at(raw, "updated_at"),
        "url": text_at(raw, "html_url"),
    }


def _job(raw: Any) -> dict[str, Any]:
    return {
        "job": at(raw, "id"), "name": text_at(raw, "name"), "status": text_at(raw, "status"), "conclusion": text_at(raw, "conclusion"),
        "started": text_at(raw, "started_at"), "completed": text_at(raw, "completed_at"), "url": text_at(raw, "html_url"),
        "failed_steps": [text_at(step, "name") for step in list_at(raw, "steps") if text_at(step, "conclusion") in BAD],
    }
