"""Keeping what somebody typed into a correction form, and finding it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import defer, joinedload

from correction_flow.accounts import leaving
from correction_flow.accounts.models import User
from correction_flow.catalog.models import Item, Record, Series
from correction_flow.core.clock import utcnow
from correction_flow.core.database import lock_row
from correction_flow.core.errors import Invalid
from correction_flow.core.extensions import db
from correction_flow.corrections.models import Draft
from correction_flow.proposals.models import about, concerns

KEPT = timedelta(days=90)
MOST = 100
"""Drafts of one person; the oldest makes room for a new one."""
MOST_FORGOTTEN = 200
"""So many in one transaction: the worker comes again soon."""
LONGEST = 300_000
"""Characters of one draft as JSON."""


def draft_of(user: User, record: Record) -> Draft | None:
    """What this user left of a form about this record, if it is still kept."""
    draft = _left_of(user, record)
    return draft if draft is not None and draft.at > utcnow() - KEPT else None


def _left_of(user: User, record: Record) -> Draft | None:
    mine = select(Draft).where(Draft.user_id == user.id, concerns(Draft, record))
    return db.session.scalar(mine)


def drafts_of(user: User, *, most: int = MOST) -> Sequence[Draft]:
    """A person's drafts with their records, newest first."""
    return db.session.scalars(
        select(Draft)
        .where(Draft.user_id == user.id, Draft.at > utcnow() - KEPT)
        .order_by(Draft.at.desc(), Draft.id.desc())
        .options(
            joinedload(Draft.item).joinedload(Item.series).joinedload(Series.archive),
            joinedload(Draft.series).joinedload(Series.archive),
            joinedload(Draft.archive),
            defer(Draft.form),
        )
        .limit(most)
    ).all()


def draft_count(user: User) -> int:
    """How many drafts a person has: never more than MOST."""
    mine = select(func.count()).where(Draft.user_id == user.id, Draft.at > utcnow() - KEPT)
    return db.session.scalar(mine) or 0


def outdated_exist() -> bool:
    """Whether there are drafts that nobody opens any more: one look at an index."""
    return db.session.scalar(select(Draft.id).where(_outdated()).limit(1)) is not None


def forget_outdated() -> int:
    """Delete drafts older than they are kept, not too many at once; how many."""
    oldest = select(Draft.id).where(_outdated()).order_by(Draft.at).limit(MOST_FORGOTTEN)
    gone = delete(Draft).where(Draft.id.in_(oldest))
    return len(db.session.execute(gone.returning(Draft.id)).all())


def _outdated() -> ColumnElement[bool]:
    return Draft.at <= utcnow() - KEPT


def keep_draft(record: Record, form: dict[str, Any], *, by: User) -> Draft:
    """Keep this form in the place of an earlier one about the record. Raises Invalid.

    The user's row is locked first, so that two at once are not both new.
    """
    if len(json.dumps(form)) > LONGEST:
        raise Invalid({"": "This is too much for a draft. Send what is ready, then go on."})
    lock_row(db.session, by)
    draft = _left_of(by, record)
    if draft is None:
        for old in drafts_of(by, most=MOST + 1)[MOST - 1 :]:
            db.session.delete(old)
        draft = Draft(user_id=by.id, **about(record))
        db.session.add(draft)
    draft.at, draft.form = utcnow(), form
    db.session.flush()
    return draft


def throw_away(record: Record, *, by: User) -> None:
    """Forget what this user left of a form about this record."""
    mine = (Draft.user_id == by.id, concerns(Draft, record))
    db.session.execute(delete(Draft).where(*mine))


def _left_lying(user: User) -> list[dict[str, Any]]:
    return [
        {"about": draft.record.handle, "at": draft.at.isoformat(), "form": draft.form}
        for draft in drafts_of(user)
    ]


def _forget(user: User) -> None:
    db.session.execute(delete(Draft).where(Draft.user_id == user.id))


leaving.taken_along("drafts", _left_lying)
leaving.when_erased(_forget)
