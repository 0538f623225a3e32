"""The house keeps its own rules."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

from correction_flow import web
from correction_flow.proposals import mails
from correction_flow.web.access import PUBLIC, SIGNED_IN

ROOT = Path(__file__).parents[2]


def blueprints_of_ours():
    """The names of the blueprints that stand in the modules of `web`."""
    names = [f"{web.__name__}.{module.name}" for module in pkgutil.iter_modules(web.__path__)]
    modules = map(importlib.import_module, names)
    return {module.pages.name for module in modules if hasattr(module, "pages")}


OURS = blueprints_of_ours()


def test_every_module_of_pages_is_served(app):
    assert {"items", "desk", "exports"} <= OURS
    assert set(app.blueprints) - {"security", "bootstrap"} == OURS


def test_every_page_states_who_may_see_it(app):
    for endpoint, view in app.view_functions.items():
        if endpoint.partition(".")[0] in OURS:
            assert getattr(view, "access", None) in (PUBLIC, SIGNED_IN), endpoint


PUBLIC_FORMS = {
    "vouching.answer",
    "account.verified", "redif.result", "corrections.send", "citations.send",
    "visitors.confirmed", "visitors.answer", "visitors.withdraw", "visitors.comment",
    "visitors.appeal", "visitors.send_again", "visitors.erased",
}  # fmt: skip
"""They prove themselves by their token, keep nothing of what is sent, or are open to visitors."""


def test_only_reading_pages_are_public(app):
    writing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and rule.endpoint.partition(".")[0] in OURS
    }
    for endpoint in writing - PUBLIC_FORMS:
        assert app.view_functions[endpoint].access == SIGNED_IN, endpoint


def test_every_mail_folder_has_its_function_and_all_three_parts():
    folders = [f for f in (ROOT / "templates" / "mail").iterdir() if f.is_dir()]
    assert len(folders) >= 11
    from correction_flow.accounts import mails as account_mails

    for folder in folders:
        assert hasattr(mails, folder.name) or hasattr(account_mails, folder.name), folder.name
        parts = {p.name for p in folder.iterdir()}
        assert parts == {"subject.txt", "body.txt", "body.html"}, folder.name


def test_no_page_has_inline_script_or_style():
    for page in (ROOT / "templates").rglob("*.html"):
        if "mail" in page.relative_to(ROOT / "templates").parts[:1]:
            continue
        text = page.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), page
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", text), page


def test_only_transaction_commits():
    for module in (ROOT / "correction_flow").rglob("*.py"):
        if module.name != "transaction.py":
            assert ".commit()" not in module.read_text(), module


def test_only_the_clock_asks_the_time():
    for module in (ROOT / "correction_flow").rglob("*.py"):
        if module.name != "clock.py":
            assert not re.search(r"datetime\.(now|utcnow)|date\.today", module.read_text()), module


def test_every_module_says_what_its_room_is_for():
    for module in (ROOT / "correction_flow").rglob("*.py"):
        assert module.read_text().lstrip().startswith(('"""', "#!")), module


def test_the_rules_start_without_flask():
    code = (
        "import sys, correction_flow.redif.parser, correction_flow.proposals.lifecycle, "
        "correction_flow.corrections.changes, correction_flow.proposals.reconcile; "
        "sys.exit(any(m in sys.modules for m in ('flask', 'sqlalchemy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_imports_follow_the_contracts():
    lint = Path(sys.executable).parent / "lint-imports"
    result = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("path", ["/", "/help", "/archives", "/search?q=leadership", "/healthz"])
def test_every_answer_has_the_security_headers(app, path):
    headers = app.test_client().get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'self'; img-src 'self' data:")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"SECRET_KEY": None}, "SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DEBUG": True, "SECRET_KEY": "x" * 40}, "debug"),
    ],
)
def test_production_refuses_unsafe_settings(database_uri, tmp_path, settings, sentence):
    from correction_flow import create_app
    from correction_flow.config import BadSetting
    from tests.databases import settings as test_settings

    config = test_settings(database_uri, tmp_path, PRODUCTION=True) | settings
    with pytest.raises(BadSetting, match=sentence):
        create_app(config)


def test_production_refuses_demo_accounts_and_has_no_mailbox(app, database_uri, tmp_path):
    from correction_flow import create_app
    from correction_flow.accounts.operations import create_user
    from correction_flow.config import BadSetting
    from correction_flow.core.extensions import db
    from correction_flow.core.transaction import transaction
    from tests.databases import settings as test_settings

    config = test_settings(database_uri, tmp_path, PRODUCTION=True)
    production = create_app(config)
    assert production.test_client().get("/mailbox").status_code == 404
    with production.app_context():
        db.engine.dispose()
    with transaction():
        create_user(name="Demo", email="demo@example.org", password_hash="x", demo=True)
    with pytest.raises(BadSetting, match="demonstration"):
        create_app(config)
