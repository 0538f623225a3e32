"""Keeping what somebody typed into a correction form, and finding it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, tuple_
from sqlalchemy.orm import defer, joinedload

from correction_flow.accounts import leaving
from correction_flow.accounts.models import User
from correction_flow.catalog.models import Item
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Invalid
from correction_flow.core.extensions import db
from correction_flow.corrections.models import Draft

KEPT = timedelta(days=90)
MOST = 100
"""Drafts of one person; the oldest makes room for a new one."""
MOST_FORGOTTEN = 200
"""So many in one transaction: the worker comes again soon."""
LONGEST = 300_000
"""Characters of one draft as JSON."""


def draft_of(user: User, item: Item) -> Draft | None:
    """What this user left of a form about this item, if it is still kept."""
    draft = db.session.get(Draft, (user.id, item.id))
    return draft if draft is not None and draft.at > utcnow() - KEPT else None


def drafts_of(user: User, *, most: int = MOST) -> Sequence[Draft]:
    """A person's drafts with their items, newest first."""
    return db.session.scalars(
        select(Draft)
        .where(Draft.user_id == user.id, Draft.at > utcnow() - KEPT)
        .order_by(Draft.at.desc(), Draft.item_id.desc())
        .options(joinedload(Draft.item).joinedload(Item.series), defer(Draft.form))
        .limit(most)
    ).all()


def draft_count(user: User) -> int:
    """How many drafts a person has: never more than MOST."""
    mine = select(func.count()).where(Draft.user_id == user.id, Draft.at > utcnow() - KEPT)
    return db.session.scalar(mine) or 0


def outdated_exist() -> bool:
    """Whether there are drafts that nobody opens any more: one look at an index."""
    return db.session.scalar(select(Draft.item_id).where(_outdated()).limit(1)) is not None


def forget_outdated() -> int:
    """Delete drafts older than they are kept, not too many at once; how many."""
    some = select(Draft.user_id, Draft.item_id).where(_outdated())
    oldest = some.order_by(Draft.at).limit(MOST_FORGOTTEN)
    gone = delete(Draft).where(tuple_(Draft.user_id, Draft.item_id).in_(oldest))
    return len(db.session.execute(gone.returning(Draft.item_id)).all())


def _outdated() -> ColumnElement[bool]:
    return Draft.at <= utcnow() - KEPT


def keep_draft(item: Item, form: dict[str, Any], *, by: User) -> Draft:
    """Keep this form in the place of an earlier one about the item. Raises Invalid."""
    if len(json.dumps(form)) > LONGEST:
        raise Invalid({"": "This is too much for a draft. Send what is ready, then go on."})
    draft = db.session.get(Draft, (by.id, item.id))
    if draft is None:
        for old in drafts_of(by, most=MOST + 1)[MOST - 1 :]:
            db.session.delete(old)
        draft = Draft(user_id=by.id, item_id=item.id)
        db.session.add(draft)
    draft.at, draft.form = utcnow(), form
    db.session.flush()
    return draft


def throw_away(item: Item, *, by: User) -> None:
    """Forget what this user left of a form about this item."""
    db.session.execute(delete(Draft).where(Draft.user_id == by.id, Draft.item_id == item.id))


def _left_lying(user: User) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(Item.handle, Draft.at, Draft.form)
        .join(Item, Draft.item_id == Item.id)
        .where(Draft.user_id == user.id)
        .order_by(Draft.at)
        .limit(MOST)
    )
    return [{"about": handle, "at": at.isoformat(), "form": form} for handle, at, form in rows]


def _forget(user: User) -> None:
    db.session.execute(delete(Draft).where(Draft.user_id == user.id))


leaving.taken_along("drafts", _left_lying)
leaving.when_erased(_forget)
