"""Every error as a page: what happened, the remedy, and what the user had typed, to copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from flask import Flask, current_app, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from correction_flow.core.errors import DomainError, NotSignedIn
from correction_flow.core.extensions import db

SECRET = ("password", "csrf_token", "token")
_TITLES = {
    400: ("The form was not complete", "Go back, reload the page, and send it again."),
    401: ("Please sign in", None),
    403: ("You may not do this", None),
    404: ("Not found", "Check the address, or search for the title, an author or a handle."),
    405: ("This cannot be opened like that", "Use the button on the page."),
    413: ("That is too much at once", "Send at most 1,000,000 characters in one form."),
    429: ("Too many at once", None),
    500: ("Something broke here", "It was noted. Nothing of yours was half stored."),
}


def init_app(app: Flask) -> None:
    """Answer every error with our page."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(IntegrityError, _faster)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def typed() -> list[tuple[str, str]]:
    """What stood in the form, with readable names; never secrets."""
    try:
        items = list(request.form.items(multi=True))
    except HTTPException:  # the form itself was too large to read
        return []
    return [
        (name.replace("_", " ").replace("-", " ").capitalize(), text)
        for name, text in items
        if text.strip() and not any(word in name.lower() for word in SECRET) and len(text) > 2
    ]


def page(
    status: int,
    title: str,
    message: str,
    remedy: str | None = None,
    back_url: str | None = None,
    bare: bool = False,
) -> Any:
    """The error page."""
    return (
        render_template(
            "errors/error.html",
            status=status,
            title=title,
            message=message,
            remedy=remedy,
            typed=typed() if request.method == "POST" else [],
            back_url=back_url,
            bare=bare,
        ),
        status,
    )


def _domain(error: DomainError) -> Any:
    db.session.rollback()
    if isinstance(error, NotSignedIn) and request.method == "GET":
        from correction_flow.web.access import to_sign_in

        return to_sign_in()
    return page(error.status, error.title, str(error), back_url=_back())


def _csrf(error: CSRFError) -> Any:
    return page(
        400,
        "This page was open for too long",
        "Nothing was sent, because the page could no longer prove that it is yours.",
        "Copy what you wrote, go back, reload the page, and send it again.",
        back_url=_back(),
    )


def _faster(error: IntegrityError) -> Any:
    db.session.rollback()
    return page(
        409,
        "Somebody was faster",
        "The same thing was stored in the same moment by somebody else. Nothing was written.",
        "Reload the page to see what it looks like now.",
        back_url=_back(),
    )


def _away(error: OperationalError) -> Any:
    db.session.rollback()
    return page(
        503,
        "The database is busy",
        "Nothing was written.",
        "Please send it again in a moment.",
        bare=True,
    )


def _http(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error
    title, remedy = _TITLES.get(code, ("This did not work", None))
    message = {
        404: "There is no such page, or it is not yours to see.",
        413: "What you sent is larger than a form may be.",
    }.get(code, error.description or title)
    return page(code, title, message, remedy, back_url=_back(unsent=code == 405))


def _unexpected(error: Exception) -> Any:
    db.session.rollback()
    current_app.logger.exception("%s %s", request.method, request.path)
    if current_app.testing:
        raise error
    title, remedy = _TITLES[500]
    return page(500, title, "The people who run this have been told.", remedy, bare=True)


def _back(*, unsent: bool = False) -> str | None:
    """Where *Go back* leads: the page the form stood on, else the nearest page above.

    `unsent`: also where no form was sent.
    """
    if request.method != "POST" and not unsent:
        return None
    for path, query in (*_came_from(), *_above()):
        if _is_page(path):
            return request.script_root + path + (f"?{query}" if query else "")
    return None


def _came_from() -> Iterator[tuple[str, str]]:
    """Path and query of the page that says it sent this form, if it is one of ours."""
    try:
        came = urlsplit(request.referrer or "")
    except ValueError:  # brackets around what is no address
        return
    root = request.script_root
    if f"{came.scheme}://{came.netloc}/" == request.host_url and came.path.startswith(f"{root}/"):
        yield came.path.removeprefix(root), came.query


def _above() -> Iterator[tuple[str, str]]:
    """The path that was asked for, and those above it but the first page of all."""
    path = quote(request.path, safe="/:")
    yield path, request.query_string.decode("utf-8", "replace")
    path = path.rstrip("/")
    while path := path.rpartition("/")[0]:
        yield path, ""


def _is_page(path: str) -> bool:
    """Whether there is something to see, and no address that browsers take for another host."""
    addresses = current_app.create_url_adapter(request)
    if addresses is None or path.startswith(("//", "/\\")):
        return False
    try:
        addresses.match(unquote(path), method="GET")
    except HTTPException as error:
        return isinstance(error, RequestRedirect)
    return True
