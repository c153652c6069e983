"""`countersign token`: what it makes lets in, what it revokes does not, and the secret is nowhere but on the screen."""

import json
import re
from pathlib import Path

import httpx

from tests.bot.commands.conftest import Terminal


def created(countersign: Terminal, name: str, *options: str) -> str:
    """The secret of a new token."""
    made = countersign("token", "create", name, *options)
    assert made.exit_code == 0, made.output
    (secret,) = re.findall(r"^cs_[\w-]{43}$", made.output, re.MULTILINE)
    return str(secret)


def listed(countersign: Terminal, *options: str) -> dict[str, dict[str, object]]:
    return {one["name"]: one for one in json.loads(countersign("token", "list", "--json", *options).output)}


def test_a_token_lets_in_and_a_revoked_one_does_not_while_the_bot_runs(countersign: Terminal) -> None:
    before = created(countersign, "early", "--role", "viewer")  # no bot runs
    with countersign.bot():
        url = countersign.until(lambda: re.search(r"Listening at (\S+)", Path("bot.log").read_text()))[1]

        def status(secret: str) -> int:
            return httpx.get(f"{url}/v1/runs", headers={"Authorization": f"Bearer {secret}"}).status_code

        secret = created(countersign, "ci", "--role", "operator", "--agents", "triage", "--expires", "90d")
        assert [status(before), status(secret), status(secret[:-1] + "!")] == [200, 200, 401]
        tokens = listed(countersign)
        assert (tokens["ci"]["role"], tokens["ci"]["agents"], bool(tokens["ci"]["used_at"])) == ("operator", ["triage"], True)
        assert "hash" not in tokens["ci"]
        revoked = countersign("token", "revoke", "ci")
        assert (revoked.exit_code, "turned away from now on" in revoked.output) == (0, True)
        assert [status(before), status(secret)] == [200, 401]
        again = countersign("token", "create", "ci", "--role", "viewer")
        assert (again.exit_code, "Choose another one." in again.output, "cs_" in again.output) == (1, True, False)
    assert countersign("token", "revoke", "early").exit_code == 0  # no bot runs any more
    with countersign.bot():
        url = countersign.until(lambda: re.findall(r"Listening at (\S+)", Path("bot.log").read_text())[1:])[0]
        assert httpx.get(f"{url}/v1/runs", headers={"Authorization": f"Bearer {before}"}).status_code == 401
    assert listed(countersign) == {}
    assert sorted(listed(countersign, "--all")) == ["ci", "early"]
    assert "revoked by" in countersign("token", "list", "--all").output
    told = countersign("audit", "--run", "control").output
    assert ["made the token ci (operator for triage)" in told, "revoked the token early" in told] == [True, True]
    for file in Path().iterdir():
        if file.is_file():
            assert not any(secret.encode() in file.read_bytes() for secret in (secret, before)), file


def test_what_is_wrong_with_a_token_is_told(countersign: Terminal) -> None:
    for arguments, code, said in (
        (("create", "CI", "--role", "viewer"), 2, "lower-case letters"),
        (("create", "ci"), 2, "--role"),
        (("create", "ci", "--role", "king"), 2, "king"),
        (("create", "ci", "--role", "viewer", "--expires", "soon"), 2, "--expires"),
        (("create", "ci", "--role", "viewer", "--agents", "nobody"), 1, "There is no agent nobody."),
        (("revoke", "ci"), 1, "There is no token ci."),
    ):
        result = countersign("token", *arguments)
        assert (result.exit_code, said in result.output) == (code, True), (arguments, result.output)
    assert "No token lets anybody in." in countersign("token", "list").output
