"""The search form: words, and what to find them among. Sent by GET, so it carries no token."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any, cast

from markupsafe import Markup
from wtforms import Field, Form, SelectField, StringField, ValidationError
from wtforms.fields import SelectChoice

from correction_flow.catalog.models import Kind, Series
from correction_flow.catalog.queries import series_by_handle
from correction_flow.catalog.search import Filters
from correction_flow.core.text import shorten
from correction_flow.redif.fields import jel_labels, language_names
from correction_flow.web.forms import no_controls

LONGEST_QUERY = 500
KIND_WORDS = {
    Kind.ARTICLE: "Articles",
    Kind.PAPER: "Papers",
    Kind.BOOK: "Books",
    Kind.CHAPTER: "Chapters",
    Kind.SOFTWARE: "Software",
}
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")


def _trimmed(text: Any) -> Any:
    return no_controls(text)[:LONGEST_QUERY] if isinstance(text, str) else text


def _kinds() -> list[SelectChoice]:
    return [
        SelectChoice("", "All kinds"), *(SelectChoice(k.value, w) for k, w in KIND_WORDS.items())
    ]  # fmt: skip


@cache
def _languages() -> list[SelectChoice]:
    by_name = sorted(language_names().items(), key=lambda pair: pair[1])
    return [SelectChoice("", "Any language"), *(SelectChoice(code, n) for code, n in by_name)]


class FixedSelectField(SelectField):  # type: ignore[misc]
    """A choice whose options are always the same: they are written once for each that is chosen."""

    def __call__(self, **attributes: str) -> Markup:
        return _written(self.name, self.data, tuple(sorted(attributes.items())))


@lru_cache(maxsize=100)
def _written(name: str, chosen: str | None, attributes: tuple[tuple[str, str], ...]) -> Markup:
    field = SearchForm(data={name: chosen})[name]
    return cast(Markup, SelectField.__call__(field, **dict(attributes)))


class SearchForm(Form):  # type: ignore[misc]
    """What to look for. `series` is set by validation, where one is named."""

    q = StringField("Title, author, words of the abstract, or a handle", filters=[_trimmed])
    year = StringField("Year", filters=[_trimmed])
    kind = FixedSelectField("Kind", choices=_kinds, validate_choice=False)
    language = FixedSelectField("Language", choices=_languages, validate_choice=False)
    jel = StringField("JEL code, like D72 or D", filters=[_trimmed])
    series = StringField("Series, by its handle", filters=[_trimmed])

    found_series: Series | None = None

    def validate_year(self, field: Field) -> None:
        if field.data and not _YEAR.fullmatch(field.data):
            raise ValidationError(
                f"“{shorten(field.data, 20)}” is no year. Enter four digits, like 2014."
            )

    def validate_kind(self, field: Field) -> None:
        if field.data and field.data not in set(Kind):
            field.data = ""
            raise ValidationError("There is no such kind of item. Choose one from the list.")

    def validate_language(self, field: Field) -> None:
        if field.data and field.data not in language_names():
            field.data = ""
            raise ValidationError("There is no such language. Choose one from the list.")

    def validate_jel(self, field: Field) -> None:
        if field.data and field.data.upper() not in jel_labels():
            raise ValidationError(
                f"“{shorten(field.data, 20)}” is no JEL code. Enter one like D72, or D."
            )

    def validate_series(self, field: Field) -> None:
        if not field.data:
            return
        self.found_series = series_by_handle(field.data)
        if self.found_series is None:
            raise ValidationError(
                f"There is no series “{shorten(field.data, 60)}” here. Enter its handle, like "
                "RePEc:nbr:nberwo."
            )

    def filters(self) -> Filters:
        """What to find items among; only for a form that is valid."""
        return Filters(
            year=int(self.year.data) if self.year.data else None,
            kind=self.kind.data or "",
            series_key=self.found_series.handle_key if self.found_series else "",
            language=self.language.data or "",
            jel=(self.jel.data or "").upper(),
        )

    def given(self) -> dict[str, str]:
        """What was entered, for addresses; nothing that is empty."""
        return {name: str(field.data) for name, field in self._fields.items() if field.data}

    def chosen(self) -> list[tuple[str, str]]:
        """The filters in words, by field."""
        series = self.found_series
        jel = (self.jel.data or "").upper()
        words = {
            "year": self.year.data,
            "kind": KIND_WORDS[Kind(self.kind.data)] if self.kind.data else "",
            "language": language_names().get(self.language.data or "", ""),
            "jel": f"JEL {jel}: {jel_labels()[jel]}" if jel else "",
            "series": series.name if series else "",
        }
        return [(name, text) for name, text in words.items() if text]
