"""What a publisher takes out of their files is marked, kept, and comes back when it does."""

from correction_flow.catalog.queries import item_by_handle
from correction_flow.core.extensions import db
from correction_flow.upstream.importer import import_path
from tests.nouns.trees import again_changes_nothing, paper, tree

ONE = "RePEc:zzz:wpaper:1"
TWO = "RePEc:zzz:wpaper:2"


def gone(handle):
    db.session.rollback()
    return item_by_handle(handle).vanished_at is not None


def test_an_item_that_is_no_longer_in_its_file_is_marked_and_kept(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper() + paper(TWO))
    import_path(root)
    version = item_by_handle(TWO).version
    tree(tmp_path, a_rdf=paper())
    summary = import_path(root)
    assert summary.items["vanished"] == 1
    assert (gone(ONE), gone(TWO)) == (False, True)
    assert item_by_handle(TWO).version == version + 1
    assert item_by_handle(TWO).title == "Growth and its causes"
    assert again_changes_nothing(root).items["vanished"] == 0


def test_an_item_comes_back_with_its_template(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO))
    import_path(root)
    (root / "b.rdf").unlink()
    import_path(root)
    assert gone(TWO)
    tree(tmp_path, c_rdf=paper(TWO))
    import_path(root)
    assert not gone(TWO)


def test_an_item_that_moved_to_another_file_has_not_vanished(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO))
    import_path(root)
    (root / "b.rdf").rename(root / "new.redif")
    summary = import_path(root)
    assert summary.items["vanished"] == 0
    assert not gone(TWO)


def test_an_empty_file_or_a_web_page_in_its_place_is_a_mishap(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper(), b_rdf=paper(TWO))
    import_path(root)
    (root / "a.rdf").write_bytes(b"")
    (root / "b.rdf").write_bytes(b"<html>down for maintenance</html>")
    assert import_path(root).items["vanished"] == 0
    assert not gone(ONE)
    assert not gone(TWO)


def test_a_misspelt_template_type_does_not_make_an_item_vanish(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper() + paper(TWO))
    import_path(root)
    tree(tmp_path, a_rdf=paper() + paper(TWO).replace("ReDIF-Paper", "ReDIF-Pappier"))
    assert import_path(root).items["vanished"] == 0
    assert not gone(TWO)


def test_reading_a_part_or_another_copy_marks_nothing(app, tmp_path):
    root = tree(tmp_path / "all", a_rdf=paper(), b_rdf=paper(TWO))
    import_path(root)
    import_path(root / "a.rdf", archive="zzz")
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "a.rdf").write_text(paper())
    import_path(tmp_path / "part", archive="zzz")
    assert not gone(TWO)
