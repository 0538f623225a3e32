"""Which item authors are suggested to a person, and which of them are certain."""

import pytest
from sqlalchemy import select

from correction_flow.accounts.models import AuthorProfile
from correction_flow.accounts.operations import profile_for
from correction_flow.accounts.queries import verified_keys
from correction_flow.catalog.models import ItemAuthor
from correction_flow.claims import suggesting
from correction_flow.claims.certainty import Group
from correction_flow.claims.suggesting import suggestions, suggestions_for
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from correction_flow.upstream.importer import import_path
from tests.nouns.test_plans import asking, plan, whole
from tests.nouns.trees import tree


def printed(root, *items):
    """A catalogue whose items have these authors; a series is named before a colon."""
    text = []
    names = {"wpaper"}
    for n, line in enumerate(items, start=1):
        series, colon, authors = line.rpartition(":")
        names.add(series if colon else "wpaper")
        text.append(f"Template-Type: ReDIF-Paper 1.0\nTitle: Growth and its cause {n}\n")
        for author in authors.split(";"):
            name, _, address = author.strip().partition("<")
            text.append(f"Author-Name: {name.strip()}\n")
            if address:
                text.append(f"Author-Email: {address.rstrip('>')}\n")
        text.append(f"Handle: RePEc:zzz:{series if colon else 'wpaper'}:{n}\n\n")
    series = "".join(
        f"Template-Type: ReDIF-Series 1.0\nName: {name}\nType: ReDIF-Paper\n"
        f"Maintainer-Email: zoe@example.org\nHandle: RePEc:zzz:{name}\n\n"
        for name in sorted(names - {"wpaper"})
    )
    root = tree(root)
    (root / "moreseri.rdf").write_text(series)
    (root / "a.redif").write_text("".join(text), encoding="utf-8")
    import_path(root)


def offered(*names, **more):
    """What is suggested: the group, the printed name, whether it is certain."""
    return [(s.group, s.printed.name, s.certain) for s in suggestions(names, **more)]


def test_exact_names_come_first_and_each_says_why(app, tmp_path):
    printed(
        tmp_path, "Jean-Claude Müller", "Mueller, J.-C.", "Jean-Claude Mueller", "J.C. Muller",
        "Jean-Calude Müller", "Jean Claude Emil Müller", "Jean-Paul Müller", "Müller Jean-Claude",
        "JC Müller", "Carla Cited",
    )  # fmt: skip
    assert offered("Jean-Claude Müller") == [
        (Group.SAME, "Jean-Claude Müller", True),
        (Group.RESPELT, "Jean-Claude Mueller", True),
        (Group.RESPELT, "Müller Jean-Claude", True),
        (Group.INITIALS, "Mueller, J.-C.", True),
        (Group.INITIALS, "J.C. Muller", True),
        (Group.INITIALS, "JC Müller", True),
        (Group.LONGER, "Jean Claude Emil Müller", False),
        (Group.SIMILAR, "Jean-Calude Müller", False),
    ]
    found = suggestions(["Jean-Claude Müller"])
    assert found[0].reasons == ("the same name",)
    assert found[-1].doubts == ("one letter of the given name differs",)


def test_initials_are_not_certain_where_somebody_else_is_known_in_full(app, tmp_path):
    printed(tmp_path, "Jacob Torfing", "one: J. Torfing", "two: Jane Torfing", "two: J Torfing")
    found = {s.printed.name: s for s in suggestions(["Jacob Torfing"])}
    assert found.keys() == {"Jacob Torfing", "J. Torfing", "J Torfing"}
    assert found["Jacob Torfing"].certain
    assert not found["J. Torfing"].certain
    assert found["J. Torfing"].doubts == ("it may be jane torfing too",)
    assert not found["J Torfing"].certain


def test_a_co_author_or_a_series_of_ones_own_settles_it(app, tmp_path):
    printed(
        tmp_path, "Jacob Torfing; Eva Bell", "one: J. Torfing; E. Bell", "wpaper: J. Torfing",
        "two: Jane Torfing", "two: J. Torfing",
    )  # fmt: skip
    found = suggestions(["Jacob Torfing"])
    certain = {s.printed.item_id: s.reasons[1:] for s in found if s.certain}
    assert list(certain.values()) == [
        (),
        ("a co-author of what is certainly yours",),
        ("a series in which you and nobody like you is printed in full",),
    ]
    assert [s.certain for s in found] == [True, True, True, False]


def test_three_different_lucas_are_three_people(app, tmp_path):
    printed(
        tmp_path, "Robert E. Lucas, Jr", "Robert E. B. Lucas", "Robert F. Lucas", "Robert Lucas",
    )  # fmt: skip
    assert offered("Robert E. Lucas Jr.") == [
        (Group.SAME, "Robert E. Lucas, Jr", True),
        (Group.SHORTER, "Robert Lucas", False),
    ]
    assert [name for _, name, certain in offered("Robert F. Lucas") if certain] == [
        "Robert F. Lucas"
    ]
    assert not any(certain for _, name, certain in offered("Robert Lucas"))


def test_a_common_name_is_not_certain_without_a_second_sign(app, tmp_path):
    items = [f"s{n}: Wei Wang; Friend{n} Other{n}" for n in range(5)]
    printed(tmp_path, *items)
    found = suggestions(["Wei Wang"])
    assert [s.certain for s in found] == [False] * 5
    assert found[0].doubts == ("several people seem to have this name",)
    with transaction():
        profile = AuthorProfile(name="Wei Wang", created_at=utcnow())
        db.session.add(profile)
        db.session.flush()
        mine = db.session.scalars(select(ItemAuthor).order_by(ItemAuthor.id)).first()
        mine.profile_id = profile.id
    assert len(suggestions(["Wei Wang"], profile=profile)) == 4
    assert not any(s.certain for s in suggestions(["Wei Wang"], profile=profile))
    with transaction():
        known = select(ItemAuthor).where(ItemAuthor.name == "Friend1 Other1")
        db.session.scalars(known).one().name_key = "friend0 other0"
    assert [s.certain for s in suggestions(["Wei Wang"], profile=profile)] == [
        True, False, False, False,
    ]  # fmt: skip


def test_a_verified_address_is_certain_unless_another_name_stands_with_it(app, tmp_path):
    printed(
        tmp_path, "J. Torfing <jt@example.org>", "Jane Torfing", "Carla Cited <jt@example.org>",
    )  # fmt: skip
    found = suggestions(["Jacob Torfing"], addresses=["jt@example.org"])
    assert [(s.group, s.printed.name, s.certain) for s in found] == [
        (Group.ADDRESS, "J. Torfing", True),
        (Group.ADDRESS, "Carla Cited", False),
    ]
    assert found[0].reasons[1:] == ("your address is printed with it",)
    assert found[1].reasons == ("your address is printed with it",)
    assert found[1].doubts == ("another name",)


def test_a_profile_is_asked_for_with_the_addresses_its_user_has_verified(cast):
    user = cast.user("alice")
    theirs = select(ItemAuthor).where(ItemAuthor.name == "Jacob Torfing")
    with transaction():
        profile = profile_for(user)
        for author in db.session.scalars(theirs):
            author.email_key = verified_keys(user)[0]
    found = suggestions_for(profile)
    assert {(s.group, s.certain) for s in found} == {(Group.ADDRESS, False)}
    with transaction():
        profile.name = "Torfing, Jacob"
    found = suggestions_for(profile)
    assert {(s.group, s.certain) for s in found} == {(Group.ADDRESS, True)}
    with transaction():
        for author in db.session.scalars(theirs):
            author.profile_id = profile.id
    assert suggestions_for(profile) == []


def test_claimed_and_vanished_ones_are_left_out(app, tmp_path):
    printed(tmp_path, "Jacob Torfing", "Jacob Torfing", "Jacob Torfing", "Jacob Torfing")
    with transaction():
        profile = AuthorProfile(name="Somebody", created_at=utcnow())
        db.session.add(profile)
        db.session.flush()
        rows = db.session.scalars(select(ItemAuthor).order_by(ItemAuthor.id)).all()
        rows[0].profile_id = profile.id
        rows[1].vanished_at = utcnow()
        rows[2].item.vanished_at = utcnow()
        left = rows[3].id
    assert [s.printed.id for s in suggestions(["Jacob Torfing"])] == [left]


def test_nobody_is_certainly_two_authors_of_one_item(app, tmp_path):
    printed(tmp_path, "Wei Li; W. Li", "Wei Li; Wei Li")
    found = {(s.printed.item_id, s.printed.name): s.certain for s in suggestions(["Wei Li"])}
    one, two = sorted({item for item, _ in found})
    assert found == {(one, "Wei Li"): True, (one, "W. Li"): False, (two, "Wei Li"): False}


def test_no_more_are_looked_at_than_said(app, tmp_path, monkeypatch):
    monkeypatch.setattr(suggesting, "EACH", 3)
    monkeypatch.setattr(suggesting, "MOST", 5)
    printed(tmp_path, *["Jacob Torfing"] * 5, *["J. Torfing"] * 5)
    found = suggestions(["Jacob Torfing"])
    assert [s.printed.name for s in found] == ["Jacob Torfing"] * 3  # the closest
    assert not any(s.certain for s in found)  # who has more than were looked at has a common name
    monkeypatch.setattr(suggesting, "EACH", 6)
    monkeypatch.setattr(suggesting, "MOST", 10)
    found = suggestions(["Jacob Torfing"])
    assert len(found) == 10
    assert all(s.certain for s in found)
    monkeypatch.setattr(suggesting, "NAMES_AROUND", 2)
    found = suggestions(["Jacob Torfing"])
    assert {s.printed.name for s in found} == {"Jacob Torfing", "J. Torfing"}


@pytest.mark.parametrize("name", ["", ",", "王小明", "x" * 500, "% _ ' \" \\ : ;"])
def test_any_name_can_be_asked_for(app, name):
    assert suggestions([name]) == []


def test_no_large_table_is_read_whole(cast):
    statements = asking(lambda: suggestions(["Jacob Torfing"], addresses=["jt@example.org"]))
    assert len(statements) >= 4
    for statement, parameters in statements:
        for line in plan(statement, parameters):
            assert not whole(line), f"{line}\n{statement}"
    used = "\n".join(line for s, p in statements for line in plan(s, p))
    for index in ("ix_item_authors_initial", "ix_item_authors_name_key", "ix_item_authors_email"):
        assert index in used
