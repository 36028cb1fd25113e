"""Runs the migrations on the connection that sync.store.upgrade hands over."""

from alembic import context

from sync.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters tables by copying them.
    render_as_batch=True,
    # One transaction around them all: an interrupted upgrade leaves the old schema whole.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
