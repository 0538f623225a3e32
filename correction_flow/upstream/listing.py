"""What a web server's directory listing leads to: hrefs in, safe paths below the root out. Pure.

Whatever a page says, the only thing that leaves this room is a path relative to the root, made of
names that are safe on disk. Requests are built from that path again, never from the href itself,
so nothing a page writes reaches the network or the disk unread. Reading pages over HTTP belongs
to `wire`, the local folder to `mirror`.
"""

from __future__ import annotations

import codecs
import ipaddress
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from urllib.parse import quote, unquote_to_bytes, urlsplit

from correction_flow.upstream.source import MAX_PATH

PORTS = {"http": 80, "https": 443}
MAX_NAME = 255
"""Bytes of one name; file systems take no more."""

_PATH_SAFE = "~!$&'()*+,;=:@"
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")
_STILL_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Root:
    """The folder at which a publisher offers an archive; nothing outside of it is asked for."""

    scheme: str
    host: str
    port: int
    names: tuple[str, ...]

    @classmethod
    def at(cls, url: str) -> Root:
        """The root that an address names; ValueError is a sentence with the remedy."""
        url = url.strip()
        example = "Enter it like https://www.example.org/RePEc/aaa/."
        try:
            parts = urlsplit(url)
            host, port = _host(parts.hostname), parts.port
        except ValueError:
            raise ValueError(f"The address cannot be read. {example}") from None
        if "@" in parts.netloc:
            raise ValueError("The address holds a user name or password. Leave them out.")
        if parts.scheme not in PORTS or not host or port == 0:
            raise ValueError(f"This is not the address of a folder on the web. {example}")
        if parts.query or parts.fragment:
            raise ValueError(f"Leave out what follows ? or # in the address. {example}")
        names = None if _odd(url) else _walk(parts.path, ())
        if names is None:
            raise ValueError(f"The path of this address cannot be used. {example}")
        return cls(parts.scheme, host, port or PORTS[parts.scheme], names)

    def url(self, path: str = "") -> str:
        """The full address of a path below the root, for people to read and click."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target(path)}"

    def target(self, path: str = "") -> str:
        """What stands in the request line for a path below the root."""
        names = [*self.names, *(name for name in path.split("/") if name)]
        quoted = [quote(name.encode("utf-8", "surrogateescape"), _PATH_SAFE) for name in names]
        folder = "/" if names and (not path or path.endswith("/")) else ""
        return "/" + "/".join(quoted) + folder

    def inside(self, href: str, base: str = "") -> str | None:
        """Where a link on the page `base` leads: a path strictly below the root, or None.

        A folder's path ends with a slash. Links with a query are how servers offer other orders
        of the same listing. An http link in an https root is asked for over https.
        """
        found = self._resolved(href, base)
        if found is None:
            return None
        scheme, port, path = found
        was_http = self.scheme == "https" and (scheme, port) == ("http", PORTS["http"])
        if (scheme, port) != (self.scheme, self.port) and not was_http:
            return None
        return path or None

    def redirected(self, location: str, base: str) -> tuple[Root, str] | None:
        """Where a redirect of `base` leads, if that may be followed: within the root, or from
        http to https of the same host. The path is "" for the root itself."""
        found = self._resolved(location, base)
        if found is None:
            return None
        scheme, port, path = found
        if (scheme, port) == (self.scheme, self.port):
            return self, path
        if (self.scheme, scheme) == ("http", "https") and port in (PORTS["https"], self.port):
            return replace(self, scheme=scheme, port=port), path
        return None

    def _resolved(self, href: str, base: str) -> tuple[str, int, str] | None:
        """Scheme, port and path below the root, for the same host and a safe path only."""
        href = href.strip(" \t\r\n\f")
        if not href or _odd(href):
            return None
        try:
            parts = urlsplit(href)
            host, port = _host(parts.hostname), parts.port
        except ValueError:
            return None
        scheme, start = self.scheme, self.names
        if parts.scheme or href.startswith("//"):
            scheme = parts.scheme or scheme
            if scheme not in PORTS or host != self.host or "@" in parts.netloc:
                return None
            port, start = PORTS[scheme] if port is None else port, ()
        elif parts.path.startswith("/"):
            port, start = self.port, ()
        else:
            port = self.port
            start += tuple(base.split("/")[:-1])
        if parts.query or not (parts.path or parts.netloc):
            return None
        names = _walk(parts.path, start)
        if names is None or names[: len(self.names)] != self.names:
            return None
        below = names[len(self.names) :]
        folder = parts.path.rpartition("/")[2] in ("", ".", "..")
        path = "/".join(below) + ("/" if folder and below else "")
        return (scheme, port, path) if not path or safe(path) else None


def safe(path: str) -> bool:
    """Whether a relative path may be written below a folder of ours (a last slash is fine).

    Hidden names and `_history` are not read by the import either (`source`).
    """
    names = path.removesuffix("/").split("/")
    return len(path) <= MAX_PATH and all(
        _name_is_safe(name) and not name.startswith(".") and name != "_history" for name in names
    )


def wanted(path: str) -> bool:
    """Whether the import may read a file of this path: the same rule as in `source`, and text
    files, for a template may name one as its reference list (`named_lists`)."""
    *folders, name = path.split("/")
    if name.lower().endswith((".rdf", ".redif", ".txt")):
        return True
    return name.lower().endswith(".jsonl") and folders[-1:] == ["references"]


class Links(HTMLParser):
    """The hrefs of one page, read block by block as it comes in.

    The parser of the standard library reads an unfinished tag again from its beginning with every
    block, and some nonsense in quadratic time. So it is fed little at a time and what it could
    not finish within `_UNFINISHED` characters is dropped: no tag of a listing is as long.
    """

    _PIECE = 2_048
    _UNFINISHED = 8_192

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.ended = False
        self._found: list[str] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def read(self, block: bytes) -> list[str]:
        """The hrefs that this block completes; ValueError when it is no HTML at all."""
        text = self._decoder.decode(block)
        self._found = []
        for start in range(0, len(text), self._PIECE):
            try:
                self.feed(text[start : start + self._PIECE])
            except AssertionError:  # how the parser says that a declaration is malformed
                raise ValueError("malformed HTML") from None
            if len(self.rawdata) > self._UNFINISHED:
                self.reset()
        return self._found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where an `a` leads."""
        if tag == "a":
            self._found += [value for name, value in attrs if name == "href" and value]

    def handle_endtag(self, tag: str) -> None:
        """Remember that the page came to its end."""
        self.ended = self.ended or tag == "html"


def public(address: str) -> bool:
    """Whether an IP address belongs to the open internet, and to no network of our own.

    An IPv4 address wrapped in an IPv6 one (mapped, NAT64, 6to4, Teredo) is judged as itself.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped is None:
            return ip.is_global and ip in _GLOBAL_UNICAST
        ip = wrapped
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that was ever given out; site-local addresses and the like lie elsewhere."""


def _host(name: str | None) -> str:
    """A host name as it is compared and asked for; "" for none; ValueError for an impossible."""
    name = (name or "").lower().removesuffix(".")
    if ":" in name:
        return str(ipaddress.IPv6Address(name))
    name = name.encode("idna").decode("ascii") if name else ""
    if name and not _HOST.fullmatch(name):
        raise ValueError("impossible host name")
    return name


def _odd(url: str) -> bool:
    """Backslashes, which some programs take for slashes, and control characters, which
    `urlsplit` would take out in silence."""
    return "\\" in url or any(c < " " or c == "\x7f" for c in url)


def _walk(path: str, start: tuple[str, ...]) -> tuple[str, ...] | None:
    """The decoded names one arrives at; None if the way leaves the server or a name is unsafe.

    Only dots that are written as dots are followed; an encoded one is a trick.
    """
    names = list(start)
    for raw in path.split("/"):
        if raw in ("", "."):
            continue
        if raw == "..":
            if not names:
                return None
            names.pop()
            continue
        try:
            encoded = raw.encode("utf-8", "surrogateescape")
            name = unquote_to_bytes(encoded).decode("utf-8", "surrogateescape")
        except UnicodeError:
            return None
        if not _name_is_safe(name):
            return None
        names.append(name)
    return tuple(names)


def _name_is_safe(name: str) -> bool:
    """One name of a path: no dots, separators, control characters or second encoding.

    Bytes that are not UTF-8 stand as lone surrogates and are fine: the import shows them escaped.
    """
    if name in ("", ".", "..") or "/" in name or "\\" in name or _STILL_ENCODED.search(name):
        return False
    if not all(c.isprintable() or "\udc80" <= c <= "\udcff" for c in name):
        return False
    return len(name.encode("utf-8", "surrogateescape")) <= MAX_NAME
