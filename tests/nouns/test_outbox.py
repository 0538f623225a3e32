"""The outbox against real SMTP servers: nothing lost, nothing twice, nothing that should stay."""

from __future__ import annotations

import mailbox
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import current_app
from sqlalchemy import create_engine, select, text

from correction_flow import create_app
from correction_flow.accounts import operations as accounts
from correction_flow.accounts.models import Address
from correction_flow.cli.work import Stop, round_of_work
from correction_flow.core import outbox
from correction_flow.core.clock import at, utcnow
from correction_flow.core.extensions import db
from correction_flow.core.mail import post
from correction_flow.core.outbox import MailState, OutgoingMail
from correction_flow.core.transaction import transaction
from tests.databases import settings
from tests.outbox import put
from tests.smtp import SELF_SIGNED, SilentServer, SmtpServer, forever, free_port


@pytest.fixture
def production(database_uri, tmp_path):
    """Makes the application as it runs in production, in its context."""

    @contextmanager
    def running(port, **more):
        config = settings(database_uri, tmp_path, PRODUCTION=True, MAIL_SERVER="127.0.0.1")
        app = create_app(config | {"MAIL_PORT": port, "MAIL_TIMEOUT": 1} | more)
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()

    return running


def deliver():
    sent = outbox.deliver_due(outbox.transport_of(current_app))
    db.session.remove()
    return sent


def later(**delta):
    """The clock, set forward: retries are due."""
    return at(utcnow() + timedelta(**delta))


def mails():
    db.session.rollback()
    return list(db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def states():
    return [m.state for m in mails()]


def test_a_mail_arrives_as_it_was_stored(production):
    with SmtpServer() as server, production(server.port):
        put(
            "alice@example.org",
            subject="[R-000001] Correction request: Über Größe, „Maß“ und Ähnliches",
            text="Grüße,\nzwei Zeilen\n",
            html="<p>Grüße</p>\n",
            message_id="<R-000001.b@flow.example>",
            headers={
                "Auto-Submitted": "auto-generated",
                "In-Reply-To": "<R-000001.a@flow.example>",
                "References": "<R-000001.a@flow.example>",
            },
        )
        assert deliver() == 1
        assert states() == [MailState.SENT]
        (got,) = server.taken
    assert server.receivers == ["alice@example.org"]
    assert got["To"] == "alice@example.org"
    assert got["From"] == "Correction Flow <noreply@example.org>"
    assert got["Subject"] == "[R-000001] Correction request: Über Größe, „Maß“ und Ähnliches"
    assert got["Message-ID"] == "<R-000001.b@flow.example>"
    assert got["In-Reply-To"] == got["References"] == "<R-000001.a@flow.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    plain, html = got.get_body(("plain",)), got.get_body(("html",))
    assert plain.get_content().replace("\r\n", "\n") == "Grüße,\nzwei Zeilen\n"
    assert html.get_content().strip() == "<p>Grüße</p>"


def test_long_lines_and_lines_of_dots_arrive_whole_in_lines_that_smtp_allows(production):
    words = "Größe " * 900
    with SmtpServer() as server, production(server.port):
        put("alice@example.org", text=f".\n..\n.dot\n{words}\n.\n", html=f"<p>{words}</p>\n")
        assert deliver() == 1
    got = server.taken[0].get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert got == f".\n..\n.dot\n{words}\n.\n"
    assert max(len(line) for line in server.raw[0].split(b"\r\n")) <= 998
    assert server.raw[0].isascii()


def test_while_no_server_answers_mails_wait_longer_each_time_and_none_is_lost(production):
    port = free_port()
    with production(port):
        put(*(f"{n}@example.org" for n in range(5)))
        assert deliver() == 0
        tried = [m for m in mails() if m.attempts]
        assert len(tried) == 1, "one is enough to learn that the server is away"
        assert states() == [MailState.WAITING] * 5
        assert "no connection" in tried[0].last_error
        waits = []
        for _ in range(4):
            mail = db.session.get(OutgoingMail, tried[0].id)
            waits.append((mail.send_after - mail.created_at).total_seconds())
            with transaction() as session:  # the others are not due meanwhile
                session.execute(
                    text("UPDATE outgoing_mails SET send_after = :t WHERE id <> :i"),
                    {"t": "2100-01-01 00:00:00+00", "i": tried[0].id},
                )
            with at(db.session.get(OutgoingMail, tried[0].id).send_after):
                deliver()
        pauses = [b - a for a, b in zip([0, *waits], waits, strict=False)]
        assert pauses == sorted(pauses)
        assert pauses[-1] > 2 * pauses[0]
        with transaction() as session:
            session.execute(
                text("UPDATE outgoing_mails SET send_after = :t"), {"t": "2000-01-01 00:00:00+00"}
            )
        with SmtpServer(port) as server:
            assert deliver() == 5
    assert sorted(server.receivers) == [f"{n}@example.org" for n in range(5)]


def test_a_receiver_refused_for_now_is_tried_again_later(production):
    with SmtpServer() as server, production(server.port):
        server.on_rcpt = lambda address: "450 4.2.1 greylisted"
        put("alice@example.org")
        assert deliver() == 0
        assert deliver() == 0, "not at once"
        assert server.connections == 1
        assert mails()[0].state is MailState.WAITING
        assert "greylisted" in mails()[0].last_error
        server.on_rcpt = lambda address: "250 OK"
        with later(hours=1):
            assert deliver() == 1
        assert mails()[0].last_error is None
    assert len(server.taken) == 1


def test_a_real_server_that_knows_nobody_of_that_name_marks_the_address(production):
    with SmtpServer() as server, production(server.port):
        with transaction():
            accounts.create_user(name="Gone", email="gone@example.org", password_hash="x")
        server.on_rcpt = lambda a: "550 5.1.1 no such user"
        put("gone@example.org")
        deliver()
        assert address_row().bouncing_since is not None
        server.on_rcpt = lambda a: "250 OK"
        put("gone@example.org")
        assert deliver() == 1
        assert address_row().bouncing_since is None


def address_row():
    db.session.rollback()
    return db.session.scalars(select(Address)).one()


def test_a_receiver_refused_for_good_fails_and_the_next_mail_still_goes(production):
    with SmtpServer() as server, production(server.port):
        server.on_rcpt = lambda a: "550 5.1.1 no such user" if "gone" in a else "250 OK"
        put("gone@example.org", "alice@example.org")
        assert deliver() == 1
        assert states() == [MailState.FAILED, MailState.SENT]
        assert "no such user" in mails()[0].last_error
        with later(days=1):
            assert deliver() == 0
    assert server.receivers == ["alice@example.org"]


def test_a_text_refused_for_good_fails_and_the_next_mail_still_goes(production):
    with SmtpServer() as server, production(server.port):
        server.on_data = lambda m: "554 5.7.1 spam" if "spam" in m["Subject"] else "250 OK"
        put("alice@example.org", subject="spam")
        put("alice@example.org")
        assert deliver() == 1
        assert states() == [MailState.FAILED, MailState.SENT]


def test_a_server_that_refuses_our_own_address_loses_no_mail(production):
    with SmtpServer() as server, production(server.port):
        server.on_mail = lambda address: "530 5.7.0 Authentication required"
        put("alice@example.org")
        assert deliver() == 0
        assert states() == [MailState.WAITING]
        server.on_mail = lambda address: "250 OK"
        with later(hours=1):
            assert deliver() == 1


@pytest.mark.parametrize("until", ["", "RCPT", "DATA"])
def test_a_server_that_falls_silent_before_the_text_is_given_up_and_nothing_is_lost(
    production, until
):
    with SilentServer(until) as server:
        with production(server.port, MAIL_TIMEOUT=0.3):
            put("alice@example.org")
            for hours in range(3):
                with later(hours=hours):
                    assert deliver() == 0
            assert server.connections == 3
            mail = mails()[0]
            assert (mail.state, mail.repeats) == (MailState.WAITING, 0)
        with SmtpServer() as healthy, production(healthy.port), later(days=1):
            assert deliver() == 1


def test_a_mail_the_server_took_without_an_answer_is_repeated_once_with_the_same_id(production):
    with SmtpServer() as server, production(server.port):
        server.on_data = forever
        put("alice@example.org", message_id="<the.same@flow.example>")
        assert deliver() == 0
        assert states() == [MailState.WAITING]
        server.on_data = lambda message: "250 OK"
        with later(hours=1):
            assert deliver() == 1
        with later(hours=9):
            assert deliver() == 0
        assert states() == [MailState.SENT]
    assert [m["Message-ID"] for m in server.taken] == ["<the.same@flow.example>"] * 2


def test_a_mail_taken_twice_without_an_answer_is_unclear_and_not_sent_a_third_time(production):
    with SmtpServer() as server, production(server.port):
        server.on_data = lambda message: None  # it dies before it says 250
        put("alice@example.org", "bob@example.org")
        for hours in range(5):
            with later(hours=hours):
                deliver()
        assert states() == [MailState.UNCLEAR] * 2
    assert sorted(server.receivers) == ["alice@example.org"] * 2 + ["bob@example.org"] * 2


def test_a_worker_that_lost_its_claim_does_not_send(production, database_uri):
    def taken_over(address):
        engine = create_engine(database_uri)
        with engine.begin() as connection:
            connection.execute(text("UPDATE outgoing_mails SET claimed_until = NULL"))
        engine.dispose()
        return "250 OK"

    with SmtpServer() as server, production(server.port):
        put("alice@example.org")
        server.on_rcpt = taken_over
        assert deliver() == 0
        assert states() == [MailState.SENDING], "what the other worker does is not touched"
    assert server.taken == []


def test_a_mail_is_given_up_after_five_days_of_trying_and_not_before(production):
    with production(free_port()):
        put("alice@example.org")
        with later(days=20):  # nobody worked for so long
            deliver()
            assert states() == [MailState.WAITING]
        for n in range(outbox.MIN_ATTEMPTS):
            with later(days=21 + n):
                deliver()
        assert states() == [MailState.FAILED]


def test_outside_production_no_mail_leaves_whatever_the_settings_say(database_uri, tmp_path):
    with SmtpServer() as server:
        config = settings(database_uri, tmp_path, MAIL_SERVER="127.0.0.1", MAIL_PORT=server.port)
        app = create_app(config)
        with app.app_context():
            put("alice@example.org")
            assert deliver() == 1
            assert states() == [MailState.SENT]
            db.session.remove()
            db.engine.dispose()
        kept = list(mailbox.Maildir(tmp_path / "maildir", create=False))
    assert server.connections == 0
    assert [m["To"] for m in kept] == ["alice@example.org"]


def test_a_trial_in_production_writes_only_to_those_named(production):
    with SmtpServer() as server, production(server.port, MAIL_ONLY_TO={"alice@example.org"}):
        put("Alice@Example.org", "bob@example.org")
        deliver()
        assert states() == [MailState.SENT, MailState.HELD]
    assert server.receivers == ["Alice@Example.org"]


def test_a_transaction_that_failed_leaves_no_mail(production):
    with SmtpServer() as server, production(server.port):
        with pytest.raises(ZeroDivisionError), transaction():  # noqa: PT012 (both are the point)
            post("reset_password", to="alice@example.org", user=None, link="/")
            raise ZeroDivisionError
        assert deliver() == 0
        assert mails() == []
    assert server.taken == []


def test_a_certificate_nobody_signed_is_refused_and_one_we_were_told_of_is_not(production):
    with SmtpServer(tls=True) as server:
        with production(server.port, MAIL_USE_TLS=True):
            put("alice@example.org")
            assert deliver() == 0
            assert "CERTIFICATE_VERIFY_FAILED" in mails()[0].last_error
        assert server.taken == []
        told = {"MAIL_USE_TLS": True, "MAIL_CA_FILE": str(SELF_SIGNED)}
        with production(server.port, **told), later(hours=1):
            assert deliver() == 1
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "address",
    [
        "alice@example.org\nBcc: everybody@example.org",
        "alice@example.org\r\nRSET",
        "größe@example.org",
        "nobody",
        "",
    ],
)
def test_an_address_that_cannot_be_written_to_fails_alone(production, address):
    with SmtpServer() as server, production(server.port):
        put(address, "bob@example.org")
        assert deliver() == 1
        assert states() == [MailState.FAILED, MailState.SENT]
        assert mails()[0].last_error
    assert server.receivers == ["bob@example.org"]


def test_an_address_in_a_domain_with_accents_is_written_to(production):
    with SmtpServer() as server, production(server.port):
        put("alice@bücher.example")
        assert deliver() == 1
    assert server.receivers == ["alice@xn--bcher-kva.example"]


def test_no_mail_is_stored_for_an_address_with_a_line_break(app):
    with pytest.raises(ValueError, match="no address"), transaction():
        post("reset_password", to="a@example.org\nBcc: b@example.org", user=None, link="/")
    assert mails() == []


def test_line_breaks_in_a_subject_do_not_become_headers(production):
    with SmtpServer() as server, production(server.port):
        put("alice@example.org", subject="A title\r\nBcc: everybody@example.org\n\nand a body")
        assert deliver() == 1
    assert server.taken[0]["Bcc"] is None
    assert server.receivers == ["alice@example.org"]
    assert server.taken[0]["Subject"] == "A title Bcc: everybody@example.org and a body"


def test_the_mails_of_a_request_about_a_monstrous_title_have_a_legal_subject(cast):
    from tests.nouns.test_workflow import ask_for

    with transaction():
        cast.item().title = "Evil\r\nBcc: everybody@example.org\x0b" + "Ünendlich long " * 60
    number = ask_for(cast, year="2020")
    for mail in cast.mails():
        assert mail.subject.startswith(f"[{number}] Correction request: Evil Bcc:")
        assert mail.subject.isprintable()
        assert len(mail.subject) < 200


def test_the_outbox_tells_what_should_have_left(production):
    with production(free_port()):
        assert outbox.health() == {"last_beat": None, "oldest_waiting_mail": None}
        put("alice@example.org")
        outbox.beat("a worker")
        facts = outbox.health()
        assert facts["last_beat"] <= utcnow()
        assert facts["oldest_waiting_mail"] == mails()[0].send_after
        with later(days=3):
            outbox.beat("its successor")
        names = db.session.scalars(select(outbox.WorkerBeat.name))
        assert list(names) == ["its successor"]


def test_a_mishap_nobody_thought_of_stops_no_other_mail(app):
    class Odd:
        def deliver(self, letter, handing_over):
            if "first@" in letter.receiver:
                raise RuntimeError("odd")
            handing_over()

    with transaction():
        for name in ("first", "second"):
            post("already_registered", to=f"{name}@example.org", link="/")
    assert outbox.deliver_due(Odd()) == 1
    assert {m.to: m.state for m in mails()} == {
        "first@example.org": MailState.WAITING, "second@example.org": MailState.SENT,
    }  # fmt: skip
    for days in range(1, 7):
        with later(days=days):
            assert outbox.deliver_due(Odd()) == 0
    assert states() == [MailState.FAILED, MailState.SENT]
    assert mails()[0].last_error == "unexpected: RuntimeError('odd')"


def test_what_no_database_can_keep_of_an_answer_stops_no_other_mail(app):
    class Babbling:
        def deliver(self, letter, handing_over):
            if "first@" in letter.receiver:
                raise outbox.Undelivered("the server said 550 no\x00body", permanent=True)
            handing_over()

    put("first@example.org", "second@example.org")
    assert outbox.deliver_due(Babbling()) == 1
    assert states() == [MailState.FAILED, MailState.SENT]


def test_a_mishap_in_one_part_of_the_work_stops_no_other(cast):
    class Broken:
        def go_on(self):
            raise RuntimeError("odd")

    put("alice@example.org")
    round_of_work("a worker", Stop(), Broken())
    assert states() == [MailState.SENT]
