"""What a name may be printed as; repec.md §8.3 as tables, and where we do better than it says."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from correction_flow.claims.names import (
    MOST_KEYS,
    PARTICLES,
    How,
    compare,
    keys_of,
    ras_key,
    shared_initial,
    shared_initials,
    slip,
    taken_apart,
    variations,
)
from correction_flow.core.text import name_key


@pytest.mark.parametrize(
    ("name", "count"),
    [
        (("William", "", "Smith", ""), 4),
        (("Ada", "B", "Lovelace", ""), 6),
        (("John", "Maynard", "Keynes", ""), 10),
        (("Robert", "E.", "Lucas", "Jr."), 15),
        (("Martin", "Luther", "King", "III"), 19),
        (("J", "", "Doe", ""), 2),
        (("Jean-Claude", "", "Trichet", ""), 4),
        (("José", "", "Muñoz Pérez", ""), 4),
    ],
)
def test_the_author_service_makes_so_many_variations(name, count):
    assert len(variations(*name)) == count


def test_its_variations_are_these():
    assert variations("William", "", "Smith") == [
        "William Smith", "Smith, William", "W. Smith", "Smith, W.",
    ]  # fmt: skip
    keynes = variations("John", "Maynard", "Keynes")
    assert {"J. M. Keynes", "Keynes, J. M.", "John M. Keynes"} <= set(keynes)
    assert "JM Keynes" not in keynes  # ours: see the initials without dots below
    lucas = variations("Robert", "E.", "Lucas", "Jr.")
    assert lucas[0] == "Robert E. Lucas, Jr"
    assert "Lucas, Robert, Jr" in lucas
    assert variations("J", "", "Doe") == ["J Doe", "Doe, J"]
    assert "J.-C. Trichet" not in variations("Jean-Claude", "", "Trichet")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Muñoz Pérez, José", "munyoz perez jose"),
        ("Müller, Jürgen", "mueller juergen"),
        ("O'Brien, Pat", "obrien pat"),
        ("O’Brien, Pat", "o brien pat"),
        ("Sørensen, Eva", "sorensen eva"),
        ("Đorđe Petrović", "dorde petrovic"),
        ("Łukasz Kowalski", "lukasz kowalski"),
        ("Weiß, Karl", "weiss karl"),
        ("İbrahim Şahin", "ibrahim sahin"),
        ("Æsop Åberg", "aesop aberg"),
        ("F-G.", ""),
        ("Ng, S", "ng s"),
        ("Yu L.", "yu l"),
        ("王小明", "王小明"),
        ("Иванов И.И.", "иванов и и"),
        ("A. Ferrer-i-Carbonell", "a ferrer i carbonell"),
    ],
)
def test_the_author_service_compares_names_so(name, key):
    assert ras_key(name) == key


@pytest.mark.parametrize(
    ("text", "given", "family", "suffix"),
    [
        ("Robert E. Lucas, Jr", "robert e", "lucas", "jr"),
        ("Lucas, Robert, Jr", "robert", "lucas", "jr"),
        ("Lucas, Jr., Robert E.", "robert e", "lucas", "jr"),
        ("Martin Luther King III", "martin luther", "king", "iii"),
        ("Stiglitz Joseph E", "joseph e", "stiglitz", ""),
        ("van der Waals, J.D.", "j d", "van der waals", ""),
        ("J. D. van der Waals", "j d", "van der waals", ""),
        ("Waals, Johannes van der", "johannes", "van der waals", ""),
        ("de la Cruz, María", "maria", "de la cruz", ""),
        ("Yu L.", "l", "yu", ""),
        ("王小明", "小明", "王", ""),
        ("欧阳明", "明", "欧阳", ""),
        ("Иванов И.И.", "и и", "иванов", ""),
        ("Paul ‘t Hart", "paul", "t hart", ""),
        ("Andrea BASSI", "andrea", "bassi", ""),
        ("BASSI Andrea", "andrea", "bassi", ""),
        ("A. Ferrer-i-Carbonell", "a", "ferrer i carbonell", ""),
        ("Zhenhui (Jack) Jiang", "zhenhui", "jiang", ""),
        ("Bell", "", "bell", ""),
        (" , ", "", "", ""),
    ],
)
def test_a_name_is_taken_apart(text, given, family, suffix):
    name = taken_apart(text)
    assert " ".join(word.plain for word in name.given) == given
    assert " ".join(word.plain for word in name.family) == family
    assert name.suffix == suffix


FITS = [
    ("Joseph E. Stiglitz", "Stiglitz Joseph E", How.SAME),
    ("Joseph E. Stiglitz", "Stiglitz, Joseph E.", How.SAME),
    ("Joseph E. Stiglitz", "STIGLITZ, J. E.", How.INITIALS),
    ("Joseph E. Stiglitz", "JE Stiglitz", How.INITIALS),
    ("Joseph E. Stiglitz", "Stiglitz JE", How.INITIALS),
    ("Joseph E. Stiglitz", "Joseph Stiglitz", How.SHORTER),
    # N13, its fourth: the Author Service misses it, for the first three letters must agree
    ("Joseph E. Stiglitz", "Joesph E. Stiglitz", How.SIMILAR),
    ("Joseph E. Stiglitz", "Stiglitz, Joesph E.", How.SIMILAR),
    # N6: users of the Author Service have to type the first two themselves
    ("Jean-Claude Trichet", "J.-C. Trichet", How.INITIALS),
    ("Jean-Claude Trichet", "J.-Cl. Trichet", How.INITIALS),
    ("Jean-Claude Trichet", "J. C. Trichet", How.INITIALS),
    ("Jean-Claude Trichet", "JC Trichet", How.INITIALS),
    ("Jean-Claude Trichet", "J. Trichet", How.INITIALS),
    ("Jean-Claude Trichet", "Jean Claude Trichet", How.SAME),
    ("Jean-Claude Trichet", "JeanClaude Trichet", How.RESPELT),
    ("Jean-Claude Trichet", "TRICHET Jean-Claude", How.SAME),
    # N7: the Author Service knows no second surname
    ("Muñoz Pérez, José", "Muñoz, José", How.SHORTER),
    ("Muñoz Pérez, José", "Munoz-Perez, J.", How.INITIALS),
    ("José Muñoz Pérez", "Muñoz, José", How.SHORTER),
    # N8 and N10: mueller is not muller there
    ("Jürgen Müller", "Mueller, Juergen", How.RESPELT),
    ("Jürgen Müller", "Muller, Jurgen", How.SAME),
    ("Jürgen Mueller", "Jürgen Müller", How.RESPELT),
    ("Jürgen Mueller", "Jürgen Muller", How.RESPELT),
    ("Eva Sørensen", "Eva Soerensen", How.RESPELT),
    ("Eva Sørensen", "E. Sorensen", How.INITIALS),
    ("Jesús Núñez", "Nunez, Jesus", How.SAME),
    # N9: either apostrophe is one name here
    ("Pat O'Brien", "O’Brien, Pat", How.SAME),
    ("Paul ‘t Hart", "P. 't Hart", How.INITIALS),
    ("Nassau Senior", "Senior, N.", How.INITIALS),
    ("Wei Wang", "Wang Wei", How.RESPELT),
    ("Robert Lucas", "Robert E. Lucas", How.LONGER),
    ("J. Doe", "John Doe", How.LONGER),
    ("J. D. van der Waals", "van der Waals, J.D.", How.INITIALS),
    ("J. D. van der Waals", "Waals JD", How.INITIALS),
    ("王小明", "王小明", How.SAME),
    ("Иванов И.И.", "И. И. Иванов", How.INITIALS),
    ("Ferrer-i-Carbonell, Ada", "A. Ferrer-i-Carbonell", How.INITIALS),
    ("Robert E. Lucas Jr.", "Lucas, Robert, Jr", How.SHORTER),
    ("Robert E. Lucas Jr.", "Robert E. Lucas", How.SHORTER),
    ("Robert E. B. Lucas", "R. E. Lucas", How.INITIALS),
]
CONFLICTS = [
    # N14: three people
    ("Robert E. B. Lucas", "Robert F. Lucas"),
    ("Robert E. B. Lucas", "Robert E. Lucas Jr."),
    ("Robert F. Lucas", "Robert E. B. Lucas"),
    ("Robert F. Lucas", "Robert E. Lucas Jr."),
    ("Robert E. Lucas Jr.", "Robert E. B. Lucas"),
    ("Robert E. Lucas Jr.", "Robert F. Lucas"),
    ("Robert E. Lucas Jr.", "Robert E. Lucas, III"),
    ("Mary Torfing", "J. Torfing"),
    ("Mary Torfing", "John Torfing"),
    ("Jean-Claude Trichet", "Jean-Paul Trichet"),
    ("Jean-Claude Trichet", "J.-P. Trichet"),
    ("John Maynard Keynes", "JX Keynes"),
    ("Mary Torfing", "Torfing"),
    ("Mary Torfing", ""),
    ("", "Mary Torfing"),
    ("Jo Li", "Jo Lu"),
]


@pytest.mark.parametrize(("person", "printed", "how"), FITS)
def test_a_printed_name_fits_so(person, printed, how):
    fit = compare([person], printed)
    assert fit.how is how
    assert fit.reason
    assert fit


@pytest.mark.parametrize(("person", "printed"), CONFLICTS)
def test_what_speaks_against_it_makes_it_another_name(person, printed):
    assert not compare([person], printed)


@pytest.mark.parametrize(
    ("person", "printed"), [(p, n) for p, n, how in FITS if how < How.LONGER and p != "Иванов И.И."]
)
def test_whoever_is_printed_so_is_found_under_a_key(person, printed):
    key = name_key(printed)
    assert key in keys_of([person]) or shared_initial(key) in shared_initials([person])


def test_the_best_of_several_names_counts_and_says_why():
    fit = compare(["Mary Torfing", "Mary Jones"], "Jones, M.")
    assert fit.reason == "initials stand for given names"
    assert compare(["Müller Pérez, Jean-Claude M."], "J.-C. Mueller Perez").reason == (
        "initials stand for given names; the middle name is an initial; the middle name is left "
        "out; the family name is transliterated"
    )


def test_keys_are_bounded_and_the_whole_name_comes_first():
    long = "van der Müller y García Pérez, Jean-Claude Maria Ångström José, Jr"
    keys = keys_of([long, "Jean Müller", "J. C. M. Soerensen-Øst"])
    assert len(keys) == len(set(keys)) == MOST_KEYS
    assert keys[0] == name_key(long)
    assert keys_of([]) == keys_of([""]) == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("joseph", "joesph", True),
        ("joseph", "josef", False),
        ("joseph", "josph", True),
        ("joseph", "joseeph", True),
        ("joseph", "josaph", True),
        ("joseph", "joseph", False),
        ("lee", "li", False),
    ],
)
def test_one_slip_of_the_pen(one, other, same):
    assert slip(one, other, 4) is slip(other, one, 4) is same


WORDS = st.text("abcdeghiklmnoprstuvwzäöüéñøßćł", min_size=3, max_size=9).map(str.capitalize)
WORDS = WORDS.filter(lambda word: word.lower() not in {*PARTICLES, "iii"})
GIVEN = st.builds("-".join, st.lists(WORDS, min_size=1, max_size=2))
FAMILY = st.builds("-".join, st.lists(WORDS, min_size=1, max_size=2))


def bare(text):
    return "".join(unicodedata.normalize("NFKD", c)[0] for c in text)


@given(GIVEN, FAMILY)
def test_a_name_fits_itself_however_it_is_printed(first, last):
    person = [f"{last}, {first}"]
    letters = [word[0] for word in first.split("-")]
    same = [
        f"{first} {last}", f"{last}, {first}", f"{last.upper()}, {first}",
        f"{first} {last.upper()}", f"{last} {first}", bare(f"{first} {last}"),
        f"{first.replace('-', ' ')} {last}",
        f"{first} {last.replace('-', ' ')}",
    ]  # fmt: skip
    short = [
        f"{'. '.join(letters)}. {last}", f"{last}, {'.'.join(letters)}.", f"{last} {letters[0]}",
        f"{'.-'.join(letters)}. {last}",
    ]  # fmt: skip
    for printed in same:
        assert compare(person, printed).how <= How.RESPELT, printed
    for printed in short:
        assert compare(person, printed).how <= How.INITIALS, printed


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_can_be_compared_and_looked_up(one, other):
    compare([one], other)
    assert len(keys_of([one, other])) <= MOST_KEYS
    assert all(shared_initials([one, other]))
    if taken_apart(one).family:
        assert compare([one], one)
    ras_key(one)
