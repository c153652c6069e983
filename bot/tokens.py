"""The secrets of tokens: made here, shown once, and kept as a hash alone."""

import hashlib
import secrets

PREFIX = "cs_"
"""What a token's secret begins with, so that it is recognised where it does not belong."""


def new_secret() -> str:
    """256 random bits, as 46 characters."""
    return PREFIX + secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is kept of it: nobody finds 256 random bits by their hash, so it needs neither salt nor time."""
    return hashlib.sha256(secret.encode()).hexdigest()
