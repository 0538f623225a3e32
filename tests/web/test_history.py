"""The history of an item: what changed, when and by what, for everybody, without names."""

import re

import pytest

from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.proposals import undoing
from correction_flow.proposals.lifecycle import Outcome
from tests.cast import ITEM, OTHER
from tests.makers import import_tree
from tests.nouns.test_workflow import GOOD, NO, YES, ask_for, claim_name, decide, the
from tests.web.pages import check
from tests.web.test_feeds import feed

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
MISSPELT = ("Theory and Practise", "Theory, Practise")


def page(cast, path, who=None, status=200):
    answer = cast.client(who).get(path)
    assert answer.status_code == status, answer.text
    check(answer.text)
    assert not ADDRESS.search(answer.text)
    for name in ("Alice", "Mara"):
        assert name not in answer.text.partition("<main")[2]
    return answer.text


def test_an_item_that_never_changed_has_one_revision(cast):
    text = page(cast, f"/history/{ITEM}")
    assert "Revision 1" in text
    assert "As first read from the publisher’s file" in text
    assert "Compare two revisions" not in text
    assert "Nothing was corrected yet" in page(cast, f"/history/corrections/{ITEM}")


def test_a_correction_and_an_import_each_make_a_revision_with_its_cause(cast):
    number = ask_for(cast, title=GOOD)
    decide(cast, number, YES)
    import_tree({"jadmsc/v9.rdf": ("Pages: 1-81", "Pages: 1-18")})
    text = page(cast, f"/history/{ITEM}")
    assert f"Correction request {number}, accepted by the maintainer" in text
    assert "The publisher’s file, <time" in text
    assert re.search(r"<del>.*?Practise.*?</del>", text)
    assert re.search(r"<ins>.*?Practice.*?</ins>", text)
    assert text.index("Revision 3") < text.index("Revision 2") < text.index("Revision 1")
    assert "A reason." not in text


def test_two_revisions_are_compared_in_the_order_of_time(cast):
    decide(cast, ask_for(cast, title=GOOD, pages="1-18"), YES, NO)
    path = f"/history/compare/{ITEM}"
    for query in ("?old=1&new=2", "?old=2&new=1"):
        text = page(cast, path + query)
        assert "Revision 1 → revision 2" in text
        assert "Title" in text
        assert ">Pages<" not in text
    assert "Both show the same" in page(cast, path + "?old=2&new=2")


def test_a_past_revision_is_shown_whole_beside_the_publishers_values(cast):
    decide(cast, ask_for(cast, title=GOOD), YES)
    past = page(cast, f"/history/{ITEM}?revision=1")
    assert GOOD not in past.partition('class="facts')[2]
    assert "Roskilde University" in past
    now = page(cast, f"/history/{ITEM}?revision=2")
    assert "This is what is shown now" in now
    assert "The publisher’s file:" in now
    assert "Practise" in now.partition("The publisher’s file:")[2]


@pytest.mark.parametrize("n", ["0", "9", "-1", "x", "99999999999999999999", "%00", "", "²"])
def test_there_is_no_other_revision(cast, n):
    page(cast, f"/history/{ITEM}?revision={n}", status=404)
    page(cast, f"/history/compare/{ITEM}?old=1&new={n}", status=404 if n else 422)


@pytest.mark.parametrize("path", ["", "corrections/", "compare/"])
def test_there_is_no_history_of_nothing(cast, path):
    page(cast, f"/history/{path}RePEc:zzz:nosuch:1", status=404)


def test_what_was_taken_back_is_not_read_of(cast):
    cast.app.config["UNDO_MINUTES"] = 5
    number = ask_for(cast, title=GOOD)
    decide(cast, number, YES)
    assert GOOD in page(cast, f"/history/{ITEM}")
    with transaction():
        undoing.undo(the(number), by=cast.user("mara"), version=the(number).version)
    for path in (f"/history/{ITEM}", f"/history/corrections/{ITEM}"):
        assert GOOD not in page(cast, path)
    page(cast, f"/history/{ITEM}?revision=2", status=404)
    page(cast, f"/history/compare/{ITEM}?old=1&new=2", status=404)
    decide(cast, number, YES)
    assert GOOD in page(cast, f"/history/{ITEM}")
    assert GOOD in page(cast, f"/history/{ITEM}?revision=4")
    page(cast, f"/history/{ITEM}?revision=2", status=404)


def test_corrections_hold_what_was_accepted_and_nothing_declined(cast):
    decide(cast, ask_for(cast, title=GOOD, pages="1-18"), YES, NO)
    decide(cast, ask_for(cast, who="bob", issue="33"), NO)
    text = page(cast, f"/history/corrections/{ITEM}")
    assert GOOD in text
    for word in ("1-18", "The PDF says otherwise", ">33<", "Declined"):
        assert word not in text
    (entry,) = feed(cast, "corrections").entries
    assert "1-18" not in str(entry)
    assert "The PDF says otherwise" not in str(entry)


def test_a_claim_is_a_correction_without_a_revision(cast):
    number = claim_name(cast, "alice")
    decide(cast, number, YES)
    # The profile's public name is what an accepted claim publishes; the rest stays unsaid.
    text = cast.client().get(f"/history/corrections/{ITEM}").text
    assert f"Authorship claim {number}" in text
    assert "Revision 2" not in page(cast, f"/history/{ITEM}")


def test_what_the_publisher_made_of_a_correction_is_told(cast):
    decide(cast, ask_for(cast, title=GOOD), YES)
    import_tree({"jadmsc/v9.rdf": ("Theory and Practise", "Theory and Practice")})
    assert "Adopted by the publisher: Title" in page(cast, f"/history/corrections/{ITEM}")
    text = page(cast, f"/history/{ITEM}")
    assert "In the publisher’s file, what is shown here is otherwise" in text


def test_a_long_history_is_read_page_by_page_without_gap_or_double(cast):
    for n in range(44):
        old = "Pages: 1-81" if n % 2 == 0 else None
        import_tree({"jadmsc/v9.rdf": (old, f"Pages: 1-{n}")} if old else None)
    db.session.rollback()
    assert cast.item().version == 45
    seen, path = [], f"/history/{ITEM}"
    while path:
        text = page(cast, path)
        seen += [int(n) for n in re.findall(r">Revision (\d+)</a>", text)]
        found = re.search(r'rel="next" href="([^"]+)"', text)
        path = found and found[1].replace("&amp;", "&")
    assert seen == list(range(45, 0, -1))


def test_the_item_page_leads_to_its_history_and_another_item_has_its_own(cast):
    decide(cast, ask_for(cast, title=GOOD), YES)
    assert f'href="/history/{ITEM}"' in cast.client().get(f"/items/{ITEM}").text
    assert GOOD not in page(cast, f"/history/{OTHER}")
    assert Outcome.ACCEPTED is YES
