"""Small trees written by tests of the import, and what the catalogue holds after it."""

import os
import time

from sqlalchemy import func, select

from correction_flow.catalog.models import (
    Archive,
    Contact,
    Item,
    ItemAuthor,
    ItemReference,
    ItemRevision,
    Series,
    SourceFile,
    Template,
)
from correction_flow.catalog.queries import item_by_handle
from correction_flow.core.extensions import db
from correction_flow.upstream.importer import import_path
from correction_flow.upstream.models import ImportProblem
from tests.makers import write_tree

ARCHIVE = """Template-Type: ReDIF-Archive 1.0
Handle: RePEc:zzz
Name: The Archive
Maintainer-Email: zoe@example.org
URL: https://example.org/RePEc/zzz/
"""
SERIES = """Template-Type: ReDIF-Series 1.0
Name: Papers
Maintainer-Email: zoe@example.org
Type: ReDIF-Paper
Handle: RePEc:zzz:wpaper
"""
ONE = "RePEc:zzz:wpaper:1"
TWO = "RePEc:zzz:wpaper:2"
BAD = "Lenght: 12 pages\n"
"""A line that makes RePEc's parser refuse the template."""
LONG_AGO = time.time() - 3600


def paper(handle="RePEc:zzz:wpaper:1", title="Growth and its causes", more="", author="Jane Roe"):
    """One good template, ended by an empty line."""
    return (
        f"Template-Type: ReDIF-Paper 1.0\nTitle: {title}\nAuthor-Name: {author}\n"
        f"{more}Handle: {handle}\n\n"
    )


def tree(root, references=None, **files):
    """The archive zzz with these item files (`a_rdf` is `a.rdf`)."""
    named = {name.replace("_", "."): text for name, text in files.items()}
    return write_tree(root, {"zzzarch.rdf": ARCHIVE, "zzzseri.rdf": SERIES, **named}, references)


def old(root):
    """Give all files a time long gone, as files of an archive have."""
    for n, path in enumerate(sorted(root.rglob("*.rdf"))):
        os.utime(path, (LONG_AGO + n, LONG_AGO + n))
    return root


def imported(root, **options):
    """Import and begin with a fresh session, as the next request would."""
    summary = import_path(root, **options)
    db.session.rollback()
    return summary


def title(handle=ONE):
    """The title of an item as it is now."""
    db.session.rollback()
    return item_by_handle(handle).title


def problems(code=None):
    """The problems of the last runs as (path, line, code, message), or the messages of one."""
    rows = list(db.session.scalars(select(ImportProblem).order_by(ImportProblem.id)))
    if code is None:
        return [(row.path, row.line, row.code, row.message) for row in rows]
    return [(row.path, row.line, row.message) for row in rows if row.code == code]


def everything():
    """All the catalogue's rows as values, to see that nothing changed."""
    db.session.rollback()
    tables = (
        Archive, Series, Contact, Item, ItemAuthor, ItemReference, ItemRevision, SourceFile,
        Template,
    )  # fmt: skip
    of_the_run = {"seen_by_run", "mtime"}
    return {
        model.__tablename__: [
            tuple(row)
            for row in db.session.execute(
                select(*(c for c in model.__table__.c if c.name not in of_the_run)).order_by(
                    model.id
                )
            )
        ]
        for model in tables
    }


def again_changes_nothing(path, **options):
    """Import once more; not a row of the catalogue may differ."""
    before = everything()
    summary = import_path(path, **options)
    assert summary.changed == 0
    assert everything() == before
    return summary


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))
