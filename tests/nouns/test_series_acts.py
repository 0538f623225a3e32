"""Every act on a correction request that is about a series, below the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from correction_flow.catalog import operations as catalog
from correction_flow.catalog.models import GrantEffect, Series
from correction_flow.catalog.queries import series_by_handle, template_of
from correction_flow.core.clock import at, utcnow, working_days_later
from correction_flow.core.errors import Conflict, Invalid, NotAllowed
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.corrections.operations import (
    edit_correction,
    fields_to_correct,
    request_correction,
)
from correction_flow.proposals import (
    escalation,
    figures,
    operations,
    queries,
    reopening,
    reverting,
    undoing,
    visitors,
)
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Outcome, Standing, Status
from correction_flow.proposals.models import Person, Proposal
from tests.makers import import_tree
from tests.nouns.test_deadlines import pass_time
from tests.nouns.test_workflow import NO, YES, decide, the

SERIES = "RePEc:gam:jadmsc"
OLD = "Administrative Sciences"
NAME = "Administrative Sciences (Basel)"
OTHER = "Sciences of Administration"
VERA = "vera@example.net"


def series() -> Series:
    found = series_by_handle(SERIES)
    assert found is not None
    return found


def ask(cast: Any, who: str = "alice", **typed: Any) -> str | None:
    """Send a request about the series; its number, or None where it is a support."""
    with transaction():
        person: Person = visitors.check_address(VERA) if who == "visitor" else cast.user(who)
        sent = request_correction(
            series(), typed, by=person, reason="So it is printed.", evidence_url=None,
            item_version=series().version,
        )  # fmt: skip
        return sent.proposal.number if sent.proposal else None


def act(cast: Any, what: Any, number: str, *args: Any, by: str, **kwargs: Any) -> None:
    """One act on a request at the version it has."""
    with transaction():
        proposal = the(number)
        what(proposal, *args, by=cast.user(by), version=proposal.version, **kwargs)


def test_a_typographic_amendment_applies_and_another_becomes_a_question(cast):
    number = ask(cast, name="Administrativ Sciences Review")
    decide(cast, number, (Outcome.AMENDED, "Administrative Sciences Review"))
    assert series().name == "Administrative Sciences Review"
    number = ask(cast, name=OTHER)
    decide(cast, number, (Outcome.AMENDED, NAME))
    assert the(number).status is Status.NEEDS_INFORMATION
    act(cast, operations.answer, number, "Yes.", by="alice", agree=True)
    decide(cast, number, YES)
    assert series().name == NAME


def test_a_declined_name_is_appealed_and_somebody_else_decides(cast):
    number = ask(cast, name=NAME, issn=["2076-3387"])
    decide(cast, number, NO, YES)
    assert (series().name, series().shown["issn"]) == (OLD, ["2076-3387"])
    with transaction():
        ids = [change.id for change in reopening.declined(the(number))]
        sent = reopening.appeal(the(number), ids, "Look again.", by=cast.user("alice"))
        second = sent.proposal.number
    assert the(second).series is not None
    with pytest.raises(NotAllowed):
        decide(cast, second, YES)
    decide(cast, second, YES, by="cora")
    assert series().name == NAME


def test_what_was_decided_is_taken_back(cast, app):
    app.config["UNDO_MINUTES"] = 5
    number = ask(cast, name=NAME)
    decide(cast, number, YES)
    assert series().name == NAME
    act(cast, undoing.undo, number, by="mara")
    assert (series().name, series().shown_otherwise) == (OLD, None)
    assert the(number).status is Status.SUBMITTED


def test_an_edit_is_told_and_the_stale_page_of_the_decider_is_refused(cast):
    number = ask(cast, name=NAME)
    with transaction():
        edit_correction(
            the(number), {"name": OTHER}, by=cast.user("alice"), version=1, reason="",
            evidence_url=None,
        )  # fmt: skip
    with pytest.raises(Conflict):
        decide(cast, number, YES, version=1)
    decide(cast, number, YES)
    assert series().name == OTHER
    assert cast.mails("mara", "edited")


def test_a_withdrawn_request_passes_to_its_supporter(cast):
    number = ask(cast, name=NAME)
    assert ask(cast, "stella", name=NAME) is None
    act(cast, operations.withdraw, number, by="alice")
    assert the(number).proposer == cast.user("stella")
    assert cast.mails("stella")[-1].name == "passed_on"


def test_of_two_competing_names_the_second_is_compared_again(cast):
    first, second = ask(cast, name=NAME), ask(cast, "stella", name=OTHER)
    decide(cast, first, YES)
    assert the(second).status is Status.SUBMITTED
    pass_time(utcnow() + timedelta(minutes=1))
    mail = cast.mails("stella", "looked_again")[-1]
    assert "What the series says has changed" in mail.text
    assert "What the series says has changed" in mail.html
    with transaction():
        proposal = the(second)
        (change,) = proposal.changes
        assert (change.old, rules_of(proposal).current(change)) == (OLD, NAME)
    decide(cast, second, YES)
    assert series().name == OTHER


def test_a_revert_beneath_a_later_decision_keeps_the_later_one(cast):
    first = ask(cast, issn=["2076-3387"])
    decide(cast, first, YES)
    second = ask(cast, "stella", issn=["2076-3387", "0317-8471"])
    decide(cast, second, YES)
    change = the(first).changes[0].id
    act(cast, reverting.revert, first, change, "Of another journal.", by="mara")
    assert series().shown["issn"] == ["0317-8471"]
    change = the(second).changes[0].id
    act(cast, reverting.revert, second, change, "That too.", by="mara")
    assert "issn" not in series().shown


def test_what_expires_is_sent_again(cast):
    number = ask(cast, name=NAME)
    act(cast, operations.ask, number, "Where is it printed?", by="mara")
    pass_time(utcnow() + timedelta(days=31))
    with at(utcnow() + timedelta(days=31)):
        assert the(number).status is Status.EXPIRED
        with transaction():
            again = reopening.send_again(the(number), by=cast.user("alice")).proposal.number
        decide(cast, again, YES)
    assert series().name == NAME


def test_a_curator_announces_and_decides_what_nobody_did(cast):
    number = ask(cast, name="Administrativ Sciences")
    start = utcnow()
    for day in (10, 20, 30):
        pass_time(working_days_later(start, day) + timedelta(hours=1))
    assert the(number).escalated_at is not None
    with at(working_days_later(start, 30) + timedelta(hours=1)):
        act(cast, escalation.announce, number, by="cora")
        with pytest.raises(NotAllowed):
            decide(cast, number, YES, by="cora")
    with at(working_days_later(start, 38) + timedelta(hours=1)):
        decide(cast, number, YES, by="cora")
    assert series().name == "Administrativ Sciences"


def test_a_visitors_request_is_confirmed_edited_and_counted(cast):
    ask(cast, "visitor", name=NAME)
    assert figures.of_series(series()).open == 0
    proposal = db.session.query(Proposal).one()
    with transaction():
        confirmed = visitors.confirm(proposal, item_version=series().version)
        number = confirmed.proposal.number
    assert figures.of_series(series()).open == 1
    assert figures.of_archive(series().archive).open == 1
    with transaction():
        by = visitors.check_address(VERA)
        edit_correction(
            the(number), {"name": OTHER}, by=by, version=the(number).version, reason="",
            evidence_url=None,
        )  # fmt: skip
    decide(cast, number, NO)
    with transaction():
        ids = [change.id for change in reopening.declined(the(number))]
        reopening.appeal(the(number), ids, "Look again.", by=visitors.check_address(VERA))
    told = figures.of_series(series())
    assert (told.open, told.decided) == (1, 1)


def test_a_case_moves_with_the_desk_of_its_series(cast):
    number = ask(cast, name=NAME)
    with transaction():
        moved = catalog.grant(
            cast.user("otto"), series().archive, series(), GrantEffect.GRANTED, by=None
        )
        operations.reroute(moved)
    assert the(number).desk_id == series().desk_id
    decide(cast, number, YES, by="otto")


def test_publishers_and_contact_are_asked_for_and_adopted(cast):
    rows = [{"name": "MDPI AG", "homepage": "https://www.mdpi.com", "origin": ""}]
    number = ask(cast, publishers=rows, contact_names=["MDPI Index Desk"])
    mail = cast.mails("mara", "notice")[-1]
    assert "MDPI AG https://www.mdpi.com" in mail.text
    decide(cast, number, YES, YES)
    assert series().provider == "MDPI AG"
    assert series().shown["contact_names"] == ["MDPI Index Desk"]
    old = "Provider-Name: MDPI\nMaintainer-Name: MDPI Indexing Manager\n"
    new = (
        "Publisher-Name: MDPI AG\nPublisher-Homepage: https://www.mdpi.com\n"
        "Maintainer-Name: MDPI Index Desk\n"
    )
    import_tree({"gamseri.rdf": (old, new)})
    assert {c.standing for c in the(number).changes} == {Standing.ADOPTED}
    assert series().shown_otherwise is None
    assert series().provider == "MDPI AG"


def test_what_no_page_shows_of_a_publisher_stays(cast):
    old = "Provider-Name: MDPI\n"
    new = old + "Provider-Email: desk@example.org\nProvider-Homepage: https://example.org\n"
    import_tree({"gamseri.rdf": (old, new)})
    decide(cast, ask(cast, publishers="MDPI AG https://example.org"), YES)
    assert series().shown["publishers"] == [
        {"name": "MDPI AG", "email": "desk@example.org", "homepage": "https://example.org"}
    ]
    assert "publishers" in {field.name for field in fields_to_correct(series())}


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"name": "Write to desk@example.org"}, "name", "changes only in the publisher’s own file"),
        ({"contact_names": ["Mara", "m@example.org"]}, "contact_names-1", "rights"),
        ({"issn": ["2076-3387", "2076-3386"]}, "issn-1", "last one does not fit"),
        ({"editors": "E. Ditor <e@example.org>"}, "editors", "address"),
        (
            {"publishers": [{"name": "A", "homepage": "javascript:x", "origin": ""}]},
            "publishers-0-homepage",
            "Enter a link",
        ),
        ({"name": ""}, "name", "The series has a name"),
    ],
)
def test_what_no_series_can_say_is_refused_at_its_field(cast, typed, field, says):
    with pytest.raises(Invalid) as error:
        ask(cast, **typed)
    assert says in error.value.errors[field]


def test_the_last_editor_of_a_series_can_be_taken_out(cast):
    old = "Provider-Name: MDPI\n"
    import_tree({"gamseri.rdf": (old, f"{old}Editor-Name: Eva Editor\n")})
    decide(cast, ask(cast, editors=[]), YES)
    assert "editors" not in series().shown


def test_its_case_says_where_it_stands_in_the_publishers_file(cast):
    template = template_of(series())
    assert template is not None
    assert template.source_file.path == "gamseri.rdf"
    assert template.kind == "Series"


def test_two_lists_of_issns_that_fit_together_are_merged(cast):
    old = "Provider-Name: MDPI\n"
    import_tree({"gamseri.rdf": (old, f"ISSN: 2076-3387\n{old}")})
    first = ask(cast, issn=["2076-3387", "0317-8471"])
    second = ask(cast, "stella", issn=["1050-124X", "2076-3387"])
    decide(cast, first, YES)
    decide(cast, second, YES)
    assert series().shown["issn"] == ["1050-124X", "2076-3387", "0317-8471"]
    assert len(queries.standing_changes(series(), (Standing.CARRIED,))) == 1
