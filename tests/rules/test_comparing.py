"""Two states of a record side by side: what is said, and what is never shown."""

from hypothesis import given
from hypothesis import strategies as st

from correction_flow.catalog.fields import CLUSTERS, PLAIN_FIELDS
from correction_flow.corrections.comparing import FIELDS, NO_ADDRESS, differences, values

JACOB = {"name": "Jacob Torfing", "email": "jt@example.org"}


def labels(old, new):
    return [one.label for one in differences(old, new)]


def test_every_field_can_be_compared():
    assert set(FIELDS) == {*PLAIN_FIELDS, *CLUSTERS}


def test_what_is_alike_is_not_named():
    record = {"title": "Growth", "authors": [JACOB], "other": {"x-note": ["a"]}}
    assert differences(record, dict(record)) == []


def test_a_changed_word_is_marked_and_the_rest_stays():
    (one,) = differences({"title": "Growth and debt"}, {"title": "Growth and death"})
    assert one.label == "Title"
    assert ("gone", "debt") in one.words
    assert ("new", "death") in one.words
    assert ("same", "Growth and ") in one.words


def test_a_new_field_and_one_taken_away_have_an_empty_side():
    (year, note) = differences({"note": "Draft"}, {"year": "2019"})
    assert (year.old, year.new, year.words) == ("", "2019", None)
    assert (note.old, note.new) == ("Draft", "")


def test_a_workplace_is_part_of_an_author():
    moved = {**JACOB, "workplaces": [{"name": "Roskilde University"}]}
    (one,) = differences({"authors": [JACOB]}, {"authors": [moved]})
    assert one.new == "Jacob Torfing (Roskilde University)"


def test_a_changed_address_is_told_without_the_address():
    (one,) = differences({"authors": [JACOB]}, {"authors": [{**JACOB, "email": "x@example.org"}]})
    assert one.hidden
    assert "@" not in one.old + one.new


def test_an_address_in_a_text_does_not_show():
    shown = {"note": "Write to jt@example.org.", "other": {"contact-email": ["jt@example.org"]}}
    (one,) = values(shown, shown)
    assert one.text == f"Write to {NO_ADDRESS}."
    assert one.publisher is None


def test_what_the_publisher_says_stands_beside_what_is_shown_otherwise():
    title, year = values(
        {"title": "Practice", "year": "2019"}, {"title": "Practise", "year": "2019"}
    )
    assert (title.text, title.publisher) == ("Practice", "Practise")
    assert year.publisher is None


def test_what_we_took_away_is_still_said_of_the_publisher():
    (one,) = values({}, {"note": "Draft"})
    assert (one.text, one.publisher) == ("", "Draft")


TEXT = st.text(alphabet=st.sampled_from("ab @.é\n;"), max_size=20)


@given(TEXT, TEXT)
def test_the_pieces_join_to_both_sides(old, new):
    for one in differences({"title": old}, {"title": new}):
        if one.words:
            assert "".join(t for k, t in one.words if k != "new") == one.old
            assert "".join(t for k, t in one.words if k != "gone") == one.new
