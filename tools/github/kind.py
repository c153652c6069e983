"""The operations of GitHub, declared."""

from collections.abc import Awaitable, Callable, Mapping

from agents.core.tool import Effect, Repeat, Risk
from agents.ports import Done, Failed
from tools.argument import Argument
from tools.github import files, history, issues, pulls, runs, writes
from tools.github.client import GitHub, GitHubEntry, connect
from tools.operation import Arguments, Operation, Use
from tools.source import Pack

TIMEOUT = 60.0
"""Seconds for one call: several requests make it up."""

TIME = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2}))?$"

REPOSITORY = Argument(type="string", maxLength=140, description="owner/name")
NUMBER = Argument(type="integer", minimum=1, description="number of the issue or pull request")
STATE = Argument(type="string", enum=["open", "closed", "all"], default="open")
BODY = Argument(type="string", minLength=1, maxLength=60_000, description="Markdown")
LABELS = Argument(type="array", items={"type": "string", "minLength": 1, "maxLength": 50}, maxItems=20, default=[])


def _text(what: str) -> Argument:
    return Argument(type="string", maxLength=250, default="", description=what)


def _time(what: str) -> Argument:
    return Argument(type="string", pattern=rf"^$|{TIME}", default="", description=f"{what}, ISO 8601 in UTC, such as 2026-11-28T09:30:00Z")


def _limit(most: int, usual: int) -> Argument:
    return Argument(type="integer", minimum=1, maximum=most, default=usual, description="how many at most")


Run = Callable[[GitHub, Arguments, Use], Awaitable[Done | Failed]]


def _reads(name: str, description: str, run: Run, /, **arguments: Argument) -> Operation[GitHub]:
    return Operation(
        name, description, run, {"repository": REPOSITORY, **arguments}, taints=True,
        invalid=GitHub.invalid, timeout=TIMEOUT, max_result=40_000,
    )


READS: tuple[Operation[GitHub], ...] = (
    _reads(
        "issues", "List or search the issues of a GitHub repository, the last updated first.", issues.issues,
        text=_text("words that are searched for, with GitHub's qualifiers such as in:title or author:NAME; empty for all"),
        state=STATE, labels=LABELS, since=_time("updated since"), limit=_limit(100, 20),
    ),
    _reads(
        "issue", "Read an issue or a pull request's conversation: its text and its last comments.", issues.issue,
        number=NUMBER, comments=Argument(type="integer", minimum=0, maximum=100, default=30, description="how many of the last comments"),
    ),
    _reads(
        "pull_requests", "List the pull requests of a GitHub repository, the last updated first.", pulls.pull_requests,
        state=STATE, base=_text("only those into this branch"), limit=_limit(100, 20),
    ),
    _reads(
        "pull_request", "Read a pull request: text, changed files, checks, reviews, comments.", pulls.pull_request,
        number=NUMBER, patches=Argument(type="boolean", default=False, description="whether to read what changed in the files, too"),
    ),
    _reads(
        "commits", "List commits between two times on a branch, newest first; or what `head` has beyond `base`.", history.commits,
        ref=_text("branch, tag or commit to begin at; empty for the default branch"), since=_time("from"), until=_time("to"),
        path=_text("only those that touch this path"), base=_text("the older of two refs"), head=_text("the newer of two refs"),
        limit=_limit(100, 30),
    ),
    _reads(
        "deployments", "List deployments, newest first, with their last statuses.", history.deployments,
        environment=_text("only to this environment, such as production"), ref=_text("only of this branch, tag or commit"),
        limit=_limit(30, 10),
    ),
    _reads(
        "workflow_runs", "List runs of GitHub Actions, newest first; of failed ones the jobs and steps that failed.", runs.workflow_runs,
        branch=_text("only on this branch"), event=_text("only those that this event caused, such as push"),
        status=_text("only these: completed, failure, success, in_progress, queued, …"), commit=_text("only of this commit, in full"),
        limit=_limit(50, 15),
    ),
    _reads(
        "workflow_run", "Read a run of GitHub Actions: its jobs, and the end of the log of those that failed.", runs.workflow_run,
        run=Argument(type="integer", minimum=1, description="id of the run, as workflow_runs tells it"),
        log_lines=Argument(type="integer", minimum=0, maximum=300, default=60, description="lines of each log, from its end"),
    ),
    _reads(
        "file", "Read a text file of a repository with numbered lines, or list a folder. At most 1 MB.", files.file,
        path=Argument(type="string", maxLength=1_000, default="", description="path in the repository; empty for its root"),
        ref=_text("branch, tag or commit; empty for the default branch"),
        first_line=Argument(type="integer", minimum=1, default=1, description="first line, counted from 1"),
        last_line=Argument(type="integer", minimum=0, default=0, description="last line; 0 for the file's last"),
    ),
    _reads(
        "search_code", "Search the code of a repository's default branch.", files.search_code,
        text=Argument(type="string", minLength=1, maxLength=200, description="what to look for, with GitHub's qualifiers such as path:src"),
        limit=_limit(50, 15),
    ),
)

_RUN: Mapping[str, Argument] = {
    "repository": REPOSITORY,
    "run": Argument(type="integer", minimum=1, description="id of the run, as workflow_runs tells it"),
    "only_failed": Argument(type="boolean", default=True, description="whether only the failed jobs run again"),
}

WRITES: tuple[Operation[GitHub], ...] = (
    Operation(
        "comment", "Comment on an issue or a pull request of a GitHub repository.", writes.comment,
        {"repository": REPOSITORY, "number": NUMBER, "body": BODY}, Risk.MEDIUM, Effect.EXTERNAL, Repeat.NEVER,
        invalid=writes.unwritable, preview=writes.preview_of_issue, probe=writes.find_comment, timeout=TIMEOUT,
    ),
    Operation(
        "create_issue", "Open an issue in a GitHub repository.", writes.create_issue,
        {"repository": REPOSITORY, "title": Argument(type="string", minLength=1, maxLength=250), "body": BODY, "labels": LABELS},
        Risk.MEDIUM, Effect.EXTERNAL, Repeat.NEVER,
        invalid=writes.unwritable, preview=writes.preview_of_repository, probe=writes.find_issue, timeout=TIMEOUT,
    ),
    Operation(
        "label", "Add labels to an issue or a pull request of a GitHub repository.", writes.label,
        {"repository": REPOSITORY, "number": NUMBER, "labels": LABELS.model_copy(update={"default": None, "minItems": 1})},
        Risk.LOW, Effect.INTERNAL, Repeat.FREE, invalid=GitHub.invalid, preview=writes.preview_of_issue, timeout=TIMEOUT,
    ),
    Operation(
        "rerun_workflow", "Run a workflow of GitHub Actions again. All that it does is done again, deployments too.", writes.rerun_workflow,
        _RUN, Risk.MEDIUM, Effect.INTERNAL, Repeat.NEVER, invalid=GitHub.invalid, preview=writes.preview_of_run, timeout=TIMEOUT,
    ),
)

GITHUB = Pack("github", GitHubEntry, (*READS, *WRITES), connect)
