"""Checking a publisher's files: what is wrong, what to do, and what RePEc would do with them.

``Checker`` is given one file after the other, by the command and by the page, and joins what the
parser reports, what no parser sees, and what only several files together show.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from correction_flow.redif import checks
from correction_flow.redif.across import Across, Repeated
from correction_flow.redif.parser import parse
from correction_flow.redif.problems import Problem, Severity
from correction_flow.redif.template import ParsedFile, Template


class Verdict(NamedTuple):
    """What RePEc's own parser would do with one template; ``why`` names the errors' codes."""

    path: str
    template: Template
    why: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What RePEc would do, and whether it was read here all the same."""
        template = self.template
        if template.good:
            dropped = sum(problem.code in _DROPS for problem in template.problems)
            values = "one value" if dropped == 1 else f"{dropped} values"
            return f"RePEc indexes it, without {values}." if dropped else "RePEc indexes it."
        rescued = any(problem.recovered for problem in template.problems)
        rest = " Here it was read all the same." if rescued and template.kind else ""
        return f"RePEc ignores it.{rest}"


_DROPS = {
    "blanks-in-handle",
    "date-not-padded",
    "format-not-mime",
    "invalid-value",
    "scheme-doubled",
    "several-addresses",
    "text-after-handle",
    "text-around-address",
    "type-misspelt",
    "url-without-scheme",
}
"""Problems of a value that RePEc's parser drops from a template it accepts."""


@dataclass
class Checker:
    """All files seen so far: counts, and for the end what does not fit together."""

    files: int = 0
    good: int = 0
    bad: int = 0
    counts: Counter[Severity] = field(default_factory=Counter)
    _across: Across = field(default_factory=Across)
    _repeated: Repeated = field(default_factory=Repeated)

    def file(self, path: str, data: bytes) -> tuple[ParsedFile, list[Problem], list[Verdict]]:
        """Check one file, its path with forward slashes; the problems come in line order."""
        parsed = parse(data, name=path)
        problems = list(parsed.all_problems())
        verdicts = []
        for template in parsed.templates:
            problems += checks.problems(template)
            self._across.see(path, template)
            self._repeated.see(path, template)
            errors = (p.code for p in template.problems if p.severity is Severity.ERROR)
            verdicts.append(Verdict(path, template, tuple(dict.fromkeys(errors))))
        problems.sort(key=lambda problem: (problem.line, problem.column))
        self.files += 1
        self.good += sum(template.good for template in parsed.templates)
        self.bad += sum(not template.good for template in parsed.templates)
        self.counts.update(problem.severity for problem in problems)
        return parsed, problems, verdicts

    def together(self) -> Iterator[tuple[str, Problem]]:
        """Yield what only the files together show, each problem with its path."""
        for path, problem in (*self._across.problems(), *self._repeated.problems()):
            self.counts[problem.severity] += 1
            yield path, problem
