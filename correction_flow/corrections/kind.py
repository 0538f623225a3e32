"""What is special about correction requests, for the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from correction_flow.accounts.models import User
from correction_flow.catalog import operations as catalog
from correction_flow.catalog.fields import field
from correction_flow.catalog.models import Item, Record
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.corrections import changes as rules
from correction_flow.corrections import trial
from correction_flow.corrections.merge import CONFLICT, merge, merge_words
from correction_flow.corrections.values import BadValue
from correction_flow.proposals import kinds
from correction_flow.proposals.lifecycle import Kind, Standing, What
from correction_flow.proposals.models import Because, Change, Proposal
from correction_flow.proposals.queries import carried
from correction_flow.proposals.reconcile import standing_after


class CorrectionKind:
    """The target of a change is a field's name; its values are the field's."""

    def label(self, change: Change) -> str:
        return field(change.target).label

    def about(self, change: Change) -> str | None:
        return None

    def worded(self, change: Change) -> bool:
        return True

    def text(self, change: Change, value: Any) -> str:
        return rules.to_text(field(change.target), value)

    def cites(self, change: Change, value: Any) -> str | None:
        return None

    def load(self, changes: Sequence[Change]) -> list[object]:
        return []  # a field's name and values stand in the change itself

    def current(self, change: Change) -> Any:
        return change.proposal.record.shown.get(change.target)

    def published(self, change: Change) -> Any:
        return change.proposal.record.published.get(change.target)

    def merged(self, change: Change) -> Any:
        fits = _together(change, change.old, change.new, self.current(change))
        return change.new if fits is CONFLICT else fits

    def without(self, change: Change, value: Any) -> Any:
        fits = _together(change, change.applied, change.replaced, value)
        if fits is CONFLICT:
            raise Conflict(f"A later decision changed the same in “{self.label(change)}”.")
        return fits

    def judge_again(self, change: Change) -> None:
        says = self.published(change)
        judge(change, says)
        _carried_no_more(change, says)

    def read(self, change: Change, text: str) -> Any:
        target = change.target
        try:
            value = rules.from_text(field(target), text, self._known(change))
        except BadValue as error:
            raise Invalid({target: str(error)}) from None
        trial.dry_run(change.proposal.record, {target: value})
        return value

    def _known(self, change: Change) -> Any:
        """What an amended text can refer to: whom the change names, then whom the record does."""
        current = self.current(change)
        if not field(change.target).many or not isinstance(change.new, list):
            return current
        return [*change.new, *(value for value in current or () if value not in change.new)]

    def target(self, change: Change, value: Any) -> str:
        return change.target

    def typographic(self, change: Change, value: Any) -> bool:
        return rules.typographic(change.new, value) or change.new == value

    def try_out(self, proposal: Proposal, values: Mapping[Change, Any]) -> None:
        trial.dry_run(proposal.record, {c.target: value for c, value in values.items()})

    def heard(self, proposal: Proposal) -> list[User]:
        return []

    def sent(self, proposals: Sequence[Proposal]) -> None:
        """Nobody has to be asked."""

    def evidence(self, proposal: Proposal) -> list[kinds.Sign]:
        return []

    def take_effect(self, proposal: Proposal, changes: list[Change]) -> None:
        for change in changes:
            says = self.published(change)
            change.upstream_seen = [says]
            _carried_no_more(change, says)
        self._show(proposal)

    def take_back(self, proposal: Proposal, changes: list[Change]) -> None:
        self._show(proposal)

    def _show(self, proposal: Proposal) -> None:
        db.session.flush()
        record = proposal.record
        if isinstance(record, Item):
            catalog.show(record, carried_fields(record), proposal_id=proposal.id)
        else:
            catalog.show_place(record, carried_fields(record))


def _together(change: Change, base: Any, ours: Any, theirs: Any) -> Any:
    return (merge_words if change.target == "keywords" else merge)(base, ours, theirs)


def _carried_no_more(change: Change, says: Any) -> None:
    """Where the publisher says the same already, nothing is left to carry."""
    if change.standing is Standing.CARRIED and says == change.applied:
        change.standing, change.because = Standing.ADOPTED, Because.PUBLISHER


def judge(change: Change, incoming: Any) -> What | None:
    """How an accepted change stands against the publisher's value; the event that tells of it."""
    seen = list(change.upstream_seen or [])
    standing, what = standing_after(
        Standing(change.standing or Standing.CARRIED),
        ours=change.applied, incoming=incoming, seen=seen,
    )  # fmt: skip
    if what is not None:
        change.upstream_seen = [*seen, incoming]
        change.standing, change.because, change.since = standing, Because.PUBLISHER, utcnow()
    return what


def carried_fields(record: Record) -> dict[str, Any]:
    """The approved field values we carry on an item: what `catalog.shown` puts on top."""
    return {
        target: change.applied for target, change in carried(record).items() if ":" not in target
    }


kinds.register(Kind.CORRECTION, CorrectionKind())
