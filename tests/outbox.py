"""Mails put into the outbox directly."""

from __future__ import annotations

import uuid
from typing import Any

from correction_flow.core.clock import utcnow
from correction_flow.core.outbox import MailState, OutgoingMail
from correction_flow.core.text import address_key
from correction_flow.core.transaction import transaction


def put(*receivers: str, **values: Any) -> None:
    """One due mail to each receiver."""
    now = utcnow()
    with transaction() as session:
        for receiver in receivers:
            row = {
                "name": "test",
                "to": receiver,
                "to_key": address_key(receiver),
                "message_id": f"<{uuid.uuid4().hex}@flow.example>",
                "subject": "A subject",
                "text": "A text\n",
                "html": "<p>A text</p>\n",
                "headers": {"Auto-Submitted": "auto-generated"},
                "state": MailState.WAITING,
                "created_at": now,
                "send_after": now,
            }
            session.add(OutgoingMail(**(row | values)))
            session.flush()
