"""From attributes to a template: what may stand where, what is missing, good or bad.

Severity follows RePEc's parser (section 2.4 of the dossier): unknown or misplaced attributes,
an invalid key or required value and a missing one are errors and make the template bad;
an invalid optional value is dropped with a warning.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from correction_flow.redif import fields, handle, values
from correction_flow.redif.fields import Field, TemplateType
from correction_flow.redif.lines import Chunk, Chunks
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import Placed, Template, Value
from correction_flow.redif.values import Note

_ONE_LINE = {"archivehandle", "serieshandle", "documenthandle", "institutionhandle"}


@dataclass(slots=True)
class _Reading:
    """The state of reading one template: what was placed, seen and reported so far."""

    type: TemplateType
    strict: bool
    problems: list[Problem]
    open: tuple[str, ...] = ()
    clusters: int = 0
    placed: list[Placed] = field(default_factory=list)
    renamed: list[Placed] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    once: dict[str, int] = field(default_factory=dict)


def judge(found: Chunks, *, strict: bool = False) -> Template:
    """Check the attributes of one template and place their values."""
    problems = list(found.problems)
    kept: list[Value] = []
    reading = _Reading(found.type, strict, problems) if found.type else None
    if reading is None:
        problems.append(_unknown_type(found))
    table: Mapping[str, Field] = found.type.fields if found.type else {}
    for chunk in found.chunks:
        wanted = table.get(chunk.tag)
        text, notes = _cleaned(chunk, wanted, strict)
        kept.append(Value(chunk.tag, chunk.written, text, chunk.first, chunk.last))
        if reading is None:
            continue
        for note in notes:
            problems.append(_noted(chunk, note))
        if wanted is None:
            _homeless(reading, chunk, text)
        else:
            _place(reading, chunk, wanted, text)
    if reading:
        _demand(reading, found)
    published = next((value.text for value in kept if value.tag == "handle" and value.text), None)
    return Template(
        type=found.type.text if found.type else None,
        kind=found.type.kind if found.type else None,
        first_line=found.first,
        last_line=found.last,
        values=tuple(kept),
        problems=tuple(problems),
        good=not any(problem.severity is Severity.ERROR for problem in problems),
        handle=published,
        handle_key=_key(published, reading),
        sha256=_digest(found.counted),
        written_type=found.written_type,
        strict=strict,
        placed=(*reading.placed, *reading.renamed) if reading else (),
    )


def _cleaned(chunk: Chunk, wanted: Field | None, strict: bool) -> tuple[str, Sequence[Note]]:
    """Join and clean a value; RePEc's parser keeps a blank where its first line is empty."""
    parts = chunk.parts
    raw = parts[0] if len(parts) == 1 else " ".join(parts)
    bare = strict or wanted is None or not values.is_free(wanted.type)
    text, notes = values.clean(raw, strict=bare)
    if strict and text and len(parts) > 1 and not parts[0].strip():
        text = f" {text}"
    return text, notes


def settle(template: Template, good: bool) -> Template:
    """Give a template the verdict that RePEc's parser has of its lines."""
    problems = template.problems
    if good:
        problems = tuple(_softened(problem) for problem in problems)
    elif template.good:
        problems += (_REJECTED._replace(line=template.first_line),)
    return replace(template, good=good, problems=problems)


_REJECTED = Problem(
    1,
    1,
    Severity.ERROR,
    "rejected-by-repec",
    "RePEc's parser cuts these lines otherwise and rejects the template.",
    "Save the file with one kind of line end throughout.",
    recovered=True,
)


def _softened(problem: Problem) -> Problem:
    if problem.severity is Severity.ERROR:
        return problem._replace(severity=Severity.WARNING)
    return problem


def _key(published: str | None, reading: _Reading | None) -> str | None:
    if published is None:
        return None
    for place in reading.placed if reading else ():
        if place.name == "handle" and not place.path and place.text:
            return handle.key(place.text)
    return handle.key(published)


def _digest(counted: list[str]) -> str:
    content = "\n".join(counted).encode("utf-8", errors="surrogatepass")
    return hashlib.sha256(content, usedforsecurity=False).hexdigest()


def _place(reading: _Reading, chunk: Chunk, found: Field, text: str) -> None:
    tag = chunk.tag
    if found.path:
        if found.key:
            if reading.open[: len(found.path) - 1] != found.path[:-1]:
                reading.problems.append(_no_cluster(chunk, found))
                return
            reading.clusters += 1
        elif reading.open[: len(found.path)] != found.path:
            alone = reading.type.plain.get(tag)
            if alone is None:
                reading.problems.append(_no_cluster(chunk, found))
                return
            found = alone
    reading.open = found.path
    if found.deprecated and (found.key or not found.path):
        reading.problems.append(_deprecated(chunk))
    if not text:
        if found.key:
            reading.problems.append(_empty_key(chunk))
            _put(reading, found, None)
        return
    if found.once:
        _count(reading, chunk, found)
    reading.present.add(tag)
    value = text if values.is_free(found.type) else _checked(reading, chunk, found, text)
    if value or found.key or found.required:
        _put(reading, found, value or "")


def _put(reading: _Reading, found: Field, text: str | None) -> None:
    """Place a value; what is deprecated goes under its successor, after what stands there."""
    if not found.deprecated:
        reading.placed.append(Placed(found.path, found.name, found.key, text))
    elif found.path:
        path = (fields.SUCCESSORS.get(found.path[0], found.path[0]), *found.path[1:])
        reading.renamed.append(Placed(path, found.name, found.key, text))
    else:
        name = fields.SUCCESSORS.get(found.name, found.name)
        reading.renamed.append(Placed((), name, False, text))


def _checked(reading: _Reading, chunk: Chunk, found: Field, text: str) -> str | None:
    checked = values.check(found.type, text, strict=reading.strict)
    if checked.value is None and not reading.strict and len(chunk.parts) > 1:
        checked = _first_line(chunk, found, checked)
    severity = Severity.ERROR if found.key or found.required else Severity.WARNING
    for note in checked.notes:
        level = severity if note.recovered else Severity.WARNING
        reading.problems.append(_noted(chunk, note, level))
    if checked.value is None:
        reading.problems.append(_invalid(chunk, text, found, severity))
    return checked.value


def _first_line(chunk: Chunk, found: Field, checked: values.Checked) -> values.Checked:
    """Take a handle's first line alone where the following ones are surely not part of it."""
    if found.type not in _ONE_LINE:
        return checked
    alone = values.check(found.type, values.clean(chunk.parts[0])[0])
    if alone.value is None:
        return checked
    note = Note(
        "text-after-handle",
        "Text on the lines after the handle was ignored.",
        "Remove these lines.",
        recovered=True,
    )
    return values.Checked(alone.value, (note,))


def _count(reading: _Reading, chunk: Chunk, found: Field) -> None:
    serial = reading.clusters if found.path else 0
    if reading.once.get(found.tag) == serial:
        reading.problems.append(_repeated(chunk))
    reading.once[found.tag] = serial


def _homeless(reading: _Reading, chunk: Chunk, text: str) -> None:
    """Deal with an attribute this template type does not know."""
    if fields.EXTENSION.match(chunk.tag):
        return
    if chunk.tag not in fields.known_tags():
        reading.problems.append(_unknown(chunk))
        return
    plain = any(chunk.tag in type_.plain for type_ in fields.template_types().values())
    rescued = plain and bool(text) and not reading.strict
    reading.problems.append(_misplaced(chunk, rescued))
    if rescued:
        reading.open = ()
        reading.placed.append(Placed((), chunk.tag, False, text))


def _demand(reading: _Reading, found: Chunks) -> None:
    for tag in reading.type.required:
        if tag not in reading.present:
            reading.problems.append(_absent(tag, found))
    if reading.type.kind == "Book" and not reading.present & {"author-name", "editor-name"}:
        reading.problems.append(
            Problem(
                found.last,
                1,
                Severity.ERROR,
                "required-absent",
                "A book needs an author or an editor.",
                "Add an Author-Name or Editor-Name.",
            )
        )


def _noted(chunk: Chunk, note: Note, severity: Severity = Severity.WARNING) -> Problem:
    return Problem(chunk.first, 1, severity, note.code, note.message, note.advice, note.recovered)


def _unknown_type(found: Chunks) -> Problem:
    near = fields.type_suggestion(found.written_type[:40])
    return Problem(
        found.first,
        1,
        Severity.ERROR,
        "unknown-template-type",
        f"'{found.written_type}' is no template type.",
        f"Did you mean {near}?" if near else "Write a type like ReDIF-Paper 1.0.",
    )


def _unknown(chunk: Chunk) -> Problem:
    near = fields.suggestions(chunk.tag)
    if chunk.tag.endswith("-type") and "template-type".endswith(chunk.tag):
        return Problem(
            chunk.first,
            1,
            Severity.ERROR,
            "records-run-together",
            f"'{chunk.written}:' looks like a damaged Template-Type; two templates "
            "have run together.",
            "Write 'Template-Type:' at the beginning of the line.",
        )
    names = " or ".join(fields.canonical(tag) for tag in near)
    advice = f"Did you mean {names}?" if near else "If it is text, put a blank before it."
    return Problem(
        chunk.first,
        1,
        Severity.ERROR,
        "unknown-tag",
        f"'{chunk.written}' is no attribute of ReDIF.",
        advice,
    )


def _misplaced(chunk: Chunk, rescued: bool) -> Problem:
    where = " or ".join(fields.places(chunk.tag))
    return Problem(
        chunk.first,
        1,
        Severity.ERROR,
        "misplaced-tag",
        f"'{chunk.written}' may not stand in this template.",
        f"It belongs in {where}.",
        rescued,
    )


def _no_cluster(chunk: Chunk, found: Field) -> Problem:
    opened = found.path[:-1] if found.key else found.path
    key = fields.canonical("-".join((*opened, "url" if opened == ("file",) else "name")))
    return Problem(
        chunk.first,
        1,
        Severity.ERROR,
        "cluster-not-open",
        f"'{chunk.written}' does not follow the '{key}' it belongs to.",
        f"Put it directly after its '{key}'.",
    )


def _deprecated(chunk: Chunk) -> Problem:
    return Problem(
        chunk.first, 1, Severity.WARNING, "deprecated-tag", f"'{chunk.written}' is deprecated."
    )


def _empty_key(chunk: Chunk) -> Problem:
    return Problem(
        chunk.first,
        1,
        Severity.WARNING,
        "empty-key",
        f"'{chunk.written}' is empty, so what follows it belongs to nobody.",
        "Fill it in or remove it.",
    )


def _repeated(chunk: Chunk) -> Problem:
    if chunk.tag == "handle":
        return Problem(
            chunk.first,
            1,
            Severity.ERROR,
            "handle-repeated",
            "The template has a second handle.",
            "Begin each template with its own Template-Type.",
        )
    return Problem(
        chunk.first,
        1,
        Severity.WARNING,
        "tag-repeated",
        f"'{chunk.written}' may stand only once here.",
    )


def _invalid(chunk: Chunk, text: str, found: Field, severity: Severity) -> Problem:
    shown = text if len(text) <= 80 else text[:79] + "…"
    return Problem(
        chunk.first,
        1,
        severity,
        "invalid-value",
        f"'{shown}' is no valid value of {chunk.written}.",
        ADVICE.get(found.type, ""),
    )


def _absent(tag: str, found: Chunks) -> Problem:
    name = fields.canonical(tag)
    return Problem(
        found.last,
        1,
        Severity.ERROR,
        "required-absent",
        f"The template has no {name}.",
        f"Add a line '{name}:' with its value.",
    )


ADVICE = {
    "url": "Write a whole address, like https://example.org/paper.pdf",
    "email": "Write one address and nothing else, like jane@example.org",
    "date": "Write the date as 2014, 2014-05 or 2014-05-31.",
    "pubstat": "Begin with 'Published' or 'Forthcoming'.",
    "jel": "Write codes of the JEL classification, like C12 E52.",
    "mime_type": "Write a MIME type, like application/pdf.",
    "langcode639_1": "Write the two letters of ISO 639-1, like en.",
    "doi": "Write the DOI without blanks, like 10.1000/182.",
    "doctype": "Write ReDIF-Paper, ReDIF-Article, ReDIF-Book, ReDIF-Chapter or ReDIF-Software.",
    "percentage": "Write a whole number from 0 to 99.",
    "archivehandle": "An archive's handle looks like RePEc:aaa.",
    "serieshandle": "A series' handle looks like RePEc:aaa:ssssss, with six letters or digits.",
    "documenthandle": "An item's handle looks like RePEc:aaa:ssssss:number, without blanks.",
    "institutionhandle": "An institution's handle looks like RePEc:edi:frbgvus.",
    "personhandle": "Write a short id, like pto123.",
}
