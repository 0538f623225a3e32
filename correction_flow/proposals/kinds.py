"""Where the three kinds differ: one object each, registered by its noun.

The engine asks these; a fourth kind is a new folder and no `if`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from correction_flow.accounts.models import User
from correction_flow.proposals.lifecycle import Kind
from correction_flow.proposals.models import Change, Proposal


class Sign(NamedTuple):
    """Something known that speaks for what is asked for, against it, or for neither."""

    text: str
    speaks: Literal["for", "against", "neither"] = "neither"


class ProposalKind(Protocol):
    """What the engine needs to know of one kind of proposal."""

    def label(self, change: Change) -> str:
        """What the change is about, for people: "Title", "Reference 7"."""

    def about(self, change: Change) -> str | None:
        """What the target says, where its label does not: the text of a reference."""

    def worded(self, change: Change) -> bool:
        """Whether its old and new text are compared word by word."""

    def text(self, change: Change, value: Any) -> str:
        """A value of the change (old, new, current) as text for people."""

    def cites(self, change: Change, value: Any) -> str | None:
        """The handle key of the item that a value of the change links, if it links one."""

    def load(self, changes: Sequence[Change]) -> list[object]:
        """Load at once what `label`, `about` and `text` of these changes look up one by one.

        They find it without a query while somebody holds on to what this returns.
        """

    def current(self, change: Change) -> Any:
        """The target's value as it is shown now."""

    def published(self, change: Change) -> Any:
        """The target's value as the publisher says it; None where no file says anything."""

    def merged(self, change: Change) -> Any:
        """What accepting the change makes true: what was asked for, or that merged with what
        happened to the target since, where both fit together (rule 4)."""

    def without(self, change: Change, value: Any) -> Any:
        """`value`, which later changes made of what this one applied, as if this had never been:
        the inverse, three-way (rule 8). Raises Conflict where a later one changed the same."""

    def judge_again(self, change: Change) -> None:
        """An accepted change stands again: compare it with what the publisher says now."""

    def read(self, change: Change, text: str) -> Any:
        """The value in a decider's amended text. Raises Invalid with the remedy."""

    def target(self, change: Change, value: Any) -> str:
        """What the change is about when this value is asked for instead."""

    def typographic(self, change: Change, value: Any) -> bool:
        """Whether `value` differs from what was asked for only in look (product.md §2)."""

    def try_out(self, proposal: Proposal, values: Mapping[Change, Any]) -> None:
        """The dry run of rule 3, on the present record: before a request that was stored for a
        while is sent, and before values take effect.

        Raises Invalid (by target) or Conflict with what is in the way.
        """

    def heard(self, proposal: Proposal) -> list[User]:
        """Who must be heard before anybody decides: whoever is known by a name that is claimed."""

    def sent(self, proposals: Sequence[Proposal]) -> None:
        """These begin to wait for a decision, sent together: ask whoever can say what is so."""

    def evidence(self, proposal: Proposal) -> list[Sign]:
        """What is known of who asks and who can tell, for those who decide."""

    def take_effect(self, proposal: Proposal, changes: list[Change]) -> None:
        """Make the accepted changes true: `applied` is set, the catalogue follows."""

    def take_back(self, proposal: Proposal, changes: list[Change]) -> None:
        """Make the catalogue as if these had not been accepted."""


_KINDS: dict[Kind, ProposalKind] = {}


def register(kind: Kind, rules: ProposalKind) -> None:
    """A noun says what is special about its kind."""
    _KINDS[kind] = rules


def rules_of(proposal: Proposal) -> ProposalKind:
    """What is special about this proposal's kind."""
    return _KINDS[proposal.kind]


def load(changes: Sequence[Change]) -> list[object]:
    """What is needed to show these changes of any kinds; hold on to it while they are shown."""
    loaded: list[object] = []
    for kind, rules in _KINDS.items():
        loaded += rules.load([change for change in changes if change.proposal.kind is kind])
    return loaded
