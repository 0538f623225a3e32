"""Which item authors may be a person: look-ups of bounded size, and what the rules say of them.

Names are found by whole keys and by first letter and last word; nothing reads a large table, and
nobody's name, however common, is looked at more than MOST times. Claimed and vanished ones are
left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, cast, exists, func, literal_column, select, text, union_all

from correction_flow.accounts.models import AuthorProfile
from correction_flow.accounts.queries import verified_keys
from correction_flow.catalog.models import INITIAL_OF_NAME, Item, ItemAuthor
from correction_flow.claims.certainty import (
    Known,
    Printed,
    Rival,
    Suggestion,
    judged,
    rivals_of,
)
from correction_flow.claims.names import (
    How,
    compare,
    keys_of,
    shared_initial,
    shared_initials,
)
from correction_flow.core.bulk import among
from correction_flow.core.extensions import db

EACH, MOST = 1000, 2000
"""Item authors looked at under one name key, and in all; where there are more, EACH are offered."""
NAMES_AROUND = 500
"""Different names with the same initial and family name that are looked at."""
MOST_RIVALS = 3
"""Others with the same initial and family name of whom it is asked where they publish."""
CLAIMED = 500
"""Claimed items whose co-authors and series count as signs; the latest."""
_AT_ONCE = 20
_AUTHORS, _ITEMS = ItemAuthor.__table__, Item.__table__
_FREE = (_AUTHORS.c.profile_id.is_(None), _AUTHORS.c.vanished_at.is_(None))
_NEXT = "SELECT min(name_key) FROM item_authors WHERE " + INITIAL_OF_NAME + " = :initial"  # noqa: S608
_AROUND = text(  # from one name to the next along the index, however often each is printed
    f"WITH RECURSIVE around(name_key) AS ({_NEXT} UNION ALL "  # noqa: S608
    f"SELECT ({_NEXT} AND name_key > around.name_key) FROM around WHERE name_key IS NOT NULL) "
    "SELECT name_key FROM around WHERE name_key IS NOT NULL LIMIT :most"
)


def suggestions(
    names: Sequence[str], *, addresses: Iterable[str] = (), profile: AuthorProfile | None = None
) -> list[Suggestion]:
    """The item authors that may be this person, grouped by reason, exact ones first.

    `addresses`: keys of verified ones. What the profile owns already tells co-authors and series.
    """
    owned = _owned(profile) if profile else []
    known = _known(names, addresses, profile, owned)
    around, crowded = _names_around(names)
    keys = _keys(names, around)
    rows, more = _printed(keys, known)
    mine = set(owned)
    rows = [row for row in rows if row.item_id not in mine]
    others = None if crowded else rivals_of(names, around)
    places = _places(others) if others and len(others) <= MOST_RIVALS else {}
    return judged(known, rows, others, places=places, common=more)


def suggestions_for(profile: AuthorProfile) -> list[Suggestion]:
    """Those for an author profile: by every form of its name, and its user's verified addresses."""
    addresses = verified_keys(profile.user) if profile.user else []
    return suggestions(profile.names, addresses=addresses, profile=profile)


def _known(
    names: Sequence[str],
    addresses: Iterable[str],
    profile: AuthorProfile | None,
    owned: Sequence[int],
) -> Known:
    series: set[int] = set()
    co_authors: set[str] = set()
    if profile is not None and owned:
        query = select(_ITEMS.c.series_id).where(among(_ITEMS.c.id, owned)).distinct()
        series = set(db.session.scalars(query))
        rows = db.session.execute(
            select(_AUTHORS.c.name_key, _AUTHORS.c.profile_id).where(
                among(_AUTHORS.c.item_id, owned), _AUTHORS.c.vanished_at.is_(None)
            )
        )
        co_authors = {shared_initial(row.name_key) for row in rows if row.profile_id != profile.id}
    return Known(tuple(names), frozenset(addresses), frozenset(co_authors), frozenset(series))


def _owned(profile: AuthorProfile) -> list[int]:
    return list(
        db.session.scalars(
            select(_AUTHORS.c.item_id)
            .where(_AUTHORS.c.profile_id == profile.id)
            .order_by(_AUTHORS.c.id.desc())
            .limit(CLAIMED)
        )
    )


def _names_around(names: Sequence[str]) -> tuple[list[str], bool]:
    """Different name keys with the same initial and family name; whether there are more."""
    found: dict[str, None] = {}
    crowded = False
    for initial in shared_initials(names):
        some = db.session.scalars(_AROUND, {"initial": initial, "most": NAMES_AROUND}).all()
        crowded |= len(some) == NAMES_AROUND
        found |= dict.fromkeys(some)
    return list(found), crowded


def _places(others: Sequence[Rival]) -> dict[str, set[int]]:
    """In which series the others stand, as far as EACH of their names say."""
    found: dict[str, set[int]] = defaultdict(set)
    inner = (
        select(_AUTHORS.c.name_key, _AUTHORS.c.item_id)
        .where(among(_AUTHORS.c.name_key, [rival.key for rival in others]))
        .limit(EACH)
        .subquery()
    )
    query = select(inner.c.name_key, _ITEMS.c.series_id).join_from(
        inner, _ITEMS, _ITEMS.c.id == inner.c.item_id
    )
    count = 0
    for key, series_id in db.session.execute(query):
        found[key].add(series_id)
        count += 1
    return dict(found) if count < EACH else {}


def _keys(names: Sequence[str], around: Sequence[str]) -> list[str]:
    """The name keys to read, the closest first; those that nobody has are left out."""
    fitting = {key: fit.how for key in around if (fit := compare(names, key))}
    asked = [key for key in keys_of(names) if key not in fitting]
    fitting |= dict.fromkeys(_there(asked), How.INITIALS)
    return sorted(fitting, key=lambda key: fitting[key])


def _there(keys: Sequence[str]) -> list[str]:
    """Those of the keys that an item author has."""
    if not keys:
        return []
    if db.engine.dialect.name == "sqlite":
        values = func.json_each(json.dumps(list(keys))).table_valued("value")
    else:
        values = func.unnest(cast(list(keys), ARRAY(Text))).table_valued("value").render_derived()
    return list(
        db.session.scalars(
            select(values.c.value).where(exists().where(_AUTHORS.c.name_key == values.c.value))
        )
    )


def _printed(keys: Sequence[str], known: Known) -> tuple[list[Printed], bool]:
    """Free item authors with these keys or addresses, and whether some were left out."""
    ids: dict[int, None] = {}
    more = False
    if known.addresses:
        query = select(_AUTHORS.c.id).where(
            among(_AUTHORS.c.email_key, known.addresses), _AUTHORS.c.email_key.is_not(None)
        )
        ids |= dict.fromkeys(db.session.scalars(query.order_by(_AUTHORS.c.email_key).limit(EACH)))
    for start in range(0, len(keys), _AT_ONCE):
        left = MOST - len(ids)
        if left <= 0:
            more = True
            break
        each = min(EACH, left)
        parts = [
            select(
                select(_AUTHORS.c.id, literal_column(str(n)).label("n"))
                .where(_AUTHORS.c.name_key == key, *_FREE)
                .order_by(_AUTHORS.c.id)
                .limit(each)
                .subquery()
            )
            for n, key in enumerate(keys[start : start + _AT_ONCE])
        ]
        counts: dict[int, int] = defaultdict(int)
        for row in sorted(db.session.execute(union_all(*parts)), key=lambda row: (row.n, row.id)):
            counts[row.n] += 1
            if len(ids) < MOST:
                ids[row.id] = None
            else:
                more = True
        more |= any(count == EACH for count in counts.values())
    # Of a name that more bear than are looked at only the closest are offered (repec.md §4.5),
    # and nothing is certain without known co-authors.
    taken = list(ids)[:EACH] if more else list(ids)
    return _read(taken, with_others=not more or bool(known.co_authors)), more


def _read(ids: Sequence[int], *, with_others: bool) -> list[Printed]:
    rows: list[Any] = list(
        db.session.execute(
            select(
                _AUTHORS.c.id, _AUTHORS.c.item_id, _ITEMS.c.series_id, _AUTHORS.c.role,
                _AUTHORS.c.name, _AUTHORS.c.name_key, _AUTHORS.c.email_key,
            )
            .join_from(_AUTHORS, _ITEMS, _ITEMS.c.id == _AUTHORS.c.item_id)
            .where(among(_AUTHORS.c.id, ids), _ITEMS.c.vanished_at.is_(None), *_FREE)
            .order_by(_AUTHORS.c.id)
        )
    )  # fmt: skip
    beside = _beside({row.item_id for row in rows}) if with_others else {}
    return [
        Printed(
            row.id, row.item_id, row.series_id, str(row.role), row.name, row.name_key,
            row.email_key, frozenset(n for id_, n in beside.get(row.item_id, ()) if id_ != row.id),
        )
        for row in rows
    ]  # fmt: skip


def _beside(items: Iterable[int]) -> dict[int, list[tuple[int, str]]]:
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    query = select(_AUTHORS.c.item_id, _AUTHORS.c.id, _AUTHORS.c.name_key).where(
        among(_AUTHORS.c.item_id, items), _AUTHORS.c.vanished_at.is_(None)
    )
    for item_id, id_, key in db.session.execute(query):
        found[item_id].append((id_, shared_initial(key)))
    return found
