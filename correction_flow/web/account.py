"""One's own account: addresses, and the button that verifies one."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from flask_security.utils import hash_password, login_user, logout_user, verify_password
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import Email, EqualTo, InputRequired, Length, Optional

from correction_flow.accounts import leaving, operations, tokens
from correction_flow.accounts.models import Address, User
from correction_flow.accounts.queries import account_of, user_by_address
from correction_flow.catalog.queries import archives_of
from correction_flow.core import rate
from correction_flow.core.errors import Conflict, Invalid, NotFound, WrongStatus
from correction_flow.core.extensions import db
from correction_flow.core.text import address_key
from correction_flow.core.transaction import transaction
from correction_flow.proposals.leaving import open_requests
from correction_flow.web.access import limit, me, public, signed_in
from correction_flow.web.security import REGISTERED_HERE, made_here

pages = Blueprint("account", __name__)


class AddressForm(FlaskForm):  # type: ignore[misc]
    """One more address."""

    address = EmailField(
        "Another address of yours",
        description="We send a link to it. Publishers’ files name their maintainers by address.",
        validators=[
            InputRequired("Enter an address, like name@university.edu."),
            Email("Enter an address, like name@university.edu."),
            Length(max=120, message="Enter an address of at most 120 characters."),
        ],
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """A first or new password, set together with pressing the button."""

    password = PasswordField(
        "New password",
        description="At least ten characters.",
        validators=[
            InputRequired("Choose a password of at least ten characters."),
            Length(min=10, max=200, message="Choose a password of at least ten characters."),
        ],
        render_kw={"autocomplete": "new-password"},
    )
    password_again = PasswordField(
        "The password again",
        validators=[EqualTo("password", "The two passwords differ. Enter the same one twice.")],
        render_kw={"autocomplete": "new-password"},
    )


class NewAccountForm(PasswordForm):
    """The same for an address without an account."""

    name = StringField(
        "Your name",
        validators=[
            InputRequired("Enter your name."),
            Length(min=2, max=200, message="Enter a name of 2 to 200 characters."),
        ],
    )


class ButtonForm(FlaskForm):  # type: ignore[misc]
    """Only the button, and the token against forged requests."""

    confirm = StringField(validators=[Optional()])


class EraseForm(FlaskForm):  # type: ignore[misc]
    """The password, so that nobody erases an account that was left open on a screen."""

    password = PasswordField(
        "Your password",
        validators=[InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )


@pages.get("/account")
@signed_in
def show() -> Any:
    """One's addresses."""
    return render_template("account/show.html", form=AddressForm(), user=me())


@pages.post("/account/addresses")
@signed_in
def add_address() -> Any:
    """Add an address; the mail with the link goes to it."""
    limit(rate.MAILED_LINK)
    form = AddressForm()
    if not form.validate_on_submit():
        return render_template("account/show.html", form=form, user=me()), 422
    try:
        with transaction():
            operations.add_address(me(), form.address.data)
    except Invalid as error:
        form.address.errors = [str(error)]
        return render_template("account/show.html", form=form, user=me()), 422
    flash("If the address is not yours already, a mail with a link is on its way.", "success")
    return redirect(url_for("account.show"), 303)


@pages.post("/account/addresses/<int(max=2147483647):address_id>/remove")
@signed_in
def remove_address(address_id: int) -> Any:
    """Give up an address and the rights that come from it."""
    with transaction():
        operations.remove_address(me(), address_id)
    return redirect(url_for("account.show"), 303)


@pages.get("/account/export")
@signed_in
def export() -> Any:
    """Everything we hold of me, as one file of JSON."""
    limit(rate.EXPORT)
    text = json.dumps(leaving.export(me()), ensure_ascii=False, indent=2)
    answer = Response(text + "\n", content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="correction-flow-my-data.json"'
    return answer


@pages.get("/account/erase")
@signed_in
def erase() -> Any:
    """What goes and what stays, the password and the button."""
    return _erase_page(EraseForm())


@pages.post("/account/erase")
@signed_in
def erased() -> Any:
    """The button: the account ends, here and now."""
    limit(rate.SIGN_IN)
    form = EraseForm()
    if not form.validate_on_submit():
        return _erase_page(form), 422
    if not verify_password(form.password.data, me().password or ""):
        form.password.errors = ["This is not your password. Nothing was erased."]
        return _erase_page(form), 422
    try:
        with transaction():
            leaving.erase(me())
    except WrongStatus as error:
        form.form_errors.append(str(error))
        return _erase_page(form), error.status
    logout_user()
    flash("Your account is erased. No more mail comes.", "success")
    return redirect(url_for("help.home"), 303)


def _erase_page(form: FlaskForm) -> str:
    user = me()
    return render_template(
        "account/erase.html", form=form, user=user, why_not=leaving.why_not_erased(user),
        waiting=open_requests(user), archives=archives_of(user),
    )  # fmt: skip


@pages.get("/verify/sent")
@public
def sent() -> Any:
    """After registering: look into your mail."""
    return render_template("account/sent.html")


@pages.get("/verify/<token>")
@public
def verify(token: str) -> Any:
    """The page a mailed link leads to. Looking at it changes nothing."""
    link = _read(token)
    return _verify_page(token, link, _form_for(link))


@pages.post("/verify/<token>")
@public
def verified(token: str) -> Any:
    """The button: the address is verified, with a password where this browser is not known."""
    limit(rate.SIGN_IN, rate.network(request.remote_addr))
    link = _read(token)
    form = _form_for(link)
    if form is None or not form.validate_on_submit():
        return _verify_page(token, link, form), 422 if form is not None else 409
    with transaction():
        user = _open_account(link, form) if link.address_id is None else _confirm(link, form)
    if not current_user.is_authenticated or current_user.id != user.id:
        if current_user.is_authenticated:
            logout_user()
        login_user(user, authn_via=["verify"])
    session.pop(REGISTERED_HERE, None)
    flash(f"{link.address} is verified. You are signed in.", "success")
    return redirect(link.next, 303)


def _read(token: str) -> tokens.Link:
    try:
        link = tokens.read(token)
    except tokens.Expired:
        raise NotFound(
            "This link is too old. Sign in or register again to get a new one by mail."
        ) from None
    if link is None:
        raise NotFound("This link is not complete. Copy it from the mail as a whole.")
    return link


def _form_for(link: tokens.Link) -> FlaskForm | None:
    """What stands between this browser and the button; None where there is nothing to press."""
    if link.address_id is None:
        return None if _account_behind(link) else NewAccountForm()
    address = _row_of(link)
    if address is None or address.verified_at is not None:
        return None
    user = address.user
    if current_user.is_authenticated and current_user.id == user.id:
        return ButtonForm()
    if user.confirmed_at is not None:
        return None  # a further address: only its owner, signed in, may join it to the account
    if session.get(REGISTERED_HERE) == made_here(user):
        return ButtonForm()
    return PasswordForm()


def _row_of(link: tokens.Link, *, for_update: bool = False) -> Address | None:
    """The address a link is about. A database may give the number of a removed row again, to
    another address: so the number alone proves nothing."""
    row = db.session.get(Address, link.address_id, with_for_update=for_update or None)
    return row if row is not None and row.address_key == address_key(link.address) else None


def _account_behind(link: tokens.Link) -> User | None:
    return user_by_address(link.address)


def _verify_page(token: str, link: tokens.Link, form: FlaskForm | None) -> str:
    address = _row_of(link) if link.address_id else None
    done = (
        _account_behind(link) is not None
        if link.address_id is None
        else (address is None or address.verified_at is not None)
    )
    return render_template(
        "account/verify.html", token=token, link=link, form=form, done=done,
        needs_password=isinstance(form, PasswordForm),
        needs_name=isinstance(form, NewAccountForm),
    )  # fmt: skip


def _confirm(link: tokens.Link, form: FlaskForm) -> User:
    address = _row_of(link, for_update=True)
    if address is None or address.verified_at is not None:
        raise Conflict("This address is verified already. Sign in.")
    if isinstance(form, PasswordForm):
        operations.set_password(address.user, hash_password(form.password.data))
    operations.verify(address)
    return address.user


def _open_account(link: tokens.Link, form: FlaskForm) -> User:
    """An account for the owner of an address; a stranger's unconfirmed one gives way to it."""
    hashed = hash_password(form.password.data)
    waiting = account_of(link.address)
    if waiting is not None and waiting.confirmed_at is None:
        waiting.name = form.name.data
        operations.set_password(waiting, hashed)
        operations.verify(operations.first_address(waiting))
        return waiting
    if waiting is not None or user_by_address(link.address) is not None:
        raise Conflict("There is an account with this address already. Sign in.")
    return operations.create_user(
        name=form.name.data, email=link.address, password_hash=hashed, verified=True
    )
