"""Two changes of one value: what fits together and what does not (product.md §4, rule 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.corrections.merge import CONFLICT, merge, merge_words


def people(*names):
    return [{"name": name, "workplaces": [{"name": f"Home of {name}"}]} for name in names]


A, B, C, D = "Ann", "Ben", "Cal", "Dan"

TABLE = {
    "nobody else changed it": (["a"], ["a", "b"], ["a"], ["a", "b"]),
    "the other did the same": (["a"], ["b"], ["b"], ["b"]),
    "only the other changed it": ("a", "a", "b", "b"),
    "two new single values": ("a", "b", "c", CONFLICT),
    "a value against one removed": ("a", "b", None, CONFLICT),
    "an author added, another renamed": (
        people(A, B, C), people(A, B, C, D), people("Anna", B, C), people("Anna", B, C, D),
    ),
    "two authors added at one place": (people(A), people(A, B), people(A, C), CONFLICT),
    "one renamed in two ways": (people(A, B), people("Anne", B), people("Anna", B), CONFLICT),
    "one removed, another renamed": (
        people(A, B, C, D), people(A, B, C), people("Anna", B, C, D), people("Anna", B, C),
    ),
    "codes added in front and behind": (["D7"], ["A1", "D7"], ["D7", "H1"], ["A1", "D7", "H1"]),
    "a code taken out, another put behind it": (
        ["A1", "D7"], ["A1"], ["A1", "D7", "H1"], ["A1", "H1"],
    ),
    "the only code taken out, another put behind it": (["D7"], None, ["D7", "H1"], ["H1"]),
    "all taken out by one, the rest by the other": (["D7", "H1"], ["D7"], ["H1"], None),
    "both put a first value in": (None, ["D7"], ["H1"], CONFLICT),
    "one moved it, the other took it out": (["a", "b"], ["b", "a"], ["a"], CONFLICT),
    "one moved it, the other added it": (
        ["a", "b", "c"], ["b", "c", "a"], ["a", "a", "b", "c"], CONFLICT,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLE)
def test_what_fits_together(case):
    base, ours, theirs, expected = TABLE[case]
    assert merge(base, ours, theirs) == expected


@pytest.mark.parametrize("case", [c for c in TABLE if "only the other" not in c])
def test_it_does_not_matter_who_was_first(case):
    base, ours, theirs, expected = TABLE[case]
    assert merge(base, theirs, ours) == expected


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ("trust; power", "trust", "trust; power; gifts", "trust; gifts"),
        ("trust", "trust;power", "Trust", "Trust; power"),
        ("trust", "power", "gifts", CONFLICT),
        ("trust", None, "trust; power", "power"),
        (None, "trust", "power", CONFLICT),
    ],
)
def test_keywords_are_a_list_with_semicolons(base, ours, theirs, expected):
    assert merge_words(base, ours, theirs) == expected


lists = st.lists(st.sampled_from("abcdef"), max_size=8, unique=True)


@given(lists, lists)
def test_against_an_unchanged_value_the_new_one_stands(base, new):
    assert merge(base, new, base) == new
    assert merge(base, base, new) == new


@given(lists, lists, lists)
def test_a_merge_loses_nothing_that_either_added_and_keeps_nothing_that_either_removed(
    base, ours, theirs
):
    merged = merge(base, ours, theirs)
    if merged is CONFLICT:
        return
    merged = merged or []
    added = (set(ours) | set(theirs)) - set(base)
    removed = set(base) - (set(ours) & set(theirs))
    assert added <= set(merged)
    assert not removed & set(merged) or ours == theirs
    assert len(merged) == len(set(merged))
