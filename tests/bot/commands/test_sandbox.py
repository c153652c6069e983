"""How the demo and the sandbox end: by Ctrl-C, and when nobody reads on."""

import signal
import subprocess
import sys

import pytest


def started(*arguments: str) -> "subprocess.Popen[str]":
    """The command in a process of its own, which buffers nothing."""
    command = [sys.executable, "-u", "-m", "bot.cli", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(("command", "sign", "code"), [("sandbox", "Ctrl-C ends it", 0), ("demo", "Dana writes", 1)])
def test_ctrl_c_is_answered_and_tells_how_far_it_came(command: str, sign: str, code: int) -> None:
    with started(command) as process:
        assert process.stdout is not None
        assert any(sign in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=30)
    assert (complaints, process.returncode) == ("\nStopping…\n", code)


def test_a_demo_that_nobody_reads_on_ends_without_a_traceback() -> None:
    with started("demo") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
