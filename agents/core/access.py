"""What people may do beside deciding approvals: read, act, switch. Each level holds those below it."""

from enum import IntEnum


class Level(IntEnum):
    """How far somebody may reach."""

    NOBODY = 0
    """Guests, strangers, bots: they may speak to an agent, and nothing else."""
    VIEWER = 1
    """Reads what agents do: runs, timelines, approvals, the audit trail."""
    OPERATOR = 2
    """Stops, takes over, undoes, raises limits of a run, halts, takes grants back."""
    ADMIN = 3
    """Ends a halt, raises what an agent may spend in a day, and sees every run."""


ROLES = {"viewers": Level.VIEWER, "operators": Level.OPERATOR, "admins": Level.ADMIN}
"""The names of roles that mean something by themselves."""


def level_of(held: frozenset[str], configured: frozenset[str]) -> Level:
    """How far a full member of the workspace may reach, by the roles that they hold and those that there are.

    Where nobody is named as viewer or operator, every member is one; where nobody is named as admin, every operator is.
    """
    if "admins" in held:
        return Level.ADMIN
    if "operators" in held or "operators" not in configured:
        return Level.OPERATOR if "admins" in configured else Level.ADMIN
    return Level.VIEWER if "viewers" in held or "viewers" not in configured else Level.NOBODY
