"""What the desk reads of who claims a name."""

import pytest

from correction_flow.accounts.operations import keep_names, profile_for
from correction_flow.catalog.queries import authors_of
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals.kinds import rules_of
from tests.cast import ITEM, OTHER
from tests.nouns.test_workflow import claim_name, the


def signs(number):
    proposal = the(number)
    return [(sign.speaks, sign.text) for sign in rules_of(proposal).evidence(proposal)]


def rename(cast, who, name):
    with transaction():
        cast.user(who).name = name
        profile_for(cast.user(who)).name = name


@pytest.mark.parametrize(
    ("name", "speaks"),
    [("Torfing, Jacob", "for"), ("J. Torfing", "neither"), ("Mary Smith", "against")],
)
def test_how_the_printed_name_fits_the_senders(cast, name, speaks):
    rename(cast, "alice", name)
    assert signs(claim_name(cast, "alice"))[0][0] == speaks


def test_a_further_name_of_the_sender_counts(cast):
    with transaction():
        keep_names(cast.user("alice"), "Jacob Torfing")
    assert signs(claim_name(cast, "alice"))[0][0] == "for"


def test_a_printed_address_speaks_for_who_has_verified_it_and_not_for_others(cast):
    with transaction():
        authors_of(cast.item())[0].email_key = "alice@example.org"
    assert ("for", "The address printed with the name is one that the sender has verified.") in (
        signs(claim_name(cast, "alice"))
    )
    (told,) = [text for _, text in signs(claim_name(cast, "stella")) if "address" in text]
    assert "has not verified it" in told


def test_a_shared_co_author_speaks_for_and_an_owner_against(cast):
    with transaction():
        authors_of(cast.item(ITEM))[1].profile_id = profile_for(cast.user("bob")).id
        other = cast.item(OTHER)
        authors_of(other)[0].profile_id = profile_for(cast.user("alice")).id
        first = authors_of(other)[0]
        db.session.add(
            type(first)(
                item_id=other.id, role=first.role, position=2, name="Eva Sørensen",
                name_key="eva sorensen", workplaces=[], profile_id=profile_for(cast.user("bob")).id,
            )
        )  # fmt: skip
    texts = [text for _, text in signs(claim_name(cast, "alice"))]
    assert "A co-author here is also a co-author of other works of the sender." in texts
    told = signs(claim_name(cast, "stella", n=1))
    assert told[-1] == ("against", "Bob Sørensen is known by this name already.")


def test_the_desk_shows_them(cast):
    number = claim_name(cast, "alice")
    page = cast.client("mara").get(f"/desk/{number}").text
    assert "What is known" in page
    assert "beside the sender’s name" in page or "does not fit the name" in page
