"""Archives and series."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from wtforms import BooleanField

from correction_flow.catalog import queries
from correction_flow.catalog.described import Facts, facts, series_key
from correction_flow.catalog.models import Archive, Place, Series
from correction_flow.catalog.record import to_tree
from correction_flow.core.errors import NotFound
from correction_flow.core.text import words
from correction_flow.core.transaction import transaction
from correction_flow.proposals import figures
from correction_flow.proposals.queries import any_about, carried, public_history, undecided
from correction_flow.redif.problems import Severity
from correction_flow.upstream.queries import (
    last_run_of,
    problem_counts,
    problems_of,
    runs_of,
    source_of,
)
from correction_flow.web.access import public, sees_problems, sets_archive, signed_in
from correction_flow.web.display import (
    change_labels,
    change_views,
    history_entries,
    item_lines,
    item_url,
)
from correction_flow.web.forms import number_in
from correction_flow.web.redif import EXPLANATIONS

pages = Blueprint("archives", __name__)

UNDATED = "none"
_MOST_WORDS = 10


@pages.get("/archives")
@public
def index() -> Any:
    """All archives by name; `name` leads to the archive or series of that code or handle, or keeps
    to the archives that have its words."""
    name = request.args.get("name", "").strip()[:500]
    found = _place(name) if name else None
    if found is not None:
        return redirect(found)
    asked = words(name)[:_MOST_WORDS]
    here = request.args.get("after"), request.args.get("before")
    page = queries.archives(*here, asked)
    missed = bool(name) and not any(here) and not (asked and page.rows)
    if missed:
        page = queries.archives()
    return render_template(
        "archives/index.html", page=page, kinds=queries.series_kinds(page.rows), name=name,
        missed=missed,
    ), 422 if missed else 200  # fmt: skip


def _place(name: str) -> str | None:
    """The address of what somebody names: an archive, a series, or an item after all."""
    found = queries.named_place(name)
    if found is None:
        item = queries.pasted_item(name)
        return item_url(item) if item else None
    endpoint = "archives.show" if isinstance(found, Archive) else "archives.series"
    return url_for(endpoint, handle=found.handle)


@pages.get("/archives/<handle>")
@public
def show(handle: str) -> Any:
    """An archive: its series, the state of its files, and how corrections fare there."""
    archive = _archive(handle)
    page = queries.series_of(archive, request.args.get("after"), request.args.get("before"))
    return render_template(
        "archives/show.html", archive=archive, page=page, facts=_told(archive),
        kinds=queries.series_kinds([archive]).get(archive.id, {}),
        contacts=queries.contact_names(archive), decides=queries.decides(archive),
        counts=queries.item_counts(page.rows), run=last_run_of(archive),
        problems=problem_counts(archive), sees_problems=sees_problems(archive),
        source=source_of(archive), figures=figures.of_archive(archive),
        sets_archive=sets_archive(archive), **_corrections(archive),
    )  # fmt: skip


@pages.get("/archives/<handle>/problems")
@signed_in
def problems(handle: str) -> Any:
    """What was wrong in the archive's files when they were last read, for who can mend it."""
    archive = _mended_by_me(handle)
    return render_template(
        "archives/problems.html", archive=archive, run=last_run_of(archive),
        listed=_problems_at(archive),
    )  # fmt: skip


def _problems_at(place: Archive | Series) -> dict[str, Any]:
    """The problems of a place: of the severity that was asked for, or the worst there is."""
    asked = request.args.get("severity", "")
    severity = Severity(asked) if asked in set(Severity) else None
    counts = problem_counts(place)
    severity = severity or next((one for one in Severity if counts[one]), Severity.ERROR)
    after = request.args.get("after")
    return {
        "severity": severity, "severities": list(Severity), "counts": counts, "after": after,
        "page": problems_of(place, severity, after), "explanations": EXPLANATIONS,
    }  # fmt: skip


@pages.get("/archives/<handle>/imports")
@signed_in
def imports(handle: str) -> Any:
    """The last readings of the archive's files, for who can mend them."""
    archive = _mended_by_me(handle)
    return render_template("archives/imports.html", archive=archive, runs=runs_of(archive))


class SettingsForm(FlaskForm):  # type: ignore[misc]
    """What an archive leaves to itself."""

    certain_at_once = BooleanField(
        "Certain links take effect at once",
        description="An author of the cited item recognises it in a reference from your list, and "
        "title, names and year leave no doubt. You are told, and can revert it. Links that an "
        "author of the citing item asks for always wait for you.",
    )


@pages.get("/archives/<handle>/settings")
@signed_in
def settings(handle: str) -> Any:
    """How requests about an archive are dealt with, for who maintains all of it."""
    archive = _set_by_me(handle)
    return render_template(
        "archives/settings.html", archive=archive, form=SettingsForm(obj=archive)
    )


@pages.post("/archives/<handle>/settings")
@signed_in
def keep_settings(handle: str) -> Any:
    """Keep what was chosen."""
    archive = _set_by_me(handle)
    form = SettingsForm()
    if not form.validate_on_submit():
        return render_template("archives/settings.html", archive=archive, form=form), 422
    with transaction():
        form.populate_obj(archive)
    flash("Kept. It holds for what is sent from now on.", "success")
    return redirect(url_for("archives.show", handle=archive.handle), 303)


@pages.get("/series/<handle>")
@public
def series(handle: str) -> Any:
    """A series, who decides about it, and its items; `year` keeps to one."""
    found = _series(handle)
    asked = request.args.get("year", "")
    year = 0 if asked == UNDATED else number_in(asked)
    page = queries.items_of(found, request.args.get("after"), request.args.get("before"), year=year)
    told = _told(found)
    return render_template(
        "archives/series.html", series=found, page=page, items=item_lines(page.rows),
        decides=queries.decides(found), facts=told, neighbours=_neighbours(told), year=year,
        years=queries.years_of(found), counts=queries.item_counts([found])[found.id],
        figures=figures.of_series(found), run=last_run_of(found.archive),
        problems=problem_counts(found) if sees_problems(found.archive) else None,
        **_corrections(found),
    )  # fmt: skip


@pages.get("/series/<handle>/problems")
@signed_in
def series_problems(handle: str) -> Any:
    """What was wrong in the templates of a series, for who can mend them."""
    found = _series(handle)
    if not sees_problems(found.archive):
        raise _no_series(handle)
    return render_template(
        "archives/series_problems.html", series=found, run=last_run_of(found.archive),
        listed=_problems_at(found),
    )  # fmt: skip


def _told(place: Place) -> Facts:
    return facts(to_tree(place.shown, handle=place.handle, fields=place.fields))


def _corrections(place: Place) -> dict[str, Any]:
    """What is asked for about the place itself, and what became of it."""
    asked = any_about(place)
    waiting = undecided(place) if asked else []
    return {
        "waiting": change_labels(waiting),
        "history": history_entries(public_history(place) if asked else []),
        "carried": change_views(list(carried(place).values())) if asked else [],
    }


def _neighbours(told: Facts) -> dict[str, list[tuple[str, str | None]]]:
    """Predecessors and follow-ups: how the publisher names each, and its page where it is here."""
    named = {"Predecessor": told.predecessors, "Follow-up": told.followups}
    keys = [key for texts in named.values() for text in texts if (key := series_key(text))]
    known = queries.series_by_keys(keys) if keys else {}

    def shown(text: str) -> tuple[str, str | None]:
        other: Series | None = known.get(series_key(text) or "")
        if other is None:
            return text, None
        return other.name, url_for("archives.series", handle=other.handle)

    return {label: [shown(text) for text in texts] for label, texts in named.items()}


def _series(handle: str) -> Series:
    series = queries.series_by_handle(handle)
    if series is None:
        raise _no_series(handle)
    return series


def _no_series(handle: str) -> NotFound:
    return NotFound(f"There is no series {handle} here.")


def _archive(handle: str) -> Archive:
    archive = queries.archive_by_handle(handle)
    if archive is None:
        raise NotFound(f"There is no archive {handle} here.")
    return archive


def _set_by_me(handle: str) -> Archive:
    archive = _archive(handle)
    if not sets_archive(archive):
        raise NotFound(f"There is no archive {handle} here.")
    return archive


def _mended_by_me(handle: str) -> Archive:
    """The archive, for who can mend its files; to everybody else it does not exist."""
    archive = _archive(handle)
    if not sees_problems(archive):
        raise NotFound(f"There is no archive {handle} here.")
    return archive
