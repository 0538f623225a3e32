"""References are linked, unlinked, respelt, taken out and added; and what their source says."""

import json

import pytest
from sqlalchemy import func, select

from correction_flow.catalog import queries
from correction_flow.catalog.models import ItemReference, LinkedBy, Refutation
from correction_flow.catalog.operations import link_awaited, text_key
from correction_flow.citations.candidates import offered
from correction_flow.citations.operations import Added, Entry, request_references
from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.proposals import operations, reverting, undoing, visitors
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Outcome, Standing, Status
from correction_flow.proposals.models import Proposal, Visitor
from correction_flow.proposals.queries import proposal_by_number
from correction_flow.upstream.importer import import_path
from tests.cast import CITED, ITEM, OTHER
from tests.makers import GAM, GAM_REFERENCES, write_tree
from tests.nouns.test_workflow import NO, YES, decide

NEW = "Dana Missing, 2017. A reference that the list lacks."


def ask(cast, who="alice", entries=None, added=(), version=None):
    """Ask for changes of references; `entries` by place in the list, from 1."""
    with transaction():
        item = cast.item()
        by = cast.user(who) if isinstance(who, str) else who
        listed = {r.position: r.id for r in queries.references_of(item)}
        said = {listed[n]: entry for n, entry in (entries or {}).items()}
        submitted = request_references(
            item, said, added, by=by, reason="Look at it.", evidence_url=None,
            item_version=version or item.version,
        )  # fmt: skip
        return submitted.proposal.number if submitted.proposal else None


def accepted(cast, **wanted):
    number = ask(cast, **wanted)
    decide(cast, number, *[YES] * len(proposal_by_number(number).changes))
    return number


def shown(cast):
    """The list as its page shows it: (position, text, handle it is linked to)."""
    db.session.rollback()
    page = queries.reference_page(cast.item())
    return [(one.position, one.text, one.cited) for one in page.rows]


def read(tmp_path, references):
    """The publisher's archive again, with this reference list."""
    with_list = write_tree(tmp_path / str(digest(references))[:8], GAM, references)
    import_path(with_list)
    db.session.rollback()


def listed(*more, cited=None):
    first = {**GAM_REFERENCES[0], "cited": cited}
    return [first, GAM_REFERENCES[1], *({"citing": ITEM, "cited": None, **m} for m in more)]


def change(number, n=0):
    return proposal_by_number(number).changes[n]


FIRST, SECOND = (one["text"] for one in GAM_REFERENCES)


# -- a wrong link -------------------------------------------------------------------------


def test_a_wrong_link_is_taken_away_and_comes_back_by_no_import_and_no_matcher(cast, tmp_path):
    read(tmp_path, listed(cited=CITED))
    assert shown(cast)[0] == (1, FIRST, CITED)
    number = accepted(cast, entries={1: Entry(unlink=True)})
    assert shown(cast)[0] == (1, FIRST, None)
    with transaction():
        cast.reference().compared_at = None
    read(tmp_path, listed({"nth": 3, "text": "Another one, 1990."}, cited=CITED))
    assert shown(cast)[0] == (1, FIRST, None)
    assert offered(FIRST, citing=cast.item()) == []
    assert rules_of(change(number).proposal).text(change(number), change(number).old)


def test_another_link_of_the_source_is_taken(cast, tmp_path):
    read(tmp_path, listed(cited=OTHER))
    accepted(cast, entries={1: Entry(unlink=True)})
    read(tmp_path, listed(cited=CITED))
    assert shown(cast)[0] == (1, FIRST, CITED)


def test_who_awaits_a_refuted_item_is_not_linked_when_it_comes(cast, tmp_path):
    with transaction():
        reference = cast.reference()
        reference.cited_key = CITED.lower()
        db.session.add(Refutation(text_key=text_key(FIRST), cited_key=CITED.lower(), change_id=1))
    with transaction():
        assert link_awaited({CITED.lower(): cast.item(CITED).id}) == 0


def test_when_the_unlinking_is_reverted_the_pair_may_be_linked_again(cast, tmp_path):
    read(tmp_path, listed(cited=CITED))
    number = accepted(cast, entries={1: Entry(unlink=True)})
    assert db.session.scalar(select(func.count(Refutation.id))) == 1
    with transaction():
        proposal = proposal_by_number(number)
        reverting.revert(
            proposal, proposal.changes[0].id, "It was right.", by=cast.user("mara"),
            version=proposal.version,
        )  # fmt: skip
    assert shown(cast)[0] == (1, FIRST, CITED)
    assert db.session.scalar(select(func.count(Refutation.id))) == 0


# -- the text -----------------------------------------------------------------------------


def test_a_corrected_text_keeps_the_reference_and_its_link(cast, tmp_path):
    read(tmp_path, listed(cited=CITED))
    id_ = cast.reference().id
    better = FIRST.replace("limits", "true limits")
    accepted(cast, entries={1: Entry(text=better)})
    assert shown(cast)[0] == (1, better, CITED)
    assert cast.reference().id == id_


def test_its_source_brings_neither_the_old_text_back_nor_a_second_one(cast, tmp_path):
    better = FIRST.replace("limits", "true limits")
    number = accepted(cast, entries={1: Entry(text=better)})
    read(tmp_path, listed({"nth": 3, "text": "Another one, 1990."}))
    assert [text for _, text, _ in shown(cast)] == [better, SECOND, "Another one, 1990."]
    assert change(number).standing is Standing.CARRIED


def test_a_source_that_takes_our_text_over_adopts_it(cast, tmp_path):
    better = FIRST.replace("limits", "true limits")
    number = accepted(cast, entries={1: Entry(text=better)})
    id_ = cast.reference().id
    theirs = listed()
    theirs[0] = {**theirs[0], "text": better}
    read(tmp_path, theirs)
    assert (cast.reference().id, cast.reference().text) == (id_, better)
    assert len(shown(cast)) == 2
    assert change(number).standing is Standing.ADOPTED
    assert [m.name for m in cast.mails("alice")][-1] == "read_again"


def test_our_text_that_the_source_has_as_well_is_adopted_or_stays(cast, tmp_path):
    accepted(cast, entries={1: Entry(text="Quite another text, 2018.")})
    number = accepted(cast, entries={1: Entry(text=FIRST)})
    theirs = listed()
    theirs[0] = {**theirs[0], "text": FIRST.upper()}
    read(tmp_path, theirs)
    assert (shown(cast)[0][1], change(number).standing) == (FIRST, Standing.CARRIED)
    read(tmp_path, listed())
    assert (shown(cast)[0][1], change(number).standing) == (FIRST, Standing.ADOPTED)


def test_undoing_a_corrected_text_shows_the_source_again(cast, app):
    app.config["UNDO_MINUTES"] = 5
    number = accepted(cast, entries={1: Entry(text="Quite another text, 2018.")})
    with transaction():
        proposal = proposal_by_number(number)
        undoing.undo(proposal, by=cast.user("mara"), version=proposal.version)
    assert shown(cast)[0][1] == FIRST
    assert cast.reference().source_text is None


# -- taking out ---------------------------------------------------------------------------


def test_what_is_taken_out_stays_out_while_its_source_still_lists_it(cast, tmp_path):
    number = accepted(cast, entries={2: Entry(remove=True)})
    assert [text for _, text, _ in shown(cast)] == [FIRST]
    read(tmp_path, listed({"nth": 3, "text": "Another one, 1990."}))
    assert [text for _, text, _ in shown(cast)] == [FIRST, "Another one, 1990."]
    with transaction():
        proposal = proposal_by_number(number)
        reverting.revert(
            proposal, proposal.changes[0].id, "It is there.", by=cast.user("mara"),
            version=proposal.version,
        )  # fmt: skip
    assert SECOND in [text for _, text, _ in shown(cast)]


def test_what_is_taken_out_and_gone_from_its_source_does_not_come_back_by_a_revert(cast, tmp_path):
    number = accepted(cast, entries={2: Entry(remove=True)})
    read(tmp_path, listed()[:1])
    with transaction():
        proposal = proposal_by_number(number)
        reverting.revert(
            proposal, proposal.changes[0].id, "It is there.", by=cast.user("mara"),
            version=proposal.version,
        )  # fmt: skip
    assert [text for _, text, _ in shown(cast)] == [FIRST]


# -- adding -------------------------------------------------------------------------------


def test_an_added_reference_stands_at_the_end_linked_and_counts_for_the_cited_item(cast):
    accepted(cast, added=[Added(NEW, CITED)])
    assert shown(cast)[-1] == (3, NEW, CITED)
    assert [one.handle for one in queries.citation_page(cast.item(CITED)).rows] == [ITEM]
    assert queries.reference_page(cast.item()).rows[-1].added


def test_an_added_reference_survives_the_next_list_and_is_adopted_by_one_that_has_it(
    cast, tmp_path
):
    number = accepted(cast, added=[Added(NEW)])
    read(tmp_path, listed({"nth": 3, "text": "Another one, 1990."}))
    assert NEW in [text for _, text, _ in shown(cast)]
    assert change(number).standing is Standing.CARRIED
    read(tmp_path, listed({"nth": 3, "text": NEW.upper()}))
    assert [text.upper() for _, text, _ in shown(cast)].count(NEW.upper()) == 1
    assert change(number).standing is Standing.ADOPTED


def test_reverting_an_addition_takes_it_out_and_it_can_be_added_again(cast):
    number = accepted(cast, added=[Added(NEW, CITED)])
    with transaction():
        proposal = proposal_by_number(number)
        reverting.revert(
            proposal, proposal.changes[0].id, "It is not there.", by=cast.user("mara"),
            version=proposal.version,
        )  # fmt: skip
    assert [text for _, text, _ in shown(cast)] == [FIRST, SECOND]
    assert list(queries.citation_page(cast.item(CITED)).rows) == []
    accepted(cast, who="stella", added=[Added(NEW)])
    assert shown(cast)[-1] == (3, NEW, None)


def test_what_the_list_has_is_not_added_but_linked(cast):
    number = ask(cast, added=[Added(FIRST.upper(), CITED)])
    (one,) = proposal_by_number(number).changes
    assert (one.target, one.new) == (f"reference:{cast.reference().id}", CITED.lower())
    with pytest.raises(Invalid) as wrong:
        ask(cast, added=[Added(SECOND, name="added-4-text")])
    assert wrong.value.errors["added-4-text"] == (
        "This stands in the list already, as reference 2."
    )


def test_one_text_twice_in_a_list_is_added_once(cast):
    number = ask(cast, added=[Added(NEW), Added(NEW.upper())])
    assert len(proposal_by_number(number).changes) == 1


def test_an_addition_is_amended_in_its_text_and_link(cast):
    number = ask(cast, added=[Added(NEW, CITED)])
    amended = f"{NEW.replace('lacks', 'lacks today')}\nMeans: {OTHER}"
    decide(cast, number, (Outcome.AMENDED, amended))
    assert proposal_by_number(number).status is Status.NEEDS_INFORMATION
    with transaction():
        proposal = proposal_by_number(number)
        operations.answer(proposal, "", by=cast.user("alice"), version=proposal.version, agree=True)
    decide(cast, number, YES)
    assert shown(cast)[-1] == (3, NEW.replace("lacks", "lacks today"), OTHER)


# -- several, and together ----------------------------------------------------------------


def test_a_list_is_decided_part_by_part(cast):
    number = ask(
        cast, entries={1: Entry(handle=CITED), 2: Entry(remove=True)},
        added=[Added(NEW), Added("Nobody, 1901. Not in the work.")],
    )  # fmt: skip
    decide(cast, number, YES, NO, YES, NO)
    assert shown(cast) == [(1, FIRST, CITED), (2, SECOND, None), (3, NEW, None)]


def test_the_same_wish_is_supported_and_another_value_competes(cast):
    first = ask(cast, added=[Added(NEW)])
    assert ask(cast, who="stella", added=[Added(NEW)]) is None
    other = ask(cast, who="stella", added=[Added(NEW, CITED)])
    assert other != first
    decide(cast, first, YES)
    assert shown(cast)[-1] == (3, NEW, None)
    decide(cast, other, YES)
    assert shown(cast)[-1] == (3, NEW, CITED)


def test_what_is_taken_out_meanwhile_can_be_neither_linked_nor_respelt(cast):
    number = ask(cast, entries={2: Entry(text="Somebody Else, 1999. Respelt.")})
    accepted(cast, who="stella", entries={2: Entry(remove=True)})
    with pytest.raises(Conflict, match="no longer in the list"):
        decide(cast, number, YES)


@pytest.mark.parametrize(
    ("entry", "field", "words"),
    [
        (Entry(handle="RePEc:no:such:1"), "reference", "There is no item"),
        (Entry(handle=ITEM), "reference", "does not cite itself"),
        (Entry(text="  . , "), "text", "Enter the reference as the work prints it"),
        (Entry(text="word " * 1200), "text", "Shorten it to 5,000"),
        (Entry(remove=True, handle=CITED), "remove", "Choose one of the two"),
    ],
)
def test_bad_input_is_told_at_its_field(cast, entry, field, words):
    with pytest.raises(Invalid) as wrong:
        ask(cast, entries={1: entry})
    assert words in wrong.value.errors[f"{field}-{cast.reference().id}"]


def test_nothing_changed_makes_no_request(cast):
    with pytest.raises(Invalid, match="Nothing is changed yet"):
        ask(cast, entries={1: Entry(text=FIRST), 2: Entry(unlink=True)})


def test_a_visitor_adds_a_reference_by_their_link(cast):
    ask(cast, who=Visitor("vera@example.net"), added=[Added(NEW, CITED)])
    with transaction():
        proposal = db.session.scalars(select(Proposal)).one()
        visitors.confirm(proposal, item_version=cast.item().version)
        number = proposal.number
    decide(cast, number, YES)
    assert shown(cast)[-1] == (3, NEW, CITED)
    assert db.session.scalar(select(func.count(ItemReference.id))) == 3


# -- what happened in between -------------------------------------------------------------


def undo(number):
    with transaction():
        proposal = proposal_by_number(number)
        undoing.undo(proposal, by=proposal.decided_by, version=proposal.version)


def revert(cast, number, n=0):
    with transaction():
        proposal = proposal_by_number(number)
        reverting.revert(
            proposal, proposal.changes[n].id, "Wrong.", by=cast.user("mara"),
            version=proposal.version,
        )  # fmt: skip


def test_what_its_source_said_beneath_our_link_is_shown_when_that_is_reverted(cast, tmp_path):
    number = accepted(cast, entries={1: Entry(handle=CITED)})
    read(tmp_path, listed(cited=OTHER))
    assert shown(cast)[0] == (1, FIRST, CITED)
    revert(cast, number)
    assert shown(cast)[0] == (1, FIRST, OTHER)
    assert cast.reference().linked_by is LinkedBy.IMPORT


def test_a_reference_that_waited_for_an_item_waits_again_when_its_link_is_reverted(cast, tmp_path):
    read(tmp_path, listed(cited="RePEc:xyz:wpaper:404"))
    revert(cast, accepted(cast, entries={1: Entry(handle=CITED)}))
    assert (shown(cast)[0][2], cast.reference().cited_key) == (None, "repec:xyz:wpaper:404")


def test_a_link_that_its_source_gave_up_meanwhile_does_not_come_back(cast, tmp_path):
    read(tmp_path, listed(cited=CITED))
    number = accepted(cast, entries={1: Entry(unlink=True)})
    read(tmp_path, listed())
    revert(cast, number)
    assert shown(cast)[0] == (1, FIRST, None)


def test_undoing_a_respelling_shows_what_the_source_says_by_now(cast, app, tmp_path):
    app.config["UNDO_MINUTES"] = 5
    number = accepted(cast, entries={1: Entry(text="Quite another text, 2018.")})
    theirs = listed()
    theirs[0] = {**theirs[0], "text": FIRST.upper()}
    read(tmp_path, theirs)
    undo(number)
    assert (shown(cast)[0][1], cast.reference().source_text) == (FIRST.upper(), None)


def test_a_source_that_takes_over_our_case_and_points_adopts_it(cast, tmp_path):
    number = accepted(cast, entries={1: Entry(text=FIRST.upper())})
    theirs = listed()
    theirs[0] = {**theirs[0], "text": FIRST.upper()}
    read(tmp_path, theirs)
    assert change(number).standing is Standing.ADOPTED
    assert cast.reference().source_text is None


def test_of_a_text_that_was_listed_twice_and_taken_out_once_one_stays(cast, tmp_path):
    read(tmp_path, listed({"nth": 3, "text": FIRST}))
    accepted(cast, entries={1: Entry(remove=True)})
    assert [text for _, text, _ in shown(cast)] == [SECOND, FIRST]
    read(tmp_path, listed())
    assert [text for _, text, _ in shown(cast)] == [FIRST, SECOND]


def test_of_a_text_that_is_listed_twice_the_respelt_one_is_taken_over(cast, tmp_path):
    read(tmp_path, listed({"nth": 3, "text": FIRST}))
    accepted(cast, entries={3: Entry(handle=CITED)})
    better = FIRST.replace("limits", "true limits")
    number = accepted(cast, entries={1: Entry(text=better)})
    theirs = listed({"nth": 3, "text": FIRST})
    theirs[0] = {**theirs[0], "text": better}
    read(tmp_path, theirs)
    assert change(number).standing is Standing.ADOPTED
    assert shown(cast) == [(1, better, None), (2, SECOND, None), (3, FIRST, CITED)]


def test_a_source_with_the_old_text_and_ours_lists_two(cast, tmp_path):
    better = FIRST.replace("limits", "true limits")
    number = accepted(cast, entries={1: Entry(text=better)})
    read(tmp_path, listed({"nth": 3, "text": better}))
    assert [text for _, text, _ in shown(cast)] == [better, SECOND, better]
    assert change(number).standing is Standing.CARRIED


def test_what_was_taken_out_can_be_added_again(cast, tmp_path):
    accepted(cast, entries={2: Entry(remove=True)})
    accepted(cast, who="stella", added=[Added(SECOND, CITED)])
    assert shown(cast)[-1][1:] == (SECOND, CITED)
    read(tmp_path, listed({"nth": 3, "text": "Another one, 1990."}))
    assert [text for _, text, _ in shown(cast)].count(SECOND) == 1


def test_an_addition_that_is_undone_leaves_the_link_of_a_later_request(cast, app):
    app.config["UNDO_MINUTES"] = 5
    number = accepted(cast, added=[Added(NEW, CITED)])
    accepted(cast, who="stella", entries={3: Entry(handle=OTHER)})
    undo(number)
    assert [text for _, text, _ in shown(cast)] == [FIRST, SECOND]
    decide(cast, number, YES)
    assert shown(cast)[-1] == (3, NEW, OTHER)


def test_an_amended_addition_can_be_reverted(cast):
    number = ask(cast, added=[Added(NEW)])
    decide(cast, number, (Outcome.AMENDED, NEW.replace("lacks", "lacks today")))
    with transaction():
        proposal = proposal_by_number(number)
        operations.answer(proposal, "", by=cast.user("alice"), version=proposal.version, agree=True)
    decide(cast, number, YES)
    revert(cast, number)
    assert [text for _, text, _ in shown(cast)] == [FIRST, SECOND]


@pytest.mark.parametrize(
    "wanted", [{"added": [Added(NEW, OTHER)]}, {"entries": {1: Entry(handle=OTHER)}}]
)
def test_an_item_that_went_meanwhile_is_not_linked(cast, wanted):
    number = ask(cast, **wanted)
    with transaction():
        cast.item(OTHER).vanished_at = utcnow()
    with pytest.raises(Conflict, match="has gone from RePEc"):
        decide(cast, number, YES)
    decide(cast, number, NO)


def test_who_links_again_what_was_unlinked_has_the_last_word(cast, tmp_path):
    read(tmp_path, listed(cited=CITED))
    accepted(cast, entries={1: Entry(unlink=True)})
    number = accepted(cast, who="stella", entries={1: Entry(handle=CITED)})
    assert db.session.scalar(select(func.count(Refutation.id))) == 0
    revert(cast, number)
    assert (shown(cast)[0][2], db.session.scalar(select(func.count(Refutation.id)))) == (None, 1)


def test_what_a_list_brings_by_itself_settles_requests_with_credit(cast, tmp_path):
    linking = ask(cast, entries={1: Entry(handle=CITED)})
    adding = ask(cast, who="stella", added=[Added(NEW)])
    removing = ask(cast, who="bob", entries={2: Entry(remove=True)})
    theirs = listed({"nth": 3, "text": NEW}, cited=CITED)
    read(tmp_path, [theirs[0], theirs[2]])
    assert [proposal_by_number(n).status for n in (linking, adding, removing)] == (
        [Status.SUPERSEDED] * 3
    )
    assert {m.name for m in cast.mails("alice")} >= {"read_again"}


def test_what_is_added_stays_behind_a_list_that_grows(cast, tmp_path):
    accepted(cast, added=[Added(NEW)])
    read(tmp_path, listed({"nth": 3, "text": "Another one, 1990."}))
    assert [(n, text) for n, text, _ in shown(cast)][2:] == [(3, "Another one, 1990."), (4, NEW)]


# -- given back to its source -------------------------------------------------------------


def test_what_requests_mended_is_printed_as_a_source_has_it_and_adopted_from_there(
    cast, app, tmp_path
):
    better = SECOND.replace(SECOND.split()[0], "Someone")
    numbers = [
        accepted(cast, entries={1: Entry(handle=CITED), 2: Entry(text=better)}),
        accepted(cast, added=[Added(NEW, OTHER)]),
    ]
    run = app.test_cli_runner()
    printed = run.invoke(args=["redif", "references", "gam"]).output
    rows = [json.loads(line) for line in printed.splitlines()]
    assert rows == [
        {"citing": ITEM, "nth": 1, "text": FIRST, "cited": CITED},
        {"citing": ITEM, "nth": 2, "text": better, "cited": None},
        {"citing": ITEM, "nth": 3, "text": NEW, "cited": OTHER},
    ]
    read(tmp_path, rows)
    stand = [c.standing for n in numbers for c in proposal_by_number(n).changes]
    assert stand == [Standing.ADOPTED] * 3
    assert shown(cast) == [(1, FIRST, CITED), (2, better, None), (3, NEW, OTHER)]
    assert "no archive xyz" in run.invoke(args=["redif", "references", "xyz"]).output
