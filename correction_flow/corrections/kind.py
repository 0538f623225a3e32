"""What is special about correction requests, for the engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.fields import field
from correction_flow.core.errors import Invalid
from correction_flow.core.extensions import db
from correction_flow.corrections import changes as rules
from correction_flow.corrections.operations import dry_run
from correction_flow.proposals import kinds
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.models import Change, Proposal
from correction_flow.proposals.operations import Wanted
from correction_flow.proposals.queries import carried


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

    def read(self, change: Change, text: str) -> Any:
        try:
            return rules.from_text(field(change.target), text, self.current(change))
        except rules.BadValue as error:
            raise Invalid({change.target: str(error)}) from None

    def typographic(self, change: Change, value: Any) -> bool:
        return rules.typographic(change.new, value) or change.new == value

    def try_out(self, proposal: Proposal, changes: list[Change]) -> None:
        dry_run(proposal.item, [Wanted(c.target, c.old, c.new) for c in changes])

    def take_effect(self, proposal: Proposal, changes: list[Change]) -> None:
        for change in changes:
            change.upstream_seen = [proposal.item.upstream.get(change.target)]
        self._show(proposal)

    def take_back(self, proposal: Proposal, changes: list[Change]) -> None:
        self._show(proposal)

    def _show(self, proposal: Proposal) -> None:
        db.session.flush()
        values = carried_fields(proposal.item_id)
        catalog.show(proposal.item, values, proposal_id=proposal.id)


def carried_fields(item_id: int) -> dict[str, Any]:
    """The approved field values we carry on an item: what `catalog.shown` puts on top."""
    return {
        target: change.applied for target, change in carried(item_id).items() if ":" not in target
    }


kinds.register(Kind.CORRECTION, CorrectionKind())
