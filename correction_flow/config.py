"""Every setting, read from the environment, each with its comment and a safe default."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from correction_flow.core.clock import LINK_HOURS

if TYPE_CHECKING:
    from flask import Flask

ROOT = Path(__file__).resolve().parent.parent


class BadSetting(RuntimeError):
    """The process must not start with these settings; the message names the remedy."""


def _flag(name: str, default: bool) -> bool:
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name} is '{text}'. Set it to 1 or 0.")


def _number(name: str, default: float) -> float:
    text = os.environ.get(name, "").strip()
    try:
        return float(text) if text else default
    except ValueError:
        raise BadSetting(f"{name} is '{text}'. Set it to a number, like {default:g}.") from None


def _days(name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    text = os.environ.get(name, "").strip()
    try:
        return tuple(int(part) for part in text.split(",")) if text else default
    except ValueError:
        raise BadSetting(f"{name} is '{text}'. Set it to days, like 7,21.") from None


def _text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def database_url(text: str) -> str:
    """The URL with our driver: `postgres://` and `postgresql://` mean psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if text.startswith(prefix):
            return "postgresql+psycopg://" + text.removeprefix(prefix)
    return text


def settings() -> dict[str, Any]:
    """All settings. What is not in the environment has the default of a first run."""
    instance = Path(_text("INSTANCE_DIR", str(ROOT / "instance"))).resolve()
    environment = _text("APP_ENV", "development")
    if environment not in {"development", "production"}:
        raise BadSetting(f"APP_ENV is '{environment}'. Set it to development or production.")
    production = environment == "production"
    base_url = _text("BASE_URL", f"http://127.0.0.1:{_text('PORT', '5000')}").rstrip("/")
    return {
        # development keeps mail on this machine and shows it at /mailbox; production does not
        "PRODUCTION": production,
        # where the embedded database, the first-run secret and the kept mail live
        "INSTANCE_DIR": str(instance),
        # signs sessions and mailed links; production must be given one
        "SECRET_KEY": _text("SECRET_KEY") or (None if production else _kept_secret(instance)),
        # SQLite by default, PostgreSQL by URL
        "SQLALCHEMY_DATABASE_URI": database_url(
            _text("DATABASE_URL", f"sqlite:///{instance}/correction_flow.sqlite")
        ),
        # the address that mailed links begin with; never taken from the request's Host header
        "BASE_URL": base_url,
        # host names that the application answers to; empty means any (behind a checking proxy)
        "TRUSTED_HOSTS": [h for h in _text("TRUSTED_HOSTS").split(",") if h] or None,
        # how many proxies in front set X-Forwarded-For and -Proto
        "PROXIES": int(_number("PROXIES", 0)),
        # SMTP: used in production only, and only when a server is named
        "MAIL_SERVER": _text("MAIL_SERVER"),
        "MAIL_PORT": int(_number("MAIL_PORT", 25)),
        "MAIL_USE_TLS": _flag("MAIL_USE_TLS", default=False),
        "MAIL_USE_SSL": _flag("MAIL_USE_SSL", default=False),
        "MAIL_USERNAME": _text("MAIL_USERNAME") or None,
        "MAIL_PASSWORD": _text("MAIL_PASSWORD") or None,
        # one silent SMTP conversation must not hold the worker longer than this, in seconds
        "MAIL_TIMEOUT": _number("MAIL_TIMEOUT", 20),
        # a mail claimed longer ago than this, in seconds, belongs to a dead worker and is taken
        # back; longer than any one SMTP conversation
        "MAIL_CLAIM_SECONDS": _number("MAIL_CLAIM_SECONDS", 300),
        "MAIL_DEFAULT_SENDER": _text("MAIL_SENDER", "Correction Flow <noreply@example.org>"),
        # a file of certificates to trust besides the machine's own
        "MAIL_CA_FILE": _text("MAIL_CA_FILE") or None,
        # for trials in production: only these addresses (comma separated) receive mail
        "MAIL_ONLY_TO": {a.strip().lower() for a in _text("MAIL_ONLY_TO").split(",") if a.strip()},
        # the domain behind the @ of our Message-IDs
        "MAIL_DOMAIN": _text("MAIL_DOMAIN", "correction-flow.example.org"),
        # whether archives may be fetched from addresses of a private network (a server beside us)
        "SOURCES_MAY_BE_PRIVATE": _flag("SOURCES_MAY_BE_PRIVATE", default=False),
        # minutes in which a decider may take a decision back; its mails wait as long
        "UNDO_MINUTES": _number("UNDO_MINUTES", 5),
        # working days until a request that waits for the maintainer is overdue
        "DUE_WORKING_DAYS": int(_number("DUE_WORKING_DAYS", 10)),
        # working days until RePEc's curators are told of a request that nobody decides
        "ESCALATE_WORKING_DAYS": int(_number("ESCALATE_WORKING_DAYS", 20)),
        # working days until a curator may announce to decide a low-risk change that nobody decides,
        # and in which the maintainer may object before the curator does
        "ANNOUNCE_WORKING_DAYS": int(_number("ANNOUNCE_WORKING_DAYS", 30)),
        "OBJECT_WORKING_DAYS": int(_number("OBJECT_WORKING_DAYS", 7)),
        # days until a question without an answer ends its request, and when the proposer is
        # reminded of it before
        "QUESTION_DAYS": int(_number("QUESTION_DAYS", 30)),
        "QUESTION_REMINDERS": _days("QUESTION_REMINDERS", (7, 21)),
        # days in which authors of a citing item say whether it cites as somebody says
        "VOUCH_DAYS": int(_number("VOUCH_DAYS", 14)),
        # days in which a declined change may be appealed
        "APPEAL_DAYS": int(_number("APPEAL_DAYS", 60)),
        # a visitor's form that comes back sooner than this was not filled in by a person
        "VISITOR_SECONDS": _number("VISITOR_SECONDS", 3),
        # counted in our own table; 0 switches them off (tests of other things)
        "RATE_LIMITS": _flag("RATE_LIMITS", default=True),
        # one whole form may be this large; longer texts get a clear 413
        "MAX_CONTENT_LENGTH": 1_000_000,
        "MAX_FORM_MEMORY_SIZE": 1_000_000,
        "SESSION_COOKIE_NAME": "correction_flow",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": base_url.startswith("https://"),
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": base_url.startswith("https://"),
        # how long a CSRF token lives: as long as the session, so that a form left open
        # over lunch does not lose what was typed
        "WTF_CSRF_TIME_LIMIT": None,
        "BOOTSTRAP_SERVE_LOCAL": True,
        **_accounts_settings(),
    }


def _accounts_settings() -> dict[str, Any]:
    """Flask-Security's settings: which of its doors are open, and how they answer."""
    return {
        "SECURITY_PASSWORD_HASH": "argon2",
        # argon2 salts by itself; the library asks for this one when it signs with double hashing
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_LENGTH_MIN": 10,
        "SECURITY_REGISTERABLE": True,
        "SECURITY_USE_REGISTER_V2": True,
        "SECURITY_CONFIRMABLE": True,
        "SECURITY_RECOVERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_AUTO_LOGIN_AFTER_RESET": False,
        "SECURITY_AUTO_LOGIN_AFTER_REGISTER": False,
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=12),
        "SECURITY_CONFIRM_EMAIL_WITHIN": timedelta(hours=LINK_HOURS),
        "SECURITY_POST_REGISTER_VIEW": "/verify/sent",
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/",
        "SECURITY_POST_RESET_VIEW": "/login",
        "SECURITY_UNAUTHORIZED_VIEW": None,
        "SECURITY_JSON": None,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "SECURITY_FLASH_MESSAGES": True,
        # changing a password asks for the old one; no page asks for it a second time
        "SECURITY_FRESHNESS": timedelta(minutes=-1),
    }


def _kept_secret(instance: Path) -> str:
    """The first run's secret, made once and kept beside the embedded database."""
    path = instance / "secret_key"
    if not path.exists():
        instance.mkdir(parents=True, exist_ok=True)
        try:
            with open(path, "x", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:  # web and worker started in the same moment
            pass
    return path.read_text().strip()


def check_production(app: Flask) -> None:
    """Refuse to run production without a secret, with debug on, or with demo accounts.

    Raises BadSetting; the sentence names what to do.
    """
    if not app.config["PRODUCTION"]:
        return
    secret = app.config["SECRET_KEY"] or ""
    if len(secret) < 32:
        raise BadSetting("Production needs SECRET_KEY with at least 32 characters.")
    if app.debug or os.environ.get("FLASK_DEBUG", "").lower() in {"1", "true", "yes", "on"}:
        raise BadSetting("Production does not run with debug on. Unset FLASK_DEBUG.")
    from correction_flow.accounts.queries import demo_accounts_exist
    from correction_flow.core.extensions import db

    with app.app_context():
        try:
            found = demo_accounts_exist()
        finally:  # a server forks after this: its processes open connections of their own
            db.session.remove()
            db.engine.dispose()
    if found:
        raise BadSetting(
            "This database holds the demonstration's accounts. Use a database of its own "
            "for production, or run `flask demo remove` with APP_ENV=development first."
        )
