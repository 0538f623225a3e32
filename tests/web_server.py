"""A real web server on this machine: it lists folders as Apache does, or answers as a test says."""

from __future__ import annotations

import contextlib
import hashlib
import html
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from email.utils import formatdate
from urllib.parse import quote, unquote

from tests.smtp import SELF_SIGNED

Answer = bytes | Iterable[bytes]


class WebServer:
    """`files` are offered below `/` with listings; `special` answers of a path go before.

    A special answer is the raw bytes to send, or many of them one after the other; afterwards the
    connection is closed. `asked` are the paths of all requests, `bodies` those of files that were
    sent. `stop` is set when the test is over, for answers that wait. With `tls` it speaks both:
    https to whoever begins with a TLS handshake.
    """

    def __init__(self, host: str = "127.0.0.1", *, tls: bool = False) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.create_server((host, 0), family=family, backlog=50)
        self.port = int(self.socket.getsockname()[1])
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"
        self.files: dict[str, bytes] = {}
        self.modified: dict[str, float] = {}
        self.special: dict[str, Callable[[], Answer]] = {}
        self.otherwise: Callable[[str], Answer] | None = None
        self.conditional = True
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[str] = []
        self.connections = 0
        self.stop = threading.Event()
        self._tls = None
        if tls:
            self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self._tls.load_cert_chain(SELF_SIGNED)
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> WebServer:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self.socket.close()

    def drip(self, first: bytes, drop: bytes = b"x", every: float = 0.05) -> Iterable[bytes]:
        """`first`, then a drop now and then without end."""
        yield first
        while not self.stop.wait(every):
            yield drop

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._tls and connection.recv(1, socket.MSG_PEEK) == b"\x16":
                connection = self._tls.wrap_socket(connection, server_side=True)
        self._open.add(connection)
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as lines:
            while self._one(connection, lines):
                pass
        self._open.discard(connection)

    def _one(self, connection, lines) -> bool:
        request = lines.readline().decode("latin-1").split()
        if len(request) != 3:
            return False
        headers = {}
        while (line := lines.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        path = request[1]
        self.asked.append(path)
        self.headers.append(headers)
        special = self.special.get(path)
        if special is None and self.otherwise and unquote(path)[1:] not in self.files:
            special = lambda: self.otherwise(path)
        if special is None:
            connection.sendall(self._answer(path, headers))
            return True
        answer = special()
        for part in [answer] if isinstance(answer, bytes) else answer:
            connection.sendall(part)
        return False

    def _answer(self, path: str, headers: dict[str, str]) -> bytes:
        name = unquote(path)[1:]
        if name in self.files:
            return self._file(name, headers)
        if not path.endswith("/") or (name and not any(f.startswith(name) for f in self.files)):
            return reply(b"not here", status="404 Not Found")
        below = {f[len(name) :].partition("/") for f in self.files if f.startswith(name)}
        return page({first + slash for first, slash, _ in below}, title=path)

    def _file(self, name: str, headers: dict[str, str]) -> bytes:
        data, modified = self.files[name], self.modified.get(name)
        etag = f'"{hashlib.sha256(data).hexdigest()[:12]}"'
        more = f"ETag: {etag}\r\n" if self.conditional else ""
        if modified is not None:
            more += f"Last-Modified: {formatdate(modified, usegmt=True)}\r\n"
        if self.conditional and headers.get("if-none-match") == etag:
            return f"HTTP/1.1 304 Not Modified\r\n{more}\r\n".encode()
        self.bodies.append(name)
        return reply(data, kind="text/plain", more=more)


def reply(
    body: bytes, *, status: str = "200 OK", kind: str = "text/html;charset=UTF-8", more: str = ""
) -> bytes:
    """A whole answer."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


def listing(names: Iterable[str], *, title: str = "/") -> bytes:
    """A page as Apache's mod_autoindex writes it; the names are quoted as it quotes them."""
    rows = "".join(
        f'<tr><td valign="top"><img src="/icons/text.gif" alt="[TXT]"></td><td>'
        f'<a href="{quote(name)}">{html.escape(name)}</a></td><td>2014-01-01 10:00</td></tr>\n'
        for name in sorted(names)
    )
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<html>\n'
        f"<head><title>Index of {title}</title></head>\n<body>\n<h1>Index of {title}</h1>\n<table>"
        '<tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>'
        f'<tr><td><a href="../">Parent Directory</a></td></tr>\n{rows}</table>\n'
        "<address>Apache/2.4 Server</address>\n</body></html>\n"
    ).encode()


def page(names: Iterable[str], *, title: str = "/") -> bytes:
    """A listing as a whole answer."""
    return reply(listing(names, title=title))


def links(*hrefs: str) -> bytes:
    """A page with these hrefs exactly as they are."""
    anchors = "".join(f'<a href="{html.escape(href)}">x</a>\n' for href in hrefs)
    return reply(f"<html><body>{anchors}</body></html>".encode())
