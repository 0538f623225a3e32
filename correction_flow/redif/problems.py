"""What can be wrong in a file: one problem, where it is, how bad, and the remedy."""

from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """An error makes the ReDIF template bad, so that RePEc ignores it; a warning does not."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


class Problem(NamedTuple):
    """One thing wrong in a file.

    ``line`` and ``column`` count from 1; ``message`` and ``advice`` are sentences for the
    maintainer (the advice may be empty). ``recovered`` says that the intended value was read.
    """

    line: int
    column: int
    severity: Severity
    code: str
    message: str
    advice: str = ""
    recovered: bool = False
