"""The home page and the page that explains how corrections work."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from sqlalchemy import select

from correction_flow.catalog.listed import listed
from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import item_by_handle
from correction_flow.core.extensions import db
from correction_flow.proposals.lifecycle import STATUS_WORDS, TRANSITIONS, Status
from correction_flow.web.access import public, sees_desk
from correction_flow.web.display import item_lines

pages = Blueprint("help", __name__)
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
    """How a request goes, with the statuses from the lifecycle table."""
    return render_template(
        "help/index.html", statuses=[(s, STATUS_WORDS[s]) for s in Status],
        transitions=TRANSITIONS,
    )  # fmt: skip


@pages.get("/help/policies")
@public
def policies() -> Any:
    """What a correction cannot do, and what can be done instead."""
    return render_template("help/policies.html")
