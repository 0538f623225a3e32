"""The picture of the lifecycle says what the table says, dot by dot."""

import xml.etree.ElementTree as ElementTree

import pytest

from correction_flow.proposals.lifecycle import (
    STATUS_WORDS,
    TRANSITIONS,
    Action,
    Actor,
    Status,
    Transition,
)
from correction_flow.web.diagram import ANEW, COLUMN, HEAD, LABEL, NOWHERE, ROW, columns
from correction_flow.web.diagram import lifecycle_svg as drawn_as


def read(transitions):
    """What the picture says: per action its dots and its ends, in words."""
    svg = ElementTree.fromstring(str(drawn_as(transitions, title="A & B")))
    names = columns()

    def column(x):
        return names[round((float(x) - LABEL - COLUMN // 2) / COLUMN)]

    def row(y):
        return int((float(y) - HEAD) // ROW)

    found = [(set(), set()) for _ in transitions]
    for circle in svg.iter("circle"):
        ends = circle.get("class") == "lifecycle-ring"
        found[row(circle.get("cy"))][ends].add(column(circle.get("cx")))
    for arrow in svg.iter("polygon"):
        x, y = arrow.get("points").split()[0].split(",")
        found[row(y)][1].add(column(x))
    labels = [t.text for t in svg.iter("text") if t.get("class") == "lifecycle-action"]
    return list(zip(labels, found, strict=True))


def meant(rule):
    sources = {STATUS_WORDS[s].label for s in rule.sources} or {NOWHERE}
    targets = {STATUS_WORDS[s].label for s in rule.targets} | ({ANEW} if rule.new else set())
    return (rule.button, (sources, targets))


def test_the_picture_is_the_table():
    assert read(TRANSITIONS) == [meant(rule) for rule in TRANSITIONS]


@pytest.mark.parametrize("source", Status)
@pytest.mark.parametrize("target", Status)
def test_whatever_the_table_will_say_can_be_drawn(source, target):
    rule = Transition(
        Action.EDIT, frozenset({source}), (target,), frozenset({Actor.SYSTEM}), "A <b>", "Past"
    )
    assert read([rule]) == [meant(rule)]


def test_every_status_has_its_column():
    assert columns()[1:-1] == [STATUS_WORDS[status].label for status in Status]


def test_the_picture_carries_no_style_or_script_of_its_own():
    text = str(drawn_as(TRANSITIONS, title="x"))
    for word in ("style", "<script", "fill=", "stroke=", " on"):
        assert word not in text.replace(" one", "").replace("on information", ""), word
