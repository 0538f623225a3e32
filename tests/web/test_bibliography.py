"""My bibliography: what one person saves, and nobody else sees."""

import json
import re
from datetime import timedelta
from urllib.parse import unquote

import bibtexparser
import pytest
import rispy
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from correction_flow.accounts.models import Address, User
from correction_flow.catalog import operations, queries
from correction_flow.catalog.exports import FORMATS
from correction_flow.catalog.models import Item, SavedItem
from correction_flow.core import clock
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.paging import PAGE_SIZE, cursor
from correction_flow.core.transaction import transaction
from tests.cast import CITED, ITEM, OTHER, PASSWORD, form_on
from tests.makers import import_tree
from tests.web.pages import check

TITLE = "Interactive Political Leadership in Theory and Practise"
ACTS = ("/bibliography/save", "/bibliography/remove", "/bibliography/note")


def save(browser, *handles):
    for handle in handles:
        answer = browser.submit(f"/items/{handle}", {}, action="/bibliography/save")
        assert answer.status_code == 303
        assert answer.location == f"/items/{handle}"


def saved_by(cast, name):
    """Handles on somebody's list, the latest first."""
    db.session.rollback()
    return [row.item.handle for row in queries.saved_items(cast.user(name)).rows]


def many(cast, count, name="alice"):
    """Save `count` items that are made for it, a second apart."""
    like = cast.item()
    made = [
        {
            "series_id": like.series_id, "kind": like.kind, "handle": f"{like.series.handle}:{n}",
            "handle_key": f"{like.series.handle_key}:{n}", "title": f"Item {n}", "author_line": "",
            "upstream": {"title": f"Item {n}"}, "created_at": utcnow(),
            "updated_at": utcnow(),
        }
        for n in range(count)
    ]  # fmt: skip
    with transaction():
        user, start = cast.user(name).id, utcnow() - timedelta(days=1)
        ids = list(db.session.scalars(insert(Item).returning(Item.id), made))
        rows = [
            {"user_id": user, "item_id": one, "at": start + timedelta(seconds=n), "note": ""}
            for n, one in enumerate(ids)
        ]
        db.session.execute(insert(SavedItem), rows)


def test_an_item_is_saved_from_its_page_and_stands_on_the_list(cast):
    alice = cast.client("alice")
    assert "You have not saved anything yet" in alice.get("/bibliography").text
    save(alice, ITEM)
    page = alice.get(f"/items/{ITEM}").text
    check(page)
    assert "Saved. You find it under Bibliography." in page
    assert 'Saved<span class="visually-hidden">: remove it from your bibliography</span>' in page
    listed = alice.get("/bibliography").text
    check(listed)
    assert TITLE in listed
    assert "1 item" in listed
    assert f'href="/items/{ITEM}"' in listed


def test_a_double_click_saves_once_and_keeps_its_place(cast):
    alice = cast.client("alice")
    save(alice, ITEM, OTHER)
    before = db.session.execute(select(SavedItem.item_id, SavedItem.at)).all()
    assert alice.post("/bibliography/save", {"item": ITEM}).status_code == 303
    db.session.rollback()
    assert db.session.execute(select(SavedItem.item_id, SavedItem.at)).all() == before
    assert saved_by(cast, "alice") == [OTHER, ITEM]


def test_it_is_removed_from_its_page_and_removing_twice_changes_nothing(cast):
    alice = cast.client("alice")
    save(alice, ITEM)
    answer = alice.submit(f"/items/{ITEM}", {}, action="/bibliography/remove")
    assert (answer.status_code, answer.location) == (303, f"/items/{ITEM}")
    assert "is not in your bibliography any more" in alice.get(f"/items/{ITEM}").text
    assert alice.post("/bibliography/remove", {"item": ITEM}).status_code == 303
    assert saved_by(cast, "alice") == []


def test_it_is_removed_from_the_list_which_is_shown_again(cast):
    alice = cast.client("alice")
    save(alice, ITEM, OTHER)
    answer = alice.submit("/bibliography", {}, action="/bibliography/remove")
    assert (answer.status_code, answer.location) == (303, "/bibliography")
    assert saved_by(cast, "alice") == [ITEM]


def test_nobody_sees_or_changes_the_list_of_somebody_else(cast):
    alice, stella = cast.client("alice"), cast.client("stella")
    save(alice, ITEM)
    alice.post("/bibliography/note", {"item": ITEM, "note": "For my third chapter."})
    for name in ("stella", "mara", "cora", "ada"):
        other = cast.client(name)
        assert "You have not saved anything yet" in other.get("/bibliography").text
        assert TITLE not in other.get("/bibliography/export/json").text
        page = other.get(f"/items/{ITEM}").text
        assert "Save<span" in page
        assert "third chapter" not in page
    stella.post("/bibliography/remove", {"item": ITEM})
    assert stella.post("/bibliography/note", {"item": ITEM, "note": "x"}).status_code == 404
    assert saved_by(cast, "alice") == [ITEM]
    assert "third chapter" in alice.get("/bibliography").text


def test_a_stranger_is_led_to_sign_in_and_back_to_the_item(cast):
    browser = cast.client()
    page = browser.get(f"/items/{ITEM}").text
    assert "/bibliography/" not in page
    link = re.search(r'href="(/login\?next=/items/[^"]+)"[^>]*>(?:<svg.*?</svg>)Save', page)[1]
    values = {"email": "alice@example.org", "password": PASSWORD}
    answer = browser.submit(link, values, action="/login")
    assert unquote(answer.location) == f"/items/{ITEM}"
    save(browser, ITEM)
    assert saved_by(cast, "alice") == [ITEM]


@pytest.mark.parametrize("path", ["/bibliography", "/bibliography/export/bibtex"])
def test_signed_out_the_list_leads_to_sign_in_and_back(cast, path):
    answer = cast.client().get(path)
    assert answer.status_code == 302
    assert answer.location == f"/login?next={path}"


@pytest.mark.parametrize("path", ACTS)
def test_nothing_is_done_for_strangers_without_a_token_or_for_no_item(cast, path):
    values = {"item": ITEM, "note": "n"}
    assert cast.client().post(path, values).status_code == 401
    alice = cast.client("alice")
    assert alice.post(path, values, token=False).status_code == 400
    assert saved_by(cast, "alice") == []
    for handle in ("RePEc:zzz:nosuch:1", "", "\0"):
        answer = alice.post(path, values | {"item": handle})
        assert answer.status_code == 404
        check(answer.text)


@pytest.mark.parametrize("name", FORMATS)
def test_the_whole_list_is_a_file_in_each_format(cast, name):
    alice = cast.client("alice")
    save(alice, ITEM, OTHER)
    answer = alice.get(f"/bibliography/export/{name}")
    assert answer.status_code == 200
    ending = FORMATS[name].ending
    assert answer.headers["Content-Disposition"] == f'attachment; filename="bibliography.{ending}"'
    assert answer.text.index("Collaborative Innovation") < answer.text.index("Interactive Polit")
    assert "@example.org" not in answer.text
    assert alice.get("/bibliography/export/word").status_code == 404


def test_other_programs_read_both_saved_items(cast):
    alice = cast.client("alice")
    save(alice, ITEM, OTHER)
    library = bibtexparser.parse_string(alice.get("/bibliography/export/bibtex").text)
    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == [OTHER, ITEM]
    entries = rispy.loads(alice.get("/bibliography/export/ris").text)
    assert [entry["id"] for entry in entries] == [OTHER, ITEM]
    assert entries[1]["authors"] == ["Torfing, Jacob", "Sørensen, Eva"]
    for name in ("csl", "json"):
        assert len(json.loads(alice.get(f"/bibliography/export/{name}").text)) == 2


def test_an_export_of_many_takes_one_query_a_batch(cast, monkeypatch):
    from sqlalchemy import event

    many(cast, 7)
    monkeypatch.setattr(queries, "SAVED_BATCH", 3)
    asked = []
    alice = cast.client("alice")
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    text = alice.get("/bibliography/export/json").text
    titles = [row["record"]["title"] for row in json.loads(text)]
    assert titles == [f"Item {n}" for n in range(6, -1, -1)]
    assert len([one for one in asked if "FROM saved_items" in one]) == 4
    assert not [one for one in asked if "FROM items" in one or "FROM series" in one]


def test_a_long_list_is_leafed_through_whole_and_in_order(cast):
    many(cast, 2 * PAGE_SIZE + 5)
    alice, path, seen = cast.client("alice"), "/bibliography", []
    while path:
        page = alice.get(path).text
        check(page)
        seen += re.findall(r'item-line-title"><a [^>]*>Item (\d+)<', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older and older[1]
    assert seen == [str(n) for n in range(2 * PAGE_SIZE + 4, -1, -1)]


def test_removing_the_last_one_of_the_last_page_leads_to_the_first(cast):
    many(cast, PAGE_SIZE + 1)
    alice = cast.client("alice")
    older = re.search(r'rel="next" href="([^"]+)"', alice.get("/bibliography").text)[1]
    answer = alice.submit(older, {}, action="/bibliography/remove")
    assert answer.location == older
    assert alice.get(older).location == "/bibliography"


@pytest.mark.parametrize(
    "after",
    [
        "x", "W10", cursor("yesterday", 1), cursor(1, 2), cursor("2026-01-01T00:00:00", 1),
        cursor("0001-01-01T00:00:00+14:00", 1), cursor("2026-01-01T00:00:00+00:00", "1"),
    ],
)  # fmt: skip
def test_a_cursor_typed_by_hand_breaks_nothing(cast, after):
    alice, mara = cast.client("alice"), cast.client("mara")
    assert alice.get(f"/bibliography?after={after}").status_code in (200, 302)
    assert mara.get(f"/desk?after={after}").status_code == 200


def test_a_full_list_says_so_and_what_is_on_it_can_still_be_saved_again(cast, monkeypatch):
    for module in (queries, operations):
        monkeypatch.setattr(module, "MOST_SAVED", 1)
    alice = cast.client("alice")
    save(alice, ITEM, OTHER)
    page = alice.get(f"/items/{OTHER}").text
    check(page)
    assert "the most it can. Remove some of them" in page
    assert saved_by(cast, "alice") == [ITEM]
    assert alice.post("/bibliography/save", {"item": ITEM}).status_code == 303
    assert "Saved. You find it" in alice.get(f"/items/{ITEM}").text
    save(cast.client("bob"), OTHER)
    assert saved_by(cast, "bob") == [OTHER]


def test_what_vanished_stays_on_the_list_and_is_marked(cast):
    alice = cast.client("alice")
    save(alice, ITEM, CITED)
    with transaction():
        cast.item(CITED).vanished_at = utcnow()
    page = alice.get("/bibliography").text
    assert page.count("The publisher’s file has not had this item since") == 1
    assert len(json.loads(alice.get("/bibliography/export/json").text)) == 2
    import_tree({"jadmsc/v9.rdf": ("Pages: 1-81", "Pages: 1-18")})
    assert saved_by(cast, "alice") == [CITED, ITEM]


def test_a_note_is_kept_changed_and_taken_away(cast):
    alice = cast.client("alice")
    save(alice, ITEM)
    for text in ("For chapter 3: <b>see</b> p. 7", "Read again"):
        answer = alice.submit("/bibliography", {"note": text}, action="/bibliography/note")
        assert (answer.status_code, answer.location) == (303, "/bibliography")
        page = alice.get("/bibliography").text
        check(page)
        assert form_on(page, "/bibliography/note")[1]["note"] == text
        assert "<b>" not in page
    assert alice.submit("/bibliography", {"note": " "}, action="/note").status_code == 303
    assert db.session.scalar(select(SavedItem.note)) == ""


NOTE = "For chapter 3: {see} p. 7,\n50 % & more"


def test_formats_with_a_place_for_notes_carry_mine_and_no_other_does(cast):
    alice = cast.client("alice")
    save(alice, ITEM, OTHER)
    alice.post("/bibliography/note", {"item": ITEM, "note": NOTE})
    files = {name: alice.get(f"/bibliography/export/{name}").text for name in FORMATS}
    other, noted = bibtexparser.parse_string(files["bibtex"]).entries
    assert noted["annote"] == r"For chapter 3: {see} p. 7, 50 \% \& more"
    assert "annote" not in other.fields_dict
    other, noted = rispy.loads(files["ris"])
    assert noted["notes"][-1] == "For chapter 3: {see} p. 7, 50 % & more"
    assert "chapter 3" not in str(other)
    other, noted = json.loads(files["csl"])
    assert noted["note"].endswith(NOTE)
    assert "chapter 3" not in str(other)
    for name in ("redif", "json", "text"):
        assert "chapter 3" not in files[name]
        assert "chapter 3" not in alice.get(f"/export/{name}/{ITEM}").text
    for name in ("bibtex", "ris", "csl"):
        assert "chapter 3" not in alice.get(f"/export/{name}/{ITEM}").text


def test_a_note_that_is_too_long_comes_back_with_the_remedy(cast):
    alice = cast.client("alice")
    save(alice, ITEM)
    long = "w" * 501
    answer = alice.submit("/bibliography", {"note": long}, action="/bibliography/note")
    assert answer.status_code == 422
    check(answer.text)
    assert "Shorten the note to 500" in answer.text
    assert 'href="#note-wrong"' in answer.text
    assert 'id="note-wrong"' in answer.text
    assert long in answer.text
    with pytest.raises(IntegrityError), transaction():
        db.session.scalars(select(SavedItem)).one().note = long


def test_a_note_that_is_too_long_comes_back_even_when_its_item_moved_to_another_page(cast):
    many(cast, PAGE_SIZE + 1)
    alice, handle = cast.client("alice"), f"{cast.item().series.handle}:0"
    answer = alice.post("/bibliography/note", {"item": handle, "note": "w" * 501})
    assert answer.status_code == 422
    check(answer.text)
    assert "w" * 501 in answer.text


def test_saving_again_puts_it_on_top(cast):
    with transaction():
        operations.save_item(cast.user("alice"), cast.item(ITEM))
    with clock.at(utcnow() + timedelta(minutes=1)), transaction():
        operations.save_item(cast.user("alice"), cast.item(OTHER))
    alice = cast.client("alice")
    alice.post("/bibliography/remove", {"item": ITEM})
    with clock.at(utcnow() + timedelta(minutes=2)):
        alice.post("/bibliography/save", {"item": ITEM})
    assert saved_by(cast, "alice") == [ITEM, OTHER]


def test_saving_has_a_limit_an_hour(cast, monkeypatch):
    from correction_flow.core import rate

    cast.app.config["RATE_LIMITS"] = True
    monkeypatch.setattr(rate, "SAVE", rate.Limit("save", 2, timedelta(hours=1)))
    alice = cast.client("alice")
    statuses = [alice.post("/bibliography/save", {"item": ITEM}).status_code for _ in range(3)]
    assert statuses == [303, 303, 429]


def test_the_list_goes_with_the_account(cast):
    save(cast.client("alice"), ITEM)
    save(cast.client("bob"), ITEM)
    with transaction() as session:
        alice = cast.user("alice").id
        session.execute(delete(Address).where(Address.user_id == alice))
        session.execute(delete(User).where(User.id == alice))
    (left,) = db.session.scalars(select(SavedItem))
    assert left.user_id == cast.user("bob").id
