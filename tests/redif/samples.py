"""Short ReDIF texts for the tests of this folder, and where the real archives lie."""

import os
from pathlib import Path

from correction_flow.redif.parser import ParsedFile, Problem, Template, parse

NOT_HERE = "the real archives are not here: set REDIF_DATA"

START = "Template-Type: ReDIF-Paper 1.0\n"
AUTHOR = "Author-Name: Jane Roe\n"
TITLE = "Title: Growth and its causes\n"
HANDLE = "Handle: RePEc:zzz:wpaper:15\n"


def paper(text: str = "", *, author: str = AUTHOR, title: str = TITLE, end: str = HANDLE) -> str:
    """Return a paper template that is good, with more attributes before its handle."""
    return START + author + title + text + end


def article(text: str = "") -> str:
    return paper(text).replace("ReDIF-Paper", "ReDIF-Article")


def series(text: str = "", *, email: str = "Maintainer-Email: mara@example.org\n") -> str:
    start = "Template-Type: ReDIF-Series 1.0\nName: Papers\nHandle: RePEc:zzz:wpaper\n"
    return start + email + text


def book(text: str) -> str:
    return f"Template-Type: ReDIF-Book 1.0\nTitle: A book\nHandle: RePEc:zzz:bookss:1\n{text}"


def read(text: str | bytes, *, name: str = "zzz.redif", strict: bool = False) -> ParsedFile:
    data = text.encode() if isinstance(text, str) else text
    return parse(data, name=name, strict=strict)


def one(text: str | bytes, *, name: str = "zzz.redif", strict: bool = False) -> Template:
    """Return the only template of a text."""
    (template,) = read(text, name=name, strict=strict).templates
    return template


def codes(template: Template | ParsedFile) -> set[str]:
    return {problem.code for problem in template.problems}


def problem(template: Template, code: str) -> Problem:
    return next(problem for problem in template.problems if problem.code == code)


def real_archives() -> Path | None:
    """Return the folder of the real archives, or None where there is none."""
    told = os.environ.get("REDIF_DATA")
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "redif"
    folder = Path(told) if told else beside
    return folder if folder.is_dir() else None
