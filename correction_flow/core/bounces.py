"""Delivery reports (RFC 3464): which of our mails came back for good. Pure.

Anybody can send a mail that looks like a report. What proves it is the `Message-ID` of the mail it
is about, which only its receiver and the servers on the way have seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

LONGEST = 200
"""Characters of what a server said that are kept."""


@dataclass(frozen=True)
class Bounce:
    """The `Message-ID` of a mail that was given up on its way, and why."""

    message_id: str
    reason: str


def read(report: bytes) -> Bounce | None:
    """What a report says; None for whatever else it is: a delay, a success, no report at all."""
    message = message_from_bytes(report, policy=policy.default)
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    reason = next((r for part in message.walk() for r in _failures(part)), None)
    original = next((i for part in message.walk() for i in _message_ids(part)), None)
    return Bounce(original, reason) if reason is not None and original is not None else None


def _failures(part: Message) -> Iterator[str]:
    """RFC 3464 §2.3: one block of fields for each receiver, after one for the whole."""
    if part.get_content_type() != "message/delivery-status":
        return
    for block in part.get_payload():
        if not isinstance(block, Message):
            continue
        action, status = _field(block, "Action").lower(), _field(block, "Status")
        if action == "failed" and status.startswith("5"):
            said = _field(block, "Diagnostic-Code").partition(";")[2].strip()
            yield f"it came back: {said or status}"[:LONGEST]


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _message_ids(part: Message) -> Iterator[str]:
    """The mail itself (message/rfc822) or its headers (text/rfc822-headers, RFC 6522) follow."""
    kind = part.get_content_type()
    if kind == "message/rfc822":
        inside = part.get_payload()
        held = [one for one in inside if isinstance(one, Message)] if inside else []
    elif kind == "text/rfc822-headers" and isinstance(part, EmailMessage):
        held = [message_from_bytes(part.get_content().encode("utf-8", "replace"))]
    else:
        held = []
    for one in held:
        if found := _field(one, "Message-ID"):
            yield found
