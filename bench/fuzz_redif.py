"""A coverage-guided search for bytes that the ReDIF reader cannot take.

    python bench/fuzz_redif.py [--minutes 1] [--megabytes 8]

First a table of hostile files of that size is read in both readings, each in a process of its own:
seconds and peak memory are printed, and a file that needs more than 2 seconds a megabyte or 3 GB in
all fails the run. Then atheris feeds the reader whatever reaches new lines of its code: no
exception, ``write(parse(data)) == data``, every line number within the file, every row fit for
JSON, and no input of 20 KB slower than 10 seconds. What was found is kept in a folder that the last
lines name; the exit code is 1 then.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

START = b"Template-Type: ReDIF-Paper 1.0\nTitle: "
GOOD = START + b"x\nAuthor-Name: Jane Roe\nHandle: RePEc:aaa:ssssss:1\n"
MEGABYTE = 1024 * 1024
SECONDS_PER_MEGABYTE, LEAST_SECONDS, MOST_MEMORY = 2.0, 10.0, 3072
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "one line": lambda n: START + b"x" * n,
    "colons": lambda n: START + b":" * n,
    "an attribute a line": lambda n: START + b"\na:" * (n // 3),
    "template types": lambda n: b"Template-Type: ReDIF-Paper 1.0\n" * (n // 31),
    "nearly attributes": lambda n: (START + b"".join(_nearly()) + b"\n") * (n // 11000 + 1),
    "entities": lambda n: START + b"&amp;amp;" * (n // 9),
    "broken entities": lambda n: START + b"&#1 " * (n // 4),
    "brackets and addresses": lambda n: START + b"<a@" * (n // 3),
    "an endless address": lambda n: START + b"<" + b"a@" * (n // 2),
    "line feeds": lambda n: START + b"\n" * n,
    "all line ends": lambda n: START + b"\r\n\r" * (n // 3),
    "undefined bytes": lambda n: START + b"\x81" * n,
    "no UTF-8 at all": lambda n: b"\xef\xbb\xbf" + START + b"\x81" * n,
    "control characters": lambda n: START + b"\x01" * n,
    "UTF-16": lambda n: (START + b"a\r" * (n // 4)).decode().encode("utf-16"),
}
SEEDS = (
    GOOD,
    GOOD.replace(b"\n", b"\r\n") * 2,
    b"\xef\xbb\xbf" + "Template-Type: ReDIF-Article 1.0\nTitle: Économie\n".encode(),
    START + b"p<0.05 &eacute;&#241;\nAbstract: One.\nResults: two.\n three\n# no\n\x1a\n" + GOOD,
    b"Template-Type: ReDIF-Series 1.0\nMaintainer-Email: A <a@b.c>, d@e.f\nType: redif-papers\n",
    b"<<<<<<< HEAD\n\xef\xbb\xbf" + GOOD + b"=======\n" + GOOD + b"\rNote: x\n",
    b"template-type : redif-book1.0\nClassification- JEL: 040; E52,\nFile-URL: www.x.org/a b\n",
)
WORDS = (
    "Template-Type:", "ReDIF-", "Author-Name:", "Author-Workplace-Name:", "File-URL:", "Handle:",
    "RePEc:", "Abstract:", "X-File-Ref:", "http://", "&#", "&amp;", "<a", "\\x0d", "\\x1a", "#",
    "\\xef\\xbb\\xbf", "\\xff\\xfe", "\\xe2\\x80\\xa8", "=======",
)  # fmt: skip


def main() -> None:
    """Read the hostile files, then search."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to search")
    parser.add_argument("--megabytes", type=int, default=8, help="the size of the hostile files")
    parser.add_argument("--search", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.search is not None:
        search(asked.search)
        return
    failed = not read_hostile(asked.megabytes)
    failed |= not searched(asked.minutes)
    sys.exit(1 if failed else 0)


def read_hostile(megabytes: int) -> bool:
    """Print what each hostile file costs; say whether all stayed within bounds."""
    within = True
    most = megabytes * SECONDS_PER_MEGABYTE + LEAST_SECONDS
    print(f"{'hostile file':24}{'reading':>10}{'MB':>6}{'seconds':>9}{'peak MB':>9}  outcome")
    for name in HOSTILE:
        for strict in (True, False):
            answers: multiprocessing.Queue[tuple[int, float, int, str]] = multiprocessing.Queue()
            process = multiprocessing.Process(
                target=read_one, args=(name, megabytes, strict, answers)
            )
            process.start()
            process.join(most + 30)
            if process.exitcode != 0:
                process.kill()
                size, seconds, memory, outcome = megabytes, most, 0, "NOT READ"
                within = False
            else:
                size, seconds, memory, outcome = answers.get()
            if seconds > most or memory > MOST_MEMORY:
                outcome, within = f"TOO MUCH ({outcome})", False
            reading = "strict" if strict else "tolerant"
            print(f"{name:24}{reading:>10}{size:>6}{seconds:>9.1f}{memory:>9,}  {outcome}")
    return within


def read_one(
    name: str,
    megabytes: int,
    strict: bool,
    answers: multiprocessing.Queue[tuple[int, float, int, str]],
) -> None:
    """Read one hostile file and answer with its size, seconds, peak memory and outcome."""
    from correction_flow.redif.parser import parse

    data = HOSTILE[name](megabytes * MEGABYTE)
    start = time.perf_counter()
    found = parse(data, name="a.rdf", strict=strict)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    outcome = f"{len(found.templates):,} templates"
    if not found.templates:
        outcome = f"refused: {found.problems[0].code}"
    answers.put((len(data) // MEGABYTE, seconds, memory, outcome))


def _nearly() -> list[bytes]:
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    return [f"\nauthor-nam{one}{two}: x".encode() for one in letters for two in letters]


def searched(minutes: float) -> bool:
    """Search in a process of its own, which libFuzzer ends; say whether nothing was found."""
    if minutes <= 0:
        return True
    folder = Path(tempfile.mkdtemp(prefix="fuzz-redif-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    for n, seed in enumerate(SEEDS):
        for reading in range(4):
            (corpus / f"{n}-{reading}").write_bytes(bytes([reading]) + seed)
    words = folder / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS))
    command = [
        sys.executable, __file__, "--search", str(corpus), f"-dict={words}", "-timeout=10",
        f"-max_total_time={int(minutes * 60)}", "-max_len=20000", "-rss_limit_mb=2048",
        f"-artifact_prefix={folder}/found-", "-print_final_stats=1", "-verbosity=0",
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    found = sorted(folder.glob("found-*"))
    for line in done.stderr.splitlines():
        if line.startswith("stat::number_of_executed_units"):
            print(f"{int(line.split()[-1]):,} inputs tried in {minutes:g} minutes")
    if done.returncode == 0 and not found:
        print("Nothing was found.")
        return True
    print("\n".join(done.stderr.splitlines()[-30:]))
    for path in found:
        print(f"{path}: {path.read_bytes()[:500]!r}")
    return False


def search(arguments: list[str]) -> None:
    """Feed the reader until libFuzzer ends the process."""
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is missing: pip install -r requirements-dev.txt (Python 3.11 to 3.13).")

    with atheris.instrument_imports(include=["correction_flow.redif"]):
        from correction_flow.redif import checks, dump
        from correction_flow.redif.parser import parse
        from correction_flow.redif.rewrite import write

    def try_one(data: bytes) -> None:
        if not data:
            return
        name = "a.redif" if data[0] & 1 else "a.rdf"
        data, strict = data[1:], bool(data[0] & 2)
        parsed = parse(data, name=name, strict=strict)
        assert write(parsed) == data, "the file is not written as it was read"
        last = max(parsed.line_count, 1)
        for problem in parsed.all_problems():
            assert 1 <= problem.line <= last, f"{problem.code} lies outside the file"
        for template in parsed.templates:
            assert 1 <= template.first_line <= template.last_line <= last
            assert len(template.values) == len(template.chunks)
            checks.problems(template)
        json.dumps(list(dump.rows(parsed, name)))

    atheris.Setup([sys.argv[0], *arguments], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
