"""How things look in pages: dates, changes, events, items as the templates want them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Flask, url_for
from markupsafe import Markup, escape

from correction_flow.catalog.models import Item
from correction_flow.core.clock import utcnow
from correction_flow.core.paging import count_text
from correction_flow.corrections.changes import word_changes
from correction_flow.proposals.kinds import load, rules_of
from correction_flow.proposals.lifecycle import STATUS_WORDS, Actor, Kind, What, past
from correction_flow.proposals.models import Change, Event, Proposal

ROLE_WORDS = {
    Actor.DECIDER: "the maintainer",
    Actor.CURATOR: "a RePEc curator",
    Actor.PROPOSER: "the proposer",
    Actor.SYSTEM: "Correction Flow",
    Actor.SUPPORTER: "a supporter",
    Actor.AUTHOR: "an author",
    Actor.VISITOR: "a visitor",
    Actor.ADMINISTRATOR: "an administrator",
}


def date_text(moment: datetime | None) -> str:
    """A day for people: 3 July 2026."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def time_text(moment: datetime | None) -> str:
    """A day and an hour, in UTC: 3 July 2026, 14:05 UTC."""
    return f"{date_text(moment)}, {moment:%H:%M} UTC" if moment else ""


def ago(moment: datetime | None) -> str:
    """How long ago, roughly."""
    if moment is None:
        return ""
    seconds = (utcnow() - moment).total_seconds()
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        n = int(seconds // size)
        if n >= 1:
            return f"{n} {name}{'s' if n > 1 else ''} ago"
    return "just now"


def item_url(item: Item) -> str:
    """The item's page."""
    return url_for("items.show", handle=item.handle)


def item_view(item: Item) -> dict[str, Any]:
    """An item in a list."""
    return {
        "title": item.title or item.handle,
        "url": item_url(item),
        "authors": item.author_line,
        "source": item.series.name,
        "year": item.year,
        "kind": item.kind.value,
        "handle": item.handle,
    }


def change_view(change: Change) -> dict[str, Any]:
    """A change as everybody sees it: old → new word by word, and what became of it."""
    rules = rules_of(change.proposal)
    old = rules.text(change, change.old)
    wanted = rules.text(change, change.new)
    new = rules.text(change, change.applied) if change.applied is not None else wanted
    metadata = change.proposal.kind is Kind.CORRECTION
    return {
        "id": change.id,
        "label": rules.label(change),
        "old": old,
        "new": new,
        "words": word_changes(old, new) if metadata and old and new else None,
        "about": rules.about(change),
        "outcome": change.outcome.value if change.outcome else None,
        "reason": change.reason,
        "standing": change.standing.value if metadata and change.standing else None,
        "warnings": [],
    }


def change_views(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Several changes as everybody sees them; what they name is loaded at once."""
    held = load(changes)
    views = [change_view(change) for change in changes]
    held.clear()
    return views


def change_labels(changes: Sequence[Change]) -> list[str]:
    """What these changes are about, each once."""
    held = load(changes)
    labels = dict.fromkeys(rules_of(change.proposal).label(change) for change in changes)
    held.clear()
    return list(labels)


def event_view(event: Event, *, names: bool = True) -> dict[str, Any]:
    """An event in a timeline; names are for parties only."""
    role = ROLE_WORDS[event.actor_role]
    who = role
    if names and event.actor is not None:
        who = f"{event.actor.name}, {role}"
    details = []
    if (event.details or {}).get("by_the_archive_itself"):
        details.append("Decided by the archive itself: its only maintainer sent this.")
    if (event.details or {}).get("passed_on"):
        details.append("It passes to the first who supports it.")
    details += [f"Left out: {line}." for line in (event.details or {}).get("left_out", ())]
    return {
        "when": event.at,
        "when_text": time_text(event.at),
        "title": past(What(event.what)),
        "who": who,
        "note": event.note if names else None,
        "details": details,
        "audience": event.audience.value,
    }


def history_entries(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Public events with the changes that were accepted in them; no names."""
    accepted = {event.id: set((event.details or {}).get("accepted", ())) for event in events}
    changes = [c for e in events for c in e.proposal.changes if c.id in accepted[e.id]]
    views = {view["id"]: view | {"reason": None} for view in change_views(changes)}
    return [
        event_view(event, names=False)
        | {
            "changes": [views[c.id] for c in event.proposal.changes if c.id in accepted[event.id]],
            "number": event.proposal.number,
        }
        for event in events
    ]


def status_words(proposal: Proposal) -> str:
    """The status for people."""
    return STATUS_WORDS[proposal.status].label


def breakable(handle: str) -> Markup:
    """A handle that may be broken after each colon; pages show dozens of them."""
    return Markup(escape(handle).replace(":", Markup(":<wbr>")))  # noqa: S704 (escaped)


def init_app(app: Flask) -> None:
    """Give the templates their filters."""
    app.jinja_env.filters["breakable"] = breakable
    app.jinja_env.filters.update(date=date_text, time=time_text, ago=ago, count=count_text)
    app.jinja_env.globals.update(item_url=item_url, status_words=status_words)
