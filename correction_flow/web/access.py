"""Who gets in: every page states its rule, and what has none is not served.

Also what holds for every answer: security headers, and on SQLite the write lock for POSTs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_login import current_user
from flask_security import url_for_security
from werkzeug.middleware.proxy_fix import ProxyFix

from correction_flow.accounts.models import User
from correction_flow.catalog.models import Archive, Item
from correction_flow.catalog.queries import item_by_handle, maintains, maintains_whole
from correction_flow.core import rate
from correction_flow.core.database import expect_no_write, expect_write
from correction_flow.core.errors import NotAllowed, NotFound, NotSignedIn
from correction_flow.core.extensions import db
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.policy import DESK_PARTS, parts_of
from correction_flow.proposals.queries import desks_of, proposal_by_number

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC = "public"
SIGNED_IN = "signed in"
_OPEN_BLUEPRINTS = {"security", "bootstrap", None}


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Everybody may see this page."""
    return _with_rule(view, PUBLIC)


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Only people with an account; others get the sign-in page with the way back."""
    return _with_rule(view, SIGNED_IN)


def _with_rule(view: Callable[P, R], rule: str) -> Callable[P, R]:
    view.access = rule  # type: ignore[attr-defined]
    return view


def me() -> User:
    """The signed-in person."""
    if not current_user.is_authenticated:
        raise NotSignedIn("Sign in to see this page.")
    return cast(User, current_user._get_current_object())


def me_or_none() -> User | None:
    """The signed-in person, if any."""
    return me() if current_user.is_authenticated else None


def the_item(handle: str) -> Item:
    """The item of that handle, for every page that has it in its address."""
    item = item_by_handle(handle)
    if item is None:
        raise NotFound(f"There is no item {handle[:200]} in the catalogue.")
    return item


def party(number: str) -> Proposal:
    """The proposal, for its parties; to everybody else it does not exist."""
    user = me()
    proposal = proposal_by_number(number)
    if proposal is None or not parts_of(user, proposal):
        raise NotFound("There is no such request, or it is not yours to see.")
    return proposal


def case(number: str) -> Proposal:
    """The proposal, for those at the desk."""
    proposal = party(number)
    if not parts_of(me(), proposal) & DESK_PARTS:
        raise NotAllowed("Only those who decide see the desk. Your request has a page of its own.")
    return proposal


def sees_desk() -> bool:
    """Whether the person decides anywhere; the link in the header is shown by it."""
    if not current_user.is_authenticated:
        return False
    if "sees_desk" not in g:
        user = me()
        g.sees_desk = user.is_curator or bool(desks_of(user))
    return bool(g.sees_desk)


def sees_problems(archive: Archive) -> bool:
    """Whether the person can do something about what is wrong in an archive's files."""
    user = me_or_none()
    if user is None:
        return False
    return user.is_curator or user.is_administrator or maintains(user, archive)


def sets_archive(archive: Archive) -> bool:
    """Whether the person says how requests about the whole archive are dealt with."""
    user = me_or_none()
    return user is not None and (user.is_administrator or maintains_whole(user, archive))


def limit(what: rate.Limit, who: str | None = None) -> None:
    """Count a try of this person (or of `who`). Raises TooMany."""
    user = me_or_none()
    rate.count(what, who or (f"user {user.id}" if user else rate.network(request.remote_addr)))


def init_app(app: Flask) -> None:
    """Put the rules around every request."""
    if app.config["PROXIES"]:
        n = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    app.before_request(_before)
    app.after_request(_headers)
    app.teardown_request(_after)
    app.context_processor(
        lambda: {"may_see_desk": sees_desk(), "mailbox_on": not app.config["PRODUCTION"]}
    )


def _before() -> Any:
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        g.write_token = expect_write()
    if "\0" in request.path or any("\0" in text for text in request.args.values()):
        raise NotFound("There is no such page.")  # and no database has it
    if request.endpoint in (None, "static", "bootstrap.static"):
        return None
    blueprint = request.blueprint
    if blueprint in _OPEN_BLUEPRINTS:
        return None
    rule = getattr(current_app.view_functions[str(request.endpoint)], "access", None)
    if rule is None:
        raise NotFound("There is no such page.")
    if rule == SIGNED_IN and not current_user.is_authenticated:
        return to_sign_in()
    return None


def to_sign_in() -> Any:
    """The sign-in page, with the way back here; the same whether the thing exists or not."""
    if request.method != "GET":
        raise NotSignedIn("You are not signed in any more. Sign in, then send this again.")
    back = request.full_path.rstrip("?")
    return redirect(url_for_security("login", next=back) if back != "/" else url_for("help.home"))


def _headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'",
    )
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if current_app.config["SESSION_COOKIE_SECURE"]:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if current_user and current_user.is_authenticated:
        headers.setdefault("Cache-Control", "no-store")
    return response


def _after(_error: BaseException | None) -> None:
    token = g.pop("write_token", None)
    if token is not None:
        db.session.remove()
        expect_no_write(token)
