"""Which item a reference means, and why; the cases of repec.md §5.5 and §8.4 among them."""

import pytest

from correction_flow.citations.matching import (
    MOST_NAMES,
    Reference,
    Work,
    alike,
    best,
    judge,
    names_place,
    people_in,
)

TORFING = Work(
    1, "RePEc:taf:rpxmxx:1", "Collaborative innovation in the public sector: the argument",
    "Jacob Torfing", 2019, "Article", "Public Management Review", "Public Management Review",
    volume="21", pages="1-11", doi="10.1080/14719037.2018.1430248",
)  # fmt: skip
OSTROM = Work(
    2, "RePEc:eee:jcjust:1",
    "On the meaning and measurement of output and efficiency in the provision of urban police "
    "services", "Ostrom, Elinor", 1973, "Article", "Journal of Criminal Justice",
    volume="1", pages="93-111",
)  # fmt: skip
VOORBERG = Work(
    3, "RePEc:taf:pubmgr:1",
    "A Systematic Reveiw of Co-Creation and Co-Production: Embarking on the social innovation "
    "journey", "W. H. Voorberg; V. J. J. M. Bekkers; L. G. Tummers", 2015, "Article",
    "Public Management Review", volume="17", pages="1333-1357",
)  # fmt: skip
KIDNEY = Work(
    4, "RePEc:nbr:nberwo:10698", "Pairwise Kidney Exchange among the Many",
    "Alvin E. Roth; Tayfun SÃ¶nmez; M. Utku Ãœnver", 2004, "Paper", "NBER Working Papers",
    number="10698",
)  # fmt: skip
SANITA = Work(
    5, "RePEc:fan:mesmes:1", "La co-production in sanità: un'analisi bibliometrica",
    "Floriana Fusco; Marta Marsilio; Chiara Guglielmetti", 2018, "Article", "MECOSAN",
    volume="2018", pages="35-54",
)  # fmt: skip
REVISITED = Work(
    6, "RePEc:zzz:wpaper:6",
    "The simple analytics of inequality and growth in open economies revisited",
    "Jane Roe; John Doe", 2001, "Paper", "Papers", number="17",
)  # fmt: skip
PRE_CHECKED = {
    "IDEAS' own": (TORFING, 'Jacob Torfing, 2019. "Collaborative innovation in the public sector: '
        'the argument," Public Management Review, Taylor & Francis Journals, vol. 21(1), pages '
        '1-11, January.'),
    "inverted names": (OSTROM, 'Ostrom, Elinor, 1973. "On the meaning and measurement of output '
        'and efficiency in the provision of urban police services," Journal of Criminal Justice, '
        'Elsevier, vol. 1(2), pages 93-111.'),
    "APA": (TORFING, "Torfing, J. (2019). Collaborative innovation in the public sector: The "
        "argument. Public Management Review, 21(1), 1–11."),
    "Chicago": (TORFING, "Torfing, Jacob. 2019. “Collaborative Innovation in the Public Sector: "
        "The Argument.” Public Management Review 21 (1): 1–11."),
    "Harvard": (TORFING, "Torfing, J. (2019) ‘Collaborative innovation in the public sector: the "
        "argument’, Public Management Review, 21(1), pp. 1–11."),
    "numbered": (TORFING, "12. Torfing J. Collaborative innovation in the public sector: the "
        "argument. Public Manag Rev. 2019;21(1):1-11."),
    "capitals": (TORFING, "TORFING, JACOB (2019): COLLABORATIVE INNOVATION IN THE PUBLIC SECTOR: "
        "THE ARGUMENT, PUBLIC MANAGEMENT REVIEW 21, 1-11."),
    "a wrong year and wrong pages": (TORFING, "Torfing, J. (2016). Collaborative innovation in "
        "the public sector: The argument. Public Management Review, 21(1), 34–45."),
    "no year": (TORFING, "Torfing, J. Collaborative innovation in the public sector: the "
        "argument. Pub. Man. Rev., 21(1), 1-11."),
    "no subtitle": (VOORBERG, "Voorberg, W.H. et al. (2015). A systematic review of co-creation "
        "and co-production. Public Management Review, 17(9), 1333-57."),
    "a slip in the catalogue": (VOORBERG, "Voorberg W.H., Bekkers V.J.J.M. and Tummers L.G. "
        "(2015), A systematic review of co-creation and co-production: embarking on the social "
        "innovation journey. Public Management Review 17(9): 1333-1357"),
    "joined words": (VOORBERG, "Voorberg, Bekkers and Tummers (2015), A systematic review of "
        "cocreation and coproduction: em- barking on the social innovation journey. PMR 17"),
    "mojibake": (KIDNEY, "Sönmez, T., Roth, A. E., Ünver, M. U. (2004). Pairwise kidney exchange "
        "among the many. NBER Working Paper 10698."),
    "mojibake there": (KIDNEY, "A. Roth, T. SÃ¶nmez and U. Ãœnver, 2004. Pairwise kidney "
        "exchange among the many. NBER Working Papers 10698."),
    "lost letters": (SANITA, 'Floriana Fusco & Marta Marsilio & Chiara Guglielmetti, 2018. "La '
        'co-production in sanit?: un?analisi bibliometrica," MECOSAN, FrancoAngeli Editore, vol. '
        '2018(108), pages 35-54.'),
    "C7: revisted": (REVISITED, "Roe, J. and J. Doe (2001), The simple analytics of inequality "
        "and growth in open economies revisted, mimeo."),
}  # fmt: skip


@pytest.mark.parametrize(("work", "text"), PRE_CHECKED.values(), ids=PRE_CHECKED)
def test_the_right_item_is_chosen_in_advance(work, text):
    (match,) = best(text, [work])
    assert match.pre_check, match


def work(title, names="Jane Roe", year=2001, kind="Article", **more):
    return Work(9, "RePEc:zzz:x:9", title, names, year, kind, "The Journal", **more)


NOT_OFFERED = {
    "C8: the right title, another author": (REVISITED, "Moe, K. (2001), The simple analytics of "
        "inequality and growth in open economies revisited, mimeo."),
    "C9: half the title": (work("Inequality and Gini coefficients of rural households in Peru"),
        "Jane Roe, 2001, Inequality and Gini, mimeo."),
    "C10: ten letters": (work("Capital", "Karl Marx", 1867, "Book"), "Marx, K. Capital. 1867"),
    "C12: the editors of the book": (work("Handbook of Yarn", "A. Lambert", 1999, "Book"),
        "Foo, F. (1999), Bar and others, in A. Lambert and B. X, ed. Handbook of Yarn"),
    "a book of almost the same name": (TORFING, 'Torfing, Jacob, 2016. "Collaborative Innovation '
        'in the Public Sector," Georgetown University Press, Washington DC.'),
    "a longer title": (work("The New Public Governance?", "Stephen P. Osborne", 2006),
        "Osborne S.P. (ed.) (2010) The New Public Governance? Emerging perspectives on the theory "
        "and practice of public governance. London: Routledge"),
    "a comment": (work("Increasing returns and trade"), "Moe, K. (2001). Increasing returns and "
        "trade: comment. The Review, 3, 1-2."),
    "nothing of it": (TORFING, "Somebody Else, 1999. A book that is in no index."),
    "an empty text": (TORFING, ""),
    "signs only": (TORFING, "?!… “” 10.1000/"),
}  # fmt: skip


@pytest.mark.parametrize(("work", "text"), NOT_OFFERED.values(), ids=NOT_OFFERED)
def test_a_work_that_is_not_meant_is_not_offered(work, text):
    assert best(text, [work]) == []


OPEN = {
    "a generic title": (work("Introduction to the issue", pages="3-9"),
        "Roe, J. (2001). Introduction to the issue."),
    "C11: one word": (work("Macroeconomics", "N. Gregory Mankiw", 2001, "Book"),
        "Mankiw, N. G. (2001). Macroeconomics. New York."),
    "another part": (work("Growth, trade and wages in the long run: Part II"),
        "Roe, J. (2001). Growth, trade and wages in the long run: Part III. The Journal."),
    "another year in the title": (work("Inflation report of the central bank 2013", year=2013),
        "Roe, J. (2013). Inflation report of the central bank 2014. The Journal."),
    "another author of that name": (work("Growth, trade and wages in the long run of time",
        "Jane Roe; John Doe"),
        "Roe, K. and Doe, J. (2001). Growth, trade and wages in the long run of time. J."),
    "the article, not the paper": (Work(9, "RePEc:nbr:nberwo:3275",
        "Increasing Returns and Economic Geography", "Paul Krugman", 1990, "Paper",
        "NBER Working Papers", number="3275"),
        'Paul R. Krugman (1991) "Increasing Returns and Economic Geography," Journal of '
        'Political Economy 99(3), 483-499.'),
    "the end of a longer title": (
        work("The Cycle of Violence? An Analysis of Fatalities", "David A. Jaeger", 2005, "Paper"),
        "12. Jaeger DA. Israel, the Factions, and the Cycle of Violence. The Journal. 2005;23.",
    ),
    "another DOI": (TORFING, "Torfing, J. (2019). Collaborative innovation in the public sector: "
        "The argument. Public Management Review, 21(1), 1–11. doi:10.1080/99999"),
}  # fmt: skip


@pytest.mark.parametrize(("work", "text"), OPEN.values(), ids=OPEN)
def test_what_is_not_certain_is_offered_at_most(work, text):
    assert not any(match.pre_check for match in best(text, [work]))


def test_reasons_are_sentences_for_and_against():
    text = (
        "Torfing, J. (2018). Collaborative innovation in the public sector: the argumnet. "
        "Publ. Manag. Rev., 21(1), 1-11. https://doi.org/10.1080/14719037.2018.1430248"
    )
    (match,) = best(text, [TORFING])
    assert match.reasons == (
        "same DOI", "the whole title", "author Torfing", "in Public Management Review",
        "pages 1–11", "volume 21",
    )  # fmt: skip
    assert match.doubts == ("year differs: 2018, 2019",)


def test_neither_the_citing_item_nor_a_later_nor_a_refuted_one_is_offered():
    text = PRE_CHECKED["APA"][1]
    citing = work("Another", year=2018)._replace(id=99)
    assert best(text, [TORFING], citing=citing)
    assert best(text, [TORFING], citing=citing._replace(year=2017))  # cited as forthcoming
    assert best(text, [TORFING], citing=citing._replace(year=2016)) == []
    assert best(text, [TORFING], citing=TORFING) == []
    assert best(text, [TORFING], refuted={TORFING.id}) == []


def test_a_work_that_is_there_twice_is_offered_twice_and_chosen_once():
    article = REVISITED._replace(
        id=7, kind="Article", series="The Review of Growth", volume="8", pages="1-20", number=""
    )
    head = "Roe, J. and Doe, J. (2001). The simple analytics of inequality and growth in open "
    for end, first in (("The Review of Growth 8, 1-20.", 7), ("Papers 17.", 6), ("Mimeo.", 7)):
        matches = best(f"{head}economies revisited. {end}", [REVISITED, article])
        assert {m.work.id for m in matches} == {6, 7}
        assert [m.pre_check for m in matches] == [True, False]
        assert matches[0].work.id == first


def test_two_works_that_fit_alike_are_both_left_open():
    one = work("Growth and trade in small open economies of Europe", volume="1")
    other = one._replace(id=10, title="Growth and trade in small open economies of Europa")
    matches = best("Roe (2001). Growth and trade in small open economies of Europe.", [one, other])
    assert len(matches) == 2
    assert not any(m.pre_check for m in matches)


def test_no_more_than_three_are_offered():
    works = [REVISITED._replace(id=n) for n in range(5)]
    assert len(best(PRE_CHECKED["C7: revisted"][1], works)) == 3


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("review", "reveiw", True), ("growth", "growh", True), ("growth", "groowth", True),
        ("growth", "growsh", True), ("tax", "max", False), ("glcurve5", "glcurve7", False),
        ("2013", "2014", False), ("growth", "wealth", False), ("of", "on", False),
    ],
)  # fmt: skip
def test_one_slip_makes_no_other_word(one, other, same):
    assert alike(one, other) is alike(other, one) is same


@pytest.mark.parametrize(
    ("text", "place", "there"),
    [
        ("j polit econ 99", "Journal of Political Economy", True),
        ("jpe 99", "Journal of Political Economy", True),
        ("publ mgmt rev", "Public Management Review", True),
        ("econometrica 65", "Econometrica", True),
        ("american economic review", "Journal of Political Economy", False),
        ("new york", "Econometrica", False),
    ],
)
def test_journals_are_known_by_their_abbreviations(text, place, there):
    assert names_place(text.split(), place) is there


def test_a_page_pasted_as_a_reference_is_only_looked_at_in_its_beginning():
    assert judge(Reference.of("word " * 50_000), TORFING) is None
    assert len(Reference.of("word " * 50_000).tokens) <= 300


def test_an_item_of_endless_words_and_names_is_looked_at_only_in_its_beginning():
    endless = TORFING._replace(title=f"{TORFING.title}. {'Word ' * 90_000}", names="Roe; " * 9_000)
    assert len(people_in(endless.names)) == MOST_NAMES
    (match,) = best(PRE_CHECKED["APA"][1], [endless._replace(names=TORFING.names)])
    assert "without the subtitle" in match.doubts
