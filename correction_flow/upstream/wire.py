"""Requests to one publisher's web server, bounded in time and bytes whatever it answers.

The host is resolved once, its addresses are checked, and every connection goes to a checked
address: a name that resolves to something else a moment later gains nothing. Every failure is a
`Refused` with a sentence. What to ask for belongs to `fetch`, which paths are allowed to `listing`.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from correction_flow.upstream.listing import PORTS, Root, public

USER_AGENT = "CorrectionFlow/0.1 (reads RePEc archives)"
REDIRECTS = 3
BLOCK = 65_536
_OVERHEAD = 1_048_576
"""Bytes that headers and chunk sizes may take beside a body."""
_MAX_ADDRESSES = 6


class Refused(Exception):
    """An answer that was not taken; `str` is a sentence for people, `code` one for programs."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass
class Answer:
    """What the server said, with the body still to be read."""

    url: str
    path: str
    status: int
    length: int | None
    ends_by_itself: bool
    """False when only the end of the connection ends the body: then nobody knows if it is whole."""
    _response: http.client.HTTPResponse
    _most: int

    def header(self, name: str) -> str:
        """A header's value, or "" ."""
        return str(self._response.headers.get(name) or "").strip()

    def blocks(self) -> Iterator[bytes]:
        """The body, piece by piece; Refused when it is too large or ends too early."""
        if self.length is not None and self.length > self._most:
            raise too_large(self.url, self._most, self.length)
        got = 0
        while True:
            with _failures_told(self.url):
                block = self._response.read(BLOCK)
            got += len(block)
            if got > self._most:
                raise too_large(self.url, self._most)
            if not block:
                break
            yield block
        if self.length is not None and got < self.length:
            raise Refused(
                "cut-short",
                f"{self.url} ended after {got:,} of {self.length:,} bytes. It is read again "
                "the next time.",
            )


class Server:
    """The one server of a fetch. `root` changes to https when the server leads there."""

    def __init__(self, root: Root, *, allow_private: bool, silence: float, until: float) -> None:
        self.root = root
        self._until = until
        self._meter = _Meter(silence)
        self._addresses = _addresses(root, allow_private=allow_private)
        self._connection = _Connection(root, self._addresses, self._meter)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @contextmanager
    def get(
        self, path: str, *, most: int, seconds: float, headers: Mapping[str, str]
    ) -> Iterator[Answer]:
        """Ask for a path below the root; at most `most` bytes within `seconds` in all."""
        self._meter.start(min(self._until, time.monotonic() + seconds), most)
        answer = self._followed(path, most, headers)
        try:
            yield answer
        finally:
            if not answer._response.isclosed():  # the rest of it would precede the next answer
                self._connection.close()
            answer._response.close()

    def _followed(self, path: str, most: int, headers: Mapping[str, str]) -> Answer:
        for _ in range(REDIRECTS + 1):
            url = self.root.url(path)
            with _failures_told(url):
                response = self._answered(self.root.target(path), headers)
            if response.status not in (301, 302, 303, 307, 308):
                try:
                    return _taken(url, path, response, most)
                except Refused:
                    self._close(response)
                    raise
            location = response.headers.get("Location") or ""
            self._close(response)
            leads = self.root.redirected(location, path)
            if leads is None:
                raise Refused(
                    "redirect",
                    f"{url} leads to {_short(location)}, outside of the folder it is in. If the "
                    "archive has moved, enter its new address.",
                )
            root, path = leads
            if root != self.root:  # stay with https rather than be led there for every file
                self.root = root
                self._connection = _Connection(root, self._addresses, self._meter)
        raise Refused(
            "redirect", f"{url} leads from one address to the next without end. Tell the publisher."
        )

    def _close(self, response: http.client.HTTPResponse) -> None:
        response.close()
        self._connection.close()

    def _answered(self, target: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """One request; once more on a new connection if a kept one was closed meanwhile."""
        kept = self._connection.sock is not None
        try:
            return self._connection.ask(target, headers)
        except (ConnectionError, ssl.SSLEOFError):
            if not kept:
                raise
            return self._connection.ask(target, headers)


class _Meter:
    """How long, and how many bytes, the server may still take for what is asked now."""

    def __init__(self, silence: float) -> None:
        self.silence = silence
        self.start(0, 0)

    def start(self, until: float, most: int) -> None:
        self.until, self.left = until, 2 * most + _OVERHEAD

    def seconds(self) -> float:
        """For the next step on the socket; TimeoutError when the time is over."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self.silence)

    def took(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise http.client.HTTPException("endless headers or chunks")


class _Metered(io.RawIOBase):
    """The reading end of a socket: each read asks the meter first.

    A timeout of the socket alone would not stop a server that sends one byte a second, in its
    headers, its chunk sizes or its body.
    """

    def __init__(self, sock: socket.socket, meter: _Meter) -> None:
        self._sock, self._meter = sock, meter
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        self._sock.settimeout(self._meter.seconds())
        count = self._raw.readinto(buffer)
        self._meter.took(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _MeteredSocket:
    """As much of a socket as `http.client` uses."""

    def __init__(self, sock: socket.socket, meter: _Meter) -> None:
        self._sock, self._meter = sock, meter
        self.close = sock.close

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._meter.seconds())
        self._sock.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Metered(self._sock, self._meter))


class _Connection(http.client.HTTPConnection):
    """Connects to checked addresses only; with TLS the certificate must name the host."""

    def __init__(self, root: Root, addresses: list[tuple[int, str]], meter: _Meter) -> None:
        super().__init__(root.host, root.port)
        self.default_port = PORTS[root.scheme]  # the Host header names any other
        self._meter = meter
        self._addresses = addresses
        self._tls = ssl.create_default_context() if root.scheme == "https" else None

    def connect(self) -> None:
        """The first address that answers; the last one's error if none does."""
        failed = OSError("no address")
        for family, address in self._addresses:
            try:
                self.sock = _MeteredSocket(self._connected(family, address), self._meter)
                return
            except OSError as error:
                failed = error
        raise failed

    def _connected(self, family: int, address: str) -> socket.socket:
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(self._meter.seconds())
            sock.connect((address, self.port))
            if self._tls is None:
                return sock
            sock.settimeout(self._meter.seconds())  # for the whole of the handshake
            return self._tls.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise

    def ask(self, target: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """The beginning of the answer; on any failure the connection is closed."""
        sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers}
        try:
            self.request("GET", target, headers=sent)
            return self.getresponse()
        except BaseException:
            self.close()
            raise


def too_large(url: str, most: int, length: int | None = None) -> Refused:
    """A body that is longer than we take, announced or not."""
    has = "more" if length is None else f"{length:,} bytes"
    return Refused("too-large", f"{url} has {has}, and {most:,} are the most we read. Split it.")


def _taken(url: str, path: str, response: http.client.HTTPResponse, most: int) -> Answer:
    """The answer, unless its body is encoded in a way we did not ask for."""
    coding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    transfer = (response.headers.get("Transfer-Encoding") or "chunked").strip().lower()
    if coding != "identity" or transfer != "chunked":
        raise Refused(
            "encoded",
            f"{url} came compressed although we asked for it as it is. Ask the publisher to "
            "switch compression off for this folder.",
        )
    length = response.length
    if response.status in (204, 304):
        with _failures_told(url):
            response.read(1)  # there is none; this frees the connection for the next request
    return Answer(
        url, path, response.status, length, length is not None or bool(response.chunked), response,
        most,
    )  # fmt: skip


def _addresses(root: Root, *, allow_private: bool) -> list[tuple[int, str]]:
    """The host's addresses that may be connected to."""
    try:
        found = socket.getaddrinfo(root.host, root.port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        raise Refused(
            "no-host", f"There is no host named {root.host}. Check how the address is spelt."
        ) from None
    addresses = list(
        dict.fromkeys((int(family), str(where[0])) for family, _, _, _, where in found)
    )
    if not allow_private:
        addresses = [(family, address) for family, address in addresses if public(address)]
    if not addresses:
        raise Refused(
            "private-address",
            f"{root.host} is on a private network, which is not read from here. Enter the "
            "address at which everybody can read the archive.",
        )
    return addresses[:_MAX_ADDRESSES]


@contextmanager
def _failures_told(url: str) -> Iterator[None]:
    """Whatever goes wrong on the way ends as a refusal with a sentence."""
    try:
        yield
    except TimeoutError:
        raise Refused("too-slow", f"{url} did not come in time. Try again later.") from None
    except ssl.SSLCertVerificationError as error:
        raise Refused(
            "certificate",
            f"The certificate of {url} does not hold ({error.verify_message}). Tell the "
            "publisher, or check the host's name.",
        ) from None
    except ssl.SSLError as error:
        raise Refused(
            "tls", f"{url} cannot be read over https ({error.reason}). Tell the publisher."
        ) from None
    except http.client.IncompleteRead:
        raise Refused(
            "cut-short", f"{url} broke off in its middle. It is read again the next time."
        ) from None
    except ConnectionError:
        raise Refused(
            "no-connection", f"{url}: the server refused or broke the connection. Try again later."
        ) from None
    except (http.client.HTTPException, ValueError):
        raise Refused(
            "not-http", f"{url} did not answer as a web server does. Check the address."
        ) from None
    except OSError as error:
        raise Refused(
            "no-connection",
            f"{url} cannot be reached ({error.strerror or 'network error'}). Try again later.",
        ) from None


def _short(text: str) -> str:
    """What a server wrote, fit to be shown."""
    shown = "".join(c if c.isprintable() else "?" for c in text[:200])
    return shown or "nowhere"
