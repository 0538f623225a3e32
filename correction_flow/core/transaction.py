"""`transaction()`: everything in it is committed, or nothing happened. The only `commit()`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask_sqlalchemy.session import Session
from sqlalchemy.orm import scoped_session

from correction_flow.core.database import about_to_write
from correction_flow.core.extensions import db


@contextmanager
def transaction() -> Iterator[scoped_session[Session]]:
    """Commit at the end of the block, roll back on any error. Blocks do not nest.

    Pages open it once per act; operations inside never commit, so they compose.
    """
    with about_to_write():
        try:
            yield db.session
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
