"""Suspicions about values that follow every rule."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.redif import checks
from correction_flow.redif.parser import parse


def suspicions(tree: dict[str, list[Any]]) -> list[str]:
    """The codes of what is suspected of a template with these values."""
    lines = ["Template-Type: ReDIF-Article 1.0"]
    for tag, entries in tree.items():
        for entry in entries:
            parts = {tag: [entry]} if isinstance(entry, str) else entry
            prefix = "" if isinstance(entry, str) else f"{tag}-"
            lines += [f"{prefix}{part}: {value}" for part, (value,) in parts.items()]
    (template,) = parse("\n".join(lines).encode(), name="a.rdf").templates
    return [problem.code for problem in checks.problems(template)]


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
    for tag in ("title", "author-name"):
        list(checks.about(tag, text))


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
        ({"author": [{"name": ["A. Smith, Ph.D."]}]}, "degree-in-name"),
        ({"author": [{"name": ["Evaluator 2"]}]}, "odd-name"),
        ({"author": [{"name": ["ANNA SMITH"]}]}, "name-in-capitals"),
        ({"title": ["Working Paper No. 12/2014: Growth and trade"]}, "number-in-title"),
        ({"title": ["Growth and trade (Discussion Paper 7)"]}, "number-in-title"),
        ({"title": ["Growth and trade. Abstract: We study growth."]}, "abstract-in-title"),
        ({"title": ["Growth", "Trade"]}, "several-titles"),
        ({"title": ["Growth and � trade"]}, "letters-lost"),
        ({"title": ["&amp;eacute;conomie du travail"]}, "entity-left"),
        ({"abstract": ["We study growth. Keywords: growth, trade"]}, "keywords-in-abstract"),
        ({"abstract": ["We study growth. JEL codes: E52"]}, "keywords-in-abstract"),
        ({"abstract": ["We study growth. " * 200]}, "very-long"),
        ({"keywords": ["growth; trade Classification-JEL: E1"]}, "attribute-in-value"),
        ({"year": ["20210430"]}, "odd-year"),
        ({"note": ["TBA"]}, "placeholder"),
        ({"title": ["TITLE HERE (in full)"]}, "placeholder"),
        ({"file": [{"restriction": ["no"]}]}, "restriction-means-not-free"),
    ],
)
def test_a_suspicion_is_named(tree: dict[str, list[Any]], code: str) -> None:
    assert suspicions(tree) == [code]


@pytest.mark.parametrize(
    "tree",
    [
        {"title": ["Growth and inflation"]},
        {"title": ["GDP"]},
        {"title": ["The VAR and the DSGE"]},
        {"author": [{"name": ["Smith, Adam"]}, {"name": ["Anders Anderson"]}]},
        {"author": [{"name": ["Jane (Janet) Roe"]}]},
        {"author": [{"name": ["王小明"]}, {"name": ["A. Ferrer-i-Carbonell"]}]},
        {"editor": [{"name": ["Paul ‘t Hart"]}]},
        {"title": ["Paper 1 and the number 12: an essay"]},
        {"title": ["The working paper as a form"]},
        {"title": ["2012 XX Convegno Annuale SIEA"]},
        {"abstract": ["We study which key words authors choose."]},
        {"abstract": ["First: we ask. Title: none of these is an attribute here."]},
        {"year": ["2019"], "month": ["June"]},
        {"file": [{"restriction": ["Access to full text is restricted to subscribers"]}]},
    ],
)
def test_a_usual_record_raises_no_suspicion(tree: dict[str, list[Any]]) -> None:
    assert suspicions(tree) == []


@pytest.mark.parametrize(
    ("tag", "text", "suggestion"),
    [
        ("title", "WP 2012-03: Growth", "Growth"),
        ("title", "Growth – Working Paper 3", "Growth"),
        ("author-name", "A. Smith and B. Jones", "A. Smith / B. Jones"),
        ("author-name", "A. Smith; B. Jones", "A. Smith / B. Jones"),
        ("author-name", "Anna Smith, PhD", "Anna Smith"),
        ("abstract", "We study. Keywords: a, b", "We study."),
        ("title", "B&ouml;hm and capital", "Böhm and capital"),
    ],
)
def test_a_suspicion_offers_what_was_probably_meant(tag: str, text: str, suggestion: str) -> None:
    assert [finding.suggestion for finding in checks.about(tag, text)] == [suggestion]


def test_what_is_suggested_is_not_suspected_again() -> None:
    for tag, text in (("title", "WP 2012-03: Growth and trade"), ("author-name", "A. Roe, PhD")):
        (finding,) = checks.about(tag, text)
        assert list(checks.about(tag, finding.suggestion)) == []


@pytest.mark.parametrize(
    "text", ["(", "Working Paper " * 3000, "A. " * 9000, "-" * 30000, "a-:" * 9000]
)
def test_no_value_makes_the_checks_stumble(text: str) -> None:
    for tag in ("title", "abstract", "author-name", "file-restriction", "year"):
        list(checks.about(tag, text))
