"""Folding, names and stored keys; the cases N8-N17 of the domain dossier as our rules mean them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.core.text import (
    _LETTERS,
    _NOT_WORD,
    LONGEST_KEY,
    address_key,
    digest,
    fold,
    key,
    name_key,
    plain,
    shorten,
    squeeze,
    words,
)

NAMES = {
    "Müller, Jürgen": "jurgen muller",
    "O'Brien, Pat": "pat obrien",
    "O’Brien, Pat": "pat obrien",
    "Sørensen, Eva": "eva sorensen",
    "Đorđe Petrović": "dorde petrovic",
    "Łukasz Kowalski": "lukasz kowalski",
    "Weiß, Karl": "karl weiss",
    "İbrahim Şahin": "ibrahim sahin",
    "Æsop Åberg": "aesop aberg",
    "van der Waals, J.D.": "j d van der waals",
    "de la Cruz, María": "maria de la cruz",
    "Ng, S": "s ng",
    "Yu L.": "yu l",
    "王小明": "王小明",
    "Иванов И.И.": "иванов и и",
    "Paul ‘t Hart": "paul t hart",
    "Andrea BASSI": "andrea bassi",
    "A. Ferrer-i-Carbonell": "a ferrer i carbonell",
}


@pytest.mark.parametrize(("name", "expected"), NAMES.items(), ids=str)
def test_a_name_has_the_key_of_its_person(name, expected):
    assert name_key(name) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Torfing, Jacob", "Jacob TORFING"),
        ("O'Brien, Pat", "Pat O’Brien"),
        ("Stiglitz, Joseph E.", "Joseph E Stiglitz"),
        ("José Muñoz Pérez", "Jose Munoz Perez"),
    ],
)
def test_two_spellings_of_one_person_are_equal(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Robert E. B. Lucas", "Robert F. Lucas"),
        ("Robert E. Lucas Jr.", "Robert E. Lucas"),
        ("Müller", "Miller"),
    ],
)
def test_different_people_stay_different(one, other):
    assert name_key(one) != name_key(other)


def test_a_name_of_any_length_has_a_key_that_can_be_indexed():
    assert len(name_key("х" * 5000)) == LONGEST_KEY


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert words(key(text)) == words(text)
    assert key(key(text)) == key(text)


@given(st.text())
def test_white_space_and_case_make_no_other_key(text):
    assert key(f"  {fold(text)}\n") == key(fold(text))


def test_a_key_does_not_depend_on_how_accents_are_composed():
    assert key("Mu\u0308ller") == key("M\u00fcller") == "muller"


def test_marks_of_other_scripts_are_kept():
    assert fold("ที่") == "ที่"


@given(st.text())
def test_what_is_plain_can_be_stored_and_is_plain_again(text):
    stored = plain(text)
    assert plain(stored) == stored
    assert "\x00" not in stored
    stored.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x00b\x07c", "abc"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("a\tb", "a\tb"),
        ("\ud800x", "x"),
        ("e\u0301", "\u00e9"),
        ("  \x1a ", ""),
    ],
)
def test_control_characters_and_lone_surrogates_are_dropped(text, expected):
    assert plain(text) == expected


def test_a_digest_does_not_change_between_versions():
    """It stands in the database: another value would need a migration."""
    assert digest({"b": [1, "ü"], "a": None}) == digest({"a": None, "b": [1, "ü"]})
    assert digest("Growth") == "08d320975617c52236a2c0e017a7026d"
    assert digest(None) != digest("") != digest([])


def test_addresses_are_compared_without_case_and_outer_blanks():
    assert address_key(" Mara@Example.ORG ") == "mara@example.org"


def test_squeezing_and_shortening_keep_to_words():
    assert squeeze(" a\n\t b ") == "a b"
    assert shorten("Interactive political leadership", 23) == "Interactive political…"
    assert shorten("short", 10) == "short"
    assert len(shorten("x" * 50, 10)) <= 10


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_are_folded_the_short_way_as_the_long_one(text):
    assert words(text) == [w for w in _NOT_WORD.split(fold(text)) if w]


@given(st.text(st.characters(max_codepoint=0x24F) | st.sampled_from("’‘ıİ\u0301\u0308жβ王ﬁ½")))
def test_letters_with_accents_are_folded_the_short_way_as_the_long_one(text):
    assert words(text) == [w for w in _NOT_WORD.split(fold(text).translate(_LETTERS)) if w]
