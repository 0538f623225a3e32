"""What a publisher's new value means for an accepted change. Pure (product.md §7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from correction_flow.proposals.lifecycle import Standing, What


def standing_after(
    standing: Standing, *, ours: Any, incoming: Any, seen: Sequence[Any]
) -> tuple[Standing, What | None]:
    """The standing of a change after a file was read, and the event that tells of it.

    `ours`: the value that was accepted; `incoming`: the publisher's now; `seen`: the publisher's
    values since the decision, oldest first. Nothing new from the publisher changes nothing.
    """
    if standing is Standing.RETIRED or (seen and incoming == seen[-1]):
        return standing, None
    if incoming == ours:
        return Standing.ADOPTED, What.ADOPTED
    if incoming in seen:
        return Standing.CARRIED, What.CAME_BACK
    return Standing.CONTESTED, What.CONTESTED
