"""Handles: the dossier's cases H1 to H18, and what is made of a handle."""

import pytest

from correction_flow.redif import handle
from correction_flow.redif.handle import Kind

ARTICLE = "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653"

VALID = [
    ("H1", ARTICLE, ARTICLE, Kind.DOCUMENT),
    ("H2", "repec:ZZZ:WPAPER:AbC-14", "RePEc:zzz:wpaper:abc-14", Kind.DOCUMENT),
    ("H8", "RePEc:boc:bocode:S1", "RePEc:boc:bocode:s1", Kind.DOCUMENT),
    ("H10", "RePEc:edi:degraus", "RePEc:edi:degraus", Kind.INSTITUTION),
    ("H11", "repec:per:1970-01-02:jane_roe", "RePEc:per:1970-01-02:JANE_ROE", Kind.PERSON),
    ("H12", "PRO12", "pro12", Kind.PERSON),
    ("H13", "RePEc:per:1999-02-30:john_doe", "RePEc:per:1999-02-30:JOHN_DOE", Kind.PERSON),
    (
        "H14",
        "RePEc:kap:theord:v:85:y:2018:i:1:d:10.1007_s11238-018-9653-4",
        "RePEc:kap:theord:v:85:y:2018:i:1:d:10.1007_s11238-018-9653-4",
        Kind.DOCUMENT,
    ),
    ("H18", "RePEc:imf:imfwpa:01/191", "RePEc:imf:imfwpa:01/191", Kind.DOCUMENT),
    ("archive", " REPEC:GAM ", "RePEc:gam", Kind.ARCHIVE),
    ("series", "RePEc:gam:jadmsc", "RePEc:gam:jadmsc", Kind.SERIES),
    ("other authority", "relis:abc", "ReLIS:abc", Kind.ARCHIVE),
]

INVALID = [
    ("H3", "RePEc:zzz:wp:15"),
    ("H4", "RePEc: zzz: wpaper: 16"),
    ("H5", "RePEc:zzz:wpaper:\n 17"),
    ("H6", "RePEc:zzz:wpaper:café"),
    ("H7", "RePEc:zzz:wpaper:1;2"),
    ("H9", "RePEc:zzzz"),
    ("H10", "RePEc:edi:degrau:"),
    ("H15", "RePEc:rsp:wpaper:i:Special 12"),
    ("H15", "RePEc:rsp:wpaper:48 #END 46"),
    ("H15", "RePEc:bre::node_10366"),
    ("H17", "https://ideas.repec.org/p/zzz/wpaper/15.html"),
    ("empty", ""),
    ("long s", "RePEc:\u017fzz:wpaper:15"),
    ("other digits", "RePEc:zzz:wpaper:\u0661\u0665"),
]


@pytest.mark.parametrize(("case", "text", "canonical", "kind"), VALID)
def test_a_handle_that_follows_the_rules_is_read(
    case: str, text: str, canonical: str, kind: Kind
) -> None:
    found = handle.parse(text)
    assert found is not None
    assert (found.canonical, found.kind) == (canonical, kind)
    assert found.text == text.strip()
    assert found.key == handle.key(text) == handle.key(canonical)
    assert handle.canonical(text) == canonical
    assert handle.lenient(text) == (found, False)


@pytest.mark.parametrize(("case", "text"), INVALID)
def test_a_handle_that_breaks_the_rules_is_refused(case: str, text: str) -> None:
    assert handle.parse(text) is None
    assert handle.canonical(text) is None


def test_an_institution_of_six_letters_is_taken_for_a_series() -> None:
    found = handle.parse("RePEc:edi:degrau")
    assert found is not None
    assert found.kind is Kind.SERIES


@pytest.mark.parametrize("text", ["RePEc: zzz: wpaper: 16", "RePEc:zzz:wpaper:\n 16"])
def test_blanks_beside_colons_are_removed_because_that_is_sure(text: str) -> None:
    found = handle.lenient(text)
    assert found is not None
    assert found[0].canonical == "RePEc:zzz:wpaper:16"
    assert found[1] is True


@pytest.mark.parametrize("text", ["RePEc:rsp:wpaper:i:Special 12", "RePEc:zzz:wp aper:1"])
def test_a_blank_inside_a_part_is_not_guessed_at(text: str) -> None:
    assert handle.lenient(text) is None


def test_a_handle_knows_its_archive_series_and_item() -> None:
    found = handle.parse(ARTICLE)
    assert found is not None
    assert found.archive == "RePEc:gam"
    assert found.series == "RePEc:gam:jadmsc"
    assert found.item == "v:9:y:2019:i:3:p:51-:d:249653"


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        (ARTICLE, "Article", "/a/gam/jadmsc/v9y2019i3p51-d249653.html"),
        ("RePEc:imf:imfwpa:01/191", "Paper", "/p/imf/imfwpa/01-191.html"),
        ("RePEc:boc:bocode:S1", "Software", "/c/boc/bocode/s1.html"),
        ("RePEc:mtp:titles:1", "Book", "/b/mtp/titles/1.html"),
        ("RePEc:mtp:titles:1", "Chapter", "/h/mtp/titles/1.html"),
        ("RePEc:gam:jadmsc", "Series", "/s/gam/jadmsc.html"),
        ("PRO12", "Person", "/e/pro12.html"),
        ("RePEc:gam", "Archive", None),
        ("RePEc:edi:degraus", "Institution", None),
        (ARTICLE, "Poem", None),
    ],
)
def test_the_page_on_ideas_is_found_from_the_handle(text: str, kind: str, path: str | None) -> None:
    found = handle.parse(text)
    assert found is not None
    assert handle.ideas_path(found, kind) == path


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (
            "RePEc:mtp:books:0262083612",
            Kind.DOCUMENT,
            "a series has six letters or digits; 'books'",
        ),
        ("RePEc:zzz:wp", Kind.SERIES, "a series has six letters or digits; 'wp'"),
        ("RePEc:zzzz:wpaper:1", Kind.DOCUMENT, "an archive has three letters; 'zzzz'"),
        ("RePEc: zzz: wpaper: 1", Kind.DOCUMENT, "contains a blank"),
        ("RuPEc:zzz:wpaper:1", Kind.DOCUMENT, "does not begin with 'RePEc:'"),
        ("RePEc:zzz:wpaper:1;2", Kind.DOCUMENT, "The sign ';'"),
        ("RePEc:zzz:wpaper:caf\u00e9", Kind.DOCUMENT, "The sign '\u00e9'"),
        ("RePEc:zzz:wpaper:", Kind.DOCUMENT, "Nothing stands after the last colon"),
        ("RePEc:zzz:wpaper", Kind.DOCUMENT, "It names a series, not an item"),
        ("RePEc:zzz", Kind.DOCUMENT, "It names an archive, not an item"),
        ("RePEc:biu:", Kind.ARCHIVE, "ends after its code: RePEc:biu"),
        ("RePEc:biu:", Kind.DOCUMENT, "no more than an archive"),
        ("RePEc:edi:degrau:", Kind.INSTITUTION, "an institution has seven letters or digits"),
        ("10.1000/182", Kind.DOCUMENT, "does not begin with 'RePEc:'"),
    ],
)
def test_it_is_said_what_is_wrong_with_a_handle(text: str, kind: Kind, said: str) -> None:
    assert handle.parse(text) is None or handle.parse(text).kind is not kind
    assert said in handle.wrong_with(text, kind)


def test_nothing_is_said_of_a_good_handle() -> None:
    for _, text, _, kind in VALID:
        assert handle.wrong_with(text, kind) == ""
