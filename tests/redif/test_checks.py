"""Suspicions about values that follow every rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.redif import checks


@pytest.mark.parametrize(
    ("garbled", "meant"),
    [
        ("Ã‰conomieâ€™s", "Économie’s"),
        ("CompetitivitÃ©", "Compétitivité".replace("é", "e", 1)),
        ("Wydzia\u00c5\u201a Nauk", "Wydział Nauk"),
        ("KÃ¶ln â€“ ZÃ¼rich", "Köln – Zürich"),
        ("Å¡ and é", "š and é"),
        ("Москва".encode().decode("latin-1"), "Москва"),
    ],
)
def test_garbled_letters_are_put_right(garbled: str, meant: str) -> None:
    assert checks.repair_mojibake(garbled) == meant


@pytest.mark.parametrize(
    "text", ["Growth", "Économie’s", "« LE CAFÉ»", "Ångström", "São Paulo", "Москва", "�conomie"]
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert checks.repair_mojibake(text) is None


@given(st.text(st.characters(min_codepoint=0xC0, max_codepoint=0x17F), min_size=1, max_size=20))
def test_every_latin_letter_that_was_garbled_is_put_right(text: str) -> None:
    garbled = text.encode().decode("latin-1")
    repaired = checks.repair_mojibake(garbled)
    assert repaired is not None
    assert repaired == text


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    checks.repair_mojibake(text)
    checks.findings({"title": [text], "author": [{"name": [text]}]})


@pytest.mark.parametrize(
    ("tree", "code"),
    [
        ({"title": ["GROWTH AND INFLATION"]}, "capitals"),
        ({"title": ["Ã‰conomie"]}, "garbled-letters"),
        ({"author": [{"name": ["A. Smith and B. Jones"]}]}, "two-names"),
        ({"author": [{"name": ["A. Smith; B. Jones"]}]}, "two-names"),
        ({"editor": [{"name": ["A. Smith & B. Jones"]}]}, "two-names"),
        ({"author": [{"name": ["A. Smith, University of Zed"]}]}, "affiliation-in-name"),
        ({"author": [{"name": ["A. Smith (Bank of Zed)"]}]}, "affiliation-in-name"),
    ],
)
def test_a_suspicion_is_named(tree: dict[str, list[object]], code: str) -> None:
    assert [finding.code for finding in checks.findings(tree)] == [code]


@pytest.mark.parametrize(
    "tree",
    [
        {"title": ["Growth and inflation"]},
        {"title": ["GDP"]},
        {"title": ["The VAR and the DSGE"]},
        {"author": [{"name": ["Smith, Adam"]}, {"name": ["Anders Anderson"]}]},
        {"author": [{"name": ["Jane (Janet) Roe"[:4] + " Roe"]}]},
    ],
)
def test_a_usual_record_raises_no_suspicion(tree: dict[str, list[object]]) -> None:
    assert checks.findings(tree) == []
