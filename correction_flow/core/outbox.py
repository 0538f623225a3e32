"""Mail that is to be sent: rows written in the transaction of the act, sent after it.

The only caller of Flask-Mail. The request never talks to SMTP; the worker claims a row, commits
the claim, speaks SMTP and notes the result. What is promised (product.md §6): nothing lost, and
nothing twice, except when server or worker dies after the server took the mail and before we
noted it; then at most one repeat, with the same Message-ID.
"""

from __future__ import annotations

import enum
import mailbox
import re
import smtplib
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import charset
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, current_app
from flask_mail import Connection, Message, sanitize_address
from sqlalchemy import (
    ColumnElement,
    Index,
    Text,
    UniqueConstraint,
    cast,
    delete,
    func,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from correction_flow.core.clock import utcnow
from correction_flow.core.database import Base, Json, words_of
from correction_flow.core.extensions import db
from correction_flow.core.text import plain, squeeze
from correction_flow.core.transaction import transaction

GIVE_UP_AFTER = timedelta(days=5)
"""RFC 5321 §4.5.4.1: the give-up time generally needs to be at least 4-5 days."""

MIN_ATTEMPTS = 6
"""Nor is a mail given up before so many attempts: the worker may have been off for days."""

charset.add_charset("utf-8", charset.SHORTEST, charset.QP, "utf-8")
"""Flask-Mail says 8bit, which keeps lines as they are; RFC 5321 §4.5.3.1.6 allows 998 octets."""


_WHEN_GIVEN_UP: list[Callable[[str], None]] = []
_WHEN_KNOWN: list[Callable[[str, bool], None]] = []


class MailState(enum.StrEnum):
    """Where one mail is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    UNCLEAR = "unclear"
    CANCELLED = "cancelled"


class OutgoingMail(Base):
    """One mail to one receiver."""

    __tablename__ = "outgoing_mails"
    __table_args__ = (
        UniqueConstraint("event_id", "to_key", "name"),
        Index(
            "ix_outgoing_mails_due",
            "send_after",
            "id",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_outgoing_mails_claimed",
            "claimed_until",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index("ix_outgoing_mails_to_key", "to_key"),
        Index("ix_outgoing_mails_thread", "thread", "to_key", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(comment="the mail folder it was rendered from")
    event_id: Mapped[int | None] = mapped_column(
        comment="what it tells of; a plain number, for the outbox knows nobody"
    )
    thread: Mapped[str | None] = mapped_column(comment="mails of one request share a thread")
    to: Mapped[str]
    to_key: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(Json)
    state: Mapped[MailState] = mapped_column(words_of(MailState), default=MailState.WAITING)
    created_at: Mapped[datetime]
    send_after: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    handed_at: Mapped[datetime | None] = mapped_column(
        comment="noted just before DATA: from here on the server may have taken it"
    )
    repeats: Mapped[int] = mapped_column(default=0, comment="sent again not knowing; at most 1")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None]


class WorkerBeat(Base):
    """When each worker was last seen alive."""

    __tablename__ = "worker_beats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class Undelivered(Exception):
    """Why a mail did not go. `permanent`: the server will never take it; `away`: it takes none;
    `bounced`: it knows no such receiver, or takes nothing for them."""

    def __init__(
        self, reason: str, *, permanent: bool = False, unclear: bool = False, away: bool = False,
        bounced: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(reason)
        self.bounced = bounced
        self.permanent = permanent
        self.unclear = unclear
        self.away = away


@dataclass(frozen=True)
class Letter:
    """A mail as it is sent: the envelope's two addresses, and the whole message."""

    sender: str
    receiver: str
    content: bytes


class Transport(Protocol):
    """Where mail goes: SMTP in production, a maildir on this machine otherwise."""

    def deliver(self, letter: Letter, handing_over: Callable[[], None]) -> None:
        """Send it; call `handing_over` when the receiver may have it from now on."""


@dataclass(frozen=True)
class Kept:
    """The first run's transport: mail stays on this machine."""

    folder: Path

    def deliver(self, letter: Letter, handing_over: Callable[[], None]) -> None:
        handing_over()
        try:
            mailbox.Maildir(self.folder).add(letter.content)
        except OSError as error:
            raise Undelivered(f"it could not be kept: {error}", away=True) from error


class SmtpConnection(Connection):
    """Flask-Mail's connection with a time limit and verified TLS."""

    def configure_host(self) -> smtplib.SMTP:
        config = current_app.config
        tls = ssl.create_default_context(cafile=config["MAIL_CA_FILE"])
        timeout = config["MAIL_TIMEOUT"]
        if self.mail.use_ssl:
            host: smtplib.SMTP = smtplib.SMTP_SSL(
                self.mail.server, self.mail.port, timeout=timeout, context=tls
            )
        else:
            host = smtplib.SMTP(self.mail.server, self.mail.port, timeout=timeout)
        try:
            host.ehlo_or_helo_if_needed()
            if self.mail.use_tls:
                host.starttls(context=tls)
                host.ehlo()
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host


class Smtp:
    """Real SMTP, step by step, so that we know how far it got."""

    def deliver(self, letter: Letter, handing_over: Callable[[], None]) -> None:
        try:
            host = SmtpConnection(current_app.extensions["mail"]).configure_host()
        except smtplib.SMTPResponseException as error:
            raise Undelivered(_said(error.smtp_code, error.smtp_error), away=True) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(f"no connection: {error}", away=True) from error
        try:
            self._envelope(host, letter)
            handing_over()
            self._content(host, letter)
        finally:
            host.close()

    def _envelope(self, host: smtplib.SMTP, letter: Letter) -> None:
        """Everything before the text. Only a word against the receiver is for good: one against
        our own address, or a server not ready for text, says nothing about this mail."""
        try:
            _accepted(*host.mail(letter.sender), for_good=False)
            _accepted(*host.rcpt(letter.receiver))
            code, answer = host.docmd("DATA")
        except (OSError, smtplib.SMTPException) as error:
            raise Undelivered(f"the server broke off: {error}", away=True) from error
        if code != 354:
            raise Undelivered(_said(code, answer), permanent=code >= 500)

    def _content(self, host: smtplib.SMTP, letter: Letter) -> None:
        lines = letter.content.removesuffix(b"\r\n")
        stuffed = re.sub(rb"(?m)^\.", b"..", lines)  # RFC 5321 §4.5.2
        try:
            host.send(stuffed + b"\r\n.\r\n")
            code, answer = host.getreply()
        except (OSError, smtplib.SMTPException) as error:
            reason = f"no answer after the mail: {error}"
            raise Undelivered(reason, unclear=True, away=True) from error
        if code != 250:
            raise Undelivered(_said(code, answer), permanent=code >= 500)


def _accepted(code: int, answer: bytes, *, for_good: bool = True) -> None:
    if code not in (250, 251):
        away = code == 421 or not for_good
        never = for_good and code >= 500
        raise Undelivered(_said(code, answer), permanent=never, away=away, bounced=never)


def _said(code: int, answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return f"the server said {code} {words}"


def transport_of(app: Flask) -> Transport:
    """SMTP in production with MAIL_SERVER set; else the maildir, whatever the address."""
    if app.config["PRODUCTION"] and app.config["MAIL_SERVER"]:
        return Smtp()
    return Kept(Path(app.config["INSTANCE_DIR"]) / "maildir")


def deliver_due(
    transport: Transport, *, limit: int = 1000, stopped: Callable[[], bool] = lambda: False
) -> int:
    """Send what is due, one by one; the number sent. Stops early when the server is away.

    `stopped` is asked between two mails.
    """
    _recover()
    sent = 0
    for _ in range(limit):
        mail = None if stopped() else _claim()
        if mail is None:
            break
        try:
            problem = _deliver(mail, transport)
        except OperationalError:
            raise
        except Exception:  # it stays claimed for a while, then it is tried again
            current_app.logger.exception("how mail %d went could not be noted", mail.id)
            continue
        sent += problem is None
        if problem is not None and problem.away:
            break
    return sent


def _claim() -> OutgoingMail | None:
    """Take the next due mail; the claim is committed before SMTP is spoken.

    The row is handed out detached: while SMTP is spoken, no transaction is open that a later
    note would have to turn from reading to writing (SQLite refuses that, see core.database).
    """
    now = utcnow()
    until = now + timedelta(seconds=current_app.config["MAIL_CLAIM_SECONDS"])
    due = (
        select(OutgoingMail.id)
        .where(text("state = 'waiting'"), OutgoingMail.send_after <= now)
        .order_by(OutgoingMail.send_after, OutgoingMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with transaction() as session:
        mail_id = session.scalar(
            update(OutgoingMail)
            .where(OutgoingMail.id == due.scalar_subquery())
            .values(
                state=MailState.SENDING,
                claimed_until=until,
                attempts=OutgoingMail.attempts + 1,
            )
            .returning(OutgoingMail.id)
        )
        mail = session.get(OutgoingMail, mail_id, populate_existing=True) if mail_id else None
        if mail is not None:
            session.expunge(mail)
    return mail


def _recover() -> None:
    """Take back the claims of dead workers; what may have been taken is repeated only once."""
    now = utcnow()
    lost = (text("state = 'sending'"), OutgoingMail.claimed_until < now)
    with transaction() as session:
        if session.scalar(select(OutgoingMail.id).where(*lost).limit(1)) is None:
            return
        session.execute(
            update(OutgoingMail)
            .where(*lost, OutgoingMail.handed_at.is_not(None), OutgoingMail.repeats >= 1)
            .values(state=MailState.UNCLEAR, last_error="two workers died while sending it")
        )
        session.execute(
            update(OutgoingMail)
            .where(*lost, OutgoingMail.handed_at.is_not(None))
            .values(state=MailState.WAITING, repeats=1, handed_at=None)
        )
        session.execute(update(OutgoingMail).where(*lost).values(state=MailState.WAITING))


def _deliver(mail: OutgoingMail, transport: Transport) -> Undelivered | None:
    only_to = current_app.config["MAIL_ONLY_TO"]
    if current_app.config["PRODUCTION"] and only_to and mail.to_key not in only_to:
        _note(mail, state=MailState.HELD, last_error="not in MAIL_ONLY_TO")
        return None

    handed = False

    def handing_over() -> None:
        nonlocal handed
        if not _note(mail, handed_at=utcnow()):
            raise Undelivered("this took so long that another worker has it now")
        handed = True

    try:
        transport.deliver(_letter(mail), handing_over)
    except Undelivered as problem:
        _note_problem(mail, problem)
        return problem
    except OperationalError:
        raise
    except Exception as error:  # whatever it is, it must not stop the other mails
        current_app.logger.exception("mail %d", mail.id)
        unexpected = Undelivered(f"unexpected: {error!r}", unclear=handed)
        _note_problem(mail, unexpected)
        return unexpected
    _note(mail, bounced=False, state=MailState.SENT, sent_at=utcnow(), last_error=None)
    return None


def _note(mail: OutgoingMail, *, bounced: bool | None = None, **values: Any) -> bool:
    """Write down how far it got, unless another worker has taken the claim over.

    `bounced`: whether its receiver's server refused it for good, or took it; None: neither.
    """
    with transaction() as session:
        noted = session.scalar(
            update(OutgoingMail)
            .where(
                OutgoingMail.id == mail.id,
                OutgoingMail.state == MailState.SENDING,
                OutgoingMail.claimed_until == mail.claimed_until,
            )
            .values(**values)
            .returning(OutgoingMail.id)
        )
        if noted is not None:
            _tell_of(mail, bounced=bounced, failed=values.get("state") is MailState.FAILED)
    return noted is not None


def _tell_of(mail: OutgoingMail, *, bounced: bool | None, failed: bool) -> None:
    if bounced is not None:
        for tell in _WHEN_KNOWN:
            tell(mail.to_key, bounced)
    if failed and mail.thread:
        for act in _WHEN_GIVEN_UP:
            act(mail.thread)


def _note_problem(mail: OutgoingMail, problem: Undelivered) -> None:
    now = utcnow()
    values: dict[str, Any] = {"last_error": plain(str(problem))}
    if problem.unclear and mail.repeats >= 1:
        values["state"] = MailState.UNCLEAR
    elif problem.permanent or (
        now - mail.created_at > GIVE_UP_AFTER and mail.attempts >= MIN_ATTEMPTS
    ):
        values["state"] = MailState.FAILED
    else:
        values["state"] = MailState.WAITING
        values["send_after"] = now + timedelta(seconds=min(15 * 2**mail.attempts, 4 * 3600))
        values["handed_at"] = None
        values["repeats"] = mail.repeats + int(problem.unclear)
    _note(mail, bounced=True if problem.bounced else None, **values)


def _letter(mail: OutgoingMail) -> Letter:
    """The mail as it is sent. One that cannot be written must not stop the others."""
    message = _message(mail)
    try:
        sender, receiver = _bare(str(message.sender)), _bare(mail.to)
        content = message.as_bytes()
    except (ValueError, LookupError) as error:  # UnicodeError is a ValueError
        raise Undelivered(f"it cannot be written as a mail: {error}", permanent=True) from error
    return Letter(sender, receiver, content)


def _bare(address: str) -> str:
    """The address alone, as the envelope has it: ASCII, a domain like bücher.example in IDNA."""
    if not address.isprintable():
        raise ValueError(f"{address!r} is no address")
    bare = parseaddr(sanitize_address(address))[1]
    if "@" not in bare or not bare.isascii() or bare.startswith("=?"):
        raise ValueError(f"no mail can be sent to “{address}”")
    return bare


def _message(mail: OutgoingMail) -> Message:
    message = Message(
        subject=squeeze(mail.subject),
        recipients=[mail.to],
        body=mail.text,
        html=mail.html,
        date=mail.created_at.timestamp(),
        extra_headers=mail.headers,
    )
    message.msgId = mail.message_id
    return message


def when_given_up(act: Callable[[str], None]) -> None:
    """A higher floor says what else happens when a mail of a thread is given up for good."""
    _WHEN_GIVEN_UP.append(act)


def when_known(act: Callable[[str, bool], None]) -> None:
    """A higher floor notes of a receiver (its key) whether mail to them bounces, or is taken."""
    _WHEN_KNOWN.append(act)


def given_up(threads: Collection[str], keys: Collection[str]) -> set[str]:
    """The receivers of whose mails in the threads the last to be tried was given up."""
    tried = select(OutgoingMail.to_key, OutgoingMail.state).where(
        OutgoingMail.thread.in_(threads),
        OutgoingMail.to_key.in_(keys),
        OutgoingMail.state.in_([MailState.SENT, MailState.FAILED]),
    )
    last = {mail.to_key: mail.state for mail in db.session.execute(tried.order_by(OutgoingMail.id))}
    return {key for key, state in last.items() if state is MailState.FAILED}


def came_back(message_id: str, reason: str) -> bool:
    """A server on the way reports that a mail we had sent was given up; whether that is new."""
    mail = db.session.scalar(
        update(OutgoingMail)
        .where(OutgoingMail.message_id == message_id, OutgoingMail.state == MailState.SENT)
        .values(state=MailState.FAILED, last_error=plain(reason))
        .returning(OutgoingMail)
    )
    if mail is None:
        return False
    _tell_of(mail, bounced=True, failed=True)
    return True


def forget(keys: Collection[str], *, thread: str | None = None) -> None:
    """Nothing more goes to these receivers (of this thread, if one is given), and what went has
    neither address nor text any more. That it went stays."""
    mine: list[ColumnElement[bool]] = [OutgoingMail.to_key.in_(keys)]
    if thread is not None:
        mine.append(OutgoingMail.thread == thread)
    on_its_way = OutgoingMail.state.in_([MailState.SENT, MailState.SENDING, MailState.UNCLEAR])
    db.session.execute(delete(OutgoingMail).where(*mine, ~on_its_way))
    nobody = literal("erased ") + cast(OutgoingMail.id, Text)
    db.session.execute(
        update(OutgoingMail)
        .where(*mine)
        .values(to="", to_key=nobody, subject="", text="", html="", headers={}, last_error=None)
        .execution_options(synchronize_session=False)
    )


def cancel(event_ids: list[int]) -> None:
    """The mails of these events, none of which has left, shall not leave."""
    db.session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.event_id.in_(event_ids), text("state = 'waiting'"))
        .values(state=MailState.CANCELLED)
    )


def beat(name: str) -> None:
    """Note that this worker is alive; workers of long ago are forgotten."""
    now = utcnow()
    with transaction() as session:
        session.execute(delete(WorkerBeat).where(WorkerBeat.at < now - timedelta(days=1)))
        session.merge(WorkerBeat(name=name, at=now))


def health() -> dict[str, datetime | int | None]:
    """The worker's last beat, the oldest mail that should have left, and mails that cannot."""
    return {
        "last_beat": db.session.scalar(select(func.max(WorkerBeat.at))),
        "oldest_waiting_mail": db.session.scalar(
            select(OutgoingMail.send_after)
            .where(text("state = 'waiting'"), OutgoingMail.send_after <= utcnow())
            .order_by(OutgoingMail.send_after)
            .limit(1)
        ),
    }
