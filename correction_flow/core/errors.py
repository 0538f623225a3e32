"""What can stand in the way of an act, each with its HTTP status and a sentence for the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class DomainError(Exception):
    """A state of affairs that stops an act. `str(error)` is a sentence for the user."""

    status = 400
    title = "This did not work"


class NotSignedIn(DomainError):
    """Somebody unknown asks for something that needs a person."""

    status = 401
    title = "Please sign in"


class NotAllowed(DomainError):
    """A party to the case, without the right to this act."""

    status = 403
    title = "You may not do this"


class NotFound(DomainError):
    """It does not exist, or it is none of this person's business: both look the same."""

    status = 404
    title = "Not found"


class WrongStatus(DomainError):
    """The act is not possible in this status."""

    status = 409
    title = "This has moved on"


class Conflict(DomainError):
    """Somebody else was faster, or the record moved. Nothing was written."""

    status = 409
    title = "Something changed meanwhile"


class TooMany(DomainError):
    """A rate limit. The sentence says when to come back."""

    status = 429
    title = "Too many at once"


@dataclass
class Invalid(DomainError):
    """Bad input: per field (`""` for the whole form) what is wrong and the remedy."""

    errors: Mapping[str, str]

    status = 422
    title = "Please check what you entered"

    def __str__(self) -> str:
        return " ".join(self.errors.values())
