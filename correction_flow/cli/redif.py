"""`flask redif`: reading, checking and showing publishers' files."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from correction_flow.catalog.queries import archive_by_handle
from correction_flow.citations.queries import decided_references
from correction_flow.core.errors import DomainError
from correction_flow.core.transaction import transaction
from correction_flow.redif import dump as dumps
from correction_flow.redif.checker import Checker, Verdict
from correction_flow.redif.parser import MAX_BYTES, parse
from correction_flow.redif.problems import Problem, Severity
from correction_flow.upstream import sources
from correction_flow.upstream.fetch import Fetched, Unreachable
from correction_flow.upstream.importer import BadSource, Summary, import_path
from correction_flow.upstream.source import redif_files

redif = AppGroup("redif", help="Read publishers' archives.")


@redif.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--archive", metavar="AAA", help="Whose files these are, like gam.")
@click.option("--core", is_flag=True, help="A copy of RePEc:all: describes archives and series.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.option("--processes", type=click.IntRange(0), help="How many read; else as many as cores.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def import_(
    path: Path, archive: str | None, core: bool, dry_run: bool, processes: int, as_json: bool
) -> None:
    """Import the .rdf and .redif files below PATH, and references/*.jsonl beside them.

    What has not changed since the last reading is neither read nor written; what was interrupted
    is completed by the next import.
    """
    progress = Progress()
    with in_a_sentence():
        summary = import_path(
            path, archive=archive, core=core, dry_run=dry_run, processes=processes,
            progress=progress,
        )  # fmt: skip
    progress.end()
    click.echo(json.dumps(summary.as_json(), sort_keys=True) if as_json else summary_text(summary))


class Progress:
    """One line on a terminal: what is being done, how fast, and how long it will still take."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()
        self.what = ""
        self.start = self.told = time.monotonic()

    def __call__(self, what: str, items: int, done: int, whole: int) -> None:
        """Told by the import from time to time."""
        now = time.monotonic()
        if what != self.what:
            self.what, self.start, self.told = what, now, now
        if self.shown and now - self.told > 0.2:
            self.told = now
            click.echo(
                f"\r{self.line(items, done, whole, now - self.start):<78}", nl=False, err=True
            )

    def line(self, items: int, done: int, whole: int, seconds: float) -> str:
        """The line, without its end."""
        share = done / whole if whole else 1
        left = seconds / share - seconds if share else 0
        counted = f", {items:,} new items, {items / seconds:,.0f} a second" if items else ""
        return f"{self.what} {share:4.0%}{counted}, {left // 60:.0f}:{left % 60:02.0f} left"

    def end(self) -> None:
        """Leave the line."""
        if self.shown and self.what:
            click.echo("", err=True)


@redif.group("source")
def source() -> None:
    """Where archives are read from; the worker reads each in its rhythm."""


@source.command("add")
@click.argument("code")
@click.argument("location")
@click.option("--every", default=24, show_default=True, help="Hours between two readings.")
def source_add(code: str, location: str, every: int) -> None:
    """Read the archive CODE (three letters; “all” for a copy of RePEc:all) from LOCATION.

    LOCATION is a directory of this machine or an address like https://example.org/RePEc/aaa/.
    """
    with in_a_sentence(), transaction():
        named = sources.name(code, location, every)
        click.echo(f"{named.code} is read from {named.location} every {named.every_hours} hours.")


@source.command("list")
def source_list() -> None:
    """Show all sources, when each is due, and what went wrong."""
    for one in sources.all_sources():
        error = f"  {one.last_error}" if one.last_error else ""
        due = f"{one.next_at:%Y-%m-%d %H:%M} UTC"
        click.echo(f"{one.code}  every {one.every_hours} h, due {due}  {one.location}{error}")


@source.command("remove")
@click.argument("code")
def source_remove(code: str) -> None:
    """Read the archive CODE no more; what was imported stays."""
    with in_a_sentence(), transaction():
        sources.forget(code)
        click.echo(f"{code} is not read any more.")


@source.command("read")
@click.argument("code")
@click.option("--dry-run", is_flag=True, help="Say what would change, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@click.option("--claim", hidden=True, help="The token of the worker's claim.")
def source_read(code: str, dry_run: bool, as_json: bool, claim: str | None) -> None:
    """Read the archive CODE from its source now."""
    progress = Progress()

    def told(fetched: Fetched) -> None:
        click.echo(
            f"fetched {fetched.downloaded:,} files, {fetched.unchanged:,} unchanged, "
            f"{fetched.removed:,} gone, {len(fetched.refused) + fetched.more_refused:,} refused",
            err=True,
        )
        for refusal in fetched.refused:
            click.echo(f"{refusal.url}: {refusal.sentence}", err=True)

    with in_a_sentence():
        act = sources.read if dry_run else sources.read_and_release
        options: dict[str, Any] = {"dry_run": True} if dry_run else {"token": claim}
        summary = act(code, progress=progress, told=told, **options)
    progress.end()
    click.echo(json.dumps(summary.as_json(), sort_keys=True) if as_json else summary_text(summary))


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """What cannot be done is a sentence, not a trace."""
    try:
        yield
    except (BadSource, Unreachable, DomainError) as error:
        raise click.ClickException(str(error)) from None


@redif.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Say what is wrong in PATHs, what to do, and what RePEc would do with each template.

    Of a directory all .rdf and .redif files are read. The exit code is 1 when RePEc would
    ignore a template.
    """
    checker = Checker()
    problems: list[tuple[str, Problem]] = []
    verdicts: list[Verdict] = []
    for path, data in _read(paths):
        _, found, judged = checker.file(path, data)
        bad = [verdict for verdict in judged if not verdict.template.good]
        if as_json:
            problems += [(path, problem) for problem in found]
            verdicts += bad
            continue
        for problem in found:
            click.echo(_told(path, problem))
        for verdict in bad:
            line, handle = verdict.template.first_line, verdict.template.handle or "no handle"
            click.echo(f"{path}:{line}:1: verdict: {handle}: {verdict.sentence}")
    for path, problem in checker.together():
        if as_json:
            problems.append((path, problem))
        else:
            click.echo(_told(path, problem))
    if as_json:
        click.echo(json.dumps(_as_json(checker, problems, verdicts), ensure_ascii=False))
    else:
        click.echo(_counted(checker))
    sys.exit(1 if checker.bad else 0)


@redif.command("dump")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--tolerant", is_flag=True, help="As we import it, not as RePEc's parser reads it.")
def dump(paths: tuple[Path, ...], tolerant: bool) -> None:
    """Print each template of the files as one JSON object on a line."""
    for path, data in _read(paths):
        for row in dumps.rows(parse(data, name=path, strict=not tolerant), path):
            click.echo(json.dumps(row, ensure_ascii=False))


@redif.command("references")
@click.argument("archive")
def references(archive: str) -> None:
    """Print the references of ARCHIVE that requests linked, added or respelt, as JSON lines.

    They are in the form of references/*.jsonl, by citing handle and place, and can be put there.
    """
    found = archive_by_handle(archive if ":" in archive else f"RePEc:{archive}")
    if found is None:
        raise click.ClickException(f"There is no archive {archive}. Give its code, like gam.")
    for row in decided_references(found):
        click.echo(json.dumps(row, ensure_ascii=False))


def _read(paths: tuple[Path, ...]) -> Iterator[tuple[str, bytes]]:
    """Yield each file's path and bytes; of one too large to be read only the beginning."""
    for path in paths:
        files = [found.full for found in redif_files(path)] if path.is_dir() else [path]
        for file in files:
            try:
                with file.open("rb") as opened:
                    data = opened.read(MAX_BYTES + 1)
            except OSError as error:
                raise click.ClickException(f"{file} cannot be read: {error.strerror}") from None
            yield file.as_posix().encode("utf-8", "backslashreplace").decode(), data


def _told(path: str, problem: Problem) -> str:
    text = f"{problem.message} {problem.advice}".rstrip()
    severity = problem.severity.value
    return f"{path}:{problem.line}:{problem.column}: {severity}: {problem.code}: {text}"


def _counted(checker: Checker) -> str:
    counts = ", ".join(_number(checker.counts[one], one.value) for one in Severity)
    return (
        f"{_number(checker.files, 'file')}, {_number(checker.good + checker.bad, 'template')}: "
        f"RePEc indexes {checker.good:,} and ignores {checker.bad:,}; {counts}"
    )


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _as_json(
    checker: Checker, problems: list[tuple[str, Problem]], verdicts: list[Verdict]
) -> dict[str, Any]:
    return {
        "files": checker.files,
        "templates": checker.good + checker.bad,
        "good": checker.good,
        "bad": checker.bad,
        "counts": {one.value: checker.counts[one] for one in Severity},
        "ignored_by_repec": [
            {
                "path": verdict.path,
                "first_line": verdict.template.first_line,
                "last_line": verdict.template.last_line,
                "type": verdict.template.type,
                "handle": verdict.template.handle,
                "why": list(verdict.why),
                "repec": verdict.sentence,
            }
            for verdict in verdicts
        ],
        "problems": [{"path": path} | problem._asdict() for path, problem in problems],
    }


def summary_text(summary: Summary) -> str:
    """The summary for people."""
    lines = [
        f"{summary.path}: {summary.archive or 'RePEc:all'}, {summary.files:,} files, "
        f"{summary.templates:,} templates, {summary.seconds:.1f} s"
        f"{' (dry run: nothing was written)' if summary.dry_run else ''}",
        _line("archives", summary.archives),
        _line("series", summary.series),
        _line("items", summary.items),
        _line("of kind", summary.kinds),
        _line("references", summary.references),
        f"  {'problems':<11}{sum(summary.problems.values()):,}",
    ]
    lines += [f"    {count:>7,}  {code}" for code, count in summary.problems.most_common()]
    lines.append(f"  {summary.changed:,} changes to the catalogue")
    return "\n".join(line for line in lines if line)


def _line(name: str, counts: Counter[str]) -> str:
    counts = +counts
    if not counts:
        return ""
    return f"  {name:<11}" + ", ".join(f"{n:,} {what}" for what, n in sorted(counts.items()))
