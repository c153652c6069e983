"""kill -9 at every write of a run that begins, and two processes that look at the same schedules, on a real file."""

import re
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_in_processes_of_their_own_each_time_begins_one_run() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.scheduler.killed"], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    instants, runs = map(int, re.findall(r"\d+", done.stdout))
    assert instants >= 20
    assert runs == 120
