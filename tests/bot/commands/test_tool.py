"""One tool by itself, from the terminal."""

import json

from tests.bot.commands.conftest import Terminal


def test_tools_are_listed_with_what_they_take(countersign: Terminal) -> None:
    listed = countersign("tool")
    assert "rollback_service" in listed.output
    assert "service to_version reason" in listed.output
    tools = {tool["name"]: tool for tool in json.loads(countersign("tool", "--json").output)}
    assert tools["list_services"]["effect"] == "none"


def test_a_read_runs_at_once(countersign: Terminal) -> None:
    result = countersign("tool", "query_metrics", "--arg", "service=checkout", "--arg", "metric=all", "--arg", "minutes=5")
    assert result.exit_code == 0, result.output
    assert "p95_ms" in result.output


def test_a_write_needs_a_yes(countersign: Terminal) -> None:
    write = ("tool", "create_ticket", "--arg", "title=checkout is slow", "--arg", "body=since 10:04")
    refused = countersign(*write)
    assert (refused.exit_code, "Add --yes to carry it out." in refused.output) == (2, True)
    done = countersign(*write, "--yes")
    assert (done.exit_code, "checkout is slow" in done.output) == (0, True), done.output


def test_wrong_arguments_are_told(countersign: Terminal) -> None:
    for arguments, told in [
        (("query_metric",), 'did you mean "query_metrics"?'),
        (("query_metrics", "--arg", "servce=checkout"), "one of the arguments of query_metrics: service metric minutes"),
        (("query_metrics", "--arg", "minutes=ten"), "'ten' is no integer"),
        (("query_metrics", "--arg", "service=checkout"), "metric"),
    ]:
        result = countersign("tool", *arguments)
        assert (result.exit_code, told in result.output) == (2, True), result.output


def test_a_failure_is_an_exit_code(countersign: Terminal) -> None:
    result = countersign("tool", "service_status", "--arg", "service=nowhere")
    assert (result.exit_code, "Failed:" in result.output) == (1, True)
