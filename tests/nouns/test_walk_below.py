"""The walk without pages: ask, decide, import again."""

from correction_flow.catalog.queries import item_by_handle
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections import operations as corrections
from correction_flow.proposals import operations
from correction_flow.proposals.lifecycle import Outcome, Standing, Status
from correction_flow.proposals.operations import Decision
from correction_flow.proposals.queries import proposal_by_number
from tests.cast import ITEM
from tests.makers import import_tree

GOOD = "Interactive Political Leadership in Theory and Practice"


def ask(cast, **texts):
    with transaction():
        item = cast.item()
        submitted = corrections.request_correction(
            item,
            texts,
            by=cast.user("alice"),
            reason="A slip.",
            evidence_url=None,
            item_version=item.version,
        )
        return submitted.proposal.number


def decisions(proposal, outcomes):
    return {
        change.id: Decision(
            outcomes[change.target], seen=digest(change.old), reason="The PDF says otherwise."
        )
        for change in proposal.changes
    }


def decide(cast, number, by="mara", **outcomes):
    with transaction():
        proposal = proposal_by_number(number)
        operations.decide(
            proposal, decisions(proposal, outcomes), by=cast.user(by), version=proposal.version
        )


def test_an_accepted_change_is_shown_and_survives_the_next_import(cast):
    number = ask(cast, title=GOOD, pages="1-18")
    assert [m.name for m in cast.mails()] == ["receipt", "notice"]
    decide(cast, number, title=Outcome.ACCEPTED, pages=Outcome.DECLINED)
    item = item_by_handle(ITEM)
    assert item.title == GOOD
    assert item.shown["pages"] == "1-81"
    assert item.upstream["title"].endswith("Practise")
    proposal = proposal_by_number(number)
    assert proposal.status is Status.APPROVED
    assert [m.name for m in cast.mails("alice")] == ["receipt", "decided"]
    summary = import_tree()
    assert summary.changed == 0
    assert item_by_handle(ITEM).title == GOOD


def test_the_publisher_adopts_the_change(cast):
    number = ask(cast, title=GOOD)
    decide(cast, number, title=Outcome.ACCEPTED)
    import_tree({"jadmsc/v9.rdf": ("Practise", "Practice")})
    assert proposal_by_number(number).changes[0].standing is Standing.ADOPTED
    assert item_by_handle(ITEM).title == GOOD


def test_a_third_value_of_the_publisher_is_shown_and_contested(cast):
    number = ask(cast, title=GOOD)
    decide(cast, number, title=Outcome.ACCEPTED)
    import_tree({"jadmsc/v9.rdf": ("in Theory and Practise", "Revisited")})
    assert proposal_by_number(number).changes[0].standing is Standing.CONTESTED
    assert item_by_handle(ITEM).title == "Interactive Political Leadership Revisited"
