"""The same slip in many items: what is wrong in one field, wherever it stands in a series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal_column, select, tuple_

from correction_flow.accounts.models import User
from correction_flow.catalog.fields import EDITORS, Field, field
from correction_flow.catalog.models import Item, ItemAuthor
from correction_flow.catalog.queries import pasted_item
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.core.paging import cursor, read_cursor
from correction_flow.core.text import name_key, plain, shorten, squeeze
from correction_flow.corrections.changes import PEOPLE, filled
from correction_flow.corrections.operations import fields_to_correct
from correction_flow.corrections.operations import wanted as wanted_in
from correction_flow.corrections.replacing import replaced
from correction_flow.corrections.trial import dry_run
from correction_flow.proposals.batches import LARGEST, Wish, submit_batch
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.operations import Submitted, Wanted

LOOKED_AT = 2_000
"""Items of a series, or names alike, that are looked at: a look at each record takes its time."""
LONGEST = 500
"""Letters of what is wrong, and of what should stand there."""


@dataclass(frozen=True)
class Slip:
    """What stands in a field and should not; authors stand for editors too."""

    field: Field
    old: str

    def fields(self, item: Item) -> list[Field]:
        """The fields of an item in which it is looked for."""
        names = PEOPLE if self.field.name in PEOPLE else (self.field.name,)
        return [each for each in fields_to_correct(item) if each.name in names]

    def stands_in(self, item: Item) -> bool:
        """Whether the item has it, as it is shown now."""
        for each in self.fields(item):
            typed = filled(each, item.shown.get(each.name))
            if replaced(each, typed, self.old, "") != typed:
                return True
        return False


@dataclass(frozen=True)
class Found:
    """The items that have a slip, at most LARGEST; `more`: others have it as well; `unseen`: the
    series has older items that nobody looked at, `looked_at` this time. `further`: where to go on
    looking, if there is anything."""

    items: list[Item]
    more: bool = False
    unseen: bool = False
    looked_at: int = 0
    further: str | None = None


def fields_with_slips(item: Item) -> list[Field]:
    """The fields one can choose from."""
    return [each for each in fields_to_correct(item) if each is not EDITORS]


def slip_in(item: Item, name: str, old: str) -> Slip:
    """The slip in what somebody chose. Raises Invalid."""
    if name not in [each.name for each in fields_with_slips(item)]:
        raise Invalid({"field": "Choose the field in which it stands."})
    old = squeeze(plain(old))
    if not old:
        raise Invalid({"old": "Enter what it says now, as it is shown."})
    if len(old) > LONGEST:
        raise Invalid({"old": f"Enter at most {LONGEST} letters: the words that are wrong."})
    return Slip(field(name), old)


def find(item: Item, slip: Slip, after: str | None = None) -> Found:
    """The items of the same series that have it, the newest first; `after`: a `Found.further`."""
    found: list[Item] = []
    looked_at = 0
    last = None
    for each in _looked_at(item, slip, read_cursor(after, 2)):
        if looked_at == LOOKED_AT:
            return Found(found, unseen=True, looked_at=looked_at, further=last)
        looked_at += 1
        if slip.stands_in(each):
            if len(found) == LARGEST:
                return Found(found, more=True, looked_at=looked_at, further=last)
            found.append(each)
        last = cursor(each.year or 0, each.id)
    return Found(found, looked_at=looked_at)


def _looked_at(item: Item, slip: Slip, after: Sequence[Any] | None) -> Iterator[Item]:
    """The items that may have it: of names those with one alike, else the newest of the series."""
    shelf_year = func.coalesce(Item.year, literal_column("0"))  # as the index has it
    query = select(Item).where(Item.series_id == item.series_id, Item.vanished_at.is_(None))
    if slip.field.name in PEOPLE:
        query = query.where(Item.id.in_(_with_name(slip.old)))
    if after is not None and all(isinstance(part, int) for part in after):
        query = query.where(tuple_(shelf_year, Item.id) < tuple_(*after))
    query = query.order_by(shelf_year.desc(), Item.id.desc()).limit(LOOKED_AT + 1)
    rows = db.session.scalars(query, execution_options={"yield_per": LARGEST})
    try:
        yield from rows
    finally:
        rows.close()


def _with_name(name: str) -> Select[int]:
    """Ids of items on which a name alike is printed, whatever their series."""
    return (
        select(ItemAuthor.item_id)
        .where(ItemAuthor.name_key == name_key(name), ItemAuthor.vanished_at.is_(None))
        .order_by(ItemAuthor.id.desc())
        .limit(LOOKED_AT)
    )


def named(item: Item, slip: Slip, text: str) -> tuple[list[Item], list[str]]:
    """The items that a pasted list names, handles or addresses, one a line; and what is wrong with
    the other lines, a sentence for each."""
    lines = [(n, line.strip()) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > LARGEST:
        return [], [f"These are {len(lines)} lines. Send at most {LARGEST} items at once."]
    found: dict[int, Item] = {}
    wrong = []
    for n, line in lines:
        one = pasted_item(line)
        why = _why_not(one, item, slip)
        if one is not None and why is None:
            found[one.id] = one
        else:
            wrong.append(f"Line {n}, “{shorten(line, 120)}”, {why}.")
    return list(found.values()), wrong


def _why_not(one: Item | None, item: Item, slip: Slip) -> str | None:
    if one is None:
        return "is no handle or address of an item in the catalogue"
    if one.series_id != item.series_id:
        return f"is of another series, {one.series.name}. Send one request for each series"
    if one.vanished_at is not None:
        return "is no longer in the publisher’s files"
    if not slip.stands_in(one):
        return f"does not say “{shorten(slip.old, 80)}” in its {slip.field.label}"
    return None


def chosen_items(item: Item, slip: Slip, ids: Sequence[int]) -> list[Item]:
    """Those items of the series. Raises Conflict where one does not have the slip, or no more."""
    rows = db.session.scalars(
        select(Item).where(
            Item.id.in_(list(ids)[: LARGEST + 1]),
            Item.series_id == item.series_id,
            Item.vanished_at.is_(None),
        )
    )
    found = {one.id: one for one in rows if slip.stands_in(one)}
    if any(one not in found for one in ids):
        raise Conflict(
            f"“{shorten(slip.old, 80)}” no longer stands on some of the items you chose. The list "
            "below is new; please look at it and send the request again."
        )
    return [found[one] for one in ids]


def asked_in(item: Item, slip: Slip, new: str) -> list[Wanted]:
    """The changes of one item that put `new` there, tried out as any others. Raises Invalid with
    the item's title, and Conflict where it does not have the slip."""
    typed = {
        each.name: replaced(each, filled(each, item.shown.get(each.name)), slip.old, new)
        for each in slip.fields(item)
    }
    title = shorten(item.title or item.handle, 80)
    try:
        changes = wanted_in(item, typed)
        dry_run(item, {w.target: w.new for w in changes})
    except Invalid as error:
        raise Invalid({"new": f"{title}: {error}"}) from None
    if not changes:
        raise Conflict(
            f"“{shorten(slip.old, 80)}” no longer stands on “{title}”. Take it out of the list, "
            "or look at its page."
        )
    return changes


def request_slip(
    items: Sequence[Item],
    versions: Mapping[int, int],
    slip: Slip,
    new: str,
    *,
    by: User,
    reason: str,
    evidence_url: str | None,
) -> list[Submitted]:
    """Ask that `new` stand where the slip is, in all these items; one proposal each.

    `versions`: of each item as it was seen, by id. Raises Invalid and Conflict; then nothing was
    sent.
    """
    new = checked(slip, new)
    if not items:
        raise Invalid({"items": "Choose at least one item."})
    if len({item.series_id for item in items}) > 1:
        raise Invalid({"items": "These items are of several series. Send one request for each."})
    wishes = [Wish(item, asked_in(item, slip, new), versions.get(item.id, -1)) for item in items]
    return submit_batch(
        Kind.CORRECTION, wishes, by=by, reason=reason, evidence_url=evidence_url
    )  # fmt: skip


def checked(slip: Slip, new: str) -> str:
    """What should stand there, without stray blanks. Raises Invalid with the remedy."""
    new = squeeze(plain(new))
    if new == slip.old:
        raise Invalid({"new": "This is how it stands. Enter how it should be."})
    if len(new) > LONGEST:
        raise Invalid({"new": f"This is too long. Enter at most {LONGEST} letters."})
    if slip.field.name in PEOPLE and not any(c.isalpha() for c in new):
        raise Invalid({"new": "Enter the name as it should be printed."})
    if slip.field.name == "files" and not new:
        raise Invalid({"new": "Enter how these links should begin, like https://example.org/."})
    return new
