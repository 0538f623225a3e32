"""Potential citations: the worker compares unlinked references with the catalogue, and whoever
claimed an item says of each reference that looks like it whether it is that item.

To accept is to ask for a citation correction. Where the archive of the citing item wants that, a
certain one takes effect at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select, update

from correction_flow.accounts.leaving import taken_along, when_erased
from correction_flow.accounts.models import User
from correction_flow.catalog.models import Item, ItemReference
from correction_flow.catalog.operations import text_key
from correction_flow.catalog.queries import has_authored
from correction_flow.citations.candidates import offered
from correction_flow.citations.matching import Match
from correction_flow.citations.models import PotentialCitation, RefusedCitation
from correction_flow.citations.queries import Offered, offers_to
from correction_flow.citations.targets import link_of
from correction_flow.core.clock import utcnow
from correction_flow.core.database import insert_if_new
from correction_flow.core.errors import Conflict, Invalid, NotFound
from correction_flow.core.extensions import db
from correction_flow.proposals.batches import LARGEST, Wish, submit_batch
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.operations import Submitted, Wanted

RECOGNISED = "I am an author of the cited work and recognise it in this reference."
AT_ONCE = (
    "An author of the cited work recognised it in a reference that names it without doubt. "
    "This archive lets such links take effect at once."
)


# -- the worker's part --------------------------------------------------------------------


def compare(references: Sequence[ItemReference]) -> dict[int, list[Match]]:
    """What these references may mean, by their ids. Reads only, and takes its time."""
    return {one.id: offered(one.text, citing=one.item) for one in references}


def keep(found: Mapping[int, Sequence[Match]]) -> int:
    """Note what was found, instead of what was found before; how many of it is new."""
    now, new = utcnow(), 0
    rows = db.session.scalars(
        select(PotentialCitation).where(PotentialCitation.reference_id.in_(found))
    )
    before = {(row.reference_id, row.cited_item_id): row for row in rows}
    for reference_id, matches in found.items():
        for match in matches:
            row = before.pop((reference_id, match.work.id), None)
            if row is None:
                new += 1
                insert_if_new(
                    db.session, PotentialCitation, reference_id=reference_id,
                    cited_item_id=match.work.id, certain=match.pre_check,
                    reasons=list(match.reasons), doubts=list(match.doubts), found_at=now,
                )  # fmt: skip
                continue
            row.certain = match.pre_check
            row.reasons, row.doubts = list(match.reasons), list(match.doubts)
    gone = [row.id for row in before.values()]
    db.session.execute(delete(PotentialCitation).where(PotentialCitation.id.in_(gone)))
    db.session.execute(
        update(ItemReference).where(ItemReference.id.in_(found)).values(compared_at=now)
    )
    return new


# -- the author's part --------------------------------------------------------------------


def answer(
    accepted: Mapping[int, int], refused: Sequence[int], *, by: User
) -> tuple[list[Submitted], int]:
    """What somebody says of the references offered to them.

    `accepted`: id → version of the citing item as it was seen. Returns what became of the
    accepted ones, and how many were refused. Raises Conflict and Invalid; then nothing happened.
    """
    offers = {offer.id: offer for offer in offers_to(by, [*accepted, *refused])}
    if any(id_ not in offers for id_ in (*accepted, *refused)):
        raise Conflict(
            "Some of these references were linked or decided meanwhile. Nothing was sent; the list "
            "below is new. Please look at it and send it again."
        )
    for id_ in refused:
        _refuse(offers[id_], by=by)
    chosen = [offers[id_] for id_ in accepted]
    return _request(chosen, accepted, by=by), len(refused)


def _refuse(offer: Offered, *, by: User) -> None:
    insert_if_new(
        db.session, RefusedCitation, user_id=by.id, citing_item_id=offer.citing.id,
        cited_item_id=offer.cited.id, text=offer.text, text_key=text_key(offer.text), at=utcnow(),
    )  # fmt: skip


def _request(
    chosen: Sequence[Offered], versions: Mapping[int, int], *, by: User
) -> list[Submitted]:
    if not chosen:
        return []
    meant = [offer.reference_id for offer in chosen]
    if len(set(meant)) < len(meant):
        raise Invalid({"": "A reference means one item. Choose one work of yours for each."})
    if len(chosen) > LARGEST:
        raise Invalid({"": f"These are {len(chosen)} references. Send at most {LARGEST} at once."})
    items = {
        item.id: item
        for item in db.session.scalars(select(Item).where(Item.id.in_(o.citing.id for o in chosen)))
    }
    grouped: defaultdict[tuple[int, bool], list[Offered]] = defaultdict(list)
    for offer in chosen:
        at_once = offer.certain and _allows(items[offer.citing.id], by)
        grouped[offer.citing.id, at_once].append(offer)
    wishes = [
        Wish(
            items[item_id],
            [Wanted(link_of(o.reference_id), None, o.cited_key) for o in offers],
            min(versions[o.id] for o in offers),
            at_once=AT_ONCE if at_once else "",
        )
        for (item_id, at_once), offers in grouped.items()
    ]
    return submit_batch(Kind.CITATION, wishes, by=by, reason=RECOGNISED)


def _allows(citing: Item, user: User) -> bool:
    """Whether certain links of this item need no decision: whoever wrote both asks the desk."""
    return citing.series.archive.certain_at_once and not has_authored(user, citing)


def take_back(refused_id: int, *, by: User) -> None:
    """What was refused is offered again."""
    row = db.session.get(RefusedCitation, refused_id)
    if row is None or row.user_id != by.id:
        raise NotFound("This is not among what you refused.")
    db.session.delete(row)


def _refused_texts(user: User) -> list[dict[str, str]]:
    rows = select(RefusedCitation).where(RefusedCitation.user_id == user.id)
    return [
        {
            "reference": row.text,
            "in": row.citing_item.handle,
            "refused_for": row.cited_item.handle,
            "at": row.at.isoformat(),
        }
        for row in db.session.scalars(rows.order_by(RefusedCitation.id))
    ]


def _forget_refused(user: User) -> None:
    db.session.execute(delete(RefusedCitation).where(RefusedCitation.user_id == user.id))


taken_along("refused_citations", _refused_texts)
when_erased(_forget_refused)


def took_effect(proposal: Proposal) -> bool:
    """Whether what was asked for needed no decision of anybody."""
    return proposal.decided_at is not None
