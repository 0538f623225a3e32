"""Editing, support, comments, appeal and revert, below the pages."""

from datetime import timedelta

import pytest

from correction_flow.core.clock import at, utcnow
from correction_flow.core.errors import Conflict, Invalid, NotAllowed, WrongStatus
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections import operations as corrections
from correction_flow.proposals import (
    editing,
    operations,
    policy,
    queries,
    reopening,
    reverting,
    undoing,
)
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Action, Outcome, Standing, Status, What
from correction_flow.proposals.models import Because
from correction_flow.proposals.operations import Decision
from tests.cast import ITEM
from tests.makers import import_tree
from tests.nouns.test_workflow import GOOD, NO, YES, ask_for, claim_name, decide, sent_by, the

OTHER_TITLE = "Political Leadership at Work"


def edit(cast, number, who="alice", reason="A reason.", version=None, **texts):
    with transaction():
        proposal = the(number)
        editing.edit(
            proposal, corrections.wanted(proposal.item, texts), by=cast.user(who),
            version=version or proposal.version, reason=reason,
        )  # fmt: skip


def waiting(number):
    return {c.target: c.new for c in the(number).undecided}


def publish_title(new):
    """The publisher's next upload has this title."""
    old = "Interactive Political Leadership in Theory and Practise"
    import_tree({"jadmsc/v9.rdf": (old, new)})


# -- edit ---------------------------------------------------------------------------------


def test_an_edit_replaces_what_is_asked_for_and_the_stale_page_of_the_decider_is_refused(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    edit(cast, number, title=OTHER_TITLE, volume="10")
    assert waiting(number) == {"title": OTHER_TITLE, "volume": "10"}
    assert the(number).revision == 2
    with transaction(), pytest.raises(Conflict, match="timeline"):
        operations.reject(the(number), "No.", by=cast.user("mara"), version=1)
    decide_rest(cast, number)
    assert cast.item().title == OTHER_TITLE
    assert cast.mails("mara", "edited")


def decide_rest(cast, number):
    """Accept whatever waits; an edit may have dropped other changes."""
    with transaction():
        proposal = the(number)
        rules = rules_of(proposal)
        operations.decide(
            proposal,
            {
                c.id: Decision(Outcome.ACCEPTED, seen=digest(rules.current(c)))
                for c in proposal.undecided
            },
            by=cast.user("mara"), version=proposal.version,
        )  # fmt: skip


def test_an_edit_answers_an_open_question(cast):
    number = ask_for(cast, title=GOOD)
    with transaction():
        operations.ask(the(number), "Sure?", by=cast.user("mara"), version=1)
    edit(cast, number, title=OTHER_TITLE)
    assert the(number).status is Status.SUBMITTED


def test_what_others_support_becomes_their_request_when_it_is_edited_away(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    ask_for(cast, who="stella", title=GOOD)
    edit(cast, number, pages="1-18")
    assert waiting(number) == {"pages": "1-18"}
    theirs = sent_by(cast, "stella")
    assert [(p.follows.number, [c.new for c in p.changes]) for p in theirs] == [(number, [GOOD])]
    assert cast.mails("stella")[-1].name == "passed_on"


def test_an_edit_without_a_change_or_with_nothing_left_is_refused(cast):
    number = ask_for(cast, title=GOOD)
    with pytest.raises(Invalid, match="Nothing is changed"):
        edit(cast, number, title=GOOD)
    with pytest.raises(Invalid, match="withdraw"):
        edit(cast, number)


def test_an_edit_to_what_somebody_else_asks_for_is_refused(cast):
    other = ask_for(cast, who="stella", title=OTHER_TITLE)
    number = ask_for(cast, title=GOOD)
    with pytest.raises(Conflict, match=other):
        edit(cast, number, title=OTHER_TITLE)


@pytest.mark.parametrize("who", ["mara", "bob", "cora"])
def test_only_its_sender_edits(cast, who):
    number = ask_for(cast, title=GOOD)
    with pytest.raises(NotAllowed):
        edit(cast, number, who=who, title=OTHER_TITLE)


def test_a_reason_alone_can_be_edited(cast):
    number = ask_for(cast, title=GOOD)
    edit(cast, number, title=GOOD, reason="Look at page 3.")
    assert the(number).reason == "Look at page 3."


# -- support and comments -----------------------------------------------------------------


def test_an_author_of_the_item_supports_with_one_press_and_twice_is_once(cast):
    decide(cast, claim_name(cast, "bob", n=1), YES)
    number = ask_for(cast, title=GOOD)
    for _ in range(2):
        with transaction():
            editing.support(the(number), by=cast.user("bob"))
    assert [u.email for u in queries.supporters_of(the(number))] == ["bob@example.org"]
    events = queries.timeline(the(number), policy.audiences({policy.Actor.DECIDER}))
    assert [e.what for e in events].count(What.SUPPORT) == 1


def test_a_comment_reaches_everybody_but_its_writer_and_a_note_only_the_desk(cast):
    number = ask_for(cast, title=GOOD)
    with transaction():
        editing.comment(the(number), "It is on page 3.", by=cast.user("alice"))
        editing.comment(the(number), "I know her.", by=cast.user("mara"), desk_only=True)
    assert [m.name for m in cast.mails("mara")].count("commented") == 1
    assert "commented" not in [m.name for m in cast.mails("alice")]
    seen = queries.timeline(the(number), policy.audiences({policy.Actor.PROPOSER}))
    assert [e.note for e in seen if e.what is What.COMMENT] == ["It is on page 3."]


def test_a_proposer_writes_no_notes_for_the_desk_and_a_stranger_writes_nothing(cast):
    number = ask_for(cast, title=GOOD)
    with pytest.raises(NotAllowed), transaction():
        editing.comment(the(number), "x", by=cast.user("alice"), desk_only=True)
    with pytest.raises(NotAllowed), transaction():
        editing.comment(the(number), "x", by=cast.user("stella"))


def test_comments_go_on_after_closing_and_raise_no_version(cast):
    number = ask_for(cast, title=GOOD)
    decide(cast, number, YES)
    version = the(number).version
    with transaction():
        editing.comment(the(number), "Thank you.", by=cast.user("alice"))
    assert the(number).version == version


# -- appeal -------------------------------------------------------------------------------


def appeal(cast, number, reason="Look at the PDF.", who="alice"):
    with transaction():
        proposal = the(number)
        ids = [c.id for c in reopening.declined(proposal)]
        return reopening.appeal(proposal, ids, reason, by=cast.user(who)).proposal.number


def test_a_declined_change_is_appealed_once_and_somebody_else_decides(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    decide(cast, number, YES, NO)
    second = appeal(cast, number)
    assert waiting(second) == {"pages": "1-18"}
    assert cast.mails("cora", "notice")[0].text.startswith("Your turn")
    assert cast.mails("mara", "notice")[-1].text.startswith("Not your turn: this is an appeal")
    with pytest.raises(NotAllowed):
        decide(cast, second, YES)
    assert appeal(cast, number) == second
    decide(cast, second, NO, by="cora")
    with pytest.raises(WrongStatus, match="only one"):
        appeal(cast, second)


def test_nobody_else_is_led_to_an_appeal(cast):
    number = ask_for(cast, title=GOOD)
    decide(cast, number, NO)
    appeal(cast, number)
    with pytest.raises(NotAllowed):
        appeal(cast, number, who="stella")


def test_another_maintainer_decides_an_appeal_where_there_is_one(cast):
    from correction_flow.catalog import operations as catalog
    from correction_flow.catalog.models import GrantEffect

    with transaction():
        series = cast.item().series
        moved = catalog.grant(
            cast.user("otto"), series.archive, series, GrantEffect.GRANTED, by=None
        )
        operations.reroute(moved)
    number = ask_for(cast, title=GOOD)
    decide(cast, number, NO)
    second = appeal(cast, number)
    assert not policy.may(cast.user("mara"), Action.DECIDE, the(second))
    decide(cast, second, YES, by="otto")
    assert cast.item().title == GOOD


def test_an_appeal_needs_a_reason_a_declined_change_and_comes_within_sixty_days(cast):
    number = ask_for(cast, title=GOOD)
    decide(cast, number, NO)
    with pytest.raises(Invalid):
        appeal(cast, number, reason=" ")
    with pytest.raises(NotAllowed):
        appeal(cast, number, who="stella")
    with at(utcnow() + timedelta(days=61)), pytest.raises(WrongStatus, match="60 days"):
        appeal(cast, number)
    accepted = ask_for(cast, pages="1-18")
    decide(cast, accepted, YES)
    with pytest.raises(WrongStatus):
        appeal(cast, accepted)


# -- revert -------------------------------------------------------------------------------


def revert(cast, number, n=0, by="mara", reason="It was wrong."):
    with transaction():
        proposal = the(number)
        reverting.revert(
            proposal, proposal.changes[n].id, reason, by=cast.user(by), version=proposal.version
        )


def test_a_reverted_change_is_gone_and_the_rest_stands(cast):
    before = cast.item().title
    number = ask_for(cast, title=GOOD, pages="1-18")
    decide(cast, number, YES, YES)
    revert(cast, number)
    assert (cast.item().title, cast.item().shown["pages"]) == (before, "1-18")
    assert the(number).status is Status.APPROVED
    revert(cast, number, 1)
    assert the(number).status is Status.REVERTED
    assert len(cast.mails("alice", "reverted")) == 2
    assert "It was wrong." in cast.mails("alice", "reverted")[0].text
    with pytest.raises(WrongStatus):
        revert(cast, number, 1)


def test_what_stood_under_a_reverted_change_stands_again(cast):
    first = ask_for(cast, title=GOOD)
    decide(cast, first, YES)
    second = ask_for(cast, title=OTHER_TITLE)
    decide(cast, second, YES)
    with pytest.raises(WrongStatus, match=second):
        revert(cast, first)
    revert(cast, second)
    assert cast.item().title == GOOD
    assert the(first).changes[0].standing is Standing.CARRIED
    revert(cast, first)
    assert the(first).changes[0].because is Because.REVERTED


def names(cast):
    return [a["name"] for a in cast.item().shown["authors"]]


def accepted(cast, who="alice", **texts):
    """Ask for these values and have them accepted."""
    number = ask_for(cast, who=who, **texts)
    decide(cast, number, *[YES for _ in the(number).changes])
    return number


def added_and_respelt(cast):
    """A first correction adds an author, a later one respells another: both their numbers."""
    jacob, eva = names(cast)
    first = accepted(cast, authors=f"{jacob}\n{eva}\nCal Added")
    return first, accepted(cast, who="stella", authors=f"Jacob X. Torfing\n{eva}\nCal Added")


def test_a_revert_beneath_a_later_correction_of_the_same_list_keeps_that_one(cast):
    old = names(cast)
    first, second = added_and_respelt(cast)
    version = the(second).version
    revert(cast, first)
    assert names(cast) == ["Jacob X. Torfing", old[1]]
    assert (the(first).status, the(second).status) == (Status.REVERTED, Status.APPROVED)
    change = the(second).changes[0]
    assert change.standing is Standing.CARRIED
    assert change.applied == cast.item().shown["authors"]
    assert [a["name"] for a in change.before] == old, "it is shown as what it did by itself"
    assert the(second).version > version
    assert "is kept" in cast.mails("stella", "commented")[0].text
    assert not cast.mails("mara", "commented")
    revert(cast, second)
    assert names(cast) == old


def test_what_a_revert_left_of_a_later_correction_is_what_the_publisher_adopts(cast):
    first, second = added_and_respelt(cast)
    revert(cast, first)
    import_tree({"jadmsc/v9.rdf": ("Jacob Torfing", "Jacob X. Torfing")})
    assert the(second).changes[0].standing is Standing.ADOPTED
    assert names(cast)[0] == "Jacob X. Torfing"
    with pytest.raises(WrongStatus, match="own file says this"):
        revert(cast, second)


def test_under_what_was_reverted_in_the_middle_what_it_had_replaced_stands_again(cast):
    bottom = accepted(cast, jel="D72")
    middle = accepted(cast, jel="D72 H11")
    top = accepted(cast, jel="D72 H11 Z1")
    revert(cast, middle)
    assert cast.item().shown["jel"] == ["D72", "Z1"]
    revert(cast, top)
    assert cast.item().shown["jel"] == ["D72"]
    assert the(bottom).changes[0].standing is Standing.CARRIED
    revert(cast, bottom)
    assert "jel" not in cast.item().shown


def test_an_undo_on_top_of_a_revert_in_the_middle_asks_for_the_rest_again(cast, app):
    app.config["UNDO_MINUTES"] = 5
    accepted(cast, jel="D72")
    middle = accepted(cast, jel="D72 H11")
    top = accepted(cast, jel="D72 H11 Z1")
    revert(cast, middle)
    with transaction():
        undoing.undo(the(top), by=cast.user("mara"), version=the(top).version)
    assert cast.item().shown["jel"] == ["D72"]
    decide(cast, top, YES)
    assert cast.item().shown["jel"] == ["D72", "Z1"], "merged with what was reverted meanwhile"


def test_where_a_later_correction_changed_the_same_three_values_are_named(cast):
    first, second = accepted(cast, title=GOOD), accepted(cast, title=OTHER_TITLE)
    with pytest.raises(WrongStatus) as error:
        revert(cast, first)
    for part in ("Practise", GOOD, OTHER_TITLE, f"Revert {second} first"):
        assert part in str(error.value)


def test_what_the_publisher_has_of_a_covered_correction_is_not_taken_out(cast):
    jacob, eva = names(cast)
    first = accepted(cast, authors=f"{jacob}\n{eva}\nCal Added")
    added = "Author-Name: Eva S\xf8rensen\nAuthor-Name: Cal Added"
    import_tree({"jadmsc/v9.rdf": ("Author-Name: Eva S\xf8rensen", added)})
    assert the(first).changes[0].standing is Standing.ADOPTED
    accepted(cast, authors=f"Jacob X. Torfing\n{eva}\nCal Added")
    with pytest.raises(WrongStatus, match="own file says this"):
        revert(cast, first)


def test_a_request_with_one_change_covered_and_one_reverted_is_not_reverted_as_a_whole(cast):
    first = accepted(cast, title=GOOD, pages="1-18")
    second = accepted(cast, title=OTHER_TITLE)
    revert(cast, first, 1)
    assert the(first).status is Status.APPROVED
    revert(cast, second)
    assert cast.item().title == GOOD
    revert(cast, first)
    assert the(first).status is Status.REVERTED


def test_what_the_publisher_said_meanwhile_is_kept(cast):
    first = ask_for(cast, title=GOOD)
    decide(cast, first, YES)
    second = ask_for(cast, title=OTHER_TITLE)
    decide(cast, second, YES)
    publish_title("New Title")
    assert cast.item().title == "New Title"
    with pytest.raises(WrongStatus, match="publisher"):
        revert(cast, second)


def test_only_deciders_revert_and_with_a_reason(cast):
    number = ask_for(cast, title=GOOD)
    decide(cast, number, YES)
    with pytest.raises(NotAllowed):
        revert(cast, number, by="alice")
    with pytest.raises(Invalid):
        revert(cast, number, reason="")


def test_a_reverted_claim_sets_the_name_free(cast):
    number = claim_name(cast, "alice")
    decide(cast, number, YES)
    revert(cast, number)
    assert cast.item_author(0).profile is None


# -- a record that moved ------------------------------------------------------------------


def test_two_changes_of_an_author_list_that_fit_together_are_merged(cast):
    names = [a["name"] for a in cast.item().shown["authors"]]
    first = ask_for(cast, authors="\n".join([*names, "Cal Added"]))
    second = ask_for(cast, who="stella", authors="\n".join([names[0] + "a", *names[1:]]))
    decide(cast, first, YES)
    decide(cast, second, YES)
    expected = [names[0] + "a", *names[1:], "Cal Added"]
    assert [a["name"] for a in cast.item().shown["authors"]] == expected


def test_what_a_merge_makes_is_tried_out_before_it_takes_effect(cast):
    jacob, eva = names(cast)
    number = ask_for(cast, authors=eva, pages="1-18")
    accepted(cast, who="stella", authors=jacob)
    with pytest.raises(Invalid) as error:
        decide(cast, number, YES, YES)
    change = the(number).changes[0]
    assert list(error.value.errors) == [f"change-{change.id}"]
    assert "at least one name" in str(error.value)
    assert (the(number).status, names(cast)) == (Status.SUBMITTED, [jacob])
    assert cast.item().shown["pages"] == "1-81"


def test_accepting_what_the_publisher_says_already_leaves_nothing_to_carry(cast):
    before = cast.item().title
    decide(cast, ask_for(cast, title=GOOD), YES)
    number = ask_for(cast, title=before, pages="1-18")
    decide(cast, number, YES, YES)
    assert {c.target: c.standing for c in the(number).changes} == {
        "title": Standing.ADOPTED, "pages": Standing.CARRIED,
    }  # fmt: skip


def test_an_undone_decision_does_not_put_an_older_value_over_the_publishers_new_one(cast, app):
    app.config["UNDO_MINUTES"] = 5
    first = ask_for(cast, title=GOOD)
    decide(cast, first, YES)
    second = ask_for(cast, title=OTHER_TITLE)
    decide(cast, second, YES)
    publish_title("New Title")
    with transaction():
        undoing.undo(the(second), by=cast.user("mara"), version=the(second).version)
    assert cast.item(ITEM).title == "New Title"
    assert the(first).changes[0].standing is Standing.CONTESTED


# -- withdrawal ---------------------------------------------------------------------------


def test_an_heir_gets_only_what_they_asked_for(cast):
    number = ask_for(cast, title=GOOD, pages="1-18", volume="10")
    ask_for(cast, who="stella", title=GOOD)
    ask_for(cast, who="bob", pages="1-18")
    with transaction():
        operations.withdraw(the(number), by=cast.user("alice"), version=1)
    assert waiting(number) == {"title": GOOD}
    assert the(number).proposer.id == cast.user("stella").id
    bobs = sent_by(cast, "bob")
    assert [[c.new for c in p.changes] for p in bobs] == [["1-18"]]
    assert {c.target: c.outcome for c in the(number).changes}["volume"] is Outcome.DROPPED
