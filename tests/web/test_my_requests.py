"""My requests: what waits for me, what waits, what became of it, what I support."""

import re

import pytest
from sqlalchemy import func, select

from correction_flow.cli.work import forget_drafts
from correction_flow.core.clock import at, utcnow
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.corrections import drafts
from correction_flow.corrections.models import Draft
from correction_flow.proposals import operations
from correction_flow.proposals.lifecycle import Status
from correction_flow.proposals.persons import STATUSES, Part, part_counts, requests_of
from tests.cast import ITEM, form_on
from tests.makers import import_tree
from tests.nouns.test_workflow import GOOD, NO, YES, ask_for, claim_name, decide, the
from tests.web.pages import check


def mine(cast, who="alice", **asked):
    answer = cast.client(who).get("/my/requests", query_string=asked)
    assert answer.status_code == 200
    check(answer.text)
    return answer.text.partition("<main")[2]


def ask(cast, number, question="Which page?"):
    with transaction():
        proposal = the(number)
        operations.ask(proposal, question, by=cast.user("mara"), version=proposal.version)


def test_each_status_lies_in_exactly_one_part():
    own = [s for part in Part if part is not Part.SUPPORTED for s in STATUSES[part]]
    assert sorted(own) == sorted(Status)


def test_the_page_opens_where_something_is_to_do(cast):
    assert "You have not sent anything yet" in mine(cast)
    number = ask_for(cast, title=GOOD)
    assert re.search(r"Waits for <strong>MDPI Indexing Manager</strong>, until \d", mine(cast))
    ask(cast, number)
    text = mine(cast)
    assert "It is your turn." in text
    assert "Without you it expires on" in text
    assert number not in mine(cast, part="waiting")


def test_what_became_of_each_change_is_told_with_the_reason(cast):
    number = ask_for(cast, title=GOOD, pages="1-18")
    decide(cast, number, YES, NO)
    text = mine(cast)
    assert "Shown here; the publisher’s file does not have it yet" in text
    assert "The PDF says otherwise." in text
    import_tree({"jadmsc/v9.rdf": ("Theory and Practise", "Theory and Practice")})
    assert "In the publisher’s file now" in mine(cast)
    import_tree({"jadmsc/v9.rdf": ("Theory and Practise", "Praxis")})
    assert "The publisher’s file says something else" in mine(cast)


def test_what_the_publisher_settled_says_so(cast):
    ask_for(cast, title=GOOD)
    import_tree({"jadmsc/v9.rdf": ("Theory and Practise", "Theory and Practice")})
    text = mine(cast)
    assert "Superseded" in text
    assert "the publisher’s own file says so now" in text


def test_who_asks_for_the_same_finds_it_among_what_they_support(cast):
    number = ask_for(cast, title=GOOD)
    ask_for(cast, "bob", title=GOOD)
    assert number in mine(cast, "bob", part="supported")
    assert number not in mine(cast, "stella", part="supported")
    ask(cast, number)
    text = mine(cast, "bob", part="supported")
    assert "Waits for <strong>The proposer</strong>" in text
    assert "It is your turn" not in text


def test_kind_and_status_narrow_the_list(cast):
    correction, claimed = ask_for(cast, title=GOOD), claim_name(cast, "alice")
    text = mine(cast, kind="authorship_claim")
    assert claimed in text
    assert correction not in text
    decide(cast, correction, NO)
    for status, found in (("rejected", True), ("approved", False)):
        text = mine(cast, part="settled", status=status)
        assert (correction in text) is found
    assert "Nothing of this kind" in mine(cast, part="settled", status="approved")


@pytest.mark.parametrize(
    "asked",
    [{"part": "nosuch"}, {"kind": "x", "status": "y"}, {"after": "zzz"}, {"status": "approved"}],
)
def test_what_is_unknown_narrows_nothing(cast, asked):
    number = ask_for(cast, title=GOOD)
    assert number in mine(cast, **asked)


def test_a_long_list_is_read_page_by_page_without_gap_or_double(cast):
    sent = []
    for n in range(45):
        sent.append(ask_for(cast, pages=f"{n + 1}-{n + 90}"))
    seen, path = [], "/my/requests?part=waiting&kind=correction_request"
    alice = cast.client("alice")
    while path:
        text = alice.get(path).text
        seen += re.findall(r"Correction request (R-\d{6})", text)
        found = re.search(r'rel="next" href="([^"]+)"', text)
        path = found and found[1].replace("&amp;", "&")
    assert seen == sent[::-1]


def test_what_one_supports_is_read_page_by_page_without_gap_or_double(cast):
    sent = [ask_for(cast, pages=f"{n + 1}-{n + 90}", year=f"{1950 + n}") for n in range(23)]
    for n in range(23):
        ask_for(cast, "bob", pages=f"{n + 1}-{n + 90}", year=f"{1950 + n}")
    decide(cast, sent[0], NO, NO)
    first = requests_of(cast.user("bob"), Part.SUPPORTED)
    second = requests_of(cast.user("bob"), Part.SUPPORTED, first.older)
    assert [p.number for p in [*first.rows, *second.rows]] == sent[::-1]
    assert second.older is None
    assert part_counts(cast.user("bob"))[Part.SUPPORTED] == 23
    text = mine(cast, "bob", part="supported", status="rejected")
    assert re.findall(r"Correction request (R-\d{6})", text) == [sent[0]]


def test_drafts_are_listed_opened_and_thrown_away(cast):
    alice, path = cast.client("alice"), "/my/requests?part=drafts"
    assert "No draft is kept" in alice.get(path).text
    form = f"/corrections/new?item={ITEM}"
    values = {"field_title": "Kept Title", "act": "keep"}
    assert alice.submit(form, values, action="/corrections/new").status_code == 303
    page = alice.get(path).text
    check(page)
    for words in ("Not sent yet", "Go on writing", f'href="{form}"'):
        assert words in page
    assert "Kept Title" not in page
    assert "No draft is kept" in cast.client("bob").get(path).text
    gone = alice.submit(path, {}, action="/draft/forget")
    assert gone.location == path
    assert "No draft is kept" in alice.get(path).text


def test_drafts_about_series_are_kept_listed_and_forgotten_when_sent(cast):
    alice, path = cast.client("alice"), "/my/requests?part=drafts"
    form = "/corrections/new?series=RePEc:gam:jadmsc"
    typed = {"field_issn-0": "2076-3387", "publishers-0-name": "MDPI AG", "reason": "Look."}
    for _ in "twice":
        kept = alice.submit(form, typed | {"act": "keep"}, action="/corrections/new")
        assert kept.status_code == 303
    listed = alice.get(path).text
    check(listed)
    assert listed.count("Go on writing") == 1
    assert "Administrative Sciences" in listed
    again = alice.get(kept.location).text
    assert "This is the draft you kept" in again
    assert 'value="2076-3387"' in again
    preview = alice.submit(kept.location, {"act": "preview"}, action="/corrections/new")
    check(preview.text)
    assert "Provider-Name: MDPI AG" in preview.text
    assert "ISSN: 2076-3387" in preview.text
    action, fields = form_on(preview.text, "/corrections/new")
    assert alice.send(action, fields | {"act": "send"}).status_code == 303
    assert "No draft is kept" in alice.get(path).text
    alice.submit(form, typed | {"act": "keep"}, action="/corrections/new")
    assert alice.submit(path, {}, action="/draft/forget").status_code == 303
    assert "No draft is kept" in alice.get(path).text


def test_the_worker_forgets_drafts_that_are_kept_no_longer(cast):
    for who in ("alice", "bob"):
        with transaction():
            drafts.keep_draft(cast.item(), {"typed": {}}, by=cast.user(who))
    forget_drafts()
    assert len(drafts.drafts_of(cast.user("bob"))) == 1
    with at(utcnow() + drafts.KEPT):
        assert drafts.outdated_exist()
        forget_drafts()
    assert db.session.scalar(select(func.count()).select_from(Draft)) == 0


def test_nobody_reads_the_requests_of_somebody_else(cast):
    number = ask_for(cast, title=GOOD)
    for who in ("bob", "mara", "stella"):
        assert number not in mine(cast, who)
    assert cast.client().get("/my/requests").status_code == 302
