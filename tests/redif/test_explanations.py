"""Every problem a reading can report is explained, and nothing else is."""

import ast
import re
from pathlib import Path

import pytest

from correction_flow import redif
from correction_flow.redif.explanations import EXPLANATIONS

FOLDER = Path(redif.__file__).parent
CODE = re.compile(r"[a-z]+(?:-[a-z0-9]+)+|capitals|placeholder")
MAKERS = {"Problem", "Note", "Finding", "_report", "_mended_url", "_refused"}


def reported() -> set[str]:
    """Return each text that is given as a code where problems are made."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS:
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                        found.add(inner.value)
    return {
        text for text in found if re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)+|capitals|placeholder", text)
    }


NO_CODES = {"utf-8", "utf-16", "author-name", "file-restriction"}


def test_every_code_has_its_explanation() -> None:
    assert reported() - NO_CODES <= set(EXPLANATIONS)


def test_every_explanation_is_of_a_code() -> None:
    source = "".join(
        path.read_text(encoding="utf-8")
        for path in FOLDER.glob("*.py")
        if path.name != "explanations.py"
    )
    assert [code for code in EXPLANATIONS if f'"{code}"' not in source] == []


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_an_explanation_is_made_of_sentences(code: str) -> None:
    title, *sentences = EXPLANATIONS[code]
    assert title[-1] not in ".:"
    for sentence in sentences:
        assert sentence[0].isupper()
        assert sentence[-1] in ".00m", sentence
