"""The tables, in types that every database knows. What SQLite alone needs is in `database.py`.

The migrations say for PostgreSQL too that some indexes are partial. Said here, it would load that dialect at every start.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

VERSION = "0009"
"""The migration that makes these tables; versions are compared as text."""

metadata = MetaData()

Id = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit number. SQLite keeps a table in the order of such a key and stores it once, but only if it is called INTEGER."""

chains = Table(
    "chains", metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("run_id", Text, nullable=False, unique=True),
)
"""One row a run: the number under which its events stand, which is shorter than its id. Rows are only ever added."""

events = Table(
    "events", metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # place in the whole journal, counted upwards
    Column("run", Id, ForeignKey("chains.number"), nullable=False),
    Column("seq", Integer, nullable=False),  # place in the run, from 1 without gaps
    Column("time", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("kind", Text, nullable=False),
    Column("actor", Text),  # null where it was the program itself
    Column("agent", Text, nullable=False),
    Column("tool", Text),
    Column("call_id", Text),
    Column("body", Text, nullable=False),  # canonical JSON of the fields that have no column and are not content
    Column("payload_hash", LargeBinary),  # SHA-256 of the payload's salt and content; null where there is none
    Column("hash", LargeBinary, nullable=False),  # SHA-256 of the hash before it in the run and of this row
    UniqueConstraint("run", "seq", name="events_run"),
)
"""The journal. Rows are only ever added."""

payloads = Table(
    "payloads", metadata,
    Column("event_id", Id, ForeignKey("events.id"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),  # 16 random bytes, so that a hash tells nothing about short content
    Column("content", LargeBinary, nullable=False),  # what people, models and tools wrote: JSON, deflated where that is shorter
)
"""Content, apart from the chain: deleting a row erases it for good and leaves the chain valid."""

runs = Table(
    "runs", metadata,
    Column("number", Id, primary_key=True, autoincrement=False),  # see `chains`; a newer run has a higher one
    Column("run_id", Text, nullable=False),
    Column("first_id", Id, nullable=False),  # id of the run's first event, whose payload is what it was asked
    Column("agent", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("team", Text),
    Column("channel", Text),
    Column("thread_ts", Text),
    Column("started_at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("outcome", Text),  # null while it is open
    Column("steps", Integer, nullable=False),  # turns of the model
    Column("tokens", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),  # billionths of a US dollar
    Column("incident", Text),  # null where no alert started it
    Column("decided_at", BigInteger),  # when it first had something for people: a question or its end
    Column("ended_at", BigInteger),
    Column("escalated", Integer, nullable=False, server_default="0"),  # 1 where it could not go on without people, approvals aside
)
"""Projection: one row a run."""

Index("runs_open", runs.c.number, sqlite_where=runs.c.outcome.is_(None))
Index(
    "runs_thread", runs.c.channel, runs.c.thread_ts,
    sqlite_where=runs.c.channel.is_not(None),
)
Index("runs_ended", runs.c.ended_at, sqlite_where=runs.c.ended_at.is_not(None))
Index("runs_incident", runs.c.incident, runs.c.number, sqlite_where=runs.c.incident.is_not(None))

approvals = Table(
    "approvals", metadata,
    Column("asked_id", Id, primary_key=True, autoincrement=False),  # id of the event that asked
    Column("ask_id", Text, nullable=False, unique=True),
    Column("run_id", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("kind", Text, nullable=False),  # approval, doubt or limit
    Column("subject", Text, nullable=False),  # the tool, or the limit
    Column("state", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("decided_at", BigInteger),
    Column("decided_by", Text),
    Column("remind_at", BigInteger),  # null where nobody is to be reminded, or was already
    Column("escalate_at", BigInteger),  # null where it is not to be shown in a second channel, or is already
    Column("due_at", BigInteger),  # the earliest of its end, reminder and second channel; null once it is decided
)
"""Projection: one row a question to people."""

Index("approvals_due", approvals.c.due_at, sqlite_where=approvals.c.due_at.is_not(None))

Index(
    "approvals_open", approvals.c.asked_id, approvals.c.run_id, approvals.c.expires_at,
    sqlite_where=approvals.c.state == "open",
)

grants = Table(
    "grants", metadata,
    Column("given_id", Id, primary_key=True, autoincrement=False),  # id of the event that gave it, which holds all else
    Column("grant_id", Text, nullable=False, unique=True),
    Column("until", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("uses_left", Integer, nullable=False),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text),  # how people call whoever took it back
)
"""Projection: one row a grant. What it is for stays in its event alone, where it can be erased."""

labels = Table(
    "labels", metadata,
    Column("given_id", Id, primary_key=True, autoincrement=False),  # id of the event, which holds what was said
    Column("agent", Text, nullable=False),
)
"""Projection: one row for each time that somebody said what they think of a run."""

Index("labels_agent", labels.c.agent, labels.c.given_id)

marks = Table(
    "marks", metadata,
    Column("bucket", Id, primary_key=True, autoincrement=False),  # so many events side by side, see `projections.BUCKET`
    Column("agent", Text, primary_key=True),
    Column("tool", Text, primary_key=True),  # empty where the event has none
    Column("actor", Text, primary_key=True),  # empty where it was the program itself
    Column("newest", BigInteger, nullable=False),  # time of the latest such event in the bucket
    sqlite_with_rowid=False,
)
"""Projection: which events are to be found in each full bucket. A hundredth of the size of indexes, and it answers all."""

inbox = Table(
    "inbox", metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # order of arrival
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("body", Text),  # JSON; null once it was dealt with
    Column("received_at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("attempts", Integer, nullable=False, server_default="0"),  # how often dealing with it came to nothing
    Column("error", Text),  # what went wrong the last time
    Column("parked_at", BigInteger),  # since when it is not tried any more; null where it is
)
"""Deliveries from outside. The keys of those that were dealt with stay, so that a late repetition is known."""

Index("inbox_pending", inbox.c.id, sqlite_where=inbox.c.body.is_not(None))

memories = Table(
    "memories", metadata,
    Column("id", Id, primary_key=True, autoincrement=False),  # counted upwards, never used again
    Column("key", Text, nullable=False, unique=True),  # of the call that stored it
    Column("book", Text, nullable=False),  # the source of tools that it was stored with
    Column("agent", Text, nullable=False),
    Column("channel", Text, nullable=False),  # empty for runs that are followed from the terminal
    Column("topic", Text, nullable=False),
    Column("tags", Text, nullable=False),  # one a line
    Column("text", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("actor", Text, nullable=False),  # who caused the run
    Column("tainted", Integer, nullable=False),  # 1 where the run had read what outsiders could have written
    Column("stored_at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("expires_at", BigInteger),
    Column("erased_at", BigInteger),  # then the topic, the tags and the text are empty
    Column("erased_by", Text),
)
"""What agents remember. A row outlives its text, so that a call that is repeated does not bring back what somebody erased."""

Index("memories_scope", memories.c.book, memories.c.agent, memories.c.channel, memories.c.id)
Index("memories_expiry", memories.c.expires_at, sqlite_where=memories.c.erased_at.is_(None) & memories.c.expires_at.is_not(None))

schedules = Table(
    "schedules", metadata,
    Column("name", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),  # raised by each change: who changes a row names the one that they saw
    Column("definition", Text, nullable=False),  # when it fires, in the words of the configuration; empty where it does not
    Column("floor", BigInteger, nullable=False),  # microseconds since 1970, UTC: its times up to here are dealt with
    Column("heeded", BigInteger, nullable=False),  # number of the newest event of the control stream that was acted on
    Column("pending", Text),  # JSON: the run that is decided on and may not have begun; null where there is none
    Column("fired", BigInteger),  # the time for which it last started a run
    Column("run_id", Text),  # that run
    Column("skipped", Text),  # JSON: its times since then at which that run was still open
)
"""One row a schedule. It is no projection: what is in it stands nowhere else, but for the runs that it led to."""

callbacks = Table(
    "callbacks", metadata,
    Column("number", Id, primary_key=True, autoincrement=False),  # of the run, see `chains`
    Column("run_id", Text, nullable=False),
    Column("due_at", BigInteger),  # null while it is not over, and once its end was told or given up
)
"""Projection: one row a run whose end somebody waits for at an address."""

Index("callbacks_due", callbacks.c.due_at, sqlite_where=callbacks.c.due_at.is_not(None))

token_uses = Table(
    "token_uses", metadata,
    Column("token", Text, primary_key=True),
    Column("used_at", BigInteger, nullable=False),  # microseconds since 1970, UTC; exact to a minute
)
"""When each token was last used. What tokens there are stands in the journal."""

findings = Table(
    "findings", metadata,
    Column("opened_id", Id, primary_key=True, autoincrement=False),  # id of the signal that told of it first
    Column("number", Id, nullable=False),  # of the run, see `chains`
    Column("fingerprint", Text, nullable=False),
    Column("began", Text, nullable=False),  # what tells it from others with its fingerprint
    Column("incident", Text, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("status", Text, nullable=False),  # firing or resolved
    Column("opened_at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("told_at", BigInteger, nullable=False),  # when something was last heard of it
    Column("resolved_at", BigInteger),
    UniqueConstraint("number", "fingerprint", "began", name="findings_run"),
)
"""Projection: one row for each time that a series of a monitor was found outside its range. What was found stays in the events."""

Index("findings_fingerprint", findings.c.fingerprint, findings.c.opened_id)
Index("findings_open", findings.c.opened_id, sqlite_where=findings.c.status == "firing")

finding_marks = Table(
    "finding_marks", metadata,
    Column("marked_id", Id, primary_key=True, autoincrement=False),  # id of the event
    Column("number", Id, nullable=False),  # of the run; it is said of all its findings that were open or over then
    Column("mark", Text, nullable=False),
    Column("name", Text, nullable=False),  # how people call whoever said it
    Column("at", BigInteger, nullable=False),  # microseconds since 1970, UTC
    Column("until", BigInteger),
)
"""Projection: what people said of findings."""

Index("finding_marks_run", finding_marks.c.number, finding_marks.c.marked_id)

monitors = Table(
    "monitors", metadata,
    Column("number", Id, primary_key=True, autoincrement=False),  # shorter than its name
    Column("name", Text, nullable=False, unique=True),
    Column("version", BigInteger, nullable=False),  # raised by each change: who changes a row names the one that they saw
    Column("definition", Text, nullable=False),
    Column("began", BigInteger, nullable=False),  # microseconds since 1970, UTC, as the other times
    Column("through", BigInteger, nullable=False),
    Column("read_through", BigInteger, nullable=False),
    Column("judged_through", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Column("error_since", BigInteger),
)
"""One row a monitor. It is no projection: what is in it stands nowhere else."""

series = Table(
    "series", metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("monitor", Id, nullable=False),
    Column("key", Text, nullable=False),
    Column("track", Text),  # JSON: how it was judged so far; null where it never was
    UniqueConstraint("monitor", "key", name="series_key"),
)
"""One row a series of a monitor, so that its samples need not repeat its name."""

samples = Table(
    "samples", metadata,
    Column("series", Id, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),  # counted from 1970, UTC
    Column("points", LargeBinary, nullable=False),  # see `points.py`
)
"""What was measured, a day of a series in a row: about fourteen bytes a sample, and a month is read within two milliseconds."""

summaries = Table(
    "summaries", metadata,
    Column("series", Id, primary_key=True, autoincrement=False),
    Column("at", BigInteger, primary_key=True, autoincrement=False),  # seconds since 1970, UTC
    Column("summary", Text, nullable=False),  # JSON
    sqlite_with_rowid=False,
)
"""What lies beside some of the samples: how values are distributed, or the columns of a table."""
