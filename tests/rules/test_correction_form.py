"""The correction form's lists: who stays who, what is refused, how two lists differ."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from correction_flow.catalog.fields import AUTHORS, CLUSTERS, FILES, PLAIN_FIELDS, field, fields_of
from correction_flow.catalog.models import Kind
from correction_flow.catalog.record import from_tree
from correction_flow.corrections import files, people, warnings
from correction_flow.corrections.changes import (
    BadValue,
    as_filled,
    differences,
    filled,
    from_form,
    from_text,
    jel_codes,
    jel_matches,
    to_text,
)
from tests.rules.test_record import items_below

JACOB = {
    "name": "Jacob Torfing",
    "name-first": "Jacob",
    "name-last": "Torfing",
    "email": "jt@example.org",
    "person": "pto1",
    "workplaces": [{"name": "Roskilde University", "institution": "RePEc:edi:ruc1234"}],
}
EVA = {"name": "Eva Sørensen", "email": "es@example.org", "workplaces": [{"name": "Nord"}]}
BOTH = [JACOB, EVA]
PDF = {"url": "https://example.org/51.pdf", "format": "application/pdf", "function": "Full text"}

WORDS = st.text(alphabet=st.sampled_from("aé bÅ.,-[];:\n<&"), max_size=30)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {"name": WORDS}, optional={"email": WORDS, "workplaces": st.lists(
            st.fixed_dictionaries({"name": WORDS}), max_size=2)},
    ), max_size=4,
)  # fmt: skip
FILE_LISTS = st.lists(st.dictionaries(st.sampled_from(files.KEYS), WORDS, max_size=4), max_size=3)


def values_for(each):
    if each.name in ("authors", "editors"):
        return PEOPLE
    if each.name == "files":
        return FILE_LISTS
    return st.lists(WORDS, max_size=3) if each.many else WORDS


def unchanged(each, value):
    """The form as it opens asks for nothing, also after a browser had it in hand."""
    typed = filled(each, value)
    assert as_filled(each, typed, value)
    if isinstance(typed, str):
        assert as_filled(each, typed.replace("\n", "\r\n"), value)
    else:
        assert as_filled(each, [*typed, ""], value)
    if each.name in ("authors", "editors", "files"):
        assert (from_form(each, typed, value) or []) == list(value or ())


@pytest.mark.parametrize("kind", list(Kind))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_form_that_nobody_changed_asks_for_no_change(kind, data):
    for each in (*fields_of(kind), *CLUSTERS):
        unchanged(each, data.draw(values_for(each), label=each.name))


def test_a_form_of_the_samples_items_asks_for_no_change():
    for template in items_below(Path(__file__).parents[2] / "sample"):
        record = from_tree(template.tree())
        for each in (*PLAIN_FIELDS, *CLUSTERS):
            unchanged(each, record.get(each.name))


@pytest.mark.archives
def test_a_form_of_a_real_item_asks_for_no_change(real_archives):
    count = 0
    for template in items_below(real_archives):
        record = from_tree(template.tree())
        count += 1
        for each in (*PLAIN_FIELDS, *CLUSTERS):
            unchanged(each, record.get(each.name))
    assert count > 1500


# -- people -------------------------------------------------------------------------------


def typed(*changes, order=(0, 1)):
    rows = people.rows(BOTH)
    for n, key, text in changes:
        rows[n][key] = text
    return [rows[n] for n in order]


def test_who_is_moved_keeps_everything():
    assert people.from_rows(typed(order=(1, 0)), BOTH) == [EVA, JACOB]


def test_who_is_renamed_keeps_address_person_and_workplace_and_is_named_apart_anew():
    (jacob, _) = people.from_rows(typed((0, "name", "Jakob Torfing")), BOTH)
    assert jacob == {**JACOB, "name": "Jakob Torfing", "name-first": "Jakob"}
    (jacob, _) = people.from_rows(typed((0, "name", "J. P. A. Torfing Smith")), BOTH)
    assert (jacob["email"], jacob["person"]) == ("jt@example.org", "pto1")
    assert "name-first" not in jacob


def test_a_respelt_workplace_keeps_its_institution_and_another_does_not():
    (jacob, _) = people.from_rows(typed((0, "workplace", "Roskilde Universitet")), BOTH)
    assert jacob["workplaces"] == [{**JACOB["workplaces"][0], "name": "Roskilde Universitet"}]
    (jacob, _) = people.from_rows(typed((0, "workplace", "Nord\nOslo")), BOTH)
    assert jacob["workplaces"] == [{"name": "Nord"}, {"name": "Oslo"}]
    assert jacob["email"] == "jt@example.org"
    (jacob, _) = people.from_rows(typed((0, "workplace", "")), BOTH)
    assert "workplaces" not in jacob


def test_somebody_new_has_nobodys_details_and_an_empty_row_is_nobody():
    new = {"name": "Nina Nobody", "workplace": "Oslo", "origin": ""}
    empty = {"name": " ", "workplace": "", "origin": ""}
    assert people.from_rows([*typed(), new, empty], BOTH) == [
        *BOTH, {"name": "Nina Nobody", "workplaces": [{"name": "Oslo"}]},
    ]  # fmt: skip


NEW = {"workplace": "", "origin": ""}


@pytest.mark.parametrize(
    ("rows", "part", "says"),
    [
        ([{**NEW, "name": "x" * 401}], "0-name", "too long"),
        ([{**NEW, "name": "--"}], "0-name", "not a name"),
        ([{**NEW, "name": "\x00\x07"}, {**NEW, "name": "...", "workplace": ""}], "1-name", "not a"),
        ([{**NEW, "name": "", "workplace": "Oslo"}], "0-name", "Enter the name"),
        ([{**people.rows(BOTH)[0], "name": ""}], "0-name", "Enter the name"),
        ([{**NEW, "name": "A B", "workplace": "x" * 401}], "0-workplace", "too long"),
        ([{**NEW, "name": "A B", "workplace": "\n".join("abcdefghijklmnopqrstuvw")}],
         "0-workplace", "at most 20"),
        ([*people.rows(BOTH), {**people.rows([JACOB])[0], "origin": ""}],
         "2-name", "twice"),
        ([{**NEW, "name": "A B", "origin": "7-abcdef01"}], "", "not complete"),
        ([people.rows(BOTH)[0], people.rows(BOTH)[0]], "", "not complete"),
        ([{**NEW, "name": f"Person {n}"} for n in range(1000)], "", "at most 400"),
    ],
)  # fmt: skip
def test_a_bad_list_of_names_is_refused_at_its_row(rows, part, says):
    with pytest.raises(BadValue, match=says) as refusal:
        people.from_rows(rows, BOTH)
    assert refusal.value.part == part


def test_hostile_names_are_only_text():
    evil = "<script>alert(1)</script> Smith"
    assert people.from_rows([{**NEW, "name": evil}], [])[0]["name"] == evil


def test_namesakes_of_the_publisher_may_stay():
    twins = [{"name": "Wei Wang"}, {"name": "Wei Wang"}]
    assert people.from_rows(people.rows(twins), twins) == twins


def test_a_list_that_changed_meanwhile_finds_its_people_again():
    rows = people.rebased(
        [*typed(order=(1, 0)), {**NEW, "name": "Nina"}], [EVA, JACOB, {"name": "X"}]
    )
    assert people.from_rows(rows, [EVA, JACOB, {"name": "X"}]) == [EVA, JACOB, {"name": "Nina"}]


def test_lines_for_the_decider_carry_workplaces_there_and_back():
    new = [EVA, {**JACOB, "workplaces": [{"name": "Oslo"}]}]
    text = to_text(AUTHORS, new)
    assert text == "Eva Sørensen [Nord]\nJacob Torfing [Oslo]"
    assert from_text(AUTHORS, text, [*new, *BOTH]) == new
    assert from_text(AUTHORS, "Eva Sørensen [Nord]\nJacob Torfing []", BOTH)[1] == {
        k: v for k, v in JACOB.items() if k != "workplaces"
    }
    odd = [{"name": "Smith [Jr]"}]
    assert from_text(AUTHORS, to_text(AUTHORS, odd), []) == odd


def test_how_two_lists_differ_is_said_in_sentences():
    new = [
        {"name": "Nina Nobody", "workplaces": [{"name": "Oslo"}]},
        {**EVA, "workplaces": [{"name": "Bodø"}]},
        {**JACOB, "name": "Jakob Torfing"},
    ]
    sentences = differences(AUTHORS, [JACOB, EVA, {"name": "Zoe Gone"}], new)
    assert sentences[0] == "New in place 1: Nina Nobody [Oslo]."
    assert sentences[1] == "Workplace of Eva Sørensen: Nord becomes Bodø."
    assert sentences[-1] == "Removed: Zoe Gone."
    assert "Renamed: Jacob Torfing becomes Jakob Torfing." in sentences
    assert sum(s.startswith("Moved") for s in sentences) == 1
    assert differences(AUTHORS, BOTH, BOTH) == []
    assert differences(AUTHORS, BOTH, [JACOB]) == ["Removed: Eva Sørensen."]


@given(PEOPLE, PEOPLE)
def test_the_difference_of_any_two_lists_can_be_said(old, new):
    assert all(isinstance(sentence, str) for sentence in people.people_changes(old, new))


# -- files, JEL, suspicions ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "part", "says"),
    [
        ({"url": "example.org/x.pdf"}, "0-url", "https://example.org"),
        ({"url": "javascript:alert(1)"}, "0-url", "Enter a link"),
        ({"url": "https://example.org/a b"}, "0-url", "without blanks"),
        ({"url": 'https://example.org/"><script>'}, "0-url", "Enter a link"),
        ({"url": "https://example.org/" + "x" * 500}, "0-url", "characters"),
        ({"url": "https://example.org/x", "format": "pdf"}, "0-format", "application/pdf"),
        ({"format": "application/pdf"}, "0-url", "Enter a link"),
        ({"url": "https://example.org/x", "restriction": "y" * 501}, "0-restriction", "501"),
        ({"url": "https://example.org/x", "origin": "4-00000000"}, "", "not complete"),
    ],
)
def test_a_bad_link_is_refused_at_its_input(row, part, says):
    with pytest.raises(BadValue, match=says) as refusal:
        files.from_rows([row], [PDF])
    assert refusal.value.part == part


def test_links_are_added_changed_and_taken_out():
    (row,) = files.rows([PDF])
    new = {"url": "https://example.org/52.pdf", "format": "APPLICATION/PDF"}
    assert files.from_rows([row | {"function": ""}, new], [PDF]) == [
        {"url": PDF["url"], "format": "application/pdf"},
        {"url": new["url"], "format": "application/pdf"},
    ]
    assert from_form(FILES, [], [PDF]) is None
    assert from_text(FILES, to_text(FILES, [PDF, new]), [PDF])[0] == PDF
    assert differences(FILES, [PDF], [{**PDF, "restriction": "no"}]) == [
        "Restriction of https://example.org/51.pdf: nothing becomes no."
    ]
    with pytest.raises(BadValue):
        from_text(FILES, "https://example.org/x", [])


def test_codes_are_found_by_words_and_by_code():
    assert jel_matches("elections")[0] == "D72"
    assert jel_matches("d72")[0] == "D72"
    assert jel_matches("zzz qqq") == []
    assert jel_matches("\x00") == []
    assert jel_codes("d72, H11") == ["D72", "H11"]
    assert jel_codes("elections") is None
    assert differences(field("jel"), ["D72"], ["H11"])[1].startswith("Removed: D72, Political")


def test_a_code_of_the_publisher_that_nobody_knows_may_stay():
    assert from_form(field("jel"), ["XX9", "d72"], ["XX9"]) == ["XX9", "D72"]
    with pytest.raises(BadValue):
        from_form(field("jel"), ["XX9"], ["D72"])


@pytest.mark.parametrize(
    ("name", "new", "says", "repaired"),
    [
        ("year", "2010", "handle says 2019", ""),
        ("title", "THE GROWTH OF NATIONS", "capital letters", ""),
        ("title", "Growth of nations. Abstract: We show", "abstract", "Growth of nations."),
        ("title", "SÃ¶nmez on matching", "garbled", "Sönmez on matching"),
        ("authors", [{"name": "A. Roe, University of Oslo"}], "affiliation", ""),
        ("authors", [{"name": "A. Roe and B. Doe"}], "more than one person", ""),
        ("files", [{"url": "https://e.org/x", "restriction": "no"}], "not free", ""),
    ],
)
def test_what_to_look_at_twice_does_not_block(name, new, says, repaired):
    each = {"authors": AUTHORS, "files": FILES}.get(name) or field(name)
    found = warnings.of_change(each, None, new, handle_key="repec:gam:jadmsc:v:9:y:2019:i:3")
    assert any(says in one.message for one in found), found
    assert repaired in [one.repaired for one in found]
