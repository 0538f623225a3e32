"""The home page and the pages that explain how corrections work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template
from sqlalchemy import select

from correction_flow.catalog.fields import AUTHORS, fields_of
from correction_flow.catalog.listed import listed
from correction_flow.catalog.models import Item, Kind
from correction_flow.catalog.queries import item_by_handle
from correction_flow.core.extensions import db
from correction_flow.proposals.lifecycle import (
    STATUS_WORDS,
    TRANSITIONS,
    Actor,
    Status,
    Transition,
)
from correction_flow.web.access import public, sees_desk
from correction_flow.web.diagram import lifecycle_svg
from correction_flow.web.display import item_lines, words_of

pages = Blueprint("help", __name__)
WHO_WORDS = {
    Actor.VISITOR: "a visitor",
    Actor.PROPOSER: "who sent it",
    Actor.SUPPORTER: "who needs it too",
    Actor.DECIDER: "the maintainer",
    Actor.AUTHOR: "an author of the item",
    Actor.CURATOR: "a curator",
    Actor.ADMINISTRATOR: "an administrator",
    Actor.SYSTEM: "Correction Flow by itself",
}
EXAMPLE = "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653"


@pages.get("/")
@public
def home() -> Any:
    """What this is, and what to do next."""
    example = item_by_handle(EXAMPLE) or db.session.scalar(select(Item).order_by(Item.id).limit(1))
    lines = item_lines([listed(example)] if example else [])
    return render_template(
        "help/home.html", desk=sees_desk(),
        example=lines[0]._replace(source=None) if lines else None,
    )  # fmt: skip


@pages.get("/help")
@public
def index() -> Any:
    """How a request goes, and where each question is answered."""
    return render_template("help/index.html")


@pages.get("/help/correct")
@public
def correct() -> Any:
    """What can be corrected, what cannot and why, and who decides."""
    return render_template("help/correct.html", fields=_fields())


@pages.get("/help/requests")
@public
def requests() -> Any:
    """What happens to a request: statuses, deadlines, the lifecycle as picture and table."""
    return render_template(
        "help/requests.html",
        statuses=[(s, words_of(s)) for s in Status],
        actions=[(rule, _who(rule)) for rule in TRANSITIONS],
        status_words_of=STATUS_WORDS,
        picture=lifecycle_svg(TRANSITIONS, title="What leads from which status to which"),
        days=_days(),
    )


@pages.get("/help/policies")
@public
def policies() -> Any:
    """What a correction cannot do, and what can be done instead."""
    return render_template("help/policies.html")


@pages.get("/help/maintainers")
@public
def maintainers() -> Any:
    """For who decides: where the right comes from, what can be decided, the way to the file."""
    return render_template("help/maintainers.html", days=_days())


@pages.get("/help/publishers")
@public
def publishers() -> Any:
    """For who makes the files: they stay theirs, and what we do with them."""
    return render_template("help/publishers.html", days=_days())


@pages.get("/help/privacy")
@public
def privacy() -> Any:
    """Who sees what."""
    return render_template("help/privacy.html")


def _fields() -> list[tuple[str, list[str]]]:
    """What can be corrected, per kind of item, as labels."""
    return [
        (kind.value, [AUTHORS.label, *(field.label for field in fields_of(kind.value))])
        for kind in Kind
    ]


def _who(rule: Transition) -> str:
    """Who can do an action, as a phrase."""
    return ", ".join(WHO_WORDS[actor] for actor in Actor if actor in rule.who)


def _days() -> dict[str, Any]:
    """The deadlines, from the settings."""
    read = current_app.config.get
    return {
        "due": read("DUE_WORKING_DAYS", 10),
        "escalate": read("ESCALATE_WORKING_DAYS", 20),
        "announce": read("ANNOUNCE_WORKING_DAYS", 30),
        "object": read("OBJECT_WORKING_DAYS", 7),
        "question": read("QUESTION_DAYS", 30),
        "reminders": list(read("QUESTION_REMINDERS", (7, 21))),
        "appeal": read("APPEAL_DAYS", 60),
        "undo": f"{read('UNDO_MINUTES', 5):g}",
    }
