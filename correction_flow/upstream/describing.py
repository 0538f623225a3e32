"""Archives and series as their templates describe them; who decides follows from it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Select, exists, select, text, update

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import (
    Archive,
    Item,
    Kind,
    Place,
    Series,
    SourceFile,
    Template,
)
from correction_flow.core.bulk import chunks
from correction_flow.core.extensions import db
from correction_flow.proposals import operations as proposals
from correction_flow.proposals.models import Proposal
from correction_flow.upstream.models import ImportRun
from correction_flow.upstream.reading import Arrival, Belonging
from correction_flow.upstream.run import Run
from correction_flow.upstream.standing import reconcile_place

BATCH = 500
RENAMED = "worded_as <> name"
"""As the index says it."""
Described = tuple[Belonging, Arrival]


class Describing:
    """Stores archives and series, and seats them at their desks."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._to_regroup: dict[Place, None] = {}

    def store(self, described: Iterable[Described]) -> None:
        """Store archives, then series."""
        listed = list(described)
        for kind, store in (("Archive", self._archive), ("Series", self._series)):
            for part in chunks([d for d in listed if d[1].kind == kind], BATCH):
                with self.run.transaction():
                    better = self._told_better([place.key for place, _ in part], kind)
                    for place, arrival in part:
                        if place.key in better[arrival.good]:
                            self._counts(kind)["unchanged"] += 1
                        else:
                            store(place, arrival)
                    self._regroup()
                    if self.run.core:
                        self._in_all(kind, {p.key for p, a in part if a.good})
        if self.run.core and self.run.path.is_dir():
            self._in_all_no_more({place.key for place, arrival in listed if arrival.good})
        if not self.run.dry_run:
            reword(self.run.transaction)

    def _counts(self, kind: str) -> Counter[str]:
        return self.run.summary.series if kind == "Series" else self.run.summary.archives

    def _told_better(self, keys: list[str], kind: str) -> dict[bool, set[str]]:
        """Which of these a better template describes already than a good (True) or a bad (False)
        one that arrives: the archive's own good file counts before a copy of RePEc:all, and that
        before the archive's own bad file. So what is read last, or alternately, makes no matter.
        """
        if not self.run.core:
            model = Series if kind == "Series" else Archive
            held = model.handle_key.in_(keys) & model.in_all & ~model.placeholder
            return {
                True: set(),
                False: set(db.session.scalars(select(model.handle_key).where(held))),
            }
        rows = db.session.execute(
            select(Template.handle_key, Archive.handle_key)
            .join(SourceFile, SourceFile.id == Template.source_file_id)
            .join(Archive, Archive.id == SourceFile.archive_id)
            .where(
                Template.handle_key.in_(keys), Template.kind == kind, Template.good,
                Template.taken, ~Template.lost,
            )
        )  # fmt: skip
        own = {key for key, of in rows if key == of or key.startswith(f"{of}:")}
        return {True: own, False: own}

    def _in_all(self, kind: str, keys: set[str]) -> None:
        model = Series if kind == "Series" else Archive
        here = model.handle_key.in_(keys) & ~model.in_all
        db.session.execute(update(model).where(here).values(in_all=True))

    def _in_all_no_more(self, there: set[str]) -> None:
        for model in (Archive, Series):
            with self.run.transaction():
                known = set(db.session.scalars(select(model.handle_key).where(model.in_all)))
                for part in chunks(sorted(known - there)):
                    gone = model.handle_key.in_(part)
                    db.session.execute(update(model).where(gone).values(in_all=False))

    def _archive(self, place: Belonging, arrival: Arrival) -> None:
        tree, summary = arrival.tree or {}, self.run.summary
        archive = self.run.archive(place.code)
        before = (archive.handle, archive.name, archive.upstream, archive.placeholder)
        new = archive.placeholder
        self.run.undescribed.discard(place.code)
        archive.handle = place.text
        self._says(archive, tree)
        archive.placeholder = False
        contacts = catalog.name_contacts(archive, None, list(arrival.contacts))
        after = (archive.handle, archive.name, archive.upstream, archive.placeholder)
        summary.archives[_became(new, before != after or contacts)] += 1
        if contacts or new:
            self._to_regroup[archive] = None
        if contacts:
            of_archive = select(Series).where(Series.archive_id == archive.id)
            self._to_regroup |= dict.fromkeys(db.session.scalars(of_archive))

    def _series(self, place: Belonging, arrival: Arrival) -> None:
        tree, summary = arrival.tree or {}, self.run.summary
        archive = self.run.archive(place.code)
        series = db.session.scalar(select(Series).where(Series.handle_key == place.key))
        new = series is None or series.placeholder
        if series is None:
            series = self.run.new_series(archive, place.text, place.key, series_kind(tree))
        before = (series.handle, series.kind, series.name, series.upstream, series.placeholder)
        series.handle = place.text
        series.kind = series_kind(tree)
        self._says(series, tree)
        series.placeholder = False
        contacts = catalog.name_contacts(archive, series, list(arrival.contacts))
        after = (series.handle, series.kind, series.name, series.upstream, series.placeholder)
        summary.series[_became(new, before != after or contacts)] += 1
        if contacts or new:
            self._to_regroup[series] = None

    def _says(self, place: Place, tree: dict[str, list[Any]]) -> None:
        """What its template tells of it now."""
        if not place.upstream:  # nobody has asked for anything
            catalog.show_place(place, {}, upstream=tree)
        elif tree != place.upstream:
            reconcile_place(place, tree, import_run_id=self.run.id)

    def _regroup(self) -> None:
        """Who decides at these places may have changed: seat them, and what waits there."""
        moved = catalog.regroup(list(self._to_regroup))
        self._to_regroup.clear()
        asked: set[Place] = set()
        for column in (Proposal.archive_id, Proposal.series_id, Item.series_id):
            model = Archive if column is Proposal.archive_id else Series
            here = {place.id: place for place in moved if isinstance(place, model)}
            for some in chunks(list(here)):
                query = select(column).where(column.in_(some)).distinct()
                asked |= {here[id_] for id_ in db.session.scalars(query) if id_ is not None}
        proposals.reroute([place for place in moved if place in asked])

    def end_rights(self, there: set[str]) -> None:
        """Rights from an address end when no template of the archive names it any more.

        `there`: keys of the archives and series that templates describe now. Not where a copy of
        RePEc's core describes archives too: then nothing says that the template is gone. And not
        of one with a template whose type is misspelt, as its items would not vanish either.
        """
        with self.run.transaction():
            if db.session.scalar(
                select(ImportRun.id).where(ImportRun.archive_id.is_(None)).limit(1)
            ):
                return
            archive = self.run.archive(self.run.code or "")
            described = list(
                db.session.scalars(
                    select(Series).where(Series.archive_id == archive.id, ~Series.placeholder)
                )
            )
            keys = {archive.handle_key, *(series.handle_key for series in described)}
            there = there | self._untyped(keys - there)
            for series in described:
                if series.handle_key not in there:
                    catalog.name_contacts(archive, series, [])
                    series.placeholder = True
                    self._to_regroup[series] = None
            if archive.handle_key not in there and not archive.placeholder:
                catalog.name_contacts(archive, None, [])
                archive.placeholder = True
                self._to_regroup |= dict.fromkeys([archive, *described])
            self._regroup()

    def _untyped(self, keys: set[str]) -> set[str]:
        """Those of these handle keys that stand in a template of a type nobody knows."""
        found: set[str] = set()
        for part in chunks(sorted(keys)):
            found |= set(
                db.session.scalars(
                    select(Template.handle_key)
                    .join(SourceFile, SourceFile.id == Template.source_file_id)
                    .where(
                        Template.handle_key.in_(part),
                        Template.kind.is_(None),
                        ~Template.lost,
                        SourceFile.archive_id == self.run.archive_id,
                    )
                )
            )
        return found


def first(tree: dict[str, list[Any]], tag: str, name: str | None = None) -> str | None:
    """The first text under a tag, or under a name in the clusters of that tag."""
    for value in tree.get(tag, ()):
        if name is not None and isinstance(value, dict):
            found = first(value, name)
            if found:
                return found
        elif isinstance(value, str) and value:
            return value
    return None


def series_kind(tree: dict[str, list[Any]]) -> Kind:
    """What a series holds by its Type; RePEc's default is papers."""
    found = re.search(r"(?i)(paper|article|book|chapter|software)", first(tree, "type") or "")
    return Kind(found[1].capitalize()) if found else Kind.PAPER


def _became(new: bool, changed: bool) -> str:
    return "new" if new else "changed" if changed else "unchanged"


def renamed_exist() -> bool:
    """Whether items wait to be found by a new name of their series: one look at an index."""
    return db.session.scalar(_renamed().limit(1)) is not None


def reword(transaction: Callable[[], AbstractContextManager[Any]]) -> None:
    """Have items found by the name of their series too, so many in each transaction.

    Done after each reading and by the worker, for a series can have any number of items. Whoever
    is killed leaves the rest to the next.
    """
    without_items = ~exists().where(Item.series_id == Series.id)
    with transaction():
        db.session.execute(
            update(Series).where(text(RENAMED), without_items).values(worded_as=Series.name),
            execution_options={"synchronize_session": False},
        )
    for series_id in list(db.session.scalars(_renamed())):
        after: int | None = 0
        name = None
        while after is not None:
            with transaction():
                series = db.session.get_one(Series, series_id)
                name = name or series.name
                after = catalog.words_of_series(series, after, BATCH)
                if after is None:
                    series.worded_as = name


def _renamed() -> Select[int]:
    return select(Series.id).where(text(RENAMED)).order_by(Series.id)
