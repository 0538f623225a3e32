"""The first run's mailbox: every mail that would have been sent, and when the others leave.

Not registered in production.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request
from sqlalchemy import select

from correction_flow.core.errors import NotFound
from correction_flow.core.extensions import db
from correction_flow.core.outbox import OutgoingMail
from correction_flow.core.paging import PAGE_SIZE, Page, cursor, read_cursor
from correction_flow.web.access import public

pages = Blueprint("mailbox", __name__)


@pages.get("/mailbox")
@public
def index() -> Any:
    """The mails, the latest first."""
    last = read_cursor(request.args.get("after"), 1)
    query = select(OutgoingMail).order_by(OutgoingMail.id.desc()).limit(PAGE_SIZE + 1)
    if last is not None and isinstance(last[0], int):
        query = query.where(OutgoingMail.id < last[0])
    rows = list(db.session.scalars(query))
    older = cursor(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else None
    return render_template("mailbox/index.html", page=Page(rows[:PAGE_SIZE], older=older))


@pages.get("/mailbox/<int(max=2147483647):mail_id>")
@public
def show(mail_id: int) -> Any:
    """One mail as its receiver reads it."""
    return render_template("mailbox/show.html", mail=_mail(mail_id))


@pages.get("/mailbox/<int(max=2147483647):mail_id>/html")
@public
def as_html(mail_id: int) -> Any:
    """Its HTML part alone, in a sandbox: mails may carry styles, pages may not."""
    response = Response(_mail(mail_id).html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "sandbox allow-popups allow-top-navigation-by-user-activation; default-src 'none'; "
        "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
    )
    return response


def _mail(mail_id: int) -> OutgoingMail:
    mail = db.session.get(OutgoingMail, mail_id)
    if mail is None:
        raise NotFound("There is no such mail.")
    return mail
