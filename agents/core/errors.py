"""Everything that can go wrong by name.

    CountersignError
    ├── ConfigError            settings or configuration are wrong: file, path, what would be right
    ├── NotFound               somebody named a run, a question or a tool that does not exist
    ├── IllegalTransition      an event that cannot follow the state it meets: a defect or a changed journal
    ├── JournalError
    │   ├── JournalConflict    somebody else appended first: read on and decide again
    │   │   └── GrantGone      a grant was used up, taken back or over: look at the grants anew and decide again
    │   ├── JournalTampered    a row's hash does not follow from what is stored
    │   ├── JournalBusy        another bot holds this database
    │   └── JournalVersion     the database was written by a newer version of the program
    ├── ModelUnavailable       the model, its retries and its fallback all failed
    └── SurfaceError           a message could not be delivered and trying again will not help

An expected failure of a tool is no exception: it is a result that the model reads.
"""


class CountersignError(Exception):
    """Base of all our errors. The message says what happened, where, and what to do about it."""


class ConfigError(CountersignError):
    """Settings or configuration are wrong."""


class NotFound(CountersignError):
    """Somebody named a run, a question or a tool that does not exist."""


class IllegalTransition(CountersignError):
    """An event that cannot follow the state it meets."""


class JournalError(CountersignError):
    """The journal could not do what was asked."""


class JournalConflict(JournalError):
    """The run has moved since it was read. Read on and decide again."""


class GrantGone(JournalConflict):
    """The grant that would let a call run does not hold any more. Look at the grants anew and decide again."""


class JournalTampered(JournalError):
    """A row's hash does not follow from what is stored."""


class JournalBusy(JournalError):
    """Another bot holds this database."""


class JournalVersion(JournalError):
    """The database was written by a newer version of the program."""


class ModelUnavailable(CountersignError):
    """The model, its retries and its fallback all failed."""


class SurfaceError(CountersignError):
    """A message could not be delivered, and trying again will not help."""
