"""The pages: load, form, act, answer. What is true lives below; here is only HTTP."""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the kinds of proposals, the accounts' pages, ours, and what holds on every page."""
    import correction_flow.citations.kind
    import correction_flow.claims.kind
    import correction_flow.corrections.kind  # noqa: F401 (registers its kind)
    from correction_flow.web import (
        access,
        account,
        bibliography,
        catalog,
        citations,
        claims,
        corrections,
        desk,
        display,
        errors,
        exports,
        feeds,
        health,
        help_pages,
        history,
        items,
        mailbox,
        potential,
        proposals,
        redif,
        security,
        slips,
        suggestions,
        visitors,
        vouching,
    )

    access.init_app(app)
    display.init_app(app)
    errors.init_app(app)
    security.init_app(app)
    for module in (
        account, bibliography, catalog, citations, claims, corrections, desk, exports, feeds,
        health, help_pages, history, items, potential, proposals, redif, slips,
        suggestions, visitors, vouching,
    ):  # fmt: skip
        app.register_blueprint(module.pages)
    if not app.config["PRODUCTION"]:
        app.register_blueprint(mailbox.pages)
