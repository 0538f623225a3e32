"""How things look in pages: dates, changes, events, items as the templates want them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import repeat
from typing import Any, NamedTuple
from urllib.parse import quote

from flask import Flask, request, url_for
from markupsafe import Markup, escape

from correction_flow.catalog.fields import field
from correction_flow.catalog.listed import ListedItem
from correction_flow.catalog.models import Record
from correction_flow.catalog.queries import ListedReference
from correction_flow.core.clock import LINK_HOURS, utcnow
from correction_flow.core.paging import count_text
from correction_flow.core.settings import setting
from correction_flow.corrections.changes import differences, word_changes
from correction_flow.proposals.kinds import load, rules_of
from correction_flow.proposals.lifecycle import (
    STATUS_WORDS,
    Actor,
    Kind,
    Status,
    What,
    Wording,
    past,
)
from correction_flow.proposals.models import Change, Event, Proposal
from correction_flow.proposals.queries import MOST_EVENTS
from correction_flow.proposals.visitors import CONFIRM_WITHIN

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


PAGES = {"item": "items.show", "series": "archives.series", "archive": "archives.show"}
"""The page of each kind of record, by its noun."""


def item_url(item: Record) -> str:
    """The page of a record."""
    return handle_url(PAGES[item.noun], item.handle)


def named(record: Record) -> dict[str, Any]:
    """How the address of the correction form names what it is about."""
    return {record.noun: record.handle}


class ItemLine(NamedTuple):
    """An item in a list, as components/item.html takes it; only url and title are always there."""

    url: str
    title: str
    authors: str
    source: str | None
    year: int | None
    kind: str
    handle: Markup
    near: str = ""


class ReferenceLine(NamedTuple):
    """A reference in a list, as components/references.html takes it; `n`: its place."""

    id: int
    n: int
    text: str
    url: str | None
    added: bool


def page_url(endpoint: str, **values: str) -> str:
    """As `url_for`, for what many pages have: asked once, for it is always the same."""
    return _page_url(request.script_root, endpoint, **values)


@lru_cache(maxsize=1000)
def _page_url(_root: str, endpoint: str, **values: Any) -> str:
    return url_for(endpoint, **values)


def handle_url(endpoint: str, handle: str, **values: str) -> str:
    """As `url_for`, for a page whose address ends with a handle."""
    return page_url(endpoint, handle="", **values) + quote(handle, safe=_SAFE)


def item_lines(items: Iterable[ListedItem], near: Iterable[str] = repeat("")) -> list[ItemLine]:
    """Items as lists show them; `near`: what stands beneath each."""
    before = page_url("items.show", handle="")
    return [
        ItemLine(
            before + quote(one.handle, safe=_SAFE), one.title or one.handle, one.author_line,
            one.series, one.year, one.kind.value, breakable(one.handle), beneath,
        )
        for one, beneath in zip(items, near, strict=False)
    ]  # fmt: skip


def reference_lines(references: Iterable[ListedReference]) -> list[ReferenceLine]:
    """References as lists show them."""
    before = page_url("items.show", handle="")
    return [
        ReferenceLine(id_, n, text, before + quote(cited, safe=_SAFE) if cited else None, added)
        for id_, n, text, cited, added in references
    ]


_SAFE = "!$&'()*+,/:;=@"
"""What werkzeug leaves as it is in a path (url.spec.whatwg.org)."""


def change_view(change: Change) -> dict[str, Any]:
    """A change as everybody sees it: old → new word by word, and what became of it."""
    rules = rules_of(change.proposal)
    old = rules.text(change, change.before)
    took_effect = change.outcome is not None and change.outcome.took_effect
    shown = change.applied if took_effect else change.new
    new = rules.text(change, shown)
    metadata = change.proposal.kind is Kind.CORRECTION
    return {
        "id": change.id,
        "label": rules.label(change),
        "old": old,
        "new": new,
        "words": word_changes(old, new) if old and new and rules.worded(change) else None,
        "differences": differences(field(change.target), change.before, shown) if metadata else [],
        "about": rules.about(change),
        "outcome": change.outcome.value if change.outcome else None,
        "reason": change.reason,
        "standing": change.standing.value if metadata and change.standing else None,
        "because": change.because.value if change.because else None,
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


def target_words(targets: Iterable[tuple[Kind, str]]) -> list[str]:
    """What changes are about, in a word each, without asking the database; each once."""
    return list(dict.fromkeys(_target_word(kind, target) for kind, target in targets))


def _target_word(kind: Kind, target: str) -> str:
    if kind is Kind.CITATION:
        return "References"
    return "Who wrote it" if kind is Kind.AUTHORSHIP else field(target).label


def event_view(event: Event, *, names: bool = True) -> dict[str, Any]:
    """An event in a timeline; names are for parties only."""
    role = ROLE_WORDS[event.actor_role]
    who = role
    if names and event.actor is not None:
        who = f"{event.actor.name}, {role}"
    facts = event.details or {}
    details = []
    if facts.get("by_the_archive_itself"):
        details.append("Decided by the archive itself: its only maintainer sent this.")
    if facts.get("passed_on"):
        details.append("It passes to the first who supports it.")
    if facts.get("from"):
        day = date_text(datetime.fromisoformat(facts["from"]))
        details.append(f"From {day} a curator may decide, unless the maintainer objects.")
    if facts.get("new"):
        details.append(f"It goes on in {facts['new']}.")
    if facts.get("follows"):
        details.append(f"It follows {facts['follows']}.")
    if names and "before" in facts:
        details += _edited(event.proposal, facts["before"], facts["after"])
    if "reverted" in facts:
        changes = [c for c in event.proposal.changes if c.id in facts["reverted"]]
        details += [f"No longer in effect: {label}." for label in change_labels(changes)]
    details += [f"Left out: {line}." for line in facts.get("left_out", ())]
    return {
        "id": event.id,
        "when": event.at,
        "when_text": time_text(event.at),
        "title": "Looked at again" if "moved" in facts else past(What(event.what)),
        "who": who,
        "note": event.note if names else None,
        "details": details,
        "audience": event.audience.value,
    }


def _edited(
    proposal: Proposal, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]
) -> list[str]:
    """What an edit changed in what is asked for, a sentence for each target."""
    rules = rules_of(proposal)
    changes = {change.target: change for change in proposal.changes}
    was, now = ({one["target"]: one["new"] for one in each} for each in (before, after))
    told = []
    for target in {**was, **now}:
        change = changes.get(target)
        if change is None or (target in was and target in now and was[target] == now[target]):
            continue
        label = rules.label(change)
        old, new = (rules.text(change, each.get(target)) or "(empty)" for each in (was, now))
        if target not in now:
            told.append(f"{label}: no longer asked for (was: {old})")
        elif target not in was:
            told.append(f"{label}: asked for now: {new}")
        else:
            told.append(f"{label}: {new} (was: {old})")
    return told


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


def words_of(status: Status) -> Wording:
    """A status in words, with the times of the settings."""
    words, hours = STATUS_WORDS[status], CONFIRM_WITHIN // timedelta(hours=1)
    sentence = words.sentence.format(hours=hours, days=setting("QUESTION_DAYS"))
    return replace(words, sentence=sentence)


def status_words(proposal: Proposal) -> str:
    """The status for people."""
    return STATUS_WORDS[proposal.status].label


def breakable(handle: str) -> Markup:
    """A handle that may be broken after each colon; pages show dozens of them."""
    return Markup(str(escape(handle)).replace(":", ":<wbr>"))  # noqa: S704 (escaped)


def init_app(app: Flask) -> None:
    """Give the templates their filters."""
    app.jinja_env.filters["breakable"] = breakable
    app.jinja_env.filters.update(date=date_text, time=time_text, ago=ago, count=count_text)
    app.jinja_env.globals.update(
        page_url=page_url, handle_url=handle_url, item_url=item_url, named=named,
        status_words=status_words, most_events=MOST_EVENTS, link_hours=LINK_HOURS,
    )  # fmt: skip
