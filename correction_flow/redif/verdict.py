"""From attributes to a template: what may stand where, what is missing, good or bad.

Severity follows RePEc's parser (section 2.4 of the dossier): unknown or misplaced attributes,
an invalid key or required value and a missing one are errors and make the template bad;
an invalid optional value is dropped with a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from correction_flow.redif import fields, handle, values
from correction_flow.redif.fields import Field, TemplateType
from correction_flow.redif.lines import Chunks
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import Chunk, Spot, Template
from correction_flow.redif.values import Check, Note

MAX_PROBLEMS = 200
"""So many problems of one template are told one by one."""
_HANDLES = {f"{kind}handle": kind for kind in handle.Kind}
_ONE_LINE = set(_HANDLES) - {"personhandle"}


@dataclass(slots=True)
class _Slot:
    """All that reading a value of one attribute asks, made ready once for each template type.

    ``path`` and ``key`` say where it may stand, ``spot`` where its value goes: with what is
    deprecated, to its successor. ``easy`` is a plain, repeatable text that opens no cluster;
    ``alone`` an attribute that may also stand by itself where its cluster is not open.
    """

    field: Field
    path: tuple[str, ...]
    outer: tuple[str, ...]
    key: bool
    once: bool
    deprecated: bool
    kept: bool
    easy: bool
    spot: Spot
    check: Check | None
    alone: "_Slot | None"


@cache
def _slots(type_: str) -> Mapping[str, _Slot]:
    found = fields.template_types()[type_.lower()]
    plain = {tag: _slot(one, None) for tag, one in found.plain.items()}
    return plain | {tag: _slot(one, plain.get(tag)) for tag, one in found.members.items()}


def _slot(found: Field, alone: _Slot | None) -> _Slot:
    path, name = found.path, found.name
    if found.deprecated and path:
        path = (fields.SUCCESSORS.get(path[0], path[0]), *path[1:])
    elif found.deprecated:
        name = fields.SUCCESSORS.get(name, name)
    check = values.checker(found.type)
    return _Slot(
        field=found,
        path=found.path,
        outer=found.path[:-1],
        key=found.key,
        once=found.once,
        deprecated=found.deprecated,
        kept=found.key or found.required,
        easy=not (check or found.key or found.deprecated or found.once),
        spot=Spot(path, name, found.key),
        check=check,
        alone=alone,
    )


@dataclass(slots=True)
class _Reading:
    """The state of reading one template: what was placed, seen and reported so far."""

    type: TemplateType
    strict: bool
    problems: list[Problem]
    open: tuple[str, ...] = ()
    clusters: int = 0
    handle: str = ""
    valid_handle: str = ""
    placed: list[tuple[Spot, str | None]] = field(default_factory=list)
    renamed: list[tuple[Spot, str | None]] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    once: dict[str, int] = field(default_factory=dict)


def judge(found: Chunks, *, strict: bool = False) -> Template:
    """Check the attributes of one template and place their values."""
    if found.type is None:
        return _judge_nothing(found, strict)
    problems = found.problems
    reading = _Reading(found.type, strict, problems)
    placed, present, slots = reading.placed, reading.present, _slots(found.type.text)
    texts: list[str] = []
    for chunk in found.chunks:
        slot = slots.get(chunk.tag)
        parts = chunk.parts
        text = parts[0] if len(parts) == 1 else " ".join(parts)
        if text.isprintable() and "<" not in text and "&" not in text:
            text = " ".join(text.split()) if "  " in text else text.strip()
            if strict and len(parts) > 1 and text and not parts[0].strip():
                text = f" {text}"
        else:
            text, notes = _cleaned(parts, slot, strict)
            problems += [_noted(chunk, note) for note in notes]
        texts.append(text)
        if slot is None:
            _homeless(reading, chunk, text)
        elif slot.easy and text and (not slot.path or reading.open == slot.path):
            reading.open = slot.path
            present.add(chunk.tag)
            placed.append((slot.spot, text))
        else:
            _place(reading, chunk, slot, text)
    _demand(reading, found)
    good = not (problems and any(problem.severity is Severity.ERROR for problem in problems))
    if len(problems) > MAX_PROBLEMS:
        problems = _shortened(problems, found)
    published = reading.handle or None
    return Template(
        found.type.text,
        found.type.kind,
        found.first,
        found.last,
        tuple(problems),
        good,
        published,
        handle.key(reading.valid_handle or published) if published else None,
        found.written_type,
        strict,
        found.source,
        found.chunks,
        texts,
        placed + reading.renamed,
    )


def _shortened(problems: list[Problem], found: Chunks) -> list[Problem]:
    """Keep the first problems of a template that has very many."""
    left = len(problems) - MAX_PROBLEMS
    message = f"The template has {left:,} more problems."
    last = Problem(found.last, 1, Severity.ERROR, "more-problems", message)
    if all(problem.severity is not Severity.ERROR for problem in problems):
        last = last._replace(severity=Severity.WARNING)
    return [*problems[:MAX_PROBLEMS], last]


def _judge_nothing(found: Chunks, strict: bool) -> Template:
    """Keep the values of a template whose type is unknown, without judging them."""
    texts = [_cleaned(chunk.parts, None, strict)[0] for chunk in found.chunks]
    named = (text for chunk, text in zip(found.chunks, texts, strict=True) if chunk.tag == "handle")
    published = next(filter(None, named), None)
    return Template(
        type=None,
        kind=None,
        first_line=found.first,
        last_line=found.last,
        problems=(*found.problems, _unknown_type(found)),
        good=False,
        handle=published,
        handle_key=handle.key(published) if published else None,
        written_type=found.written_type,
        strict=strict,
        source=found.source,
        chunks=found.chunks,
        texts=texts,
        placed=[],
    )


def _cleaned(parts: list[str], slot: _Slot | None, strict: bool) -> tuple[str, Sequence[Note]]:
    """Join and clean a value; RePEc's parser keeps a blank where its first line is empty."""
    bare = strict or slot is None or (slot.check is not None and slot.field.type != "email")
    text, notes = values.clean(" ".join(parts), strict=bare)
    if slot is not None and slot.field.type == "email":
        notes = [note for note in notes if note is not values.TORN]
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


def _place(reading: _Reading, chunk: Chunk, slot: _Slot, text: str) -> None:
    path = slot.path
    if path and slot.key:
        if slot.outer and reading.open[: len(slot.outer)] != slot.outer:
            reading.problems.append(_no_cluster(chunk, slot.field))
            return
        reading.clusters += 1
    elif path and reading.open != path and reading.open[: len(path)] != path:
        if slot.alone is None:
            reading.problems.append(_no_cluster(chunk, slot.field))
            return
        slot, path = slot.alone, ()
    reading.open = path
    holder = reading.placed
    if slot.deprecated:
        holder = reading.renamed
        if slot.key or not path:
            reading.problems.append(_deprecated(chunk))
    if not text:
        if slot.key:
            reading.problems.append(_empty_key(chunk))
            holder.append((slot.spot, None))
        return
    if slot.once:
        _count(reading, chunk, slot.field)
    reading.present.add(chunk.tag)
    if slot.check is None:
        holder.append((slot.spot, text))
        return
    checked = slot.check(text, reading.strict)
    value = (
        _explained(reading, chunk, slot, text, checked)
        if isinstance(checked, values.Checked)
        else checked
    )
    if chunk.tag == "handle":
        reading.handle = reading.handle or text
        reading.valid_handle = reading.valid_handle or value or ""
    if value or slot.kept:
        holder.append((slot.spot, value or ""))


def _explained(
    reading: _Reading, chunk: Chunk, slot: _Slot, text: str, checked: values.Checked
) -> str | None:
    """Report what was found in judging a value; return what may be kept of it."""
    if checked.value is None and not reading.strict and len(chunk.parts) > 1:
        checked = _first_line(chunk, slot, checked)
    severity = Severity.ERROR if slot.kept else Severity.WARNING
    for note in checked.notes:
        level = severity if note.recovered else Severity.WARNING
        reading.problems.append(_noted(chunk, note, level))
    if checked.value is None:
        reading.problems.append(_invalid(chunk, text, slot.field, severity))
    return checked.value


def _first_line(chunk: Chunk, slot: _Slot, checked: values.Checked) -> values.Checked:
    """Take a handle's first line alone where the following ones are surely not part of it."""
    if slot.field.type not in _ONE_LINE:
        return checked
    alone = values.check(slot.field.type, values.clean(chunk.parts[0])[0])
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
        reading.placed.append((Spot((), chunk.tag, False), text))


def _demand(reading: _Reading, found: Chunks) -> None:
    if reading.present.issuperset(reading.type.required) and reading.type.kind != "Book":
        return
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


def _column(chunk: Chunk) -> int:
    """Return where the value begins on the line of its tag, or 1 when it begins below."""
    start = chunk.parts[0]
    if not start.strip():
        return 1
    return len(chunk.written) + 2 + len(start) - len(start.lstrip())


def _noted(chunk: Chunk, note: Note, severity: Severity = Severity.WARNING) -> Problem:
    return Problem(
        chunk.first, _column(chunk), severity, note.code, note.message, note.advice, note.recovered
    )


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
        _column(chunk),
        severity,
        "invalid-value",
        f"'{shown}' is no valid value of {chunk.written}.",
        f"{_why(text, found)} {ADVICE.get(found.type, '')}".strip(),
    )


def _why(text: str, found: Field) -> str:
    kind = _HANDLES.get(found.type)
    return handle.wrong_with(text, kind) if kind else ""


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
