"""No case without somebody who may decide it, and nobody decides who has lost the right."""

import pytest

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import Contact, GrantEffect
from correction_flow.catalog.queries import attended, decides
from correction_flow.core.errors import Conflict
from correction_flow.core.extensions import db
from correction_flow.core.text import same_person
from correction_flow.core.transaction import transaction
from correction_flow.corrections.changes import _same_words
from correction_flow.corrections.operations import wanted
from correction_flow.proposals import editing, operations, policy, reopening, undoing
from correction_flow.proposals.lifecycle import Action, Outcome
from correction_flow.upstream.importer import import_path
from tests.cast import OTHER, PEOPLE
from tests.makers import TAF, write_tree
from tests.nouns.test_workflow import GOOD, YES, ask_for, claim_name, decide, sent_by, the

WISH = "Something Else Entirely"


def deciders(cast, number):
    proposal = the(number)
    return [n for n in PEOPLE if policy.may(cast.user(n), Action.DECIDE, proposal)]


def seat_otto_beside_mara(cast):
    with transaction():
        series = cast.item().series
        moved = catalog.grant(
            cast.user("otto"), series.archive, series, GrantEffect.GRANTED, by=None
        )
        operations.reroute(moved)


def test_curators_decide_when_the_only_maintainer_supports_a_request(cast):
    number = ask_for(cast, title=WISH)
    assert deciders(cast, number) == ["mara"]
    ask_for(cast, who="mara", title=WISH)
    assert deciders(cast, number) == ["cora"]
    assert any(mail.to == "cora@example.org" for mail in cast.mails(folder="notice"))


def test_curators_decide_when_the_only_maintainer_claims_the_item(cast):
    number = ask_for(cast, title=WISH)
    claim_name(cast, "mara")
    assert deciders(cast, number) == ["cora"]


def test_curators_decide_when_both_maintainers_are_concerned(cast):
    seat_otto_beside_mara(cast)
    number = ask_for(cast, who="mara", title=WISH)
    assert deciders(cast, number) == ["otto"]
    ask_for(cast, who="otto", title=WISH)
    assert deciders(cast, number) == ["cora"]


def test_curators_decide_where_the_only_maintainer_was_removed(cast):
    number = ask_for(cast, title=GOOD)
    with transaction():
        archive = cast.item().series.archive
        moved = catalog.grant(cast.user("mara"), archive, None, GrantEffect.REMOVED, by=None)
        operations.reroute(moved)
    assert not attended(the(number).desk)
    assert deciders(cast, number) == ["cora"]
    before = len(cast.mails("cora"))
    ask_for(cast, title=WISH)
    assert len(cast.mails("cora")) == before + 1


def test_curators_decide_when_the_decider_became_concerned_before_taking_a_decision_back(cast, app):
    app.config["UNDO_MINUTES"] = 5
    number = ask_for(cast, title=WISH)
    decide(cast, number, YES)
    claim_name(cast, "mara")
    with transaction():
        undoing.undo(the(number), by=cast.user("mara"), version=the(number).version)
    assert deciders(cast, number) == ["cora"]


def test_curators_decide_when_the_maintainer_who_is_left_supports_a_request(cast):
    seat_otto_beside_mara(cast)
    number = ask_for(cast, title=WISH)
    ask_for(cast, who="mara", title=WISH)
    assert deciders(cast, number) == ["otto"]
    with transaction():
        series = cast.item().series
        moved = catalog.grant(
            cast.user("otto"), series.archive, series, GrantEffect.REMOVED, by=None
        )
        operations.reroute(moved)
    assert deciders(cast, number) == ["cora"]


def test_what_passed_to_a_supporter_is_no_appeal_against_the_decision_of_the_rest(cast):
    number = ask_for(cast, title=WISH, pages="1-18")
    ask_for(cast, who="stella", title=WISH)
    with transaction():
        proposal = the(number)
        editing.edit(
            proposal, wanted(proposal.item, {"pages": "1-18"}), by=cast.user("alice"),
            version=proposal.version, reason="A reason.",
        )  # fmt: skip
    (theirs,) = sent_by(cast, "stella")
    with transaction():
        operations.reject(the(number), "No.", by=cast.user("mara"), version=the(number).version)
    assert deciders(cast, theirs.number) == ["mara"]
    decide(cast, theirs.number, (Outcome.DECLINED, "No."))
    with transaction():
        appealed = reopening.appeal(
            the(theirs.number), [c.id for c in the(theirs.number).changes], "Look again.",
            by=cast.user("stella"),
        ).proposal  # fmt: skip
    assert appealed.appeals_against.number == theirs.number


def test_rights_end_with_the_template_that_names_the_address(cast, tmp_path):
    files = dict(TAF)
    files["tafseri.rdf"] = files["tafseri.rdf"].replace("otto@example.org", "stella@example.org")
    root = write_tree(tmp_path / "taf", files)
    import_path(root)
    number = ask_for(cast, handle=OTHER, title="A Totally Different Title")
    assert "stella" in deciders(cast, number)
    (root / "tafseri.rdf").write_bytes(b"")
    import_path(root)
    assert "stella" in deciders(cast, number)  # an empty file is a mishap
    (root / "tafseri.rdf").unlink()
    import_path(root)
    assert "stella" not in deciders(cast, number)
    assert deciders(cast, number)


def test_an_invisible_sign_in_an_address_stops_nobody(cast, tmp_path):
    root = tmp_path / "taf"
    for name, text in TAF.items():
        path = (root / name).with_suffix(".redif")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("otto@example.org", "otto@example.org\u200b"), "utf-8")
    import_path(root)
    assert {c.address for c in db.session.query(Contact).join(Contact.__table__.metadata.tables[
        "archives"]).filter_by(handle_key="repec:taf")} == {"otto@example.org"}  # fmt: skip
    number = ask_for(cast, handle=OTHER, title="A Totally Different Title")
    assert "otto" in deciders(cast, number)


def test_a_maintainers_name_that_is_an_address_is_not_shown(cast):
    with transaction():
        for contact in db.session.query(Contact):
            contact.name = contact.address
    assert "@" not in decides(cast.item().series)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1-81", "181"),
        ("1-81", "18-1"),
        ("10.1000/12.3", "10.1000/1.23"),
        ("1.5 percent", "15 percent"),
        ("C++", "C#"),
        ("if p < 0.05", "if p > 0.05"),
    ],
)
def test_what_changes_the_meaning_is_no_slip_of_the_pen(old, new):
    assert not _same_words(old, new)


def test_a_slip_of_the_pen_is_one():
    assert _same_words("Practise and theory, 2019", "Practice and Theory 2019")


def test_a_claim_does_not_pass_to_a_namesake_in_the_same_place(cast):
    decide(cast, claim_name(cast, "alice"), YES)
    assert cast.item_author(0).profile is not None
    number = ask_for(cast, who="stella", authors="Mary Torfing\nEva Sørensen")
    decide(cast, number, YES)
    assert cast.item_author(0).name == "Mary Torfing"
    assert cast.item_author(0).profile is None


def test_a_name_respelt_keeps_its_claim_and_its_workplace(cast):
    decide(cast, claim_name(cast, "alice"), YES)
    number = ask_for(cast, who="stella", authors="Jacob X. Torfing\nEva Sørensen")
    decide(cast, number, YES)
    author = cast.item_author(0)
    assert (author.name, author.profile is not None) == ("Jacob X. Torfing", True)
    assert author.workplaces == [{"name": "Roskilde University"}]


def test_nobody_becomes_two_authors_of_one_item(cast):
    first, second = claim_name(cast, "alice", 0), claim_name(cast, "alice", 1)
    decide(cast, first, YES)
    with pytest.raises(Conflict, match="already"):
        decide(cast, second, YES)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Jacob Torfing", "J. Torfing", True),
        ("Jacob Torfing", "Torfing, Jacob X.", True),
        ("Eva Sorenson", "Eva Sørensen", True),
        ("Jacob Torfing", "Mary Torfing", False),
        ("Jacob Torfing", "Jacob Smith", False),
        ("", "Jacob Torfing", False),
    ],
)
def test_a_name_respelt_is_told_from_another(one, other, same):
    assert same_person(one, other) is same
