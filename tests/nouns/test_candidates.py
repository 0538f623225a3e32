"""Which items are looked at for a reference, alike on both databases; and the sample's own list."""

from pathlib import Path

from correction_flow.catalog import search
from correction_flow.catalog.models import ItemWords, Refutation
from correction_flow.catalog.operations import text_key
from correction_flow.catalog.queries import item_by_handle, references_of
from correction_flow.citations import candidates
from correction_flow.citations.candidates import offered
from correction_flow.core.bulk import analyse
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.upstream.importer import import_path
from tests.cast import ITEM
from tests.nouns.trees import paper, tree

SAMPLE = Path(__file__).resolve().parents[2] / "sample"
MEANT = {
    9: "RePEc:taf:pubmgr:v:17:y:2015:i:9:p:1333-1357",
    11: "RePEc:taf:rpxmxx:v:19:y:2017:i:5:p:589-604",
}


def handles(text, **more):
    return [match.work.handle for match in offered(text, **more)]


def test_the_sample_is_offered_what_its_references_mean_and_not_the_wrong_pair(app):
    for archive in ("gam", "taf", "nbr", "boc"):
        import_path(SAMPLE / archive)
    citing = item_by_handle(ITEM)
    found = {
        r.position: offered(r.text, citing=citing)
        for r in references_of(citing)
        if r.cited_item_id is None
    }
    assert {n for n, matches in found.items() if matches} == {3, 9, 11}
    for n in (3, 9, 11):
        assert found[n][0].pre_check
    assert found[3][0].work.title.startswith("Greening regions")
    assert found[9][0].work.handle == MEANT[9]
    assert found[11][0].work.handle == MEANT[11]
    krugman = references_of(item_by_handle("RePEc:nbr:nberwo:23285"))[2]
    (paper_of_it,) = offered(krugman.text, citing=krugman.item)
    assert paper_of_it.work.handle == "RePEc:nbr:nberwo:3275"
    assert not paper_of_it.pre_check


def test_a_slip_in_the_rarest_word_does_not_hide_the_item(app, tmp_path):
    titles = {
        1: "Growth and its causes in Mesopotamia",
        2: "Wages",
        3: "Décroissance à l’été des entreprises",
        4: "Икономика и раст на държавата",
    }
    root = tree(tmp_path)
    text = "".join(
        paper(f"RePEc:zzz:wpaper:{n}", title, "Creation-Date: 2001-05\n", "Šárka Nováková")
        for n, title in titles.items()
    )
    (root / "a.redif").write_text(text, encoding="utf-8")
    import_path(root)
    for n, cited in {
        1: "Novakova, S. (2001). Growth and its causes in Mesoptoamia. Papers.",
        2: "Nováková, Šárka. 2001. “Wages.” Papers 2.",
        3: "NOVAKOVA S. Decroissance a l'ete des entreprises. Papers. 2001.",
        4: "Nováková, Š. (2001), Икономика и раст на държавата. Papers 4",
    }.items():
        assert handles(cited) == [f"RePEc:zzz:wpaper:{n}"], cited
    one = item_by_handle("RePEc:zzz:wpaper:1")
    cited = "Novakova, S. (2001). Growth and its causes in Mesopotamia. Papers."
    assert handles(cited, citing=one) == []
    with transaction():
        db.session.add(Refutation(text_key=text_key(cited), cited_key=one.handle_key, change_id=1))
    assert handles(cited) == []
    assert handles("") == handles("' & | ! :*") == handles("_year_2001 Nováková") == []


def test_no_more_items_are_read_than_are_looked_at(app, tmp_path):
    root = tree(tmp_path)
    text = "".join(
        paper(f"RePEc:zzz:wpaper:{n}", "Growth and its causes", f"Creation-Date: {1950 + n}\n")
        for n in range(1, 71)
    )
    (root / "a.redif").write_text(text, encoding="utf-8")
    import_path(root)
    with transaction():
        analyse([ItemWords])
    common = search.common_words(["growth", "zebra"])  # PostgreSQL has counted them
    assert common == ({} if db.engine.dialect.name == "sqlite" else {"growth": 1})
    works = candidates.works_like(
        candidates.Reference.of("Roe, J. (2019). Growth and its causes. Papers.")
    )
    assert len(works) <= candidates.CLOSELY
    assert handles("Roe, J. (2019). Growth and its causes. Papers.")[0] == "RePEc:zzz:wpaper:69"


def test_a_doi_alone_finds_its_item_and_no_other(app, tmp_path):
    root = tree(tmp_path)
    text = "".join(
        paper(f"RePEc:zzz:wpaper:{n}", title, f"DOI: {doi}\nCreation-Date: 2001\n")
        for n, title, doi in (
            (1, "Growth and its causes", "10.1080/14719037.2014.930505"),
            (2, "Wages and their growth", "https://doi.org/10.1080/14719037.2014.9305"),
        )
    )
    (root / "a.rdf").write_text(text)
    import_path(root)
    assert handles("doi:10.1080/14719037.2014.930505.") == ["RePEc:zzz:wpaper:1"]
    assert handles("https://doi.org/10.1080/14719037.2014.9305") == ["RePEc:zzz:wpaper:2"]
    assert handles("10.1080/14719037.2014.93") == []
    found = search.find_items("https://doi.org/10.1080/14719037.2014.930505").page.rows
    assert [row.handle for row in found] == ["RePEc:zzz:wpaper:1"]
