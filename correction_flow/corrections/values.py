"""What all values of a form share: how a bad one is refused. Pure."""

from __future__ import annotations


class BadValue(ValueError):
    """The text is no value of this field; the message says what to enter.

    `part` names the place in a list: "2-name" is the name in the third row.
    """

    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.part = part
