"""Flask-Security in our house: its mails through our outbox, its pages in our look, our confirming.

Its own confirmation changes something on a GET, so that link leads to our page with a button.
"""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, after_this_request, g, request, session
from flask_security.core import Security
from flask_security.datastore import SQLAlchemyUserDatastore
from flask_security.forms import RegisterFormV2
from flask_security.mail_util import MailUtil
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from correction_flow.accounts import mails
from correction_flow.accounts.models import Role, User
from correction_flow.accounts.operations import first_address
from correction_flow.core import rate
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.text import address_key, digest, plain, squeeze
from correction_flow.core.transaction import transaction
from correction_flow.web import access

_OWN_PATH = re.compile(r"/(?:[^/\\\s][^\\\s]{0,480})?")
"""A path of ours: browsers take `//host` and `/\\host`, also with blanks between, for others."""

REGISTERED_HERE = "registered_here"
"""In the session of the browser that made an account: `made_here` of it."""


def made_here(user: User) -> str:
    """What marks the browser that made this account, and tells nobody else anything."""
    return digest(["made here", user.fs_uniquifier])


class OutboxMails(MailUtil):
    """Flask-Security's mails become rows of our outbox; addresses are lower-cased."""

    def normalize(self, email: str) -> str:
        return super().normalize(email).lower()

    def validate(self, email: str) -> str:
        return super().validate(email).lower()

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: Any,
        sender: Any,
        body: Any,
        html: Any,
        **context: Any,
    ) -> None:
        after_this_request(_keep)  # some of its views change nothing else, and would not commit
        user: User = context["user"]
        template = template.rpartition("/")[2]
        if template == "welcome":
            g.made_account = user
        unconfirmed = template == "welcome_existing" and user.confirmed_at is None
        if unconfirmed or template in ("welcome", "confirmation_instructions"):
            mails.verify_address(first_address(user), next_path=_next_path())
        elif template == "welcome_existing":
            mails.already_registered(user, reset_link=_path(context["reset_link"]))
        elif template == "reset_instructions":
            mails.reset_password(user, link=_path(context["reset_link"]))
        elif template in ("reset_notice", "change_notice"):
            mails.password_changed(user)
        else:
            raise LookupError(f"no mail of ours for {template}")


def _keep(response: Any) -> Any:
    with transaction():
        return response


def _path(link: str) -> str:
    """The path of a link; mails put BASE_URL before it, never the request's Host header."""
    parts = urlsplit(link)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _next_path() -> str:
    wanted = request.form.get("next") or request.args.get("next") or "/"
    return wanted if _OWN_PATH.fullmatch(wanted) else "/"


class RegisterForm(RegisterFormV2):
    """Registration, with the name that item authors are compared with."""

    name = StringField(
        "Your name",
        description="As it stands on your works, like Eva Sørensen.",
        filters=[lambda text: squeeze(plain(text)) if text else text],
        validators=[
            InputRequired("Enter your name as it stands on your works."),
            Length(min=2, max=200, message="Enter a name of 2 to 200 characters."),
        ],
    )

    def to_dict(self, only_user: bool) -> dict[str, Any]:
        values = super().to_dict(only_user)
        if only_user:
            values["created_at"] = utcnow()
        return values


def init_app(app: Flask) -> None:
    """Bind Flask-Security and put our doors before its own."""
    Security(
        app,
        SQLAlchemyUserDatastore(db, User, Role),
        mail_util_cls=OutboxMails,
        register_form=RegisterForm,
    )
    app.view_functions["security.confirm_email"] = _not_by_get
    # Nobody signs in by a token in an address or a header; none is looked for in every request.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]
    app.before_request(_count_tries)
    app.after_request(_remember_browser)


def _not_by_get(**_: Any) -> Any:
    abort(404)


_LIMITED = {
    "security.login": rate.SIGN_IN,
    "security.register": rate.REGISTER,
    "security.forgot_password": rate.MAILED_LINK,
    "security.send_confirmation": rate.MAILED_LINK,
    "security.reset_password": rate.SIGN_IN,
    "security.change_password": rate.SIGN_IN,
}


def _count_tries() -> None:
    """Per network address, and per account address where one is given."""
    if request.blueprint == "security" and (
        request.is_json or request.accept_mimetypes.best == "application/json"
    ):
        abort(415)  # its JSON says whether an address is known, and passes by our limits
    what = _LIMITED.get(str(request.endpoint))
    if what is None or request.method != "POST":
        return
    access.limit(what, rate.network(request.remote_addr))
    email = request.form.get("email", "")
    if email:
        access.limit(what, f"address {address_key(email)[:200]}")


def _remember_browser(response: Any) -> Any:
    """The browser that registered may verify with the button alone (product.md §2).

    Only the account this very request made: one that waited for the same address already has a
    password somebody else may know. Something is remembered either way, so that nothing can be
    learnt from it.
    """
    sent = request.endpoint == "security.register" and request.method == "POST"
    if sent and response.status_code in (302, 303):
        made: User | None = g.pop("made_account", None)
        session[REGISTERED_HERE] = made_here(made) if made else digest(secrets.token_hex())
    return response
