"""The same slip in many items: one request for all, one mail, decided together."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from correction_flow.catalog.fields import field
from correction_flow.catalog.operations import the_curators_desk
from correction_flow.core import clock, outbox
from correction_flow.core.errors import Conflict, Invalid
from correction_flow.core.extensions import db
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections import slips
from correction_flow.corrections.slips import Slip, find, request_slip
from correction_flow.proposals import batches, operations, queries, undoing
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Outcome, Status
from correction_flow.proposals.models import Proposal
from correction_flow.upstream.importer import import_path
from tests.cast import CITED
from tests.makers import GAM, write_tree
from tests.nouns.test_deadlines import pass_time
from tests.nouns.test_workflow import GOOD, YES, ask_for, decide, the

SLIP, RIGHT = "Carla Cited", "Carla Citéd"


@pytest.fixture
def series(cast, tmp_path):
    """Three items of the series have the name, one of them twice in other spelling too."""
    more = "".join(
        f"""
Template-Type: ReDIF-Article 1.0
Title: Work Number {n} of Carla
Author-Name: {SLIP}
Author-Workplace-Name: Home of Carla
Author-Name: Carla CITED
Year: 20{n}
Journal: Adminstrative Sciences
Keywords: gouvernance; public value
Classification-JEL: D72 H83
File-URL: http://old.example/{n}.pdf
File-Format: application/pdf
File-URL: http://old.example.org/{n}.html
Handle: RePEc:gam:jadmsc:v:{n}:y:20{n}:p:1-9
"""
        for n in (11, 12)
    )
    files = {**GAM, "jadmsc/v11.rdf": more}
    import_path(write_tree(tmp_path / "gam", files))
    return cast


def items_with_name(item, name):
    return find(item, Slip(field("authors"), name)).items


def slip(cast, items, new=RIGHT, who="alice", old=SLIP, name="authors"):
    with transaction():
        items = [cast.item(i.handle) for i in items]
        return [
            result.proposal.number
            for result in request_slip(
                items, {i.id: i.version for i in items}, Slip(field(name), old), new,
                by=cast.user(who), reason="Her name has an accent.", evidence_url=None,
            )
            if result.proposal is not None
        ]  # fmt: skip


def decide_alike(cast, numbers, outcome=Outcome.ACCEPTED, reason="", by="mara", versions=None):
    with transaction():
        cases = []
        for number in numbers:
            proposal = the(number)
            rules = rules_of(proposal)
            seen = {c.id: digest(rules.current(c)) for c in proposal.undecided}
            cases.append((proposal, (versions or {}).get(number, proposal.version), seen))
        report = batches.decide_alike(cases, outcome, reason, by=cast.user(by))
        return len(report.decided), [(p.number, why) for p, why in report.left]


def test_the_items_of_the_series_with_exactly_this_name_are_found(series):
    found = items_with_name(series.item(CITED), SLIP)
    assert [i.year for i in found] == [2018, 2012, 2011]
    assert items_with_name(series.item(CITED), "Carla Citedd") == []


def test_all_are_asked_for_in_one_request_with_one_mail_and_decided_together(series):
    numbers = slip(series, items_with_name(series.item(CITED), SLIP))
    assert len(numbers) == 3
    assert [m.name for m in series.mails("alice")] == ["receipt"]
    assert [m.name for m in series.mails("mara")] == ["notice"]
    for number in numbers:
        assert number in series.mails("mara")[0].text
    assert [p.number for p in batches.sent_with(the(numbers[0]))] == numbers[1:]
    assert decide_alike(series, numbers) == (3, [])
    for number in numbers:
        people = the(number).item.shown["authors"]
        assert RIGHT in [p["name"] for p in people]
        assert SLIP not in [p["name"] for p in people]
    assert [m.name for m in series.mails("alice")] == ["receipt", "decided"]
    assert all(n in series.mails("alice")[-1].text for n in numbers)


def test_workplaces_stay_and_other_spellings_are_left_alone(series):
    numbers = slip(series, items_with_name(series.item(CITED), SLIP))
    decide_alike(series, numbers)
    people = the(numbers[-1]).item.shown["authors"]
    assert people[0] == {"name": RIGHT, "workplaces": [{"name": "Home of Carla"}]}
    assert people[1]["name"] == "Carla CITED"


def listed(cast, tab=queries.Tab.MY_TURN):
    """The rows of Mara's desk, each with how many more it stands for."""
    desks = queries.desks_of(cast.user("mara"))
    rows = queries.queue(desks, tab).rows
    assert queries.queue_counts(desks).get(tab, len(rows)) == len(rows)
    more = queries.waiting_with(rows)
    return [(p.number, more.get(p.id, 0)) for p in rows]


def test_a_batch_is_one_row_of_the_queue_led_by_whichever_waits_longest(series):
    first, second, third = slip(series, items_with_name(series.item(CITED), SLIP))
    alone = ask_for(series, title=GOOD)
    assert listed(series) == [(first, 2), (alone, 0)]
    with transaction():
        operations.ask(the(first), "Which?", by=series.user("mara"), version=1)
    assert listed(series) == [(second, 1), (alone, 0)]
    assert listed(series, queries.Tab.OTHERS) == [(first, 0)]
    with transaction():
        operations.answer(the(first), "This one.", by=series.user("alice"), version=2)
    assert listed(series) == [(second, 2), (alone, 0)]
    with clock.at(clock.utcnow() + timedelta(days=40)):
        assert listed(series, queries.Tab.OVERDUE) == [(second, 2), (alone, 0)]
    decide(series, second, YES)
    assert listed(series) == [(third, 1), (alone, 0)]
    with transaction():
        the(third).desk = the_curators_desk()
    assert listed(series) == [(alone, 0), (first, 0)]
    decide(series, first, YES)
    assert listed(series, queries.Tab.DONE) == [(first, 0), (second, 0)]


def test_what_was_sent_together_is_recalled_and_escalated_in_one_mail(series):
    numbers = slip(series, items_with_name(series.item(CITED), SLIP))
    alone = ask_for(series, title=GOOD)
    sent = clock.utcnow()
    for later, who, name in ((sent + timedelta(days=15), "mara", "overdue"),
                             (sent + timedelta(days=29), "cora", "escalated")):  # fmt: skip
        assert len(pass_time(later)) == 4
        told = [m.text for m in series.mails(who, name)]
        assert [[n in text for n in (*numbers, alone)] for text in told] == [
            [True, True, True, False], [False, False, False, True],
        ]  # fmt: skip
    assert len(series.mails("alice", "escalated")) == 2
    desks = queries.desks_of(series.user("cora"))
    assert [p.number for p in queries.queue(desks, queries.Tab.ESCALATED).rows] == [
        numbers[0], alone,
    ]  # fmt: skip
    decide(series, numbers[0], YES)
    assert len(pass_time(sent + timedelta(days=43))) == 3
    assert [n in series.mails("cora", "escalated")[2].text for n in numbers[1:]] == [True, True]


def locks_of(act):
    """The ids of the items that an act locks, each once, and how many it had at each number."""
    locked, given = {}, []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        values = parameters.values() if isinstance(parameters, dict) else parameters
        if re.match(r"SELECT items.id\s+FROM items\s+WHERE items.id = \S+", statement):
            locked.update(dict.fromkeys(values))
        elif statement.startswith("UPDATE number_sequences"):
            given.append(len(locked))

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return list(locked), given


def test_everybody_locks_the_items_of_a_batch_in_one_order(series, app):
    """Numbers are a lock too: who holds one and waits for an item would wait in a circle."""
    app.config["UNDO_MINUTES"] = 5
    items = items_with_name(series.item(CITED), SLIP)
    ids = sorted(item.id for item in items)
    assert locks_of(lambda: slip(series, items)) == (ids, [3, 3, 3])
    numbers = [p.number for p in db.session.scalars(select(Proposal).order_by(Proposal.item_id))]
    assert locks_of(lambda: decide_alike(series, numbers[::-1])) == (ids, [])

    def undo():
        with transaction():
            last = the(numbers[-1])
            undoing.undo(last, by=series.user("mara"), version=last.version)

    assert locks_of(undo) == (ids, [])


def test_sent_twice_is_sent_once(series):
    items = items_with_name(series.item(CITED), SLIP)
    assert slip(series, items) == slip(series, items)
    assert len(series.mails("alice")) == 1
    assert db.session.scalar(select(func.count()).select_from(Proposal)) == 3


def test_what_moved_meanwhile_is_left_and_hinders_no_other(series):
    numbers = slip(series, items_with_name(series.item(CITED), SLIP))
    assert decide_alike(series, numbers, versions={numbers[1]: 7})[0] == 2
    assert the(numbers[1]).status is Status.SUBMITTED
    assert numbers[1] not in series.mails("alice")[-1].text


def test_a_whole_batch_is_declined_with_one_reason(series):
    numbers = slip(series, items_with_name(series.item(CITED), SLIP))
    with pytest.raises(Invalid):
        decide_alike(series, numbers, Outcome.DECLINED)
    assert decide_alike(series, numbers, Outcome.DECLINED, "She writes it so.") == (3, [])
    assert {the(n).status for n in numbers} == {Status.REJECTED}


def test_what_was_decided_together_is_taken_back_together(series, app):
    app.config["UNDO_MINUTES"] = 5
    numbers = slip(series, items_with_name(series.item(CITED), SLIP))
    decide_alike(series, numbers)
    with transaction():
        undoing.undo(the(numbers[2]), by=series.user("mara"), version=the(numbers[2]).version)
    assert {the(n).status for n in numbers} == {Status.SUBMITTED}
    assert SLIP in [p["name"] for p in series.item(CITED).shown["authors"]]
    assert [m.state.value for m in series.mails("alice", "decided")] == ["cancelled"]


def test_requests_that_were_not_sent_together_are_not_decided_together(series):
    numbers = [
        slip(series, items_with_name(series.item(CITED), SLIP))[0],
        ask_for(series, title=GOOD),
    ]
    with pytest.raises(Invalid, match="one by one"):
        decide_alike(series, numbers)


def test_a_stranger_decides_nothing_of_a_batch(series):
    numbers = slip(series, items_with_name(series.item(CITED), SLIP))
    decided, left = decide_alike(series, numbers, by="otto")
    assert (decided, len(left)) == (0, 3)
    assert series.mails("alice", "decided") == []


def test_nothing_is_sent_where_one_item_no_longer_has_the_name(series):
    items = items_with_name(series.item(CITED), SLIP)
    decide(series, ask_for(series, handle=CITED, authors="Somebody Else"), YES)
    with pytest.raises(Conflict, match="no longer stands"):
        slip(series, items)
    assert len(series.mails("alice", "receipt")) == 1


@pytest.mark.parametrize(
    ("new", "message"), [("", "Enter the name"), ("...", "Enter the name"), (SLIP, "how it stands"),
                         ("x" * 401, "too long")],
)  # fmt: skip
def test_a_name_that_is_none_is_refused(series, new, message):
    with pytest.raises(Invalid, match=message):
        slip(series, items_with_name(series.item(CITED), SLIP), new=new)


@pytest.mark.parametrize(
    ("name", "old", "new", "shown"),
    [
        ("journal", "Adminstrative", "Administrative", ["Administrative Sciences"] * 2),
        ("keywords", "gouvernance", "governance", ["governance; public value"] * 2),
        ("jel", "H83", "H11", [["D72", "H11"]] * 2),
        ("jel", "H83", "", [["D72"]] * 2),
        ("title", "Number", "No.", ["Work No. 12 of Carla", "Work No. 11 of Carla"]),
        ("title", "Numb", "No.", []),  # no whole word
    ],
)  # fmt: skip
def test_a_wrong_value_of_any_field_is_replaced_wherever_it_stands(series, name, old, new, shown):
    found = find(series.item(CITED), Slip(field(name), old))
    assert (len(found.items), found.more, found.unseen) == (len(shown), False, False)
    numbers = slip(series, found.items, new, old=old, name=name) if shown else []
    decide_alike(series, numbers)
    handles = [item.handle for item in found.items]
    assert [series.item(handle).shown[name] for handle in handles] == shown


def test_links_to_a_host_that_moved_are_replaced_and_no_others(series):
    items = find(series.item(CITED), Slip(field("files"), "http://old.example")).items
    numbers = slip(series, items, "https://new.example", old="http://old.example", name="files")
    assert decide_alike(series, numbers) == (2, [])
    assert series.item(items[1].handle).shown["files"] == [
        {"url": "https://new.example/11.pdf", "format": "application/pdf"},
        {"url": "http://old.example.org/11.html"},
    ]


def test_a_value_that_cannot_stand_there_is_refused_with_the_item(series):
    items = find(series.item(CITED), Slip(field("jel"), "H83")).items
    with pytest.raises(Invalid, match="Work Number 12 of Carla: “Q999” is no JEL code"):
        slip(series, items, "Q999", old="H83", name="jel")


def test_who_looks_further_sees_every_item_once(series, monkeypatch):
    item, wrong = series.item(CITED), Slip(field("journal"), "Adminstrative")
    whole = [one.handle for one in find(item, wrong).items]
    for most, largest in ((1, 100), (2, 100), (100, 1), (2, 1)):
        monkeypatch.setattr(slips, "LOOKED_AT", most)
        monkeypatch.setattr(slips, "LARGEST", largest)
        seen, after, rounds = [], None, 0
        while rounds == 0 or after:
            found = find(item, wrong, after)
            assert found.looked_at <= most
            assert len(found.items) <= largest
            seen += [one.handle for one in found.items]
            after, rounds = found.further, rounds + 1
            assert rounds < 10
        assert seen == whole
        assert len(whole) == 2
    assert [one.handle for one in find(item, wrong, "made by hand").items] == []


def test_no_more_of_a_series_is_looked_at_than_a_few_and_that_is_said(series, monkeypatch):
    item, wrong = series.item(CITED), Slip(field("keywords"), "gouvernance")
    monkeypatch.setattr(slips, "LARGEST", 1)
    assert (len(find(item, wrong).items), find(item, wrong).more) == (1, True)
    monkeypatch.setattr(slips, "LOOKED_AT", 3)  # of the four items, those of 2019, 2018, 2012
    monkeypatch.setattr(slips, "LARGEST", 100)
    assert (len(find(item, wrong).items), find(item, wrong).unseen) == (1, True)


def test_a_pasted_list_names_the_items_and_each_other_line_says_why_not(series):
    item, wrong = series.item(CITED), Slip(field("journal"), "Adminstrative")
    first, second = find(item, wrong).items
    text = f"""{first.handle}

    https://ideas.repec.org{second.ideas_path}
    {first.handle.upper()}
    {CITED}
    RePEc:gam:nosuch:1
    nothing at all"""
    items, refused = slips.named(item, wrong, text)
    assert [one.id for one in items] == [first.id, second.id]
    assert [line.partition("”, ")[2].split(",")[0] for line in refused] == [
        "does not say “Adminstrative” in its Journal.", "is of another series",
        "is no handle or address of an item in the catalogue.",
    ]  # fmt: skip
    assert [line.partition(",")[0] for line in refused] == ["Line 5", "Line 6", "Line 7"]
    assert "at most 100" in slips.named(item, wrong, "x\n" * 101)[1][0]


def test_a_refused_mail_about_a_batch_brings_all_of_it_to_the_curators(series):
    class Refusing:
        def deliver(self, letter, handing_over):
            if letter.receiver != "alice@example.org":
                raise outbox.Undelivered("550 no such user", permanent=True)
            handing_over()

    item = series.item(CITED)
    numbers = slip(series, items_with_name(item, SLIP))
    assert len(numbers) == 3
    db.session.rollback()
    assert len(series.mails("mara", "notice")) == 1
    outbox.deliver_due(Refusing())
    pass_time(clock.utcnow() + timedelta(seconds=1))
    assert all(the(number).escalated_at for number in numbers)
