"""Delivery reports as servers write them, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.core.bounces import Bounce, read

OURS = "<R-000001.abc@flow.example>"


def report(*, action="failed", status="5.1.1", kind="text/rfc822-headers", original=True, of=OURS):
    """As in RFC 3464, appendix E, with the mail it is about or its headers."""
    about = f"""
--sep
Content-Type: {kind}

From: Correction Flow <flow@flow.example>
Message-ID: {of}
Subject: [R-000001] A request

{"Its text" if kind == "message/rfc822" else ""}"""
    return f"""From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: flow@flow.example
Message-ID: <report.1@mx.example.org>
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="sep"

--sep
Content-Type: text/plain

I am sorry to inform you.

--sep
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Fri, 27 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; mara@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <mara@example.org>:
    no such user
{about if original else ""}
--sep--
""".encode()


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "message/rfc822"])
def test_a_failure_names_the_mail_and_what_the_server_said(kind):
    said = "it came back: 550 5.1.1 <mara@example.org>: no such user"
    assert read(report(kind=kind)) == Bounce(OURS, said)
    assert read(report(kind=kind).replace(b"\n", b"\r\n")) == Bounce(OURS, said)


@pytest.mark.parametrize(
    "other",
    [
        report(action="delayed", status="4.4.1"), report(action="delivered", status="2.0.0"),
        report(action="failed", status="4.4.7"), report(original=False), b"",
        b"Subject: Hello\n\nHi",
        report().replace(b"multipart/report", b"multipart/mixed"),
    ],
)  # fmt: skip
def test_a_delay_a_success_and_what_is_no_report_say_nothing(other):
    assert read(other) is None


@given(st.binary(max_size=300), st.integers(0, 900), st.integers(0, 80))
def test_whatever_comes_in_is_read_without_a_crash(noise, start, length):
    whole = report()
    read(noise)
    read(whole[:start] + noise + whole[start + length :])
