"""`/healthz`: whether web, database and worker are well, for whoever watches."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify

from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.web.access import public

pages = Blueprint("health", __name__)
LATE = timedelta(minutes=10)


@pages.get("/healthz")
@public
def healthz() -> Any:
    """200 when all is well; 503 when no worker is alive or a mail is late."""
    facts = outbox.health()
    now = utcnow()
    beat, oldest = facts["last_beat"], facts["oldest_waiting_mail"]
    worker_ok = isinstance(beat, datetime) and now - beat < LATE
    mail_ok = not isinstance(oldest, datetime) or now - oldest < LATE
    answer = {
        "web": "ok",
        "worker": "ok" if worker_ok else "no worker is alive",
        "mail": "ok" if mail_ok else "mail is late",
        "last_beat": beat.isoformat() if isinstance(beat, datetime) else None,
        "oldest_waiting_mail": oldest.isoformat() if isinstance(oldest, datetime) else None,
    }
    return jsonify(answer), 200 if worker_ok and mail_ok else 503
