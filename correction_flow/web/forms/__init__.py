"""Forms that more than one page uses."""

from __future__ import annotations

import re
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length, Optional

from correction_flow.core.paging import LARGEST_ID
from correction_flow.core.text import MAX_OUTSIDE_TEXT, plain

_URL = re.compile(r"https?://[^\s/]+\.[^\s]{2,}")


def no_controls(text: Any) -> Any:
    """A form's text as it can be stored."""
    return plain(text) if isinstance(text, str) else text


def number_in(text: str | None) -> int | None:
    """The whole number in a form or address, if it is one that a database knows."""
    if not text or not re.fullmatch(r"[0-9]{1,10}", text):
        return None
    return int(text) if int(text) <= LARGEST_ID else None


def seen_version(name: str = "version") -> int:
    """The version that the page was made from; a missing one is never current."""
    return number_in(request.form.get(name)) or -1


def whole_number(_form: FlaskForm, field: Field) -> None:
    """A hidden version that came back as we sent it."""
    if number_in(str(field.data or "")) is None:
        raise ValidationError("This page is not complete. Reload it and send the form again.")


def web_address(_form: FlaskForm, field: Field) -> None:
    """A link to evidence."""
    if field.data and not _URL.fullmatch(field.data):
        raise ValidationError("Enter a link that begins with https://, or leave this empty.")


class RequestForm(FlaskForm):  # type: ignore[misc]
    """What every request carries besides its changes."""

    version = HiddenField(validators=[whole_number])
    reason = TextAreaField(
        "Why",
        description="What is wrong, and how one can see it. Those who decide read this.",
        filters=[no_controls],
        validators=[
            Optional(),
            Length(
                max=MAX_OUTSIDE_TEXT,
                message=f"Shorten this to {MAX_OUTSIDE_TEXT:,} characters.",
            ),
        ],
    )
    evidence = StringField(
        "Link to evidence",
        description="The publisher’s page or the published PDF, for example.",
        filters=[no_controls],
        validators=[Optional(), Length(max=500, message="Enter a shorter link."), web_address],
        render_kw={"inputmode": "url"},
    )

    @property
    def seen_version(self) -> int:
        """The version of the item that the page was made from."""
        return int(self.version.data)
