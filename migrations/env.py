"""How Alembic runs our migrations: on the application's own engine, in one transaction."""

from alembic import context
from flask import current_app

from correction_flow.core.database import about_to_write

migrate = current_app.extensions["migrate"]
engine = migrate.db.engine


def run() -> None:
    """Run the migrations asked for.

    SQLite changes a table by making it anew; the rows that refer to it must not be looked at
    before it is there again, and the switch for that works outside a transaction only.
    """
    with about_to_write(), engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            raw.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            **migrate.configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError("The migration left rows that refer to nothing.")
        if sqlite:
            raw.execute("PRAGMA foreign_keys=ON")


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: set DATABASE_URL.")
run()
