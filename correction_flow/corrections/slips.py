"""The same slip in many items: a name misspelt wherever it stands in a series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from correction_flow.accounts.models import User
from correction_flow.catalog.models import AuthorRole, Item, ItemAuthor
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.core.text import name_key, squeeze
from correction_flow.corrections.trial import dry_run
from correction_flow.proposals.batches import LARGEST, Wish, submit_batch
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.operations import Submitted, Wanted

LOOKED_AT = 2_000
"""Names alike that are looked at, whatever their series: a common name stands on thousands."""

FIELDS = {AuthorRole.AUTHOR: "authors", AuthorRole.EDITOR: "editors"}


def items_with_name(item: Item, name: str) -> list[Item]:
    """The items of the same series on which exactly this name is printed; at most LARGEST + 1."""
    alike = (
        select(ItemAuthor.item_id, ItemAuthor.name)
        .where(ItemAuthor.name_key == name_key(name), ItemAuthor.vanished_at.is_(None))
        .order_by(ItemAuthor.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    found = (
        select(Item)
        .where(
            Item.id.in_(select(alike.c.item_id).where(alike.c.name == name)),
            Item.series_id == item.series_id,
            Item.vanished_at.is_(None),
        )
        .order_by(Item.year.desc(), Item.id)
        .limit(LARGEST + 1)
    )
    return list(db.session.scalars(found))


def respelt(item: Item, old: str, new: str) -> list[Wanted]:
    """The changes that put the new name in place of the old; e-mail, person, workplace stay."""
    wanted = []
    for field in FIELDS.values():
        current: list[dict[str, Any]] = list(item.shown.get(field, ()))
        mended = [p | {"name": new} if p.get("name") == old else p for p in current]
        if mended != current:
            wanted.append(Wanted(field, current, mended))
    return wanted


def request_slip(
    items: Sequence[Item],
    versions: Mapping[int, int],
    old: str,
    new: str,
    *,
    by: User,
    reason: str,
    evidence_url: str | None,
) -> list[Submitted]:
    """Ask that `new` be printed where `old` is, in all these items; one proposal each.

    `versions`: of each item as it was seen, by id. Raises Invalid and Conflict; then nothing was
    sent.
    """
    new = checked_name(old, new)
    if not items:
        raise Invalid({"items": "Choose at least one item."})
    if len({item.series_id for item in items}) > 1:
        raise Invalid({"items": "These items are of several series. Send one request for each."})
    wishes = []
    for item in items:
        wanted = respelt(item, old, new)
        if not wanted:
            raise Conflict(
                f"“{old}” no longer stands on “{item.title or item.handle}”. Take it out of the "
                "list, or look at its page."
            )
        dry_run(item, {w.target: w.new for w in wanted})
        wishes.append(Wish(item, wanted, versions.get(item.id, -1)))
    return submit_batch(
        Kind.CORRECTION, wishes, by=by, reason=reason, evidence_url=evidence_url
    )  # fmt: skip


def checked_name(old: str, new: str) -> str:
    """The new name without stray blanks. Raises Invalid with the remedy."""
    new = squeeze(new)
    if not any(c.isalpha() for c in new):
        raise Invalid({"new_name": "Enter the name as it should be printed."})
    if len(new) > 400:
        raise Invalid({"new_name": "This is too long for one name. Enter one person’s name."})
    if new == old:
        raise Invalid({"new_name": "This is the name as it stands. Enter how it should be."})
    return new
