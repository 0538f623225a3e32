"""A correction request about an archive itself, from its sending to the publisher's own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import Archive, GrantEffect
from correction_flow.catalog.queries import (
    archive_by_handle,
    curators_desk_id,
    decides,
    maintains,
    series_by_handle,
)
from correction_flow.core.errors import Invalid, NotAllowed
from correction_flow.core.extensions import db
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections.operations import (
    edit_correction,
    fields_to_correct,
    request_correction,
)
from correction_flow.proposals import editing, operations, reopening, undoing, visitors
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Action, Outcome, Standing, Status
from correction_flow.proposals.models import Change, Person, Proposal
from correction_flow.proposals.operations import Decision
from correction_flow.proposals.policy import sees, why_not
from correction_flow.proposals.queries import proposal_by_number, undecided
from correction_flow.proposals.reverting import revert
from correction_flow.upstream.importer import import_path
from tests.cast import Cast
from tests.makers import GAM, TAF, import_tree, write_tree

ARCHIVE = "RePEc:gam"
SAID = "MDPI"
NAME = "Multidisciplinary Digital Publishing Institute"


def archive(handle: str = ARCHIVE) -> Archive:
    found = archive_by_handle(handle)
    assert found is not None
    return found


def asked(cast: Cast, who: str = "alice", by: Person | None = None, **typed: str) -> str:
    """A request; its number. Of an archive's name, unless other values are typed."""
    with transaction():
        sent = request_correction(
            archive(), typed or {"name": NAME}, by=by or cast.user(who), reason="So it is called.",
            evidence_url=None, item_version=archive().version,
        )  # fmt: skip
        assert sent.proposal is not None
        return sent.proposal.number


def found(number: str) -> Proposal:
    proposal = proposal_by_number(number)
    assert proposal is not None
    return proposal


def decided(
    cast: Cast, number: str, outcome: Outcome = Outcome.ACCEPTED, *, by: str = "mara", **more: Any
) -> None:
    with transaction():
        proposal = found(number)
        rules = rules_of(proposal)
        says = {
            change.id: Decision(outcome, digest(rules.current(change)), **more)
            for change in proposal.undecided
        }
        operations.decide(proposal, says, by=cast.user(by), version=proposal.version)


def published(name: str) -> None:
    import_tree({"gamarch.rdf": (f"Name: {SAID}\n", f"Name: {name}\n")})


def core(folder: Path, name: str) -> None:
    """Read a copy of RePEc:all in which the archive has this name."""
    text = GAM["gamarch.rdf"].replace(f"Name: {SAID}\n", f"Name: {name}\n")
    write_tree(folder, {"gamarch.rdf": text, "gamseri.rdf": GAM["gamseri.rdf"], **TAF})
    import_path(folder, core=True)


# -- what can be asked for ----------------------------------------------------------------


def test_what_people_see_can_be_corrected_and_nothing_else(cast: Cast) -> None:
    names = [field.name for field in fields_to_correct(archive())]
    assert names == ["name", "contact_names", "homepage", "restriction", "description"]


def test_a_text_with_an_address_is_not_offered(cast: Cast) -> None:
    told = "Maintainer-Name: MDPI Indexing Manager"
    import_tree({"gamarch.rdf": (told, "Maintainer-Name: mara@example.org")})
    assert "contact_names" not in [field.name for field in fields_to_correct(archive())]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("name", "", "The archive has a name"),
        ("homepage", "mdpi", "Enter a link like"),
        ("description", "x" * 4201, "Shorten it"),
    ],
)
def test_what_repec_would_not_take_is_refused_at_its_field(
    cast: Cast, name: str, value: str, message: str
) -> None:
    with pytest.raises(Invalid) as refused:
        asked(cast, **{name: value})
    assert message in refused.value.errors[name]


def test_two_of_one_request_are_impossible_and_so_is_one_about_two_records(cast: Cast) -> None:
    proposal = found(asked(cast))
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(
            insert(Change).values(
                proposal_id=proposal.id, archive_id=archive().id, target="name", new=NAME,
                new_key=digest(NAME),
            )
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(
            insert(Change).values(
                proposal_id=proposal.id, archive_id=archive().id, item_id=cast.item().id,
                target="homepage", new="x", new_key="x",
            )
        )  # fmt: skip


# -- who decides --------------------------------------------------------------------------


def test_its_own_maintainer_decides_not_that_of_one_of_its_series(cast: Cast) -> None:
    import_tree({"gamseri.rdf": ("mara@example.org", "otto@example.org")})
    number = asked(cast)
    assert found(number).desk_id == archive().desk_id
    assert {mail.to_key for mail in cast.mails(folder="notice")} == {"mara@example.org"}
    version = found(number).version
    with pytest.raises(NotAllowed), transaction():
        operations.reject(found(number), "No.", by=cast.user("otto"), version=version)
    assert not sees(cast.user("otto"), found(number))
    reason = why_not(cast.user("cora"), Action.DECIDE, found(number))
    assert reason is not None
    assert "the maintainer of this archive" in reason


def test_the_request_goes_with_the_address_its_file_names(cast: Cast) -> None:
    number = asked(cast)
    import_tree({"gamarch.rdf": ("mara@example.org", "otto@example.org")})
    decided(cast, number, by="otto")
    assert archive().name == NAME


def test_where_no_template_describes_the_archive_any_more_curators_decide(
    cast: Cast, tmp_path: Path
) -> None:
    number = asked(cast)
    import_path(write_tree(tmp_path, GAM))
    (tmp_path / "gamarch.rdf").unlink()
    import_path(tmp_path, archive="gam")
    assert archive().placeholder
    assert found(number).desk_id == curators_desk_id()
    assert decides(archive()) == "RePEc’s curators"
    decided(cast, number, by="cora")
    assert archive().name == NAME


def test_a_grant_for_the_archive_is_one_for_itself_and_a_removal_too(cast: Cast) -> None:
    number = asked(cast)
    stella = cast.user("stella")
    assert not maintains(stella, archive())
    with transaction():
        moved = catalog.grant(stella, archive(), None, GrantEffect.GRANTED, by=cast.user("ada"))
        operations.reroute(moved)
    assert maintains(cast.user("stella"), archive())
    assert sees(cast.user("stella"), found(number))
    with transaction():
        stella = cast.user("stella")
        moved = catalog.grant(stella, archive(), None, GrantEffect.REMOVED, by=cast.user("ada"))
        operations.reroute(moved)
    assert not sees(cast.user("stella"), found(number))


def test_a_grant_for_one_series_gives_nothing_at_the_archive(cast: Cast) -> None:
    number = asked(cast)
    with transaction():
        series = series_by_handle("RePEc:gam:jadmsc")
        stella = cast.user("stella")
        moved = catalog.grant(stella, archive(), series, GrantEffect.GRANTED, by=cast.user("ada"))
        operations.reroute(moved)
    assert not sees(cast.user("stella"), found(number))


# -- one life each way --------------------------------------------------------------------


def test_accepted_it_shows_and_reverted_the_publisher_stands(cast: Cast) -> None:
    number = asked(cast)
    assert found(number).subject == f"[{number}] Correction request: {SAID}"
    decided(cast, number)
    assert (archive().name, archive().upstream["name"]) == (NAME, [SAID])
    assert found(number).status is Status.APPROVED
    with transaction():
        proposal = found(number)
        change_id = proposal.changes[0].id
        revert(proposal, change_id, "Mistaken.", by=cast.user("mara"), version=proposal.version)
    assert archive().name == SAID
    assert found(number).status is Status.REVERTED


def test_the_name_of_its_maintainer_is_shown_corrected_and_rights_stay(cast: Cast) -> None:
    number = asked(cast, contact_names=["Mara Maintainer"])
    decided(cast, number)
    assert decides(archive()) == "Mara Maintainer"
    assert decides(found(number).place) == "Mara Maintainer"
    decided(cast, asked(cast, name=NAME))  # still Mara's to decide


def test_declined_it_can_be_appealed_once_and_somebody_else_decides(cast: Cast) -> None:
    number = asked(cast)
    decided(cast, number, Outcome.DECLINED, reason="It is printed so.")
    assert archive().name == SAID
    with transaction():
        declined = found(number)
        sent = reopening.appeal(
            declined, {declined.changes[0].id}, "See the imprint.", by=cast.user("alice")
        )
        assert sent.proposal is not None
        appeal = sent.proposal.number
    assert found(appeal).record is archive()
    assert found(appeal).desk_id == curators_desk_id()
    decided(cast, appeal, by="cora")
    assert archive().name == NAME


def test_amended_in_meaning_it_is_a_question_that_the_proposer_agrees_to(cast: Cast) -> None:
    number = asked(cast)
    decided(cast, number, Outcome.AMENDED, text="MDPI, Basel")
    assert found(number).status is Status.NEEDS_INFORMATION
    with transaction():
        proposal = found(number)
        operations.answer(proposal, "", by=cast.user("alice"), version=proposal.version, agree=True)
    decided(cast, number)
    assert archive().name == "MDPI, Basel"


def test_a_decision_is_taken_back_while_no_mail_has_left(cast: Cast, app: Any) -> None:
    app.config["UNDO_MINUTES"] = 5
    number = asked(cast)
    decided(cast, number)
    with transaction():
        proposal = found(number)
        undoing.undo(proposal, by=cast.user("mara"), version=proposal.version)
    assert found(number).status is Status.SUBMITTED
    assert archive().name == SAID


def test_it_is_edited_commented_and_withdrawn(cast: Cast) -> None:
    number = asked(cast)
    with transaction():
        proposal = found(number)
        edit_correction(
            proposal, {"homepage": "https://www.mdpi.com"}, by=cast.user("alice"),
            version=proposal.version, reason="", evidence_url=None,
        )  # fmt: skip
        editing.comment(proposal, "This one is sure.", by=cast.user("alice"))
    assert [change.target for change in undecided(archive())] == ["homepage"]
    with transaction():
        proposal = found(number)
        operations.withdraw(proposal, by=cast.user("alice"), version=proposal.version)
    assert undecided(archive()) == []
    assert found(asked(cast, homepage="https://www.mdpi.com")).status is Status.SUBMITTED


def test_the_same_asked_by_another_supports_it(cast: Cast) -> None:
    number = asked(cast)
    with transaction():
        again = request_correction(
            archive(), {"name": NAME}, by=cast.user("stella"), reason="", evidence_url=None,
            item_version=archive().version,
        )  # fmt: skip
    assert again.proposal is None
    assert [change.proposal.number for change in again.supported] == [number]


def test_a_visitors_request_is_confirmed_decided_and_told_of(cast: Cast) -> None:
    with transaction():
        sent = request_correction(
            archive(), {"name": NAME}, by=visitors.check_address("vera@example.net"), reason="",
            evidence_url=None, item_version=archive().version,
        )  # fmt: skip
        assert sent.proposal is not None
        key = sent.proposal.id
    assert undecided(archive()) == []
    with transaction():
        proposal = db.session.get_one(Proposal, key)
        done = visitors.confirm(proposal, item_version=proposal.record.version)
        assert done.proposal is not None
        number = done.proposal.number
    decided(cast, number)
    told = [mail for mail in cast.mails() if mail.to_key == "vera@example.net"]
    assert [mail.name for mail in told] == ["confirm_request", "receipt", "decided"]
    assert told[1].subject == f"[{number}] Correction request: {SAID}"
    assert "page of the archive now" in told[2].text
    assert not [mail.text for mail in told if "item" in mail.text]


# -- the publisher's own file -------------------------------------------------------------


@pytest.mark.parametrize(
    ("says", "standing", "shown"),
    [
        (SAID, Standing.CARRIED, NAME),
        (NAME, Standing.ADOPTED, NAME),
        ("MDPI AG", Standing.CONTESTED, "MDPI AG"),
    ],
)
def test_the_publishers_file_leaves_adopts_or_contests_it(
    cast: Cast, says: str, standing: Standing, shown: str
) -> None:
    number = asked(cast)
    decided(cast, number)
    published(says)
    assert found(number).changes[0].standing is standing
    assert archive().name == shown
    assert bool(cast.mails("alice", "read_again")) is (standing is not Standing.CARRIED)


def test_what_was_adopted_and_comes_back_is_carried_again(cast: Cast) -> None:
    number = asked(cast)
    decided(cast, number)
    published(NAME)
    published(SAID)
    assert found(number).changes[0].standing is Standing.CARRIED
    assert archive().name == NAME
    assert len(cast.mails("alice", "read_again")) == 2


def test_a_request_is_superseded_where_the_publisher_has_mended_it(cast: Cast) -> None:
    number = asked(cast)
    published(NAME)
    assert found(number).status is Status.SUPERSEDED


def test_its_own_file_counts_before_a_copy_of_all_archives(cast: Cast, tmp_path: Path) -> None:
    number = asked(cast)
    decided(cast, number)
    core(tmp_path, NAME)
    assert (found(number).changes[0].standing, archive().name) == (Standing.CARRIED, NAME)
    assert cast.mails("alice", "read_again") == []


def test_a_copy_of_all_archives_tells_of_it_where_it_has_no_file_of_its_own(
    cast: Cast, tmp_path: Path
) -> None:
    number = asked(cast)
    decided(cast, number)
    own = write_tree(tmp_path / "gam", GAM)
    import_path(own)
    (own / "gamarch.rdf").unlink()
    import_path(own, archive="gam")
    core(tmp_path / "all", SAID)
    assert (found(number).changes[0].standing, archive().name) == (Standing.CARRIED, NAME)
    core(tmp_path / "all", NAME)
    assert found(number).changes[0].standing is Standing.ADOPTED
    assert len(cast.mails("alice", "read_again")) == 1


def test_a_template_that_was_gone_for_a_while_takes_no_correction_with_it(cast: Cast) -> None:
    number = asked(cast)
    decided(cast, number)
    with transaction():
        archive().placeholder = True
    import_tree({"gamarch.rdf": ("URL: https", "Description: Journals.\nURL: https")})
    assert not archive().placeholder
    assert (archive().name, archive().shown["description"]) == (NAME, "Journals.")
    assert found(number).changes[0].standing is Standing.CARRIED
