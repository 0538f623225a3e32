"""Correction Flow: corrections and authorship claims for RePEc's catalogue.

`create_app` puts the application together. It imports inside the function, so that pure
rules and parser processes start without Flask (house rule 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The application: settings from the environment, overridden by `config` (tests)."""
    from flask import Flask

    from correction_flow import cli, web
    from correction_flow.config import check_production, settings
    from correction_flow.core import extensions

    app = Flask("correction_flow", root_path=str(_package_folder()), template_folder="../templates")
    app.config.from_mapping(settings())
    app.config.from_mapping(config or {})
    extensions.init_app(app)
    web.init_app(app)
    cli.init_app(app)
    check_production(app)
    return app


def _package_folder() -> Any:
    from pathlib import Path

    return Path(__file__).parent
