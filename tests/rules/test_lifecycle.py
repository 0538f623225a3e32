"""The lifecycle table against product.md §4: every row, its words, its ends."""

import pytest

from correction_flow.proposals.lifecycle import (
    DECIDED,
    OPEN,
    REASON_WORDS,
    SETTLED,
    STATUS_WORDS,
    TRANSITIONS,
    Action,
    Outcome,
    ReasonCode,
    Status,
    What,
    past,
    possible,
    transition,
)

ACTIONS = """submit, confirm, edit, support, ask, answer, comment, decide, reject, undo, withdraw,
appeal, send again, revert, take, release, assign, escalate, announce, object, expire,
supersede"""
STATUSES = """unconfirmed, submitted, needs information, approved, rejected, withdrawn, expired,
superseded, reverted"""

LEADS = {
    ("unconfirmed", "confirm"): {"submitted"},
    ("unconfirmed", "withdraw"): {"withdrawn"},
    ("unconfirmed", "expire"): {"expired"},
    ("unconfirmed", "supersede"): {"superseded"},
    ("submitted", "edit"): {"submitted"},
    ("submitted", "ask"): {"needs_information"},
    ("submitted", "decide"): {"approved", "rejected"},
    ("submitted", "reject"): {"rejected"},
    ("submitted", "withdraw"): {"withdrawn"},
    ("submitted", "supersede"): {"superseded"},
    ("needs_information", "edit"): {"submitted"},
    ("needs_information", "answer"): {"submitted"},
    ("needs_information", "withdraw"): {"withdrawn"},
    ("needs_information", "expire"): {"expired"},
    ("needs_information", "supersede"): {"superseded"},
    ("approved", "undo"): {"submitted"},
    ("approved", "revert"): {"approved", "reverted"},
    ("rejected", "undo"): {"submitted"},
}
"""What moves a proposal, and where to; whatever is not here leaves its status alone."""


def named(text):
    return [name.strip().replace(" ", "_") for name in text.split(",")]


def test_the_statuses_and_actions_are_those_of_the_product_page():
    assert [s.value for s in Status] == named(STATUSES)
    assert [a.value for a in Action] == named(ACTIONS)
    assert [t.action for t in TRANSITIONS] == list(Action)


def test_the_table_leads_where_the_product_page_says_and_nowhere_else():
    found = {
        (source.value, t.action.value): {target.value for target in t.targets}
        for t in TRANSITIONS
        for source in t.sources
        if t.targets
    }
    assert found == LEADS


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_words(status):
    words = STATUS_WORDS[status]
    assert words.label[0].isupper()
    assert words.sentence.endswith(".")
    assert (words.waits_for == "nobody") is not status.open


@pytest.mark.parametrize("action", Action)
def test_every_action_has_its_words_and_an_event(action):
    rule = transition(action)
    assert rule.button[0].isupper()
    assert rule.past[0].isupper()
    assert past(What(action.value)) == rule.past
    assert rule.who


@pytest.mark.parametrize("what", What)
def test_every_event_says_something_in_the_timeline(what):
    assert past(what)[0].isupper()


def test_every_reason_for_declining_has_its_words():
    assert set(REASON_WORDS) == set(ReasonCode)


def test_a_status_is_open_or_settled_and_never_both():
    assert set(Status) == OPEN | SETTLED
    assert not OPEN & SETTLED
    assert DECIDED < SETTLED
    assert {s for s in Status if s.open} == OPEN


def test_only_undo_reopens_what_is_settled():
    reopening = {
        t.action for t in TRANSITIONS if t.sources & SETTLED and any(x.open for x in t.targets)
    }
    assert reopening == {Action.UNDO}
    assert transition(Action.UNDO).sources == DECIDED


def test_appeal_and_send_again_make_a_new_proposal_and_leave_the_old_one_closed():
    new = {t.action for t in TRANSITIONS if t.new}
    assert new == {Action.APPEAL, Action.SEND_AGAIN}
    for action in new:
        assert not transition(action).targets
        assert transition(action).sources <= SETTLED


def test_what_changes_the_status_raises_the_version():
    for rule in TRANSITIONS:
        assert rule.raises_version or not rule.targets


def test_every_status_is_reached_by_some_action():
    reached = {target for t in TRANSITIONS for target in t.targets}
    assert reached == set(Status)


def test_nothing_can_be_submitted_twice():
    assert not any(possible(Action.SUBMIT, status) for status in Status)


def test_only_accepted_and_amended_changes_take_effect():
    assert {o for o in Outcome if o.took_effect} == {Outcome.ACCEPTED, Outcome.AMENDED}
