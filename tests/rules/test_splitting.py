"""A pasted reference list is cut where its references begin, in each usual kind of list."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.citations.splitting import joined, split

OSTROM = (
    "Ostrom, E. (1973). On the meaning and measurement of output. "
    "Journal of Criminal Justice, 1(2), 93-111."
)
TORFING = (
    "Torfing, Jacob, 2019. “Collaborative innovation in the public sector,” "
    "Public Management Review, vol. 21(1), pages 1-11."
)
BASSI = "Bassi, A. and Fabbri, A., 2001. La co-production in sanità: un’analisi. Economia, 3, 4-19."
THREE = [OSTROM, TORFING, BASSI]

LISTS = {
    "numbers with a dot": "1. {0}\n2. {1}\n3. {2}",
    "numbers with a bracket": "1) {0}\n2) {1}\n3) {2}",
    "numbers in square brackets": "[1] {0}\n[2] {1}\n[3] {2}",
    "numbers in round brackets": "(1) {0}\n\n(2) {1}\n\n(3) {2}",
    "bare numbers": "1 {0}\n2 {1}\n3 {2}",
    "numbers from the middle of a list": "17. {0}\n18. {1}\n19. {2}",
    "a number on a line of its own": "[1]\n{0}\n[2]\n{1}\n[3]\n{2}",
    "bullets": "• {0}\n• {1}\n• {2}",
    "blank lines": "{0}\n\n{1}\n\n\n{2}\n",
    "one a line": "{0}\n{1}\n{2}",
    "one a line, from Windows": "{0}\r\n{1}\r\n{2}\r\n",
    "a heading": "References\n\n{0}\n{1}\n{2}",
    "a numbered heading": "7. Bibliography:\n{0}\n{1}\n{2}",
}


@pytest.mark.parametrize("kind", LISTS)
def test_three_references_are_three(kind):
    assert split(LISTS[kind].format(*THREE)) == THREE


def test_keys_in_brackets_begin_a_reference_and_stay():
    text = "[Ost73] Ostrom, E. On the meaning.\n  1973.\n[Tor 2019] Torfing, J. Innovation. 2019."
    assert split(text) == [
        "[Ost73] Ostrom, E. On the meaning. 1973.",
        "[Tor 2019] Torfing, J. Innovation. 2019.",
    ]


BROKEN = """\
Ostrom, E. (1973). On the meaning and measure-
ment of output. Journal of Criminal Justice, 1(2),
93-111.
Torfing, Jacob, 2019. “Collaborative innovation in the
public sector,” Public Management Review, vol. 21(1), pages 1-
11.
Bassi, A. and Fabbri, A., 2001. La co-production in sanità:
un’analisi. Economia, 3, 4-19.
"""


def test_broken_lines_and_words_are_whole_again():
    assert split(BROKEN) == THREE


def test_indented_lines_go_on():
    hanging = BROKEN.replace("\n", "\n    ")
    for begin in ("Torfing, J", "Bassi"):
        hanging = hanging.replace(f"    {begin}", begin)
    assert split(hanging) == THREE


def test_broken_lines_under_numbers_are_joined_and_a_volume_is_no_number():
    text = (
        "1. Ostrom, E. On the meaning of output. Journal,\n21. 1973.\n"
        "2. Torfing, J. Collaborative\ninnovation. 2019."
    )
    assert split(text) == [
        "Ostrom, E. On the meaning of output. Journal, 21. 1973.",
        "Torfing, J. Collaborative innovation. 2019.",
    ]


def test_the_same_author_again_begins_a_reference():
    text = "Ostrom, E. (1973). On meaning. Journal.\n——— (1990). Governing the commons. Cambridge."
    assert len(split(text)) == 2


def test_names_in_direct_order_begin_a_reference():
    text = (
        "E. Ostrom. On the meaning of output\nin cities. Journal, 1973.\n"
        "J. Torfing. Innovation. 2019."
    )
    assert split(text) == [
        "E. Ostrom. On the meaning of output in cities. Journal, 1973.",
        "J. Torfing. Innovation. 2019.",
    ]


def test_one_reference_over_several_lines_is_one():
    assert split("Ostrom, E. (1973). On the\nmeaning of output.\nJournal, 1(2).") == [
        "Ostrom, E. (1973). On the meaning of output. Journal, 1(2)."
    ]


def test_a_running_head_stays_where_it_stood_to_be_seen():
    text = (
        "1. Ostrom, E. On the meaning\nADMINISTRATIVE SCIENCES 2019, 9, 51\nof output. 1973.\n"
        "2. Torfing, J. 2019."
    )
    assert split(text)[0] == (
        "Ostrom, E. On the meaning ADMINISTRATIVE SCIENCES 2019, 9, 51 of output. 1973."
    )


@pytest.mark.parametrize("text", ["", " \n\t\n", "References", "References\n\n"])
def test_nothing_pasted_is_no_reference_but_a_lone_word_is_kept(text):
    assert split(text) == (["References"] if text == "References" else [])


def test_double_names_keep_their_hyphen_and_soft_hyphens_go():
    assert joined(["Ferrer-", "Carbonell, A."]) == "Ferrer-Carbonell, A."
    assert joined(["Co\u00ad", "production"]) == "Coproduction"
    assert joined(["growth -", "a survey"]) == "growth - a survey"


LINE = st.one_of(
    st.sampled_from(
        [*THREE, "1. ", "[2] ", "3) ", "[Ab1] ", "• ", "References", "", "    ", "meas-"]
    ),
    st.text(max_size=40),
)


@given(st.lists(LINE, max_size=12).map("\n".join))
def test_no_letter_is_lost(text):
    """But a heading's at the top."""
    kept = Counter(c for part in split(text) for c in part if c.isalpha())
    came = Counter(c for c in text if c.isalpha())
    headed = text.lstrip().startswith("References")
    assert kept == came or (headed and kept + Counter("References") == came)


@given(st.lists(LINE, max_size=8).map("\n".join))
def test_what_is_split_stays_as_it_is(text):
    for part in split(text):
        assert part == " ".join(part.split())
