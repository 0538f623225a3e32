"""Keeping what somebody typed into a correction form, and finding it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from correction_flow.accounts.models import User
from correction_flow.catalog.models import Item
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Invalid
from correction_flow.core.extensions import db
from correction_flow.corrections.models import Draft

KEPT = timedelta(days=90)
MOST = 100
"""Drafts of one person; the oldest makes room for a new one."""
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
        .options(joinedload(Draft.item).joinedload(Item.series))
        .limit(most)
    ).all()


def keep_draft(item: Item, form: dict[str, Any], *, by: User) -> Draft:
    """Keep this form in the place of an earlier one about the item. Raises Invalid."""
    if len(json.dumps(form)) > LONGEST:
        raise Invalid({"": "This is too much for a draft. Send what is ready, then go on."})
    db.session.execute(delete(Draft).where(Draft.user_id == by.id, Draft.at <= utcnow() - KEPT))
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
