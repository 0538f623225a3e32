"""Archives and series: finding them, the years of a series, their files, how corrections fare."""

import itertools
import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import pytest

from correction_flow.catalog import queries
from correction_flow.catalog.models import Archive, Contact, Series
from correction_flow.catalog.operations import the_curators_desk
from correction_flow.core.clock import utcnow
from correction_flow.core.paging import PAGE_SIZE
from correction_flow.core.transaction import transaction
from correction_flow.proposals import figures
from correction_flow.proposals.lifecycle import Actor, Kind, Outcome, Standing, Status
from correction_flow.proposals.models import Change, Proposal
from correction_flow.upstream import sources
from correction_flow.upstream.importer import import_path
from tests.cast import CITED, ITEM, OTHER
from tests.makers import import_tree
from tests.nouns.trees import BAD, SERIES, paper, tree
from tests.web.pages import check

GAM, JADMSC = "/archives/RePEc:gam", "/series/RePEc:gam:jadmsc"


def shown(cast, path, who=None):
    answer = cast.client(who).get(path)
    assert answer.status_code == 200, path
    check(answer.text)
    return answer.text


@pytest.mark.parametrize(
    ("name", "leads_to"),
    [
        ("gam", GAM),
        (" RePEc:GAM: ", GAM),
        ("gam:jadmsc", JADMSC),
        ("repec:gam:jadmsc", JADMSC),
        (ITEM, f"/items/{ITEM}"),
        ("https://ideas.repec.org/a/gam/jadmsc/v9y2019i3p51-d249653.html", f"/items/{ITEM}"),
    ],
)
def test_a_code_or_handle_leads_to_its_archive_series_or_item(cast, name, leads_to):
    answer = cast.client().get("/archives", query_string={"name": name})
    assert answer.status_code == 302
    assert answer.location == leads_to


def test_a_name_that_is_not_here_gets_a_sentence_and_is_kept(cast):
    answer = cast.client().get("/archives?name=zzz")
    assert answer.status_code == 422
    check(answer.text)
    assert "There is no archive and no series “zzz” here" in answer.text
    assert 'value="zzz"' in answer.text


def archives_named(names):
    """Archives of these codes and names, beside those that are here."""
    with transaction() as session:
        desk = the_curators_desk()
        session.add_all(
            Archive(
                desk=desk, handle=f"RePEc:{code}", handle_key=f"repec:{code}", name=name,
                upstream={},
            )
            for code, name in names.items()
        )  # fmt: skip


NAMES = {
    "upv": "Université de Paris, Économie", "ucp": "University of Paraná", "eco": "Bank of Nowhere",
}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("universit", ["ucp", "upv"]),
        ("UNIVERSITE economie", ["upv"]),
        ("paris université", ["upv"]),
        ("parana", ["ucp"]),
        ("econ", ["upv"]),
        ("ec", ["eco", "upv"]),
        ("nowhere bank", ["eco"]),
    ],
)
def test_the_list_keeps_to_archives_with_the_words_in_name_or_code(cast, words, codes):
    archives_named(NAMES)
    html = shown(cast, f"/archives?name={quote(words)}")
    assert sorted(re.findall(r'href="/archives/RePEc:(\w+)"', html)) == codes
    assert f'value="{words}"' in html


def test_a_word_that_is_in_many_names_leads_on_and_back(cast):
    codes = ("".join(letters) for letters in itertools.product("bcdfgh", repeat=3))
    archives_named({code: f"Bank {n:03}" for n, code in zip(range(90), codes, strict=False)})
    first = shown(cast, "/archives?name=bank")
    second = shown(cast, unescape(re.search(r'rel="next" href="([^"]+)"', first)[1]))
    third = shown(cast, unescape(re.search(r'rel="next" href="([^"]+)"', second)[1]))
    back = shown(cast, unescape(re.search(r'rel="prev" href="([^"]+)"', third)[1]))
    names = re.compile(r">(Bank \d+|MDPI|Taylor[^<]*)<")
    listed = [names.findall(html) for html in (first, second, third)]
    assert [name for page in listed for name in page] == [f"Bank {n:03}" for n in range(90)]
    assert names.findall(back) == listed[1]


@pytest.mark.parametrize("name", ["nothing like this", "€", "%", "_", "x" * 600])
def test_where_no_archive_has_the_words_all_are_shown(cast, name):
    answer = cast.client().get("/archives", query_string={"name": name})
    assert answer.status_code == 422
    check(answer.text)
    assert "MDPI" in answer.text


def test_the_list_of_archives_tells_how_many_series_of_what_each_holds(cast):
    html = shown(cast, "/archives")
    assert "2 series of articles" in html
    assert "1 series of articles" in html


def papers_of(years, n=1):
    return "".join(
        paper(
            f"RePEc:zzz:wpaper:{year}-{i}", f"Growth in {year}, part {i}",
            more=f"Creation-Date: {year}\n" if year else "",
        )
        for year in years
        for i in range(n)
    )  # fmt: skip


def test_a_series_leads_to_each_of_its_years(cast, tmp_path):
    import_path(tree(tmp_path, papers_rdf=papers_of([2019, 2017, 1999, 0], n=2)))
    html = shown(cast, "/series/RePEc:zzz:wpaper")
    years = re.findall(r'href="/series/RePEc:zzz:wpaper\?year=(\w+)#items"', html)
    assert years == ["2019", "2017", "1999", "none"]
    one = shown(cast, "/series/RePEc:zzz:wpaper?year=2017")
    assert re.findall(r'wpaper:(\w+)-\d"', one) == ["2017", "2017"]
    assert "Items of 2017" in one
    assert 'href="/series/RePEc:zzz:wpaper#items">All</a>' in one
    undated = shown(cast, "/series/RePEc:zzz:wpaper?year=none")
    assert re.findall(r'wpaper:(\w+)-\d"', undated) == ["0", "0"]
    assert "Nothing of 1066" in shown(cast, "/series/RePEc:zzz:wpaper?year=1066")


def test_years_leap_over_vanished_items(cast, tmp_path):
    import_path(tree(tmp_path, papers_rdf=papers_of([2019, 2017], n=2)))
    with transaction():
        for i in range(2):
            cast.item(f"RePEc:zzz:wpaper:2019-{i}").vanished_at = utcnow()
        series = cast.item("RePEc:zzz:wpaper:2017-0").series
        assert queries.years_of(series) == [2017]


def test_pages_of_a_year_lead_both_ways(cast, tmp_path):
    import_path(tree(tmp_path, papers_rdf=papers_of([2019, 2017], n=PAGE_SIZE + 2)))
    first = shown(cast, "/series/RePEc:zzz:wpaper?year=2019")
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert "year=2019" in older
    assert 'rel="prev"' not in first
    second = shown(cast, older)
    assert second.count("item-line-title") == 2
    assert 'rel="next"' not in second
    newer = re.search(r'rel="prev" href="([^"]+)"', second)[1].replace("&amp;", "&")
    again = shown(cast, newer)
    assert again.count("item-line-title") == PAGE_SIZE
    assert re.findall(r'wpaper:([\d-]+)"', again) == re.findall(r'wpaper:([\d-]+)"', first)
    assert 'rel="prev"' not in again


def test_a_series_tells_what_its_template_says_and_never_an_address(cast, tmp_path):
    series = (
        "Template-Type: ReDIF-Series 1.0\nName: Papers\nMaintainer-Email: zoe@example.org\n"
        "Maintainer-Name: Zoe zoe@example.org\nType: ReDIF-Paper\nISSN: 1234-5678\n"
        "Description: Write to editors@example.org first.\nEditor-Name: Ed Itor\n"
        "Editor-Email: ed@example.org\nProvider-Name: The House\n"
        "Provider-Homepage: https://house.example\nPredecessor: RePEc:gam:jadmsc\n"
        "Followup: Another Journal (ed@example.org)\nHandle: RePEc:zzz:wpaper\n"
    )
    folder = tree(tmp_path, papers_rdf=papers_of([2019]))
    (folder / "zzzseri.rdf").write_text(series)
    import_path(folder)
    html = shown(cast, "/series/RePEc:zzz:wpaper")
    for text in ("1234-5678", "Ed Itor", "The House", "https://house.example", "Another Journal"):
        assert text in html, text
    assert f'<a href="{JADMSC}">Administrative Sciences</a>' in html
    assert "@" not in html.partition("<main")[2]
    assert "@" not in shown(cast, "/archives/RePEc:zzz").partition("<main")[2]


def test_an_archive_names_its_maintainer_but_for_a_name_with_an_address(cast):
    assert "MDPI Indexing Manager" in shown(cast, GAM)
    with transaction() as session:
        archive = cast.item().series.archive
        session.add(
            Contact(
                archive_id=archive.id, name="x@example.org", address="x@example.org",
                address_key="x@example.org",
            )
        )  # fmt: skip
    assert "x@example.org" not in shown(cast, GAM)


def test_the_state_of_the_files_is_public_but_each_problem_is_not(cast):
    more = "Lenght: 12\nClassification-JEL: QQ\n"
    import_tree({"jadmsc/v9.rdf": ("Volume: 9\n", f"Volume: 9\n{more}")})
    for who in (None, "stella", "otto"):
        html = shown(cast, GAM, who)
        assert re.search(r"3 files|\d files", html)
        assert re.search(r"\d+ (error|warning|notice)", html)
        assert "/problems" not in html.replace("/help/problems", "")
        assert "/imports" not in html
    for who in ("mara", "cora", "ada"):
        html = shown(cast, GAM, who)
        assert f"{GAM}/problems" in html
        assert f"{GAM}/imports" in html


OTHERS = SERIES.replace("wpaper", "journl").replace("Papers", "Journal")


def test_a_series_shows_the_problems_of_its_own_templates_to_those_who_can_mend_them(
    cast, tmp_path
):
    theirs = paper("RePEc:zzz:journl:1", more="Lenght: 3\n")
    ours = paper("RePEc:zzz:wpaper:1", more=BAD) + paper("RePEc:zzz:WPaper:2")
    twice = paper("RePEc:zzz:wpaper:2", "Again").replace("ReDIF-Paper", "ReDIF-Article")
    root = tree(tmp_path, a_rdf=theirs + ours + twice)
    (root / "zzzseri.rdf").write_text(SERIES.replace("zoe@", "mara@") + "\n" + OTHERS)
    import_path(root)
    page, path = "/series/RePEc:zzz:wpaper", "/series/RePEc:zzz:wpaper/problems"
    for who in ("mara", "cora", "ada"):
        assert f'href="{path}"' in shown(cast, page, who)
        html = shown(cast, path, who)
        assert "a.rdf, line" in html
        assert "Lenght" in html
    stands_again = shown(cast, f"{path}?severity=error", "mara")
    assert "RePEc:zzz:wpaper:2 stands again in a.rdf" in stands_again
    assert "RePEc:zzz:journl" not in stands_again
    assert "problems" not in shown(cast, page, "otto").replace("/help/problems", "")
    assert cast.client("otto").get(path).status_code == 404
    assert cast.client().get(path).status_code == 302
    assert cast.client("mara").get("/series/RePEc:zzz:nosuch/problems").status_code == 404


def test_a_series_without_problems_says_so(cast):
    assert "Problems in its templates: none." in shown(cast, JADMSC, "mara")
    html = shown(cast, f"{JADMSC}/problems", "mara")
    assert "No errors" in html


def test_other_archives_do_not_fill_the_problems_of_a_series(cast, tmp_path):
    import_path(tree(tmp_path, a_rdf=paper(f"{ITEM}x", more=BAD)))
    assert "Problems in its templates: none." in shown(cast, JADMSC, "mara")


def test_a_series_says_when_the_files_of_its_archive_were_last_read(cast):
    html = shown(cast, JADMSC)
    assert "Last read with those of the whole archive on" in html
    assert f'href="{GAM}#files"' in html


def test_the_last_readings_are_for_those_who_can_mend_the_files(cast):
    import_tree({"jadmsc/v9.rdf": ("Practise", "Practice")})
    html = shown(cast, f"{GAM}/imports", "mara")
    assert html.count("<tr>") == 3
    assert html.index('data-label="Changed">1<') < html.index('data-label="Items new">3<')
    assert cast.client().get(f"{GAM}/imports").status_code == 302
    for who in ("stella", "otto", "alice"):
        assert cast.client(who).get(f"{GAM}/imports").status_code == 404


def test_items_that_repec_would_not_index_are_counted(cast, tmp_path):
    import_path(
        tree(
            tmp_path,
            papers_rdf=papers_of([2019, 2018]) + papers_of([0]).replace("Author-Name", "Autor"),
        )
    )
    for path in ("/archives/RePEc:zzz", "/series/RePEc:zzz:wpaper"):
        assert "3 items; 1 RePEc would not index" in shown(cast, path)


def requests(cast, n, *, status, days=0, handle=ITEM, standing=None):
    """Requests about an item; of `days` between sending and decision, or overdue by as many."""
    item, alice, now = cast.item(handle), cast.user("alice"), utcnow()
    done = status is Status.APPROVED
    with transaction() as session:
        for i in range(n):
            proposal = Proposal(
                number=f"R-{session.query(Proposal).count():06}", kind=Kind.CORRECTION,
                item_id=item.id, desk_id=item.series.desk_id, status=status,
                proposer_id=alice.id, reason="", subject="", waiting_since=now,
                created_at=now - timedelta(days=days), due_at=now - timedelta(days=days, hours=1)
                if days else now + timedelta(days=1), decided_at=now if done else None,
                closed_at=now if done else None, decided_as=Actor.DECIDER if done else None,
            )  # fmt: skip
            session.add(proposal)
            session.flush()
            session.add(
                Change(
                    proposal_id=proposal.id, item_id=item.id, target=f"title{i}{standing}",
                    new_key=f"{proposal.id}", outcome=Outcome.ACCEPTED if done else None,
                    standing=standing, old="a", new="b", applied="b",
                )
            )  # fmt: skip


def test_how_corrections_fare_is_told_for_this_archive_alone(cast):
    requests(cast, 2, status=Status.SUBMITTED)
    requests(cast, 1, status=Status.SUBMITTED, days=3)
    requests(cast, 1, status=Status.NEEDS_INFORMATION)
    requests(cast, 3, status=Status.APPROVED, days=4, standing=Standing.ADOPTED)
    requests(cast, 2, status=Status.APPROVED, days=9, standing=Standing.CARRIED)
    requests(cast, 1, status=Status.APPROVED, days=1, standing=Standing.CONTESTED)
    requests(cast, 5, status=Status.SUBMITTED, handle=OTHER)
    for path in (GAM, JADMSC):
        html = shown(cast, path)
        assert "4, of these 1 overdue" in html
        assert "half of them within about 4 days, by the last 6 decisions" in html
        assert "6; the publisher’s files have adopted 3, and say something else for 1" in html
    assert "nothing was decided yet" in shown(cast, "/archives/RePEc:taf")
    assert cast.item(CITED).series_id == cast.item().series_id


def test_too_few_decisions_are_no_figure(cast):
    requests(cast, 4, status=Status.APPROVED, days=4, standing=Standing.CARRIED)
    assert "too few decisions to tell: 4 so far" in shown(cast, GAM)
    assert "4; the publisher’s files have adopted none so far" in shown(cast, GAM)


def test_where_counting_stopped_the_page_says_at_least(cast, monkeypatch):
    requests(cast, 4, status=Status.SUBMITTED)
    monkeypatch.setattr(figures, "MOST_OPEN", 2)
    assert "at least 3" in shown(cast, GAM)


def test_a_series_is_searched_from_its_page(cast):
    html = shown(cast, JADMSC)
    assert '<input type="hidden" name="series" value="RePEc:gam:jadmsc">' in html
    found = shown(cast, "/search?q=leadership&series=RePEc:gam:jadmsc")
    assert ITEM in found


def test_a_page_of_series_leads_on_and_back(cast):
    with transaction() as session:
        known = cast.item().series
        for n in range(45):
            session.add(
                Series(
                    archive_id=known.archive_id, desk_id=known.desk_id, kind=known.kind,
                    handle=f"RePEc:gam:s{n:05}", handle_key=f"repec:gam:s{n:05}", name=f"S {n}",
                    upstream={},
                )
            )  # fmt: skip
    first = shown(cast, GAM)
    second = shown(cast, re.search(r'rel="next" href="([^"]+)"', first)[1])
    back = shown(cast, re.search(r'rel="prev" href="([^"]+)"', second)[1])
    names = re.compile(r'href="/series/([^"]+)"')
    assert names.findall(back) == names.findall(first)
    assert not set(names.findall(first)) & set(names.findall(second))


def test_an_archive_says_when_it_is_read_next_and_its_maintainer_why_it_was_not(cast):
    with transaction():
        source = sources.name("gam", "/srv/RePEc/gam", 24)
        source.last_error = "There is no file or directory /srv/RePEc/gam."
    page = cast.client().get("/archives/RePEc:gam").text
    assert "Next reading" in page
    assert "every day" in page
    assert "/srv/RePEc" not in page
    assert "There is no file or directory" in cast.client("mara").get("/archives/RePEc:gam").text
