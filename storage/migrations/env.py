"""How Alembic reaches the database: over the connection that `storage.version.migrate` hands it, in one transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
