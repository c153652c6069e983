"""A PostgreSQL server of our own, in a folder of its own, for as long as a block lasts."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import Any

import psycopg
import pytest

PATIENCE = 30.0
"""Seconds until it has to be there."""


def binaries() -> Path | None:
    """The folder with initdb and postgres; Debian keeps them off the PATH."""
    found = [Path(path).parent for path in sorted(glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True)]
    named = shutil.which("initdb")
    return found[0] if found else Path(named).resolve().parent if named else None


def required() -> Path:
    """The binaries. Without them the tests are skipped; in CI that is a failure."""
    folder = binaries()
    if folder is None:
        told = "PostgreSQL is not installed (apt-get install postgresql)"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    return folder


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A server's url, of its superuser; `folder` has the binaries. It never listens on a network.

    Accounts need no password, but for one that is called `guarded`.
    """
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user: dict[str, Any] = {}
    if os.getuid() == 0:  # initdb refuses to run as root
        shutil.chown(home, "nobody")
        as_user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    kept = home / "data"
    log = home / "log"
    try:
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
        subprocess.run([str(folder / "initdb"), "-D", str(kept), *options], check=True, capture_output=True, cwd=home, **as_user)
        rules = kept / "pg_hba.conf"
        rules.write_text("local all guarded scram-sha-256\n" + rules.read_text())
        settings = ("fsync=off", "listen_addresses=", f"unix_socket_directories={home}", "max_connections=30", "shared_buffers=16MB")
        command = [str(folder / "postgres"), "-D", str(kept), *(part for setting in settings for part in ("-c", setting))]
        with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output, cwd=home, **as_user) as process:
            try:
                url = f"postgresql://postgres@/postgres?host={home}"
                _wait(url, process, log)
                yield url
            finally:
                process.send_signal(signal.SIGQUIT)
    finally:
        shutil.rmtree(home)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.02)
