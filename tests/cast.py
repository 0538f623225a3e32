"""The fixed cast: Alice proposes, Bob is her co-author, Mara maintains the archive, Otto another
one, Cora curates, Ada administers, Stella is a stranger to everything."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import Context
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from correction_flow.accounts import operations as accounts
from correction_flow.accounts.models import RoleName, User
from correction_flow.accounts.queries import account_of
from correction_flow.catalog.models import Item
from correction_flow.catalog.queries import authors_of, item_by_handle, references_of
from correction_flow.core import clock
from correction_flow.core.extensions import db
from correction_flow.core.outbox import OutgoingMail
from correction_flow.core.transaction import transaction
from tests.makers import import_tree

PASSWORD = "correct horse battery"
ITEM = "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653"
CITED = "RePEc:gam:jadmsc:v:1:y:2018:p:1-9"
OTHER = "RePEc:taf:rpxmxx:v:21:y:2019:i:1:p:1-11"
UNDESCRIBED = "RePEc:gam:nosuch:1"
PEOPLE = {
    "alice": ("Alice Torfing", None),
    "bob": ("Bob Sørensen", None),
    "mara": ("Mara Maintainer", None),
    "otto": ("Otto Other", None),
    "cora": ("Cora Curator", RoleName.CURATOR),
    "ada": ("Ada Administrator", RoleName.ADMINISTRATOR),
    "stella": ("Stella Stranger", None),
}


class Cast:
    """People with accounts, and a small catalogue whose archive gam is Mara's and taf Otto's."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    @staticmethod
    def enter() -> None:
        """Import the catalogue and make the accounts, in an empty database at head."""
        import_tree()
        with transaction():
            for name, (full_name, role) in PEOPLE.items():
                user = accounts.create_user(
                    name=full_name,
                    email=f"{name}@example.org",
                    password_hash=PASSWORD,
                    verified=True,
                )
                if role is not None:
                    accounts.give_role(user, role)

    def user(self, name: str) -> User:
        """One of the cast, in the current session."""
        user = account_of(f"{name}@example.org")
        assert user is not None, name
        return user

    def item(self, handle: str = ITEM) -> Item:
        """An item, in the current session."""
        item = item_by_handle(handle)
        assert item is not None, handle
        return item

    def item_author(self, n: int = 0) -> Any:
        """The n-th printed name of the item."""
        return authors_of(self.item())[n]

    def reference(self, n: int = 0) -> Any:
        """The n-th reference of the item."""
        return references_of(self.item())[n]

    def client(self, name: str | None = None) -> Browser:
        """A browser, signed in as one of the cast, or nobody's."""
        browser = Browser(self.app.test_client())
        if name is not None:
            browser.sign_in(f"{name}@example.org")
        return browser

    def mails(self, name: str | None = None, folder: str | None = None) -> list[OutgoingMail]:
        """The mails in the outbox to one of the cast, oldest first."""
        db.session.rollback()
        query = select(OutgoingMail).order_by(OutgoingMail.id)
        if name is not None:
            query = query.where(OutgoingMail.to_key == f"{name}@example.org")
        if folder is not None:
            query = query.where(OutgoingMail.name == folder)
        return list(db.session.scalars(query))


class Browser:
    """A test client that fills in forms as they stand on the page, hidden fields included."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **kwargs: Any) -> Any:
        """Open a page."""
        return self._outside(self.client.get, path, **kwargs)

    def send(self, path: str, data: dict[str, str], came_from: str = "") -> Any:
        """Send exactly these values, from a page that says so."""
        headers = {"Referer": came_from} if came_from else {}
        return self._outside(self.client.post, path, data=data, headers=headers)

    def _outside(self, request: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Make the request as if from elsewhere: the test's own context would be shared with it,
        and with it the signed-in user and the session."""
        db.session.rollback()
        moment = clock.utcnow() if clock._frozen.get() else None
        context = Context()
        if moment is not None:
            context.run(clock._frozen.set, moment)
        return context.run(request, *args, **kwargs)

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        """Sign in through the page."""
        answer = self.submit("/login", {"email": email, "password": password}, action="/login")
        assert answer.status_code in (302, 303), answer.text
        return answer

    def submit(self, page: str, values: dict[str, str], *, action: str | None = None) -> Any:
        """Open `page`, take the form whose action contains `action`, fill it in and send it."""
        html = self.get(page).text
        target, fields = form_on(html, action)
        return self.send(target or page, {**fields, **values})

    def post(
        self,
        path: str,
        values: dict[str, str] | None = None,
        *,
        token: bool = True,
        came_from: str = "",
    ) -> Any:
        """Send values without looking at a form; with a CSRF token of this session."""
        data = dict(values or {})
        if token:
            data["csrf_token"] = self.token()
        return self.send(path, data, came_from)

    def token(self) -> str:
        """A CSRF token of this session."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/login").text)
        if found is None:
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/account").text)
        assert found is not None
        return found[1]


def form_on(html: str, action: str | None) -> tuple[str | None, dict[str, str]]:
    """The action of the (first fitting) POST form in a page, and its fields as a browser sends
    them."""
    from html.parser import HTMLParser

    forms: list[dict[str, Any]] = []

    class Reader(HTMLParser):
        textarea: str | None = None
        select_name: str | None = None

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            values = {k: v if v is not None else "" for k, v in attributes}
            if tag == "form":
                forms.append({"attributes": values, "fields": {}})
            if not forms or "closed" in forms[-1]:
                return
            name = values.get("name")
            if tag == "select" and name:
                self.select_name = name
            if tag == "option" and self.select_name and "selected" in values:
                forms[-1]["fields"][self.select_name] = values.get("value", "")
            if tag == "textarea" and name:
                self.textarea = name
                forms[-1]["fields"][name] = ""
            if tag == "input" and name:
                kind = values.get("type", "text")
                if kind in ("radio", "checkbox") and "checked" not in values:
                    return
                if kind not in ("submit", "button"):
                    forms[-1]["fields"][name] = values.get("value", "")

        def handle_data(self, data: str) -> None:
            if self.textarea:
                forms[-1]["fields"][self.textarea] += data

        def handle_endtag(self, tag: str) -> None:
            if tag == "textarea" and self.textarea:
                fields = forms[-1]["fields"]
                fields[self.textarea] = fields[self.textarea].removeprefix("\n")
                self.textarea = None
            if tag == "select":
                self.select_name = None
            if tag == "form" and forms:
                forms[-1]["closed"] = True

    Reader().feed(html)
    for form in forms:
        attributes = form["attributes"]
        if attributes.get("method", "get").lower() != "post":
            continue
        if action is None and "/logout" in attributes.get("action", ""):
            continue
        if action is None or action in attributes.get("action", ""):
            return attributes.get("action") or None, form["fields"]
    raise AssertionError(f"no form with action {action} on this page:\n{html[:3000]}")
