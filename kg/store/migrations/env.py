"""What Alembic runs to connect: it gets our connection, within our transaction."""

from alembic import context

from kg.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
