"""kill -9 at every journal write and around every effect, on a real file."""

import re
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("first", [0, 100])
def test_no_run_is_lost_and_no_effect_happens_twice(first: int) -> None:
    command = [sys.executable, "-m", "tests.crash.harness", "--first", str(first), "--seeds", "100"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    figures = {name: int(count) for count, name in re.findall(r"(\d+) ([a-z ]+)", done.stdout)}
    assert figures["seeds"] == 100
    assert figures["kills"] >= 100
    assert all(figures[what] > 0 for what in ("doubts", "edits", "grants", "uses of grants", "halts", "stops", "undos"))
