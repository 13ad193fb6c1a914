"""Run by Alembic: apply the migrations on the connection that ``tasks.release.ledger.schema`` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="ledger_schema")
with context.begin_transaction():
    context.run_migrations()
