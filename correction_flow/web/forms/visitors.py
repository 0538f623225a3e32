"""What a form asks of somebody who is not signed in: an address, and signs of a person.

A field that people do not see and programs fill in, and the signed time at which the form was
shown: one that comes back sooner than a person can type comes back with the text kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import current_app, request
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeSerializer
from wtforms import EmailField, Field, HiddenField, StringField, ValidationError
from wtforms.validators import Email, InputRequired, Length

from correction_flow.core.clock import utcnow
from correction_flow.core.errors import Invalid
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
    shown = _read(field.data)
    if shown is None:
        field.data = stamp()
    problem = _too_long_or_too_fast(shown)
    if problem is not None:
        raise ValidationError(problem)


def _read(text: str | None) -> datetime | None:
    """When a form was shown that comes back now; None if that is unknown or too long ago."""
    try:
        shown = datetime.fromtimestamp(float(_stamps().loads(text or "")), UTC)
    except (BadSignature, TypeError, ValueError):
        return None
    return shown if utcnow() - shown <= LONGEST else None


def _too_long_or_too_fast(shown: datetime | None) -> str | None:
    if shown is None:
        return "This page was open for too long. Please look at it and go on."
    if utcnow() - shown < timedelta(seconds=current_app.config["VISITOR_SECONDS"]):
        return (
            "That was faster than a person types, so we ask once more: wait a moment, then press "
            "the button again. What you entered is kept."
        )
    return None


def check_time() -> None:
    """The same for a form without WTForms, such as one behind a visitor's link. Raises Invalid."""
    problem = _too_long_or_too_fast(_read(request.form.get("shown_at")))
    if problem is not None:
        raise Invalid({"": problem})


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
    watched(form_class)


def watched(form_class: type[RequestForm]) -> None:
    """Give a form the signs of a person alone: who fills it in is known by a link."""
    form_class.homepage = StringField("Leave this empty")
    form_class.shown_at = HiddenField(default=stamp, validators=[_typed_by_a_person])


def caught(form: RequestForm | None = None) -> bool:
    """Whether a program filled in the field that people do not see."""
    if form is None:
        return bool(request.form.get("homepage"))
    return "homepage" in form and bool(form["homepage"].data)
