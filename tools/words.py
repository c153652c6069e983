"""Whether the value behind a name such as `password` or `token` is a secret, or an ordinary word, a place, a reference."""

import base64
import binascii
import re

ORDINARY = frozenset("""
none null nil true false yes no empty blank unset undefined missing required optional string str bytes text integer int number boolean bool
invalid incorrect wrong expired changed hidden masked redacted removed disabled enabled unknown default example value authentication
authorization bearer basic policy reset rotation rotated found given accepted rejected mismatch error failed failure success protected
encrypted plaintext self os.environ getenv process.env sensitive omitted
""".split())  # noqa: SIM905 - nobody reads a list of so many
"""Words that stand behind such a name and are no secrets, in lower case."""

_REFERENCE = re.compile(
    r"\{[A-Za-z_]\w*\}$|\$[A-Za-z_{(]|\$\$|\{\{|%\(|%[A-Z_]+%|<|\*{2,}|x{4,}$|\.{3}|(?:arn|vault|env|file|ssm|ref\+[a-z]+|op|secretref|projects/[^/]*/secrets):?/?"
    r"(?=[:/])|https?://|os\.|process\.|self\.|args\.|config\.|settings\.|\[redacted",
    re.IGNORECASE,
)
"""How a place begins at which the secret is, instead of the secret."""

_CURSOR = re.compile(r"(?:page|next|continuation|sync|cursor|sequence)[_-]?$|unexpected $", re.IGNORECASE)
"""What stands before `token` where that is a place in a list, or a word of a language."""

_PATH = re.compile(r"~?(?:/[A-Za-z0-9._-]+){2,}/?|[A-Z]:\\.*")
_LETTERS = re.compile(r"[A-Za-z]+[.,;:!?]*|[a-z]+(?:[-_][a-z]+)*[.,;:!?]*")


def is_value(match: re.Match[str]) -> bool:
    """Whether the last group of this match is a secret, by how it is written and by the name before it."""
    value = match[match.lastindex or 0].strip()
    whole, name = match[0], match[0][:8].lower()
    if name.startswith("token") and _CURSOR.search(match.string, max(0, match.start() - 16), match.start()):
        return False
    if value.rstrip(".,;:!?").lower() in ORDINARY or _REFERENCE.match(value) or _PATH.fullmatch(value):
        return False
    is_password = name.startswith(("passw", "passp", "pwd"))
    if len(value) < (3 if is_password else 6):
        return False
    start = match.start(match.lastindex or 0)
    before = whole[: start - match.start()]
    if before.rstrip(" \t").endswith(":") and before[-1:].isspace() and _in_prose(match):
        return not _LETTERS.fullmatch(value)
    return is_password or not value.replace(".", "").isdigit()


def _in_prose(match: re.Match[str]) -> bool:
    """Whether words stand before the name on its line, so that a colon need not assign anything."""
    line = match.string[max(0, match.start() - 40) : match.start()].rpartition("\n")[2]
    return bool(re.search(r"[A-Za-z]{2,}[ ,] *$|[.!?] +$", line))


def is_credentials(text: str) -> bool:
    """Whether this is base64 of `user:password`."""
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
    return b":" in plain and all(byte >= 32 for byte in plain)
