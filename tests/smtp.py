"""Real SMTP servers on this machine, whose answers a test can choose."""

from __future__ import annotations

import asyncio
import email
import socket
import ssl
import threading
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

SELF_SIGNED = Path(__file__).parent / "self_signed.pem"
"""A certificate for 127.0.0.1 that nobody signed, with its key; valid until 2126."""


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class SmtpServer:
    """An SMTP server; `on_mail`, `on_rcpt` and `on_data` may choose its answers, or wait.

    `taken` are the messages it got whole, whatever it answered to them.
    """

    def __init__(self, port: int | None = None, *, tls: bool = False) -> None:
        self.port = port or free_port()
        self.taken: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.receivers: list[str] = []
        self.connections = 0
        self.on_mail: Callable[[str], Any] = lambda address: "250 OK"
        self.on_rcpt: Callable[[str], Any] = lambda address: "250 OK"
        self.on_data: Callable[[EmailMessage], Any] = lambda message: "250 OK"
        context = None
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(SELF_SIGNED)
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=context, ready_timeout=10
        )

    def __enter__(self) -> SmtpServer:
        self.controller.start()
        self.connections = 0  # the controller has tried it
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        envelope.mail_from = address
        return await _now(self.on_mail(address))

    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = await _now(self.on_rcpt(address))
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append(message)
        self.raw.append(envelope.content)
        self.receivers += envelope.rcpt_tos
        answer = await _now(self.on_data(message))
        if answer is None:  # die without an answer
            server.transport.abort()
            await asyncio.sleep(3600)
        return answer


async def _now(answer: Any) -> Any:
    return await answer if asyncio.iscoroutine(answer) else answer


async def forever(*_: object) -> str:
    """An answer that never comes."""
    await asyncio.sleep(3600)
    return "250 too late"


class SilentServer:
    """It accepts connections and follows the protocol up to the step `until`, then is silent."""

    def __init__(self, until: str = "") -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        self.until = until
        self.connections = 0
        self.thread = threading.Thread(target=self._serve)

    def __enter__(self) -> SilentServer:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection, connection.makefile("rb") as lines:
                if self.until:
                    connection.sendall(b"220 ready\r\n")
                for line in lines:
                    if not self.until or line.upper().startswith(self.until.encode()):
                        continue
                    connection.sendall(b"250 OK\r\n")
