"""Who sent a request, behind proxies and without."""

import pytest

from bot.config_http import HttpConfig
from bot.http.sender import Senders, crowd_of

TRUSTED = HttpConfig.model_validate({"trusted_proxies": ["10.0.0.0/8", "::1"]}).trusted_proxies


@pytest.mark.parametrize(("peer", "said", "sender"), [
    ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"), ("10.0.0.1", [], "10.0.0.1"), ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
    ("10.0.0.1", ["1.2.3.4, 198.51.100.1, 10.9.9.9"], "198.51.100.1"), ("10.0.0.1", ["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
    ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"), ("::1", ["[2001:db8::7]:443"], "2001:db8::7"),
    ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"), ("10.0.0.1", ["nonsense"], "10.0.0.1"),
    ("10.0.0.1", ["1.2.3.4, unknown, 10.0.0.2"], "10.0.0.2"), ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
    ("unknown", ["198.51.100.1"], "unknown"),
])
def test_only_trusted_proxies_are_believed(peer: str, said: list[str], sender: str) -> None:
    headers = [(b"x-forwarded-for", value.encode()) for value in said]
    assert Senders(TRUSTED).of(peer, headers) == sender


def test_a_host_with_many_addresses_is_one_crowd() -> None:
    assert crowd_of("2001:db8:1:2:3:4:5:6") == crowd_of("2001:db8:1:2::1") != crowd_of("2001:db8:1:3::1")
    assert crowd_of("198.51.100.1") != crowd_of("198.51.100.2")
    assert crowd_of("unknown") == "unknown"
