"""What the tests of monitors' sources share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools import mariadb


@pytest.fixture(scope="session")
def socket() -> Iterator[Path]:
    """The socket of a MariaDB server, where one is installed."""
    if not mariadb.installed():
        pytest.skip("MariaDB is not installed (apt-get install mariadb-server)")
    with mariadb.serving() as found:
        yield found
