"""kill -9 at every write of monitors that look, and two processes that look at the same ones, on a real file."""

import re
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_in_processes_of_their_own_each_finding_is_told_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scheduler.watched"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    signals, instants, of_two = map(int, re.findall(r"\d+", done.stdout))
    assert (signals, of_two) == (6, 6)
    assert instants >= 20
