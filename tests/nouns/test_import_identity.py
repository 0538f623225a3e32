"""What an import keeps and what it moves: winners, ids, claims, desks, revisions."""

import pytest
from sqlalchemy import select

from correction_flow.accounts.operations import profile_for
from correction_flow.catalog.models import Archive, Item, ItemAuthor, ItemRevision, Series
from correction_flow.catalog.queries import (
    archive_by_handle,
    authors_of,
    curators_desk_id,
    item_by_handle,
    series_by_handle,
    sits_at,
    template_of,
)
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.corrections import operations as corrections
from correction_flow.proposals.queries import proposal_by_number
from correction_flow.upstream.importer import BadSource, import_path
from tests.cast import ITEM, UNDESCRIBED
from tests.makers import GAM, import_tree, write_tree
from tests.nouns.trees import (
    ARCHIVE,
    BAD,
    ONE,
    SERIES,
    again_changes_nothing,
    count,
    imported,
    paper,
    problems,
    tree,
)

# -- which template counts ----------------------------------------------------------------

WINNERS = {
    "the last in the file": ({"a_rdf": paper(title="First") + paper(title="Last")}, "Last"),
    "the last by path": ({"a_rdf": paper(title="In a"), "b_rdf": paper(title="In b")}, "In b"),
    "the good one before a bad one": (
        {"a_rdf": paper(title="Good") + paper(title="Bad", more=BAD)}, "Good",
    ),
    "the good one after a bad one": (
        {"a_rdf": paper(title="Bad", more=BAD) + paper(title="Good")}, "Good",
    ),
    "the last of the bad ones": (
        {"a_rdf": paper(title="Bad", more=BAD) + paper(title="Worse", more=BAD)}, "Worse",
    ),
    "whatever the case of its handle": (
        {"a_rdf": paper(ONE.lower(), title="Lower") + paper(title="Right")}, "Right",
    ),
    "and not one of a type nobody knows": (
        {"a_rdf": paper(title="Known") + paper(title="x").replace("ReDIF-Paper", "ReDIF-Papier")},
        "Known",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "title"), WINNERS.values(), ids=WINNERS)
def test_of_several_templates_with_one_handle_one_wins(app, tmp_path, files, title):
    root = tree(tmp_path, **files)
    imported(root)
    assert [item.title for item in db.session.scalars(select(Item))] == [title]
    again_changes_nothing(root)


def test_the_others_are_problems_that_name_the_winner(app, tmp_path):
    imported(tree(tmp_path, a_rdf=paper(title="First"), b_rdf=paper(title="Last")))
    assert problems("duplicate-handle") == [
        ("a.rdf", 1, f"{ONE} stands again in b.rdf, line 1, which was taken.")
    ]


def test_a_bad_template_is_imported_and_marked_as_not_indexed_by_repec(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper(more=BAD))
    imported(root)
    assert not item_by_handle(ONE).indexed_by_repec
    tree(root, a_rdf=paper())
    assert imported(root).items == {"changed": 1}
    assert item_by_handle(ONE).indexed_by_repec


def test_templates_of_other_archives_are_problems_and_not_imported(app, tmp_path):
    imported(tree(tmp_path, a_rdf=paper() + paper("RePEc:gam:jadmsc:1")))
    assert [item.handle for item in db.session.scalars(select(Item))] == [ONE]
    assert problems("handle-of-other-archive") == [
        ("a.rdf", 6, "RePEc:gam:jadmsc:1 belongs to RePEc:gam, not to RePEc:zzz.")
    ]
    assert archive_by_handle("RePEc:gam") is None


def test_a_core_describes_archives_and_series_of_any_code_but_no_items(app, tmp_path):
    files = {**GAM, "zzzarch.rdf": ARCHIVE, "zzzseri.rdf": SERIES}
    root = write_tree(tmp_path, files)
    with pytest.raises(BadSource, match="--core"):
        import_path(root)
    summary = imported(root, core=True)
    assert (summary.archives, summary.series) == ({"new": 2}, {"new": 2})
    assert count(Item) == 0
    assert [(path, line) for path, line, _ in problems("item-in-core")] == [
        ("jadmsc/v9.rdf", 1), ("jadmsc/v9.rdf", 18), ("jadmsc/v9.rdf", 25),
    ]  # fmt: skip
    again_changes_nothing(root, core=True)


def test_an_archive_that_only_its_items_name_is_a_placeholder_until_it_is_described(app, tmp_path):
    (tmp_path / "a.rdf").write_text(paper())
    summary = imported(tmp_path, archive="zzz")
    assert summary.archives == {"placeholder": 1}
    assert archive_by_handle("RePEc:zzz").placeholder
    summary = imported(tree(tmp_path))
    assert summary.archives == {"new": 1}
    assert not archive_by_handle("RePEc:zzz").placeholder
    assert count(Archive) == 1


# -- what stays the same ------------------------------------------------------------------


def test_the_same_again_changes_nothing(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper() + paper("RePEc:zzz:nosuch:1") + paper(title="Twice"))
    imported(root)
    again_changes_nothing(root)


def test_a_changed_item_keeps_its_id_and_what_it_was(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper(title="First"))
    imported(root)
    item_id = item_by_handle(ONE).id
    imported(tree(root, a_rdf="\n# moved down\n" + paper(title="Second", more="Number: 7\n")))
    item = item_by_handle(ONE)
    assert (item.id, item.title, item.version) == (item_id, "Second", 2)
    assert template_of(item).first_line == 3
    revisions = db.session.scalars(select(ItemRevision).order_by(ItemRevision.n))
    assert [(r.n, r.upstream["title"]) for r in revisions] == [(1, "First")]


def test_a_handle_in_another_case_is_the_same_item_shown_as_published(app, tmp_path):
    root = tree(tmp_path, a_rdf=paper())
    imported(root)
    item_id = item_by_handle(ONE).id
    imported(tree(root, a_rdf=paper("repec:ZZZ:wpaper:1")))
    item = item_by_handle(ONE)
    assert (item.id, item.handle) == (item_id, "repec:ZZZ:wpaper:1")
    assert count(Series) == 1


def names(*authors):
    first, *others = authors
    return paper(author=first, more="".join(f"Author-Name: {name}\n" for name in others))


def ids():
    return {a.name: a.id for a in authors_of(item_by_handle(ONE))}


def test_authors_in_another_order_keep_their_ids(app, tmp_path):
    root = tree(tmp_path, a_rdf=names("Jane Roe", "Max Doe", "Eva Poe"))
    imported(root)
    before = ids()
    imported(tree(root, a_rdf=names("Poe, Eva", "JANE ROE", "Max Doe")))
    assert ids() == {
        "Poe, Eva": before["Eva Poe"],
        "JANE ROE": before["Jane Roe"],
        "Max Doe": before["Max Doe"],
    }


def claim(name, user):
    with transaction():
        (row,) = [a for a in authors_of(item_by_handle(ONE)) if a.name == name]
        row.profile_id = profile_for(user).id


def owners():
    return {a.name: a.profile.name if a.profile else None for a in authors_of(item_by_handle(ONE))}


def test_a_claimed_name_at_another_place_keeps_its_claim(cast, tmp_path):
    root = tree(tmp_path, a_rdf=names("Jane Roe", "Alice Torfing"))
    imported(root)
    claim("Alice Torfing", cast.user("alice"))
    imported(tree(root, a_rdf=names("Alice Torfing", "Jane Roe", "Max Doe")))
    assert owners() == {"Alice Torfing": "Alice Torfing", "Jane Roe": None, "Max Doe": None}


def test_a_claimed_name_spelled_a_little_differently_keeps_its_claim(cast, tmp_path):
    root = tree(tmp_path, a_rdf=names("Alice Torfing", "Jane Roe"))
    imported(root)
    claim("Alice Torfing", cast.user("alice"))
    imported(tree(root, a_rdf=names("Alice M. Torfing", "Jane Roe")))
    assert owners() == {"Alice M. Torfing": "Alice Torfing", "Jane Roe": None}


def test_somebody_else_in_the_same_place_does_not_inherit_the_claim(cast, tmp_path):
    root = tree(tmp_path, a_rdf=names("Alice Torfing", "Jane Roe"))
    imported(root)
    claim("Alice Torfing", cast.user("alice"))
    imported(tree(root, a_rdf=names("Max Doe", "Jane Roe")))
    assert owners() == {"Max Doe": None, "Jane Roe": None}
    gone = db.session.scalars(select(ItemAuthor).where(ItemAuthor.vanished_at.is_not(None))).one()
    assert gone.name == "Alice Torfing"


def test_a_claimed_name_that_vanished_comes_back_with_its_claim(cast, tmp_path):
    root = tree(tmp_path, a_rdf=names("Jane Roe", "Alice Torfing"))
    imported(root)
    claim("Alice Torfing", cast.user("alice"))
    imported(tree(root, a_rdf=names("Jane Roe")))
    assert owners() == {"Jane Roe": None}
    imported(tree(root, a_rdf=names("Alice Torfing", "Jane Roe")))
    assert owners() == {"Alice Torfing": "Alice Torfing", "Jane Roe": None}


# -- who decides --------------------------------------------------------------------------


def test_a_series_nobody_describes_is_decided_by_curators_until_it_is_described(cast):
    series = cast.item(UNDESCRIBED).series
    assert series.placeholder
    assert series.desk_id == curators_desk_id()
    described = GAM["gamseri.rdf"].replace("jadmsc", "nosuch")
    import_tree({"gamseri.rdf": (GAM["gamseri.rdf"], GAM["gamseri.rdf"] + "\n" + described)})
    db.session.rollback()
    series = series_by_handle("RePEc:gam:nosuch")
    assert not series.placeholder
    assert series.name == "Administrative Sciences"
    assert sits_at(cast.user("mara"), series.desk)
    assert cast.item(UNDESCRIBED).series_id == series.id


def ask(cast, handle=ITEM):
    with transaction():
        item = cast.item(handle)
        return corrections.request_correction(
            item, {"title": "Another Title"}, by=cast.user("alice"), reason="It is called so.",
            evidence_url=None, item_version=item.version,
        ).proposal.number  # fmt: skip


def decides(cast, name, number):
    db.session.rollback()
    return sits_at(cast.user(name), proposal_by_number(number).desk)


def test_an_open_request_follows_the_series_to_its_new_maintainer(cast):
    number = ask(cast)
    assert decides(cast, "mara", number)
    old, new = "mara@example.org", "otto@example.org"
    import_tree({"gamseri.rdf": (old, new)})
    assert decides(cast, "otto", number)
    assert not decides(cast, "mara", number)


def test_an_open_request_follows_a_series_that_is_described_at_last(cast):
    number = ask(cast, UNDESCRIBED)
    assert not decides(cast, "mara", number)
    described = GAM["gamseri.rdf"].replace("jadmsc", "nosuch")
    import_tree({"gamseri.rdf": (GAM["gamseri.rdf"], GAM["gamseri.rdf"] + "\n" + described)})
    assert decides(cast, "mara", number)


def test_a_series_without_an_address_of_its_own_is_the_archives(cast):
    number = ask(cast)
    import_tree({"gamseri.rdf": ("Maintainer-Email: mara@example.org\n", "")})
    assert decides(cast, "mara", number)
    import_tree(
        {
            "gamseri.rdf": ("Maintainer-Email: mara@example.org\n", ""),
            "gamarch.rdf": ("mara@example.org", "otto@example.org"),
        }
    )
    assert decides(cast, "otto", number)
    assert not decides(cast, "mara", number)


@pytest.mark.parametrize(
    ("line", "addresses"),
    [
        ("mara@example.org, otto@example.org", {"mara@example.org", "otto@example.org"}),
        ("mara at example.org", set()),
    ],
)
def test_addresses_are_found_in_what_publishers_write(app, tmp_path, line, addresses):
    root = tree(tmp_path, a_rdf=paper())
    for name in ("zzzseri.rdf", "zzzarch.rdf"):
        file = root / name
        file.write_text(file.read_text().replace("zoe@example.org", line))
    imported(root)
    members = item_by_handle(ONE).series.desk.members
    assert {m.address for m in members} == addresses


def test_a_request_the_publisher_fulfils_meanwhile_is_superseded(cast):
    number = ask(cast)
    import_tree(
        {"jadmsc/v9.rdf": ("Interactive Political Leadership in Theory and Practise",
                           "Another Title")}
    )  # fmt: skip
    db.session.rollback()
    proposal = proposal_by_number(number)
    assert proposal.status.value == "superseded"
    assert cast.item().title == "Another Title"
