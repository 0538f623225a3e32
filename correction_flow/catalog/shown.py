"""What is shown: what the publisher says, with what we carry on top. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from correction_flow.catalog.record import Record


def shown(upstream: Mapping[str, Any], carried: Mapping[str, Any]) -> Record:
    """The record with every carried value in its place; a carried None takes a field away.

    `carried`: field name → approved value (the `applied` of changes whose standing is carried).
    """
    record = {**upstream, **carried}
    return {name: value for name, value in record.items() if value not in (None, "", [], {})}
