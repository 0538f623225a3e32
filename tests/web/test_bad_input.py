"""Bad input: a clear message, the right status, the text kept."""

import pytest

from tests.cast import CITED, ITEM, form_on
from tests.web.pages import check
from tests.web.test_walk import GOOD, case_form, number_of, outcomes, request_correction

FORM = f"/corrections/new?item={ITEM}"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "Nothing is changed"),
        ({"field_year": "19x9"}, "four digits"),
        ({"field_title": "x" * 100_000}, "100,000 characters"),
        ({"field_title": ""}, "A work has a title"),
        ({"field_title": "New", "evidence": "not a link"}, "https://"),
        ({"field_title": "New", "evidence": "javascript:alert(1)"}, "https://"),
        ({"field_title": "New", "reason": "y" * 6000}, "5,000"),
        ({"field_doi": "10.1000/x y z"}, "DOI"),
        ({"authors-0-name": "", "authors-1-name": ""}, "Enter the name, or remove this row"),
        ({"version": "abc", "field_title": "New"}, "Reload"),
    ],
)
@pytest.mark.parametrize("act", ["preview", "send"])
def test_a_correction_form_with_bad_input_comes_back(cast, values, says, act):
    alice = cast.client("alice")
    kept = {"reason": "A reason to keep."} | values
    answer = alice.submit(FORM, kept | {"act": act})
    assert answer.status_code == 422
    check(answer.text)
    assert says in answer.text
    assert kept["reason"][:50] in answer.text
    assert cast.mails() == []


def test_a_script_in_the_reason_is_only_text(cast):
    browser, _, answer = request_correction(cast, title=GOOD)
    number = number_of(answer)
    evil = '<script>alert("x")</script>'
    mara = cast.client("mara")
    answer = mara.submit(f"/desk/{number}", {"question": evil}, action="/ask")
    assert answer.status_code == 303
    page = browser.get(f"/proposals/{number}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in cast.mails("alice", "asked")[0].html


def test_a_handle_that_does_not_exist(cast):
    for path in ("/items/{}", "/corrections/new?item={}", "/claims/new?item={}"):
        answer = cast.client("alice").get(path.format("RePEc:zzz:nosuch:1"))
        assert answer.status_code == 404
        check(answer.text)
        assert "RePEc:zzz:nosuch:1" in answer.text


def test_a_link_to_a_handle_that_does_not_exist_keeps_the_text(cast):
    reference = cast.reference(0)
    for handle, says in (("RePEc:zzz:nosuch:1", "There is no item"), (ITEM, "cite itself")):
        answer = cast.client("alice").submit(
            f"/citations/new?item={ITEM}", {f"reference-{reference.id}": handle, "reason": "Why"}
        )
        assert answer.status_code == 422
        check(answer.text)
        assert says in answer.text
        assert handle in answer.text


def test_no_link_at_all(cast):
    values = {"reason": "Why", f"choice-{cast.reference(0).id}": ""}
    answer = cast.client("alice").submit(f"/citations/new?item={ITEM}", values)
    assert answer.status_code == 422
    assert "Nothing is changed" in answer.text


def test_a_claim_without_a_name_or_by_a_stranger_without_a_reason(cast):
    alice = cast.client("stella")
    answer = alice.submit(f"/claims/new?item={ITEM}", {"reason": "Why"})
    assert answer.status_code == 422
    assert "Choose the printed name" in answer.text
    author = str(cast.item_author(0).id)
    answer = alice.submit(f"/claims/new?item={ITEM}", {"author": author, "reason": ""})
    assert answer.status_code == 422
    assert "Say why" in answer.text
    check(answer.text)


def test_an_author_of_another_item_cannot_be_claimed_here(cast):
    from correction_flow.catalog.queries import authors_of

    foreign = authors_of(cast.item(CITED))[0].id
    answer = cast.client("alice").submit(
        f"/claims/new?item={ITEM}", {"author": str(foreign), "reason": "x"}
    )
    assert answer.status_code == 422


def test_a_missing_csrf_token_gives_400_with_what_was_typed_to_copy(cast):
    alice = cast.client("alice")
    answer = alice.post(FORM, {"field_title": "My long text", "reason": "Why"}, token=False)
    assert answer.status_code == 400
    check(answer.text)
    assert "My long text" in answer.text


def test_a_stale_item_version_gives_409_with_text_and_new_values(cast):
    from tests.makers import import_tree

    alice = cast.client("alice")
    action, fields = form_on(alice.get(FORM).text, "/corrections/new")
    import_tree({"jadmsc/v9.rdf": ("Practise", "Brand-new Practice")})
    for act in ("preview", "send"):
        answer = alice.send(
            action or FORM,
            fields | {"field_title": "My title", "reason": "My reason", "act": act},
        )
        assert answer.status_code == 409
        check(answer.text)
        assert "My title" in answer.text
        assert "Brand-new Practice" in answer.text
    action, fields = form_on(answer.text, "/corrections/new")
    sent = alice.send(action or FORM, fields | {"act": "send"})
    assert sent.status_code == 303


def test_a_decision_without_outcome_or_reason_keeps_the_text(cast):
    number = number_of(request_correction(cast, title=GOOD, pages="1-18")[2])
    mara, action, fields = case_form(cast, number)
    answer = mara.send(action, fields | {"note": "A note to keep"})
    assert answer.status_code == 422
    check(answer.text)
    assert "A note to keep" in answer.text
    data = outcomes(fields, ("declined", ""), ("accepted", ""))
    answer = mara.send(action, data)
    assert answer.status_code == 422
    assert "Give the reason" in answer.text


@pytest.mark.parametrize(
    ("action", "name", "says"),
    [("/ask", "question", "what you need to know"), ("/reject", "reason", "reason")],
)
def test_an_empty_question_or_reason(cast, action, name, says):
    number = number_of(request_correction(cast, title=GOOD)[2])
    answer = cast.client("mara").submit(f"/desk/{number}", {name: "  "}, action=action)
    assert answer.status_code == 422
    check(answer.text)
    assert says in answer.text


def test_a_very_large_form_is_413(cast):
    answer = cast.client("alice").post(FORM, {"field_title": "x" * 1_200_000})
    assert answer.status_code == 413
    check(answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "/search?q=%00%01", "/search?q=%22%27*AND(", "/search?q=" + "a" * 5000,
        "/search?q=x&after=garbage", "/desk?tab=nonsense&after=zzz", "/items/%00",
        "/my/requests?after=WyJ4Il0", "/archives?after=WzEsMl0", "/archives/x", "/series/x",
        "/proposals/R-999999", "/verify/garbage", "/mailbox/999999", "/items/" + "x" * 3000,
        "/desk?after=WyJub25zZW5zZSIsMV0", "/mailbox/99999999999999999999",
        "/my/requests?after=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OV0",
    ],
)  # fmt: skip
def test_strange_addresses_never_break_a_page(cast, path):
    for name in ("mara", None):
        assert cast.client(name).get(path).status_code in (200, 302, 404)


@pytest.mark.parametrize("number", ["²", "99999999999999999999", "-1", "x", "", "١"])
def test_strange_numbers_in_hidden_fields_are_refused(cast, number):
    sent = request_correction(cast, title=GOOD)[2]
    path = f"/desk/{number_of(sent)}/ask"
    answer = cast.client("mara").post(path, {"question": "What?", "version": number})
    assert answer.status_code == 409
    alice = cast.client("alice")
    answer = alice.submit(FORM, {"field_title": "Other", "version": number, "act": "send"})
    assert answer.status_code == 422
    answer = alice.submit(f"/claims/new?item={ITEM}", {"author": number, "reason": "x"})
    assert answer.status_code == 422
    values = {f"reference-{number}": "x", f"choice-{cast.reference(0).id}": ""}
    answer = alice.submit(f"/citations/new?item={ITEM}", values)
    assert answer.status_code == 422
