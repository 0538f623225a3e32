"""`post()`: render a mail folder and add the outbox row, in the caller's transaction.

A mail is a folder `templates/mail/<name>/` of `subject.txt`, `body.txt` and `body.html`, and a
function in a noun's `mails` module that decides who receives it.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.outbox import MailState, OutgoingMail
from correction_flow.core.text import address_key, squeeze


def address_of(path: str) -> str:
    """The full address of one of our pages, for mails; never from the request's Host header."""
    return str(current_app.config["BASE_URL"]) + path


def post(
    name: str,
    *,
    to: str,
    event_id: int | None = None,
    thread: str | None = None,
    send_after: datetime | None = None,
    **context: Any,
) -> OutgoingMail | None:
    """Put one mail into the outbox; None if this event already has it for this receiver.

    `thread`: mails of one thread to one receiver refer to each other (RFC 5322 §3.6.4).
    """
    if not to.isprintable():
        raise ValueError(f"{to!r} is no address: it would break the mail's headers")
    key = address_key(to)
    if event_id is not None and _posted(name, event_id, key):
        return None
    parts = {
        part: _rendered(f"mail/{name}/{part}", address_of=address_of, to=to, **context)
        for part in ("subject.txt", "body.txt", "body.html")
    }
    now = utcnow()
    row = OutgoingMail(
        name=name,
        event_id=event_id,
        thread=thread,
        to=to,
        to_key=key,
        message_id=_message_id(thread or name),
        subject=squeeze(parts["subject.txt"])[:250],
        text=parts["body.txt"].strip() + "\n",
        html=parts["body.html"].strip() + "\n",
        headers={
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            **_threading(thread, key),
        },
        state=MailState.WAITING,
        created_at=now,
        send_after=max(send_after or now, now),
    )
    db.session.add(row)
    db.session.flush()
    return row


def _rendered(template: str, **context: Any) -> str:
    """Without the pages' context: a mail knows nothing of a request, and needs none."""
    return current_app.jinja_env.get_template(template).render(context)


def _posted(name: str, event_id: int, key: str) -> bool:
    found = select(OutgoingMail.id).where(
        OutgoingMail.event_id == event_id, OutgoingMail.to_key == key, OutgoingMail.name == name
    )
    return db.session.scalar(found) is not None


def _message_id(about: str) -> str:
    return f"<{about}.{secrets.token_hex(10)}@{current_app.config['MAIL_DOMAIN']}>"


def _threading(thread: str | None, key: str) -> dict[str, str]:
    """In-Reply-To and References: the first and the last mail of the thread to this receiver."""
    if thread is None:
        return {}
    mine = (
        select(OutgoingMail.message_id)
        .where(
            OutgoingMail.thread == thread,
            OutgoingMail.to_key == key,
            OutgoingMail.state != MailState.CANCELLED,
        )
        .limit(1)
    )
    first = db.session.scalar(mine.order_by(OutgoingMail.id))
    last = db.session.scalar(mine.order_by(OutgoingMail.id.desc()))
    if first is None or last is None:
        return {}
    return {"In-Reply-To": last, "References": " ".join(dict.fromkeys([first, last]))}
