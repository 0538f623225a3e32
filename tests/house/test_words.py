"""What is written about the project agrees with the project."""

import re
from pathlib import Path

from click.testing import CliRunner

from correction_flow.config import settings

ROOT = Path(__file__).parents[2]
NOT_OURS = {"PYTHON", "REDIF_DATA"}


def test_every_command_the_readme_names_exists(app):
    readme = (ROOT / "README.md").read_text()
    targets = set(re.findall(r"`?make ([a-z]+)`?", readme)) - {"it", "sure"}
    makefile = (ROOT / "Makefile").read_text()
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), target
    for command in set(re.findall(r"^\s+flask ([a-z]+ [a-z]+)", readme, re.M)):
        group, name = command.split()
        assert group in app.cli.commands, command
        if group != "db":
            assert name in app.cli.commands[group].commands, command


def test_every_setting_the_readme_names_is_read(monkeypatch, tmp_path):
    readme = (ROOT / "README.md").read_text()
    config = (ROOT / "correction_flow" / "config.py").read_text()
    demo = (ROOT / "correction_flow" / "cli" / "demo.py").read_text()
    for name in set(re.findall(r"\b([A-Z]{3,}(?:_[A-Z]+)+)=", readme)) - NOT_OURS:
        assert f'"{name}"' in config + demo, name
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path))
    assert settings()["INSTANCE_DIR"] == str(tmp_path)


def test_make_help_lists_every_command():
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split()
    for target in phony:
        assert re.search(rf"^{target}:.*## ", makefile, re.M), target


def test_every_dependency_is_pinned_and_has_its_reason():
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.match(r"[\w\[\]-]+==[\d.]+(?:; [^#]+)?\s+# \w", line), line


def test_every_command_has_help(app):
    for group in ("redif", "accounts", "work", "demo"):
        for name, command in app.cli.commands[group].commands.items():
            assert command.help, name
    assert CliRunner().invoke(app.cli, ["--help"]).exit_code == 0


def test_glossary_words_are_not_said_otherwise_in_pages():
    wrong = re.compile(r"\b(ticket|moderator|dashboard|inbox|superuser)\b", re.I)
    for page in (ROOT / "templates").rglob("*.html"):
        found = wrong.search(page.read_text())
        assert found is None, f"{page}: {found[0]}"
