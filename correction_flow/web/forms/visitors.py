"""What a form asks of somebody who is not signed in: an address, and signs of a person.

A field that people do not see and programs fill in, and the signed time at which the form was
shown: one that comes back sooner than a person can type comes back with the text kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import current_app
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeSerializer
from wtforms import EmailField, Field, HiddenField, StringField, ValidationError
from wtforms.validators import Email, InputRequired, Length

from correction_flow.core.clock import utcnow
from correction_flow.web.forms import RequestForm

LONGEST = timedelta(hours=24)
"""So long a form may lie open; after that it is shown anew, with the text."""

_ADDRESS = "Enter an address in plain letters, like name@university.edu."


def _stamps() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="form-shown")


def stamp() -> str:
    """The time now, signed."""
    return str(_stamps().dumps(utcnow().timestamp()))


def _typed_by_a_person(_form: FlaskForm, field: Field) -> None:
    try:
        shown = datetime.fromtimestamp(float(_stamps().loads(field.data or "")), UTC)
    except (BadSignature, TypeError, ValueError):
        shown = None
    now = utcnow()
    if shown is None or now - shown > LONGEST:
        field.data = stamp()
        raise ValidationError("This page was open for too long. Please look at it and go on.")
    if now - shown < timedelta(seconds=current_app.config["VISITOR_SECONDS"]):
        raise ValidationError(
            "That was faster than a person types, so we ask once more: wait a moment, then press "
            "the button again. What you entered is kept."
        )


def _plain_letters(_form: FlaskForm, field: Field) -> None:
    if not (field.data or "").isascii():
        raise ValidationError(_ADDRESS)


def open_to_visitors(form_class: type[RequestForm]) -> None:
    """Give a form the fields for somebody who is not signed in."""
    form_class.address = EmailField(
        "Your e-mail address",
        description="We send a link to it; your request goes on its way when you press the button "
        "there. Only answers about this request come to it. Nobody sees it, also not those who "
        "decide.",
        validators=[
            InputRequired(_ADDRESS),
            Length(max=120, message="Enter an address of at most 120 characters."),
            Email(_ADDRESS),
            _plain_letters,
        ],
    )
    form_class.homepage = StringField("Leave this empty")
    form_class.shown_at = HiddenField(default=stamp, validators=[_typed_by_a_person])


def caught(form: RequestForm) -> bool:
    """Whether a program filled in the field that people do not see."""
    return "homepage" in form and bool(form["homepage"].data)
