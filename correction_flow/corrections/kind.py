"""What is special about correction requests, for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.fields import field
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Invalid
from correction_flow.core.extensions import db
from correction_flow.corrections import changes as rules
from correction_flow.corrections import trial
from correction_flow.corrections.merge import CONFLICT, merge
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

    def text(self, change: Change, value: Any) -> str:
        return rules.to_text(field(change.target), value)

    def load(self, changes: Sequence[Change]) -> list[object]:
        return []  # a field's name and values stand in the change itself

    def current(self, change: Change) -> Any:
        return change.proposal.item.shown.get(change.target)

    def merged(self, change: Change) -> Any:
        current = self.current(change)
        fits = merge(change.old, change.new, current)
        return change.new if fits is CONFLICT else fits

    def judge_again(self, change: Change) -> None:
        judge(change, change.proposal.item.upstream.get(change.target))

    def read(self, change: Change, text: str) -> Any:
        target = change.target
        try:
            value = rules.from_text(field(target), text, self._known(change))
        except BadValue as error:
            raise Invalid({target: str(error)}) from None
        trial.dry_run(change.proposal.item, {target: value})
        return value

    def _known(self, change: Change) -> Any:
        """What an amended text can refer to: whom the change names, then whom the record does."""
        current = self.current(change)
        if not field(change.target).many or not isinstance(change.new, list):
            return current
        return [*change.new, *(value for value in current or () if value not in change.new)]

    def typographic(self, change: Change, value: Any) -> bool:
        return rules.typographic(change.new, value) or change.new == value

    def try_out(self, proposal: Proposal, changes: list[Change]) -> None:
        trial.dry_run(proposal.item, {c.target: c.new for c in changes})

    def take_effect(self, proposal: Proposal, changes: list[Change]) -> None:
        for change in changes:
            says = proposal.item.upstream.get(change.target)
            change.upstream_seen = [says]
            if says == change.applied:  # it was true already: nothing is left to carry
                change.standing, change.because = Standing.ADOPTED, Because.PUBLISHER
        self._show(proposal)

    def take_back(self, proposal: Proposal, changes: list[Change]) -> None:
        self._show(proposal)

    def _show(self, proposal: Proposal) -> None:
        db.session.flush()
        values = carried_fields(proposal.item_id)
        catalog.show(proposal.item, values, proposal_id=proposal.id)


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


def carried_fields(item_id: int) -> dict[str, Any]:
    """The approved field values we carry on an item: what `catalog.shown` puts on top."""
    return {
        target: change.applied for target, change in carried(item_id).items() if ":" not in target
    }


kinds.register(Kind.CORRECTION, CorrectionKind())
