"""How fast ReDIF is read, beside a floor measured in the same run.

    python bench/redif.py [--templates 20000 | --real] [--repeat 5] [--redif-perl FOLDER] [--rules]

The floor reads, decodes and splits each file, matches every line against one regular expression
and collects template, tag and value: the least any reader has to do. Everything runs in one
process. The last line is one JSON object; ``*_per_s`` are templates a second.

``--real`` takes the real archives ($REDIF_DATA, else ../shared/data/redif) instead of templates
made up here. ``--redif-perl`` names a checkout of ReDIF-perl (the folder with ``lib/ReDIF``) to run
beside it; no such checkout was at hand when this was written, so only its refusals were seen.
``--rules`` counts instead in how many values the tolerant reading differs, by rule.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from correction_flow.redif.parser import parse  # noqa: E402

WORDS = re.findall(
    r"\w+",
    "growth trade wages money policy evidence from the of and labour market capital tax firms risk "
    "prices demand theory model bank credit shocks cycle public health schools inequality crédit "
    "marché croissance Löhne Märkte política economía",
)
NAMES = ("Jane Roe", "Paula Smith", "Anders Sørensen", "José Muñoz", "Jürgen Müller", "Li Wei")
JEL = re.findall(r"\w+", "C12 C33 D24 E52 E58 F14 G21 H26 I12 J31 L11 O33 Q41 R11")
LINE = re.compile(r"([a-zA-Z-]+):\s*(.*)")


def main() -> None:
    """Measure and print."""
    asked = arguments()
    with tempfile.TemporaryDirectory() as folder:
        paths = (
            real_files() if asked.real or asked.rules else made_up(Path(folder), asked.templates)
        )
        if asked.rules:
            print_rules(paths)
            return
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        print(f"{len(paths):,} files, {megabytes:.1f} MB")
        floor = best(asked.repeat, lambda: sum(map(read_floor, paths)))
        strict = best(asked.repeat, lambda: sum(read(path, strict=True) for path in paths))
        tolerant = best(asked.repeat, lambda: sum(read(path, strict=False) for path in paths))
        perl = with_redif_perl(asked.redif_perl, paths) if asked.redif_perl else None
    rows = [("floor", floor), ("strict", strict), ("tolerant", tolerant), ("ReDIF-perl", perl)]
    print(f"{'':12}{'templates/s':>14}{'floor is so many times faster':>32}")
    for name, rate in rows:
        if rate is not None:
            print(f"{name:12}{rate:>14,.0f}{floor / rate:>32.1f}")
    print(
        json.dumps(
            {
                "parse_per_s": round(strict),
                "floor_per_s": round(floor),
                "redif_perl_per_s": round(perl) if perl else None,
                "tolerant_per_s": round(tolerant),
                "megabytes": round(megabytes, 1),
            }
        )
    )


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--templates", type=int, default=20_000, help="how many are made up")
    parser.add_argument("--real", action="store_true", help="read the real archives instead")
    parser.add_argument("--repeat", type=int, default=5, help="the best of so many counts")
    parser.add_argument("--redif-perl", type=Path, help="a checkout of ReDIF-perl")
    parser.add_argument("--rules", action="store_true", help="count rescued values by rule")
    return parser.parse_args()


def best(repeat: int, run: Callable[[], int]) -> float:
    """Return the templates a second of the fastest of several runs."""
    rates = []
    for _ in range(repeat):
        start = time.perf_counter()
        templates = run()
        rates.append(templates / (time.perf_counter() - start))
    return max(rates)


def read(path: Path, *, strict: bool) -> int:
    """Read one file with our parser and count its templates."""
    return len(parse(path.read_bytes(), name=path.name, strict=strict).templates)


def read_floor(path: Path) -> int:
    """Read one file as plainly as can be and count its templates."""
    data = path.read_bytes()
    marked = data.startswith(b"\xef\xbb\xbf") or path.name.endswith(".redif")
    text = data.decode("utf-8-sig" if marked else "cp1252", "replace")
    match_line = LINE.match
    templates = []
    values: list[tuple[str, str]] = []
    for line in text.split("\n"):
        match = match_line(line)
        if match is None:
            continue
        tag = match[1].lower()
        if tag == "template-type":
            values = []
            templates.append(values)
        values.append((tag, match[2]))
    return len(templates)


# -- what is read -----------------------------------------------------------------------------


def real_files() -> list[Path]:
    """Return the files of the real archives that hold ReDIF."""
    told = os.environ.get("REDIF_DATA")
    folder = Path(told) if told else ROOT.parent / "shared" / "data" / "redif"
    if not folder.is_dir():
        sys.exit("The real archives are not here: set REDIF_DATA.")
    return [path for path in sorted(folder.rglob("*.r*d*f")) if path.is_file()]


def made_up(folder: Path, templates: int) -> list[Path]:
    """Write so many templates into files of 1 to 30, always the same ones."""
    dice = random.Random(1997)
    paths, written = [], 0
    while written < templates:
        count = min(dice.randint(1, 30), templates - written)
        text = "\n".join(template(dice, written + n) for n in range(count))
        ends = dice.choice(["\n", "\r\n", "\r\n"])
        encoding = dice.choices(["cp1252", "utf-8-sig", "ascii"], [30, 15, 55])[0]
        path = folder / f"{len(paths):06}.rdf"
        if encoding == "ascii":
            text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
        path.write_bytes(text.replace("\n", ends).encode(encoding))
        paths.append(path)
        written += count
    return paths


def template(dice: random.Random, n: int) -> str:
    """Return one template: mostly papers and articles, one in a hundred with a slip."""
    if dice.random() < 0.1:
        return series(dice, n)
    kind = dice.choices(["Paper", "Article", "Software"], [45, 45, 10])[0]
    lines = [f"Template-Type: ReDIF-{kind} 1.0"]
    for _ in range(dice.randint(1, 3)):
        lines += [f"Author-Name: {dice.choice(NAMES)}"]
        if dice.random() < 0.5:
            lines += [f"Author-Workplace-Name: University of {dice.choice(WORDS).title()}"]
    lines += [f"Title: {words(dice, 9).capitalize()}", *abstract(dice)]
    if kind == "Article":
        lines += ["Journal: Annals", f"Year: {dice.randint(1980, 2026)}", f"Volume: {n % 60 + 1}"]
        lines += [f"Pages: {n % 900 + 1}-{n % 900 + 20}", "Month: June"]
    else:
        lines += [f"Creation-Date: {dice.randint(1980, 2026)}-0{dice.randint(1, 9)}"]
    lines += [f"Keywords: {words(dice, 3).replace(' ', '; ')}"]
    lines += [f"Classification-JEL: {' '.join(dice.sample(JEL, 2))}"]
    lines += [f"File-URL: https://example.org/papers/{n}.pdf", "File-Format: application/pdf"]
    if dice.random() < 0.01:
        lines += ["Lenght: 12 pages"]
    return "\n".join([*lines, f"Handle: RePEc:aaa:ssssss:{n}", ""])


def series(dice: random.Random, n: int) -> str:
    """Return the template of a series."""
    return (
        f"Template-Type: ReDIF-Series 1.0\nName: {words(dice, 4).title()}\n"
        f"Provider-Name: University of {dice.choice(WORDS).title()}\n"
        "Provider-Homepage: https://example.org/\nProvider-Institution: RePEc:edi:frbgvus\n"
        f"Maintainer-Name: {dice.choice(NAMES)}\nMaintainer-Email: mara@example.org\n"
        f"Type: ReDIF-Paper\nHandle: RePEc:aaa:{n % 1_000_000:06}\n"
    )


def abstract(dice: random.Random) -> Iterator[str]:
    """Yield the lines of an abstract, or none."""
    rows = dice.choice([0, 3, 5, 7])
    for row in range(rows):
        yield ("Abstract: " if row == 0 else dice.choice(["", "  "])) + words(dice, 11)


def words(dice: random.Random, count: int) -> str:
    """Return so many words."""
    return " ".join(dice.choices(WORDS, k=count))


# -- beside RePEc's own parser ----------------------------------------------------------------

PERL = r"""
use strict; use Time::HiRes ();
use ReDIF::init;
BEGIN { ReDIF::initialize({ print_results => 0 }) }
use ReDIF::Spec ();
use ReDIF::Parser qw(redif_open_file redif_get_next_template_good_or_bad);
ReDIF::Parser::redif_set_parser_options(
    build_template_hash => 1,
    use_parser_input    => 1,
    redif_specification => ReDIF::Spec->new($ReDIF::CONFIG{spec_full_name}),
);
open my $list, '<', $ENV{BENCH_FILES} or die $!;
chomp(my @files = <$list>);
my ($count, $start) = (0, Time::HiRes::time());
for my $file (@files) {
    redif_open_file($file);
    $count++ while redif_get_next_template_good_or_bad();
}
printf "%d %f\n", $count, Time::HiRes::time() - $start;
"""


def with_redif_perl(checkout: Path, paths: list[Path]) -> float | None:
    """Run RePEc's own parser over the same files; return its templates a second.

    Says why and returns None where it does not run.
    """
    specifications = sorted(checkout.rglob("redif.spec"))
    if not (checkout / "lib" / "ReDIF").is_dir() or not specifications:
        print(f"{checkout} is no checkout of ReDIF-perl: it lacks lib/ReDIF or redif.spec.")
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as files:
        files.write("".join(f"{path}\n" for path in paths))
        files.flush()
        done = subprocess.run(
            ["perl", f"-I{checkout / 'lib'}", "-e", PERL, "--", "--spec", str(specifications[0])],
            env={**os.environ, "BENCH_FILES": files.name},
            capture_output=True,
            text=True,
        )
    measured = re.search(r"^(\d+) ([\d.]+)$", done.stdout, re.MULTILINE)
    if measured is None:
        print(f"ReDIF-perl did not run: {done.stderr.strip()[-500:]}")
        return None
    return int(measured[1]) / float(measured[2])


# -- what the tolerant reading has otherwise -------------------------------------------------


def print_rules(paths: list[Path]) -> None:
    """Count the values that the tolerant reading has otherwise than the strict one, by rule."""
    values: Counter[str] = Counter()
    total = 0
    for path in paths:
        data = path.read_bytes()
        strict = {t.first_line: t for t in parse(data, name=path.name, strict=True).templates}
        found = parse(data, name=path.name)
        of_file = [p.code for p in found.problems if p.recovered]
        for template in found.templates:
            said, ours = strict.get(template.first_line), flat(template.tree())
            total += ours.total()
            differing = ours if said is None else ours - flat(said.tree())
            lost = Counter() if said is None else flat(said.tree()) - ours
            own = [p.code for p in template.problems if p.recovered]
            if said is None:
                own = ["template-type-not-seen"]
            told = own or of_file or ["a value that RePEc keeps is dropped"]
            for place in differing or lost:
                garbled = of_file and not str(place[1]).isascii()
                values[(of_file if garbled else told)[0]] += 1
    print(f"{total:,} values; the tolerant reading has otherwise:")
    for rule, count in values.most_common():
        print(f"{count:>8,}  {rule}")
    print(json.dumps({"values": total, "rules": dict(values)}))


def flat(tree: dict[str, Any], path: tuple[str, ...] = ()) -> Counter[tuple[tuple[str, ...], str]]:
    """Count the values of a tree; the blank RePEc keeps before a folded value is none."""
    found: Counter[tuple[tuple[str, ...], str]] = Counter()
    for tag, entries in tree.items():
        for entry in entries:
            if isinstance(entry, str):
                found[(*path, tag), entry.strip()] += bool(entry)
            else:
                found += flat(entry, (*path, tag))
    return +found


if __name__ == "__main__":
    main()
