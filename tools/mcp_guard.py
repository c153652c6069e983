"""Runs a command in this process group, and ends the whole group once the command or whoever started this is gone.

It is run as a program by itself: `python mcp_guard.py FD COMMAND…`. FD is the reading end of a pipe whose writing end the starter alone
holds, so that its end is felt here however it came. The command has standard input, output and error as they are.
"""

import os
import signal
import subprocess
import sys
import threading
import time

GRACE = 1.0
"""Seconds that the command gets to end by itself, and again half of it after it was asked to."""

NOT_FOUND = 127


def main(life: int, command: list[str]) -> int:
    """Run the command until it or the starter ends."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        child = subprocess.Popen(command)  # noqa: S603 - it is what the configuration says
    except OSError as error:
        say(f"{command[0]} cannot be started: {error.strerror}")
        return NOT_FOUND
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    threading.Thread(target=outlive, args=(life,), daemon=True).start()
    code = child.wait()
    say(f"it ended with {f'signal {-code}' if code < 0 else f'exit code {code}'}")
    os.killpg(0, signal.SIGKILL)
    return code


def outlive(life: int) -> None:
    """Wait for the starter's end; then end the group."""
    while os.read(life, 1):
        pass
    time.sleep(GRACE)
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE / 2)
    os.killpg(0, signal.SIGKILL)


def say(text: str) -> None:
    """One line for the log of whoever started this, if anybody reads it."""
    try:
        os.write(2, f"{text}\n".encode())
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
