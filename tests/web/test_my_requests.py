"""My requests: what waits for me, what waits, what became of it, what I support."""

import re

import pytest

from correction_flow.core.transaction import transaction
from correction_flow.proposals import operations
from correction_flow.proposals.lifecycle import Status
from correction_flow.proposals.persons import STATUSES, Part
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


def test_nobody_reads_the_requests_of_somebody_else(cast):
    number = ask_for(cast, title=GOOD)
    for who in ("bob", "mara", "stella"):
        assert number not in mine(cast, who)
    assert cast.client().get("/my/requests").status_code == 302
