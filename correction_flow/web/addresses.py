"""Addresses of our pages: `url_for` as Flask's, which asks the whole map of addresses each time.

An item's page has more than a hundred of them. How the address of a page is put together is looked
up once; that cannot go stale, for the map is complete before the first request.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

import flask
from flask import Flask, current_app, request

_KNOWN = "correction_flow.addresses"
_VARIABLE = re.compile(r"<(?:path:)?(\w+)>")
_IN_PATH, _IN_QUERY = "!$&'()*+,/:;=@", "!$'()*,/:;?@"
"""What need not be escaped there (url.spec.whatwg.org): just what werkzeug leaves."""


class _Shapes(dict[str, tuple[list[str], list[str]] | None]):
    """By endpoint: the fixed parts of its addresses and the names of the variables between them.

    None for what only Flask's own can put together: numbers, choices, several rules.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._map = app.url_map

    def __missing__(self, endpoint: str) -> tuple[list[str], list[str]] | None:
        rules = [r for r in self._map.iter_rules() if r.endpoint == endpoint]
        parts = _VARIABLE.split(rules[0].rule) if len(rules) == 1 else ["<"]
        fixed, names = parts[::2], parts[1::2]
        plain = not any("<" in part for part in fixed) and not rules[0].defaults
        self[endpoint] = (fixed, names) if plain else None
        return self[endpoint]


def url_for(endpoint: str, **values: Any) -> str:
    """The address of a page, within a request: without scheme and host, unless they are asked."""
    shape = current_app.extensions[_KNOWN][endpoint]
    if shape is None or not all(_plain(name, value) for name, value in values.items()):
        return flask.url_for(endpoint, **values)
    fixed, names = shape
    address = request.script_root + fixed[0]
    for name, part in zip(names, fixed[1:], strict=True):
        if values.get(name) is None:
            return flask.url_for(endpoint, **values)  # says what is missing
        address += quote(str(values.pop(name)), safe=_IN_PATH) + part
    asked = {name: value for name, value in values.items() if value is not None}
    return f"{address}?{urlencode(asked, safe=_IN_QUERY)}" if asked else address


def _plain(name: str, value: Any) -> bool:
    return name[0] != "_" and (value is None or isinstance(value, str | int))


def init_app(app: Flask) -> None:
    """Templates get it under the same name."""
    app.extensions[_KNOWN] = _Shapes(app)
    app.jinja_env.globals["url_for"] = url_for
