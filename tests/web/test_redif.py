"""Checking ReDIF in the browser, and the problems of an archive's files, for who can mend them."""

import io
import re

import pytest

from correction_flow.core import rate
from correction_flow.core.extensions import db
from correction_flow.redif.problems import Severity
from correction_flow.upstream import queries
from correction_flow.upstream.models import ImportProblem
from tests.cast import ITEM, Cast, form_on
from tests.makers import import_tree
from tests.web.pages import check

BAD = {"jadmsc/v9.rdf": ("Journal: Admin", "Jurnal: Admin")}
PAPER = """Template-Type: ReDIF-Paper 1.0
Author-Name: A. Roe and B. Doe
Title: Growth & <b>trade</b> <script>alert(1)</script>
Lenght: 12 pages
Handle: RePEc:zzz:wpaper:1
"""


@pytest.fixture
def flawed(cast: Cast) -> Cast:
    """The cast, after Mara published a slip."""
    import_tree(BAD)
    return cast


def checked(browser, **values):
    action, fields = form_on(browser.get("/check").text, "/check")
    return browser.post(action, fields | values, token=False)


def test_a_pasted_template_is_checked_and_shown_as_it_would_be_read(cast):
    answer = checked(cast.client(), text=PAPER)
    assert answer.status_code == 200
    check(answer.text)
    assert "RePEc ignores the template" in answer.text
    assert "Did you mean Length?" in answer.text
    assert "/help/problems#unknown-tag" in answer.text
    assert "A. Roe / B. Doe" in answer.text
    assert "RePEc:<wbr>zzz" in answer.text
    assert "<script>alert" not in answer.text
    assert PAPER.splitlines()[1] in form_on(answer.text, "/check")[1]["text"]


def test_a_good_template_is_said_to_be_good(cast):
    good = PAPER.replace("Lenght: 12 pages\n", "").replace(" and B. Doe", "")
    answer = checked(cast.client(), text=good)
    assert "RePEc indexes the template" in answer.text
    assert "Nothing was found wrong" in answer.text


def test_an_uploaded_file_is_read_by_its_bytes_and_its_name(cast):
    data = PAPER.replace("Growth", "Économie").encode()
    for name, told in (("a.rdf", True), ("a.redif", False), ("x/a.redif", False)):
        answer = checked(cast.client(), file=(io.BytesIO(data), name))
        assert answer.status_code == 200
        check(answer.text)
        assert "Économie" in answer.text
        assert ("utf-8-without-mark" in answer.text) is told
        assert "x/a" not in answer.text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": " \n"}, "Paste a template, or choose a file."),
        ({"file": b"x" * 500_001}, "the page takes 500,000"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_the_remedy(cast, values, said):
    if "file" in values:
        values = {"file": (io.BytesIO(values["file"]), "a.rdf")}
    answer = checked(cast.client(), **values)
    assert answer.status_code == 422
    assert said in check_text(answer)


def check_text(answer):
    check(answer.text)
    return answer.text


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script>",
        b"\xff\xfe\x00",
        b"\x00" * 300,
        "Template-Type: ReDIF-Institution 1.0\nHandle: RePEc:edi:abcdeus\n".encode("utf-16"),
        b"Template-Type: ReDIF-Person 1.0\nName-Full: Jane Roe\nHandle: RePEc:per:1970-01-02:R\n",
        b"Template-Type: ReDIF-Chapter 1.0\nTitle: x\n" * 60,
        b"Template-Type: ReDIF-Paper 1.0\n" + b"Note: x\n" * 900,
        b"Template-Type: ReDIF-Paper 1.0\n" + b"Nota: x\n" * 900,
    ],
)
def test_no_bytes_break_the_page(cast, data):
    answer = checked(cast.client(), file=(io.BytesIO(data), "a.rdf"))
    assert answer.status_code == 200
    check(answer.text)
    assert "<script>" not in answer.text
    assert len(answer.text) < 1_000_000


def test_checking_is_limited(cast, monkeypatch):
    cast.app.config["RATE_LIMITS"] = True
    monkeypatch.setattr(rate, "CHECK", rate.Limit("check", 2, rate.CHECK.window))
    browser = cast.client()
    assert [checked(browser, text=PAPER).status_code for _ in range(3)] == [200, 200, 429]


def test_every_kind_of_problem_has_its_place_on_the_help_page(cast):
    page = check(cast.client().get("/help/problems").text)
    assert {"unknown-tag", "garbled-letters", "handle-of-other-archive"} <= set(page.ids)


def test_a_maintainer_sees_the_problems_of_the_last_import_and_nobody_else(flawed):
    for name in ("mara", "cora", "ada"):
        browser = flawed.client(name)
        assert "/archives/RePEc:gam/problems" in browser.get("/archives/RePEc:gam").text
        text = check_text(browser.get("/archives/RePEc:gam/problems"))
        assert "Did you mean Journal?" in text
        assert "jadmsc/v9.rdf, line 7" in text
    for name in ("alice", "otto", "stella"):
        browser = flawed.client(name)
        assert "/problems" not in browser.get("/archives/RePEc:gam").text.replace(
            "/help/problems", ""
        )
        assert browser.get("/archives/RePEc:gam/problems").status_code == 404
    assert flawed.client().get("/archives/RePEc:gam/problems").status_code == 302
    assert flawed.client("mara").get("/archives/RePEc:taf/problems").status_code == 404
    assert flawed.client("mara").get("/archives/RePEc:xyz/problems").status_code == 404


def test_the_desk_leads_a_maintainer_to_the_problems_of_their_archives(flawed):
    assert "/archives/RePEc:gam/problems" in check_text(flawed.client("mara").get("/desk"))
    assert "/archives/RePEc:gam/problems" not in flawed.client("otto").get("/desk").text
    assert "/problems" not in flawed.client("cora").get("/desk").text


def test_the_items_page_says_to_all_that_repec_would_not_index_it_and_to_mara_why(flawed):
    assert not flawed.item().indexed_by_repec
    for name, why in ((None, False), ("alice", False), ("mara", True), ("cora", True)):
        text = check_text(flawed.client(name).get(f"/items/{ITEM}"))
        assert "RePEc would not index this item" in text
        assert ("Did you mean Journal?" in text) is why
        assert ("jadmsc/v9.rdf" in text) is why


def test_what_was_mended_is_gone_after_the_next_import(flawed):
    import_tree()
    browser = flawed.client("mara")
    assert "Did you mean Journal?" not in browser.get("/archives/RePEc:gam/problems").text
    assert "RePEc would not index" not in browser.get(f"/items/{ITEM}").text


def test_the_kinds_of_problems_are_counted_and_listed_apart(flawed):
    browser = flawed.client("mara")
    for severity in ("error", "warning", "notice", "nonsense"):
        path = f"/archives/RePEc:gam/problems?severity={severity}&after=nonsense"
        text = check_text(browser.get(path))
        assert re.search(r"Errors\s+<span class=\"count\">1</span>", text), text


def test_a_long_list_of_problems_is_paged(flawed):
    archive = flawed.item().series.archive
    run = queries.last_run_of(archive)
    db.session.add_all(
        ImportProblem(
            run_id=run.id, archive_id=archive.id, path="a.rdf", line=n, severity=Severity.NOTICE,
            code="capitals", message=f"Problem {n}.", advice="",
        )
        for n in range(45)
    )  # fmt: skip
    db.session.commit()
    browser = flawed.client("mara")
    path, seen = "/archives/RePEc:gam/problems?severity=notice", []
    while path:
        text = browser.get(path).text
        seen += [int(n) for n in re.findall(r"Problem (\d+)\.", text)]
        older = re.search(r'href="([^"]+)">More problems', text)
        path = older[1].replace("&amp;", "&") if older else None
    assert seen == list(range(45))
