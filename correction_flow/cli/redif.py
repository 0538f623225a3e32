"""`flask redif import`: a publisher's files into the catalogue."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import click
from flask.cli import AppGroup

from correction_flow.upstream.importer import BadSource, Summary, import_path

redif = AppGroup("redif", help="Read publishers' archives.")


@redif.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--archive", metavar="AAA", help="Whose files these are, like gam.")
@click.option("--core", is_flag=True, help="A copy of RePEc:all: describes archives and series.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def import_(path: Path, archive: str | None, core: bool, as_json: bool) -> None:
    """Import the .rdf and .redif files below PATH, and references/*.jsonl beside them."""

    def progress(name: str, count: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{count:>9,} items  {name[:60]:<60}", nl=False, err=True)

    try:
        summary = import_path(path, archive=archive, core=core, progress=progress)
    except BadSource as error:
        raise click.ClickException(str(error)) from None
    if sys.stderr.isatty():
        click.echo("", err=True)
    click.echo(json.dumps(summary.as_json(), sort_keys=True) if as_json else summary_text(summary))


def summary_text(summary: Summary) -> str:
    """The summary for people."""
    lines = [
        f"{summary.path}: {summary.archive or 'RePEc:all'}, {summary.files:,} files, "
        f"{summary.templates:,} templates, {summary.seconds:.1f} s",
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
    if not counts:
        return ""
    return f"  {name:<11}" + ", ".join(f"{n:,} {what}" for what, n in sorted(counts.items()))
