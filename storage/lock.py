"""The lock that keeps two bots from one file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agents.core.errors import JournalBusy


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold `PATH.lock`, which carries our process id. The system frees it when the process ends, however it ends.

    Raises JournalBusy where another process, or another part of this one, holds it.
    """
    lock = path.with_name(path.name + ".lock")
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise JournalBusy(
                f"{path} is in use by the process {holder}, which holds {lock}. One database serves one bot: stop that one first, "
                "or give this one another DATABASE_URL."
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
