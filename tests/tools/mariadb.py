"""A MariaDB server of our own, in a folder of its own, for as long as a block lasts. Not needed: its tests run where it is installed."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0
"""Seconds until it has to be there."""


def installed() -> bool:
    """Whether there is one to start."""
    return shutil.which("mariadbd") is not None and shutil.which("mariadb-install-db") is not None


@contextmanager
def serving() -> Iterator[Path]:
    """The socket of a server whose root needs no password. It never listens on a network."""
    home = Path(tempfile.mkdtemp(prefix="my-"))
    account = "nobody" if os.getuid() == 0 else str(os.getlogin())
    shutil.chown(home, account)
    try:
        common = ["--no-defaults", f"--user={account}", f"--datadir={home / 'data'}"]
        setting_up = ["mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(setting_up, check=True, capture_output=True)
        command = ["mariadbd", *common, f"--socket={home / 's'}", "--skip-networking", f"--pid-file={home / 'pid'}", "--secure-file-priv="]
        with (home / "log").open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
            try:
                _wait(home / "s", process)
                yield home / "s"
            finally:
                process.terminate()
    finally:
        shutil.rmtree(home)


def _wait(path: Path, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + PATIENCE
    while not path.exists():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("MariaDB did not start")
        time.sleep(0.05)
