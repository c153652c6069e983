"""What goes wrong around the bot in a storm: Slack, the company and the model misbehave, drawn from one seeded source."""

from dataclasses import dataclass
from random import Random
from typing import Any

LONGEST_HANG = 2.0
"""Seconds after which a request that the company let hang has certainly had its effect."""

COURTESIES = ("chat.startStream", "chat.appendStream", "agents.sessions.setStatus", "chat.postEphemeral")
"""Methods that a workspace may refuse for good: nothing that has to be said needs them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong: what the sandbox is told, and where."""

    path: str
    body: dict[str, Any]


def fault(random: Random) -> Fault:
    """Any fault, drawn from all of them."""
    return random.choice((_slack, _slack, _company, _model))(random)


def fair() -> Fault:
    """The end of everything that lasts."""
    return Fault("page/faults", {
        "unknown_methods": [], "drop_acks": 0, "duplicate_events": 0, "ack_seconds": 3.0, "seal_streams": 0, "missing_scopes": [],
        "broken_appends": {"times": 0},
    })


def _slack(random: Random) -> Fault:
    method = random.choice((
        "chat.postMessage", "chat.postMessage", "chat.update", "conversations.replies", "conversations.info", "users.info", "views.open",
    ))
    return Fault(
        "page/faults",
        random.choice(
            (
                {"drop_acks": random.randint(1, 2)},
                {"duplicate_events": random.randint(1, 3)},
                {"rate_limit": {"method": method, "times": random.randint(1, 3), "retry_after": 1}},
                {"unknown_methods": ["chat.postEphemeral"]},
                {"disconnect": True},
                {"seal_streams": random.randint(1, 3)},
                {"broken_appends": {"times": random.randint(1, 3), "applied": random.random() < 0.5}},
                {"missing_scopes": [random.choice(COURTESIES)]},
            )
        ),
    )


def _company(random: Random) -> Fault:
    path = random.choice(("rollback", "restart", "tickets", "services", "operations"))
    status = random.choice((503, 500, "drop_after_effect", "drop_after_effect", "hang"))
    order: dict[str, Any] = {"path": path, "status": status, "times": random.randint(1, 2)}
    if status == "hang":
        order["seconds"] = random.uniform(0.2, LONGEST_HANG)
    return Fault("company/faults", order)


def _model(random: Random) -> Fault:
    return Fault(
        "model/faults",
        {
            "fail": [
                random.choice(
                    (
                        {"status": 529, "times": random.randint(1, 3)},
                        {"status": 429, "retry_after": 1},
                        {"midstream": random.choice(("overloaded_error", "disconnect"))},
                        {"malformed_arguments": random.choice((True, "not_json"))},
                        {"hang_seconds": random.uniform(0.1, 1.0)},
                        {"stop_reason": "max_tokens"},
                    )
                )
            ]
        },
    )
