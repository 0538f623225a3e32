"""How Alembic runs our migrations: on the application's own engine, in one transaction."""

from alembic import context
from flask import current_app

from correction_flow.core.database import about_to_write

migrate = current_app.extensions["migrate"]
engine = migrate.db.engine


def run() -> None:
    """Run the migrations asked for."""
    with about_to_write(), engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: set DATABASE_URL.")
run()
