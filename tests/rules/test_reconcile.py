"""What the publisher's new value means for an accepted change (product.md §7)."""

import pytest

from correction_flow.proposals.lifecycle import Standing, What
from correction_flow.proposals.reconcile import standing_after

CARRIED, ADOPTED = Standing.CARRIED, Standing.ADOPTED
CONTESTED, RETIRED = Standing.CONTESTED, Standing.RETIRED

TABLE = {
    "the old value again is carried on": (CARRIED, "old", ["old"], (CARRIED, None)),
    "our value is adopted": (CARRIED, "ours", ["old"], (ADOPTED, What.ADOPTED)),
    "a third value is contested": (CARRIED, "third", ["old"], (CONTESTED, What.CONTESTED)),
    "the field gone is contested": (CARRIED, None, ["old"], (CONTESTED, What.CONTESTED)),
    "a field that was never there is carried on": (CARRIED, None, [None], (CARRIED, None)),
    "adopted and still so": (ADOPTED, "ours", ["old", "ours"], (ADOPTED, None)),
    "the old value came back": (ADOPTED, "old", ["old", "ours"], (CARRIED, What.CAME_BACK)),
    "adopted, then a third value": (
        ADOPTED, "third", ["old", "ours"], (CONTESTED, What.CONTESTED),
    ),
    "contested and still so": (CONTESTED, "third", ["old", "third"], (CONTESTED, None)),
    "contested, then ours": (CONTESTED, "ours", ["old", "third"], (ADOPTED, What.ADOPTED)),
    "contested, then the old value": (
        CONTESTED, "old", ["old", "third"], (CARRIED, What.CAME_BACK),
    ),
    "contested, then a fourth": (
        CONTESTED, "fourth", ["old", "third"], (CONTESTED, What.CONTESTED),
    ),
    "nothing seen yet, and ours": (CARRIED, "ours", [], (ADOPTED, What.ADOPTED)),
    "retired is left alone, whatever comes": (RETIRED, "third", ["old"], (RETIRED, None)),
    "retired is left alone, even by our value": (RETIRED, "ours", ["old"], (RETIRED, None)),
}  # fmt: skip


@pytest.mark.parametrize(("before", "incoming", "seen", "after"), TABLE.values(), ids=TABLE)
def test_the_standing_follows_the_publisher(before, incoming, seen, after):
    assert standing_after(before, ours="ours", incoming=incoming, seen=seen) == after


def test_the_field_we_took_away_is_adopted_when_the_publisher_drops_it():
    after = standing_after(CARRIED, ours=None, incoming=None, seen=["old"])
    assert after == (ADOPTED, What.ADOPTED)
