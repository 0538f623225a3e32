"""From bytes to lines: character sets, line ends and what must never reach a line.

RePEc decides by byte order mark and file name (UTF-8 for ``.redif``, else Windows-1252).
The tolerant reading recognises UTF-8 anywhere and decides line by line where a file mixes
both. Only CR, LF and CRLF end a line: U+2028, U+0085, VT and FF are text.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from correction_flow.redif.problems import Problem, Severity

_LINE_END = re.compile(r"\r\n|\r|\n")
_BYTE_LINE_END = re.compile(rb"\r\n|\r|\n")
_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_UNDEFINED_BLANK = bytes(0x20 if code in b"\x81\x8d\x8f\x90\x9d" else code for code in range(256))
MANY_BYTES = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
"""What UTF-8 looks like, and Windows-1252 nearly never."""
_ESCAPED = re.compile("[\udc80-\udcff]")
"""How Python shows a byte that is not UTF-8, and what such a byte is in Windows-1252."""
_WINDOWS = {
    0xDC00 + code: bytes([code]).translate(_UNDEFINED_BLANK).decode("cp1252")
    for code in range(0x80, 0x100)
}
_MOST = 1000
"""So many wrong bytes of one file are told one by one."""
_HEAD = 400
"""RePEc looks for the first line feed in so many bytes to decide what ends a line."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, its lines ended by LF, and how it was read.

    ``unseen`` holds, in order, the numbers of lines before which RePEc's parser sees no line
    end, because the file mixes CR with LF. ``line_ends`` is "LF", "CRLF", "CR", "mixed" or "none".
    ``cut_at`` is the sign at which its bytes are cut into these lines, empty for any line end.
    """

    text: str
    encoding: str
    line_ends: str
    unseen: list[int]
    problems: list[Problem]
    cut_at: str = ""

    @property
    def line_count(self) -> int:
        """How many lines there are; a line end at the very end begins no further line."""
        return self.text.count("\n") + (not self.text.endswith("\n") and bool(self.text))


def read(data: bytes, *, name: str, encoding: str | None = None, strict: bool = False) -> Decoded:
    """Decode a file and unify its line ends; never fails, whatever the bytes.

    ``encoding`` overrides what the bytes and the name say, for archives known to use another
    character set. With ``strict`` all is read as RePEc's parser reads it.
    """
    problems: list[Problem] = []
    text, used = _decode(data, name, encoding, strict, problems)
    text = text.removeprefix("\ufeff")
    ends = _ends(text)
    if _UNMARKED_UTF16 in problems:
        text = _LINE_END.sub("\n", text)
        return Decoded(text, used, ends, list(range(1, text.count("\n") + 2)), problems)
    if ends != "mixed":
        if ends != "LF":
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return Decoded(text, used, ends, [], problems)
    if strict:
        cut_at = "\n" if _feeds_end_lines(text) else "\r"
        if cut_at == "\r":
            text = text.replace("\n", " ").replace("\r", "\n")
        return Decoded(text, used, ends, [], _within(text, problems), cut_at)
    unseen = _unseen(text)
    text = _LINE_END.sub("\n", text)
    if unseen:
        problems.append(_mixed_ends(unseen[0]))
    return Decoded(text, used, ends, unseen, problems)


def _within(text: str, problems: list[Problem]) -> list[Problem]:
    """Keep the lines of problems within a text that has fewer lines than its file."""
    last = max(text.count("\n") + (not text.endswith("\n")), 1)
    return [problem._replace(line=min(problem.line, last)) for problem in problems]


def _decode(
    data: bytes, name: str, encoding: str | None, strict: bool, problems: list[Problem]
) -> tuple[str, str]:
    if encoding is not None:
        return _as_told(data, encoding), encoding
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace"), "utf-16"
    marked = data.startswith(codecs.BOM_UTF8)
    if marked or name.lower().endswith(".redif"):
        return _utf8(data, problems), "utf-8-sig" if marked else "utf-8"
    wide = None if strict else _unmarked_utf16(data)
    if wide:
        problems.append(_UNMARKED_UTF16)
        return data.decode(wide, errors="replace"), wide
    if data.isascii():
        return data.decode("ascii"), "ascii"
    if not strict and MANY_BYTES.search(data):
        return _guessed(data, problems)
    return _windows(data, problems), "cp1252"


def _unmarked_utf16(data: bytes) -> str | None:
    """Recognise UTF-16 without its mark by the NUL in every second byte of the beginning."""
    head = data[:_HEAD]
    if len(head) < 16 or b"\0" not in head:
        return None
    high, low = head[1::2].count(0), head[::2].count(0)
    if high >= len(head) * 0.45 and not low:
        return "utf-16-le"
    return "utf-16-be" if low >= len(head) * 0.45 and not high else None


def _as_told(data: bytes, encoding: str) -> str:
    """Decode as the caller says; an unknown name is the caller's mistake and raises LookupError."""
    if encoding.lower().replace("_", "-") in ("cp1252", "windows-1252"):
        return _windows(data, [])
    return data.decode(encoding, errors="replace")


def _windows(data: bytes, problems: list[Problem]) -> str:
    """Read as Windows-1252; its five undefined bytes become blanks."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        text = data.translate(_UNDEFINED_BLANK).decode("cp1252")
    number, line_start, place = 1, 0, 0
    for found in islice(_UNDEFINED.finditer(data), _MOST):
        for end in _BYTE_LINE_END.finditer(data, place, found.start()):
            number, line_start = number + 1, end.end()
        place = found.end()
        problems.append(_undefined_byte(number, found.start() - line_start + 1, found[0]))
    return text


def _utf8(data: bytes, problems: list[Problem]) -> str:
    """Read as UTF-8; what is not UTF-8 is read byte by byte as Windows-1252, as RePEc does."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    texts = []
    for number, piece in enumerate(_byte_lines(data), 1):
        text = piece.decode("utf-8", errors="surrogateescape")
        found = not text.isascii() and _ESCAPED.search(text)
        if found:
            bad = islice(_ESCAPED.finditer(text), max(_MOST - len(problems), 0))
            problems += (_not_utf8(number, one.start() + 1) for one in bad)
        texts.append(text.translate(_WINDOWS) if found else text)
    return "".join(texts)


def _guessed(data: bytes, problems: list[Problem]) -> tuple[str, str]:
    """Read a file of unknown encoding: UTF-8 where it is valid, by lines when it is mixed."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _by_lines(data, problems)
    first = next(n for n, line in enumerate(_LINE_END.split(text), 1) if not line.isascii())
    problems.append(_unmarked(first))
    return text, "utf-8"


def _by_lines(data: bytes, problems: list[Problem]) -> tuple[str, str]:
    texts: list[str] = []
    first_utf8 = 0
    for number, piece in enumerate(_byte_lines(data), 1):
        if piece.isascii():
            texts.append(piece.decode("ascii"))
            continue
        try:
            texts.append(piece.decode("utf-8"))
            first_utf8 = first_utf8 or number
        except UnicodeDecodeError:
            found: list[Problem] = []
            texts.append(_windows(piece, found))
            problems += [problem._replace(line=number) for problem in found]
    if not first_utf8:
        return "".join(texts), "cp1252"
    problems.append(_mixed_encodings(first_utf8))
    return "".join(texts), "mixed"


def _byte_lines(data: bytes) -> Iterator[bytes]:
    """Yield the lines with their ends, one after the other."""
    return _pieces(data, _BYTE_LINE_END)


def _pieces(data: bytes, end: re.Pattern[bytes]) -> Iterator[bytes]:
    start = 0
    for found in end.finditer(data):
        yield data[start : found.end()]
        start = found.end()
    if start < len(data):
        yield data[start:]


def raw_lines(data: bytes, read: Decoded) -> list[bytes]:
    """Return the bytes of each line with its end, the byte order mark with the first."""
    codec = wide_codec(data, read.encoding)
    if codec is None:
        pattern = re.compile(read.cut_at.encode() or _BYTE_LINE_END.pattern)
        return list(_pieces(data, pattern))
    whole = len(data) - len(data) % 2
    text = data[:whole].decode(codec, errors="surrogatepass")
    found, start = [], 0
    for end in re.finditer(read.cut_at or _LINE_END.pattern, text):
        found.append(text[start : end.end()].encode(codec, errors="surrogatepass"))
        start = end.end()
    rest = text[start:].encode(codec, errors="surrogatepass") + data[whole:]
    return [*found, rest] if rest else found


def wide_codec(data: bytes, encoding: str) -> str | None:
    """Return the codec of a file in which each sign has two bytes; None of any other."""
    name = encoding.lower().replace("_", "-")
    if name in ("utf-16-le", "utf-16-be"):
        return name
    if name != "utf-16":
        return None
    return "utf-16-be" if data.startswith(codecs.BOM_UTF16_BE) else "utf-16-le"


def _ends(text: str) -> str:
    returns, feeds = text.count("\r"), text.count("\n")
    if not returns:
        return "LF" if feeds else "none"
    if not feeds:
        return "CR"
    return "CRLF" if returns == feeds == text.count("\r\n") else "mixed"


def _feeds_end_lines(text: str) -> bool:
    """Say whether LF ends lines for RePEc's parser: when there is one near the start."""
    return "\n" in text[:_HEAD] or "\r" not in text


def _unseen(text: str) -> list[int]:
    feeds = _feeds_end_lines(text)
    seen = ("\n", "\r\n") if feeds else ("\r",)
    numbers = enumerate(_LINE_END.finditer(text), 2)
    return [number for number, found in numbers if found[0] not in seen and found.end() < len(text)]


def _mixed_ends(line: int) -> Problem:
    return Problem(
        line,
        1,
        Severity.WARNING,
        "mixed-line-ends",
        "The file mixes two kinds of line ends; RePEc's parser takes some lines for one.",
        "Save the file with one kind of line end throughout.",
        recovered=True,
    )


def _undefined_byte(line: int, column: int, byte: bytes) -> Problem:
    return Problem(
        line,
        column,
        Severity.WARNING,
        "undefined-byte",
        f"The byte {byte.hex().upper()} means nothing in Windows-1252 and was read as a blank.",
        "Save the file as UTF-8 with a byte order mark.",
    )


def _not_utf8(line: int, column: int) -> Problem:
    return Problem(
        line,
        column,
        Severity.WARNING,
        "bytes-not-utf-8",
        "A byte is not UTF-8 and was read as Windows-1252.",
        "Save the whole file as UTF-8.",
        recovered=True,
    )


def _unmarked(line: int) -> Problem:
    return Problem(
        line,
        1,
        Severity.WARNING,
        "utf-8-without-mark",
        "The file is UTF-8, but RePEc's parser reads it as Windows-1252 and garbles its letters.",
        "Save it with a byte order mark, or let its name end in .redif.",
        recovered=True,
    )


def _mixed_encodings(line: int) -> Problem:
    return Problem(
        line,
        1,
        Severity.WARNING,
        "mixed-encodings",
        "Some lines of the file are UTF-8 and others Windows-1252.",
        "Save the whole file as UTF-8 with a byte order mark.",
        recovered=True,
    )


_UNMARKED_UTF16 = Problem(
    1,
    1,
    Severity.WARNING,
    "utf-16-without-mark",
    "The file is UTF-16, but nothing says so; RePEc's parser cannot read it.",
    "Save it as UTF-8 with a byte order mark.",
    recovered=True,
)
