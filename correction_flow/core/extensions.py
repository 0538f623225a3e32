"""The Flask extensions, unbound; `init_app` binds them to one application."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_mail import Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from correction_flow.core.database import Base, open_sqlite

db = SQLAlchemy(model_class=Base, disable_autonaming=True)
migrate = Migrate()
mail = Mail()
csrf = CSRFProtect()
bootstrap = Bootstrap5()

MIGRATIONS = str(Path(__file__).resolve().parents[2] / "migrations")


def init_app(app: Flask) -> None:
    """Bind every extension but the accounts' (Flask-Security), which the web door binds."""
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    options = app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {})
    if uri.startswith("sqlite"):
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    else:
        options.setdefault("pool_pre_ping", True)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            open_sqlite(db.engine)
    migrate.init_app(app, db, directory=MIGRATIONS, render_as_batch=True, compare_type=True)
    mail.init_app(app)
    csrf.init_app(app)
    bootstrap.init_app(app)
