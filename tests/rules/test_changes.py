"""What a form's text means, which changes are slips, and old → new word by word."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from correction_flow.catalog.fields import AUTHORS, PLAIN_FIELDS, field
from correction_flow.corrections.changes import (
    BadValue,
    from_text,
    low_risk,
    to_text,
    typographic,
    word_changes,
)

JACOB = {
    "name": "Jacob Torfing",
    "email": "jt@example.org",
    "person": "pto1",
    "workplaces": [{"name": "Roskilde University"}],
}
EVA = {"name": "Eva Sørensen", "workplaces": [{"name": "Nord University"}]}

GOOD = {
    "year": st.sampled_from(["1500", "1999", "2026"]),
    "creation_date": st.sampled_from(["2014", "2014-05", "2014-05-31"]),
    "revision_date": st.sampled_from(["2014", "2014-05", "2014-05-31"]),
    "publication_date": st.sampled_from(["2014", "2014-05", "2014-05-31"]),
    "language": st.sampled_from(["en", "DE", "fr"]),
    "doi": st.sampled_from(["10.3390/admsci9030051", "https://doi.org/10.1000/xyz(12)"]),
    "publication_status": st.sampled_from(["Published, 2014", "forthcoming in JEP"]),
    "jel": st.lists(st.sampled_from(["D72", "h11", "C1", "J"]), min_size=1).map(" ".join),
}


@pytest.mark.parametrize("each", PLAIN_FIELDS, ids=lambda f: f.name)
@given(data=st.data())
def test_a_value_shown_in_the_form_and_sent_back_is_the_same(each, data):
    text = data.draw(GOOD.get(each.name, st.text(min_size=3, max_size=200)))
    try:
        value = from_text(each, text)
    except BadValue:
        assert each.name not in GOOD
        assume(False)
    assert from_text(each, to_text(each, value)) == value


@pytest.mark.parametrize("each", PLAIN_FIELDS, ids=lambda f: f.name)
def test_an_emptied_field_asks_for_no_value(each):
    assert from_text(each, " \n ") is None
    assert to_text(each, None) == ""


REFUSED = [
    ("year", "19x9", "Enter four digits, like 2014."),
    ("year", "99", "Enter four digits, like 2014."),
    ("year", "9999", "Enter four digits, like 2014."),
    ("jel", "D72 X99", "Enter codes like D72 H11."),
    ("creation_date", "31.5.2014", "Enter it like 2014-05-31 or 2014."),
    ("creation_date", "2014-13-01", "Enter it like 2014-05-31 or 2014."),
    ("doi", "doi of the paper", "Enter a DOI like 10.3390/admsci9030051."),
    ("issn", "2076-3388", "its last one does not fit"),
    ("issn", "2076338", "Enter it like 2076-3387."),
    ("issn", "2076-3387, 2076-3388", "its last one does not fit"),
    ("name", "Letters to desk@example.org", "changes only in the publisher’s own file"),
    ("contact_names", "Mara M.\nmara@example.org", "Leave the e-mail address out"),
    ("publishers", "MDPI desk@example.org", "Leave the e-mail address out"),
    ("restriction", "Ask desk@example.org", "Leave the e-mail address out"),
    ("publishers", "https://example.org", "Enter the name of the publisher."),
    ("publishers", "--", "Enter the name"),
    ("language", "English", "Enter the language as two letters (ISO 639-1), like en or de."),
    ("publication_status", "discussion Paper", "Begin with “Published” or “Forthcoming”"),
    ("title", "x" * 100_000, "Shorten it."),
    ("title", "It", "A title has at least three characters."),
    ("abstract", "x" * 100_000, "Shorten it."),
    ("authors", "x" * 401, "is too long for one name."),
    ("authors", "Jacob Torfing\n--", "Enter one name on each line."),
]


@pytest.mark.parametrize(
    ("name", "text", "remedy"), REFUSED, ids=[f"{n}: {t[:20]!r}" for n, t, _ in REFUSED]
)
def test_a_bad_value_is_refused_with_a_sentence_naming_the_remedy(name, text, remedy):
    with pytest.raises(BadValue) as refusal:
        from_text(field(name), text)
    sentence = str(refusal.value)
    assert remedy in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 200


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("doi", "https://doi.org/10.3390/admsci9030051", "10.3390/admsci9030051"),
        ("doi", "doi: 10.3390/admsci9030051", "10.3390/admsci9030051"),
        ("jel", "d72; H11, d72", ["D72", "H11"]),
        ("issn", "ISSN: 2076 3387; eISSN 2434-561x", ["2076-3387", "2434-561X"]),
        ("issn", "2434561x, 2434-561X", ["2434-561X"]),
        ("contact_names", "Mara M.\n\nOtto O.", ["Mara M.", "Otto O."]),
        (
            "publishers",
            "MDPI AG https://www.mdpi.com\nA University Press",
            [
                {"name": "MDPI AG", "homepage": "https://www.mdpi.com"},
                {"name": "A University Press"},
            ],
        ),
        ("language", "EN", "en"),
        ("title", "  Growth\n and\tits causes ", "Growth and its causes"),
        ("title", "Growth\x00 and\x07 its causes", "Growth and its causes"),
        ("abstract", "English text.\n \nTexte français.", ["English text.", "Texte français."]),
        ("year", " 2014 ", "2014"),
    ],
)
def test_what_people_paste_is_read_as_meant(name, text, value):
    assert from_text(field(name), text) == value


# -- authors ------------------------------------------------------------------------------


def people(text):
    return from_text(AUTHORS, text, [JACOB, EVA])


def test_unchanged_authors_keep_what_the_publisher_says_of_them():
    assert people(to_text(AUTHORS, [JACOB, EVA])) == [JACOB, EVA]


def test_swapped_authors_take_their_details_along():
    assert people("Eva Sørensen\nJacob Torfing") == [EVA, JACOB]


def test_a_name_with_one_slip_put_right_keeps_its_details():
    assert people("Jacob Torfling\nEva Sørensen") == [{**JACOB, "name": "Jacob Torfling"}, EVA]


def test_a_name_in_another_order_or_case_keeps_its_details():
    assert people("TORFING, Jacob\nEva Sorensen")[0] == {**JACOB, "name": "TORFING, Jacob"}


def test_an_added_author_has_no_details_of_anybody():
    assert people("Jacob Torfing\nNina Nobody\nEva Sørensen") == [
        JACOB,
        {"name": "Nina Nobody"},
        EVA,
    ]


def test_a_removed_author_is_gone():
    assert people("Eva Sørensen") == [EVA]


def test_somebody_else_in_the_same_place_inherits_nothing():
    assert people("Nina Nobody\nEva Sørensen") == [{"name": "Nina Nobody"}, EVA]


def test_of_two_authors_with_one_name_each_keeps_their_own_details():
    twins = [{"name": "Jan Smith", "person": "psm1"}, {"name": "Jan Smith", "person": "psm2"}]
    assert from_text(AUTHORS, "Jan Smith\nJan Smith", twins) == twins


# -- typographic, low-risk ----------------------------------------------------------------

SLIPS = [
    ("Theory and Practise", "Theory and Practice"),
    ("Public Management Reveiw", "Public Management Review"),
    ("Growth  and its causes", "Growth and its causes"),
    ("GROWTH AND ITS CAUSES", "Growth and Its Causes"),
    ("Growth, and its causes.", "Growth and its causes"),
    ("Economie", "Économie"),
    ("SÃ¶nmez on matching", "Sönmez on matching"),
    ("Inovation in government", "Innovation in government"),
    ("Innnovation in government", "Innovation in government"),
    ("Co-operation", "Cooperation"),
    ("O'Brien's law", "O’Brien’s law"),
    (["One abstract"], ["One abstract."]),
]
MEANINGS = [
    ("Growth and its causes", "Growth and its effects"),
    ("pages 1-18", "pages 1-81"),
    ("Volume 12345", "Volume 12346"),
    ("Cost of war", "Cost of car"),
    ("Growth", "Growth and its causes"),
    ("Inovation in goverment", "Innovation in government"),
    ("2016", "2006"),
    ([{"name": "Jacob Torfing"}], [{"name": "Jacob Torfling"}]),
    (["One", "Two"], ["One"]),
    (None, "Growth"),
    ("Growth", None),
]


@pytest.mark.parametrize(("old", "new"), SLIPS, ids=repr)
def test_a_difference_of_look_is_typographic(old, new):
    assert typographic(old, new)
    assert typographic(new, old)


@pytest.mark.parametrize(("old", "new"), MEANINGS, ids=repr)
def test_a_difference_of_meaning_is_not_typographic(old, new):
    assert not typographic(old, new)
    assert not typographic(new, old)


@pytest.mark.parametrize(
    ("name", "old", "new", "low"),
    [
        ("title", "Practise makes", "Practice makes", True),
        ("title", "Growth", "Decline", False),
        ("jel", ["D72"], ["D72", "H11"], True),
        ("jel", None, ["D72"], True),
        ("jel", ["D72"], ["H11"], False),
        ("jel", ["D72"], None, False),
        ("keywords", "growth", "growth; public value", True),
        ("keywords", "growth; trade", "growth", False),
        ("year", "2016", "2016 ", False),
        ("authors", [{"name": "A"}], [{"name": "A"}], False),
    ],
)
def test_low_risk_is_a_slip_or_a_code_or_keyword_added(name, old, new, low):
    assert low_risk(field(name), old, new) is low


# -- word by word -------------------------------------------------------------------------

TEXTS = st.text(alphabet=st.sampled_from("aé b\n.,-<> word"), max_size=60) | st.text(max_size=60)


@given(TEXTS, TEXTS)
def test_the_pieces_join_to_both_texts(old, new):
    pieces = word_changes(old, new)
    assert "".join(text for what, text in pieces if what != "new") == old
    assert "".join(text for what, text in pieces if what != "gone") == new
    assert all(text for _, text in pieces)


def test_only_the_word_that_changed_is_marked():
    assert word_changes("in Theory and Practise", "in Theory and Practice") == [
        ("same", "in Theory and "),
        ("gone", "Practise"),
        ("new", "Practice"),
    ]
