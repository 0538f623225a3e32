"""The sample and the real archives, whole."""

from pathlib import Path

import pytest

from correction_flow.catalog.models import Archive, Item, Series
from correction_flow.catalog.queries import (
    authors_of,
    citing,
    decides,
    item_by_handle,
    references_of,
)
from correction_flow.core.extensions import db
from correction_flow.upstream.importer import BadSource, import_path
from tests.nouns.trees import again_changes_nothing, count, problems

SAMPLE = Path(__file__).parents[2] / "sample"
CENTRAL = "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653"
ARCHIVES = ("gam", "taf", "nbr", "boc")

FOLDERS = {
    "asx": None, "aux-econpapersearch": "zzz", "aux-weilu-author-matching": "zzz",
    "aux-zbw-ras": "zzz", "bjn": "bjn", "boc": "boc", "cda": None, "ceu": None, "cwm": None,
    "dew": None, "epo": None, "fer": None, "inm": "inm", "redif-perl": "lrk", "ten": None,
    "zbw-repec-ras": "per",
}  # fmt: skip
"""The real archives, with the code for those in which no archive template says it."""


def import_sample():
    return {code: import_path(SAMPLE / code) for code in ARCHIVES}


def test_the_sample_is_imported_whole(app):
    summaries = import_sample()
    assert {s.archive for s in summaries.values()} == {f"RePEc:{code}" for code in ARCHIVES}
    assert count(Item) == 61  # 59 good ones, and two that RePEc would not index
    kinds = sum((s.kinds for s in summaries.values()), start=summaries["gam"].kinds.copy())
    assert set(kinds) == {"Article", "Paper", "Book", "Chapter", "Software"}
    assert not any(s.references["refused"] for s in summaries.values())
    assert db.session.query(Series).filter_by(placeholder=True).count() == 0


def test_the_sample_imported_again_changes_nothing(app):
    import_sample()
    import_sample()  # references to what came later are linked by now
    for code in ARCHIVES:
        again_changes_nothing(SAMPLE / code)


def test_the_central_item_of_the_sample_is_as_its_readme_says(app):
    import_sample()
    item = item_by_handle(CENTRAL)
    assert item.title.startswith("Interactive Political Leadership in Theory and Practice")
    assert item.author_line == "Jacob Torfing; Eva Sørensen"
    assert item.year == 2019
    assert [a.workplaces[0]["name"] for a in authors_of(item) if a.workplaces]
    references = references_of(item)
    assert [r.position for r in references] == list(range(1, 13))
    assert sum(r.cited_item_id is not None for r in references) == 3
    assert len(citing(item)) == 3
    assert decides(item.series) == "MDPI Indexing Manager"
    assert item.series.name == "Administrative Sciences"


def test_the_samples_planted_problems_are_reported(app):
    import_sample()
    assert [message for _, _, message in problems("duplicate-handle")] == [
        "RePEc:boc:bocode:S419501 stands again in bocode/outtable.rdf, line 1, which was taken."
    ]
    assert {code for _, _, code, _ in problems()} >= {"misplaced-tag", "word-read-as-text"}


@pytest.mark.parametrize(
    ("handle", "line"),
    [
        ("RePEc:boc:bocoec:620", "Sönmez"),
        (CENTRAL, "Sørensen"),
    ],
)
def test_letters_are_right_in_whatever_encoding_they_came(app, handle, line):
    import_sample()
    assert line in item_by_handle(handle).author_line


def test_mojibake_that_the_publisher_wrote_is_left_for_a_correction(app):
    import_sample()
    assert "SÃ¶nmez" in item_by_handle("RePEc:nbr:nberwo:10698").author_line


@pytest.mark.archives
@pytest.mark.parametrize("name", FOLDERS)
def test_a_real_archive_is_imported_and_again_changes_nothing(app, real_archives, name):
    path, code = real_archives / name, FOLDERS[name]
    if not path.is_dir():
        pytest.skip(f"{name} is not among the archives in REDIF_DATA")
    if code is not None:
        with pytest.raises(BadSource, match="--archive"):
            import_path(path)
    summary = import_path(path, archive=code)
    assert sum(summary.items.values()) == count(Item) == summary.items["new"]
    assert summary.archive == f"RePEc:{code or name}"
    again = again_changes_nothing(path, archive=code)
    assert again.items["unchanged"] == summary.items["new"]
    assert again.problems == summary.problems


@pytest.mark.archives
def test_archives_these_tests_do_not_know_are_imported_too(app, real_archives):
    found = {path for path in real_archives.iterdir() if path.is_dir()}
    for path in sorted(p for p in found if p.name not in {"RePEc-all", *FOLDERS}):
        try:
            import_path(path)
        except BadSource:
            import_path(path, archive="zzz")
        db.session.rollback()


@pytest.mark.archives
def test_the_core_describes_archives_and_series_and_no_items(app, real_archives):
    summary = import_path(real_archives / "RePEc-all", core=True)
    assert summary.archive is None
    assert summary.archives["new"] > 900
    assert summary.series["new"] > 4000
    assert count(Archive) == summary.archives["new"] + summary.archives["placeholder"]
    assert count(Series) == summary.series["new"]
    assert count(Item) == 0
