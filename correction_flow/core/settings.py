"""The settings of the running application, for nouns that know nothing of Flask."""

from __future__ import annotations

from typing import Any

from flask import current_app


def setting(name: str) -> Any:
    """One setting of `config.py`."""
    return current_app.config[name]
