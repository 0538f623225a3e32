"""Archives and series."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from correction_flow.catalog import queries
from correction_flow.core.errors import NotFound
from correction_flow.redif.problems import Severity
from correction_flow.upstream.queries import last_run_of, problem_counts, problems_of
from correction_flow.web.access import public, sees_problems, signed_in
from correction_flow.web.display import item_view
from correction_flow.web.redif import EXPLANATIONS

pages = Blueprint("archives", __name__)


@pages.get("/archives")
@public
def index() -> Any:
    """All archives by name."""
    return render_template("archives/index.html", page=queries.archives(request.args.get("after")))


@pages.get("/archives/<handle>")
@public
def show(handle: str) -> Any:
    """An archive and its series."""
    archive = queries.archive_by_handle(handle)
    if archive is None:
        raise NotFound(f"There is no archive {handle} here.")
    page = queries.series_of(archive, request.args.get("after"))
    problems = problem_counts(archive) if sees_problems(archive) else None
    return render_template("archives/show.html", archive=archive, page=page, problems=problems)


@pages.get("/archives/<handle>/problems")
@signed_in
def problems(handle: str) -> Any:
    """What was wrong in the archive's files when they were last read, for who can mend it."""
    archive = queries.archive_by_handle(handle)
    if archive is None or not sees_problems(archive):
        raise NotFound(f"There is no archive {handle} here.")
    asked = request.args.get("severity", "")
    severity = Severity(asked) if asked in set(Severity) else None
    counts = problem_counts(archive)
    severity = severity or next((one for one in Severity if counts[one]), Severity.ERROR)
    return render_template(
        "archives/problems.html", archive=archive, severity=severity, severities=list(Severity),
        counts=counts, run=last_run_of(archive), explanations=EXPLANATIONS,
        page=problems_of(archive, severity, request.args.get("after")),
    )  # fmt: skip


@pages.get("/series/<handle>")
@public
def series(handle: str) -> Any:
    """A series, who decides about it, and its items."""
    found = queries.series_by_handle(handle)
    if found is None:
        raise NotFound(f"There is no series {handle} here.")
    page = queries.items_of(found, request.args.get("after"))
    return render_template(
        "archives/series.html", series=found, page=page, items=[item_view(i) for i in page.rows],
        decides=queries.decides(found),
    )  # fmt: skip
