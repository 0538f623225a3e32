"""Whatever happened to an archive's files, an import ends where a first one would have.

Histories are drawn by seed: files are edited, renamed, swapped, taken away; imports are killed, or
made dry, of one file alone, of another copy. After each step the catalogue is compared with that of
an empty database into which the same files were imported.
"""

import os
import random
import shutil

import pytest
from sqlalchemy import select

from correction_flow import create_app
from correction_flow.catalog.models import (
    Archive,
    Contact,
    Item,
    ItemAuthor,
    ItemWords,
    Kind,
    Series,
    SourceFile,
    Template,
)
from correction_flow.catalog.search import Filters, find_items
from correction_flow.core.extensions import db
from correction_flow.upstream import importer, reading, storing
from correction_flow.upstream.importer import import_path
from correction_flow.upstream.models import ImportProblem
from tests.databases import settings
from tests.nouns.trees import ARCHIVE, BAD, SERIES, paper

STEPS = 6
MISHAPS = ("none", "dry", "killed", "killed twice", "killed and put back", "one file", "a copy")
LONG_AGO = 1_600_000_000
OTHER_TYPES = ("ReDIF-Article", "ReDIF-Person")
"""None that nobody knows: there an item stays, and a first import would not know it."""


class Killed(BaseException):
    """What an import does not survive."""


class Publisher:
    """Somebody who edits the files of an archive, at random but by seed."""

    def __init__(self, root, chance, now=LONG_AGO):
        self.root, self.chance, self.now = root, chance, now

    def begin(self):
        self.write("zzzarch.rdf", ARCHIVE)
        self.write("zzzseri.rdf", SERIES)
        for name in "abcd":
            self.write(f"{name}.rdf", self.content())
        return self

    def copied_to(self, root):
        """Another publisher of the same archive, who goes on from here."""
        shutil.copytree(self.root, root)
        return Publisher(root, self.chance, self.now)

    def write(self, name, content):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        self.touch(path)

    def touch(self, path):
        """A time of its own, long ago, so that the next import trusts it."""
        self.now += 10
        os.utime(path, (self.now, self.now))

    def files(self):
        return sorted(path for path in self.root.glob("?.rdf"))

    def content(self):
        return "".join(self.template() for _ in range(self.chance.randint(1, 4)))

    def template(self):
        """Few handles and titles, so that they meet often."""
        chance = self.chance
        series = chance.choice(["wpaper", "wpaper", "journl", "WPaper"])
        template = paper(
            f"RePEc:zzz:{series}:{chance.randint(1, 5)}",
            f"Title {chance.randint(1, 4)}",
            more=chance.choice(["", "", "", BAD, "Creation-Date: 2001\n"]),
            author=chance.choice(["Jane Roe", "Al Bo"]),
        )
        if chance.random() < 0.2:
            template = template.replace("ReDIF-Paper", chance.choice(OTHER_TYPES))
        return template

    def kept(self):
        """All files as they are, to be put back."""
        return {path: (path.read_text(), path.stat().st_mtime_ns) for path in self.files()}

    def put_back(self, kept):
        """As a backup does, with the times they had."""
        for path in self.files():
            path.unlink()
        for path, (content, time) in kept.items():
            path.write_text(content)
            os.utime(path, ns=(time, time))

    def edit(self):
        """One thing a publisher does."""
        does = [self.put, self.put, self.put, self.drop, self.rename, self.shuffle, self.sign]
        self.chance.choice(does)()

    def put(self):
        self.write(f"{self.chance.choice('abcdef')}.rdf", self.content())

    def drop(self):
        if len(self.files()) > 1:
            self.chance.choice(self.files()).unlink()

    def rename(self):
        self.chance.choice(self.files()).rename(self.root / f"{self.chance.choice('abcdefgh')}.rdf")

    def shuffle(self):
        path = self.chance.choice(self.files())
        templates = [part for part in path.read_text().split("\n\n") if part.strip()]
        self.chance.shuffle(templates)
        self.write(path.name, "".join(f"{part.strip()}\n\n" for part in templates))

    def sign(self):
        """Another maintainer."""
        address = self.chance.choice(["zoe@", "ann@"])
        self.write("zzzseri.rdf", SERIES.replace("zoe@", address))


def catalogue():
    """What the catalogue says now, without ids, versions, dates and what it remembers.

    Which item the problem of a series names is left to the database.
    """
    db.session.rollback()
    items = {
        item.handle_key: (
            item.handle, item.kind, item.upstream, item.shown, item.title, item.author_line,
            item.year, item.indexed_by_repec, item.series.handle_key,
        )
        for item in db.session.scalars(select(Item).where(Item.vanished_at.is_(None)))
    }  # fmt: skip
    return {
        "items": items,
        "authors": rows(
            select(Item.handle_key, ItemAuthor.role, ItemAuthor.position, ItemAuthor.name)
            .join(ItemAuthor, ItemAuthor.item_id == Item.id)
            .where(Item.vanished_at.is_(None), ItemAuthor.vanished_at.is_(None))
        ),
        "words": rows(select(Item.handle_key, ItemWords.words).join(Item)),
        "found": sorted(item.handle for item in found()),
        "templates": rows(
            select(
                SourceFile.path, Template.first_line, Template.last_line, Template.handle_key,
                Template.kind, Template.good, Template.taken,
            )
            .join(SourceFile)
            .where(~Template.lost)
        ),
        "lost": rows(select(Template.handle_key).where(Template.lost)),
        "contacts": rows(
            select(Archive.handle, Series.handle, Contact.address)
            .select_from(Contact)
            .join(Archive, Archive.id == Contact.archive_id)
            .join(Series, Series.id == Contact.series_id, isouter=True)
        ),
        "problems": rows(
            select(
                ImportProblem.path, ImportProblem.line, ImportProblem.template_line,
                ImportProblem.code,
            ).where(ImportProblem.code.not_in(("series-not-described", "other-type-than-series")))
        ),
    }  # fmt: skip


def found():
    """What the full-text index, which SQLite does not keep by itself, knows of each kind."""
    for kind in Kind:
        yield from find_items("", None, Filters(kind=kind.value)).page.rows


def rows(query):
    return sorted((tuple(row) for row in db.session.execute(query)), key=repr)


def imported(root, **options):
    import_path(root, **options)
    db.session.rollback()


def killed(root, monkeypatch, after):
    """Import, and end at one of its transactions, or reach the end first."""
    real, begun = importer.Run.transaction, []

    def transaction(self):
        begun.append(self)
        if len(begun) > after:
            raise Killed
        return real(self)

    with monkeypatch.context() as patched:
        patched.setattr(importer.Run, "transaction", transaction)
        try:
            import_path(root)
        except Killed:
            db.session.rollback()


@pytest.fixture
def afresh(databases, tmp_path):
    """The catalogue after one import into an empty database. Always SQLite, for it is fast."""

    def catalogue_of(root):
        with databases("sqlite").fresh() as uri, create_app(settings(uri, tmp_path)).app_context():
            import_path(root)
            found = catalogue()
            db.session.remove()
            db.engine.dispose()
        return found

    return catalogue_of


def differences(ours, fresh):
    """By name: what only we have, what only the fresh one has."""
    found = {}
    for name, expected in fresh.items():
        if ours[name] != expected:
            one, other = (set(map(repr, _listed(c[name]))) for c in (ours, fresh))
            found[name] = (sorted(one - other), sorted(other - one))
    return found


def _listed(values):
    return values.items() if isinstance(values, dict) else values


@pytest.mark.parametrize("seed", [2, 6])
def test_the_catalogue_is_as_if_it_had_been_imported_only_now(
    app, afresh, tmp_path, monkeypatch, seed
):
    chance = random.Random(seed)
    monkeypatch.setattr(storing, "BATCH", chance.choice([1, 2, 3, 4000]))
    monkeypatch.setattr(reading, "PORTION", chance.choice([1, 2, 200]))
    publisher = Publisher(tmp_path / "archive", chance).begin()
    root, log = publisher.root, []
    for step in range(STEPS):
        before = publisher.kept()
        for _ in range(chance.randint(1, 3)):
            publisher.edit()
        mishap = chance.choice(MISHAPS)
        log.append(mishap)
        if mishap == "dry":
            imported(root, dry_run=True)
        elif mishap.startswith("killed"):
            killed(root, monkeypatch, chance.randint(1, 12))
            if mishap == "killed and put back":
                publisher.put_back(before)
            elif mishap == "killed twice":
                publisher.edit()
                killed(root, monkeypatch, chance.randint(1, 12))
        elif mishap == "one file":
            imported(chance.choice(publisher.files()), archive="zzz")
        elif mishap == "a copy":
            copy = publisher.copied_to(tmp_path / f"copy{step}")
            for _ in range(3):
                copy.edit()
            imported(copy.root)
        imported(root)
        imported(root)  # what vanished is only told when the last reading was of the same source
        assert not differences(catalogue(), afresh(root)), log
