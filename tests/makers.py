"""Makers of small archives and of requests, for tests that need one."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from correction_flow.upstream.importer import Summary, import_path

GAM = {
    "gamarch.rdf": """Template-Type: ReDIF-Archive 1.0
Handle: RePEc:gam
Name: MDPI
Maintainer-Name: MDPI Indexing Manager
Maintainer-Email: mara@example.org
URL: https://example.org/RePEc/gam/
""",
    "gamseri.rdf": """Template-Type: ReDIF-Series 1.0
Name: Administrative Sciences
Provider-Name: MDPI
Maintainer-Name: MDPI Indexing Manager
Maintainer-Email: mara@example.org
Type: ReDIF-Article
Handle: RePEc:gam:jadmsc
""",
    "jadmsc/v9.rdf": """Template-Type: ReDIF-Article 1.0
Title: Interactive Political Leadership in Theory and Practise
Author-Name: Jacob Torfing
Author-Workplace-Name: Roskilde University
Author-Email: jt@example.org
Author-Name: Eva S\xf8rensen
Journal: Administrative Sciences
Year: 2019
Volume: 9
Issue: 3
Pages: 1-81
Keywords: leadership; public value
Abstract: How elected politicians may benefit.
File-URL: https://example.org/51.pdf
File-Format: application/pdf
Handle: RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653

Template-Type: ReDIF-Article 1.0
Title: Collaborative Innovation and Its Limits
Author-Name: Carla Cited
Year: 2018
Pages: 1-9
Handle: RePEc:gam:jadmsc:v:1:y:2018:p:1-9

Template-Type: ReDIF-Article 1.0
Title: An Item of a Series Nobody Describes
Author-Name: Nina Nobody
Year: 2001
Handle: RePEc:gam:nosuch:1
""",
}
GAM_REFERENCES = [
    {
        "citing": "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653",
        "nth": 1,
        "text": "Carla Cited, 2018. Collaborative innovation and its limits.",
        "cited": None,
    },
    {
        "citing": "RePEc:gam:jadmsc:v:9:y:2019:i:3:p:51-:d:249653",
        "nth": 2,
        "text": "Somebody Else, 1999. A book that is in no index.",
        "cited": None,
    },
]
TAF = {
    "tafarch.rdf": """Template-Type: ReDIF-Archive 1.0
Handle: RePEc:taf
Name: Taylor & Francis
Maintainer-Email: otto@example.org
URL: https://example.org/RePEc/taf/
""",
    "tafseri.rdf": """Template-Type: ReDIF-Series 1.0
Name: Public Management Review
Maintainer-Email: otto@example.org
Maintainer-Name: Otto Other
Type: ReDIF-Article
Handle: RePEc:taf:rpxmxx
""",
    "rpxmxx/v21.rdf": """Template-Type: ReDIF-Article 1.0
Title: Collaborative Innovation in the Public Sector: The Argument
Author-Name: Jacob Torfing
Year: 2019
Handle: RePEc:taf:rpxmxx:v:21:y:2019:i:1:p:1-11
""",
}


def write_tree(
    root: Path, files: dict[str, str], references: list[dict[str, object]] | None = None
) -> Path:
    """Write an archive's files (Windows-1252, as `.rdf` means) and its references."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("cp1252"))
    if references:
        folder = root / "references"
        folder.mkdir(exist_ok=True)
        lines = "".join(json.dumps(r) + "\n" for r in references)
        (folder / "references.jsonl").write_text(lines, encoding="utf-8")
    return root


def import_tree(replace: dict[str, tuple[str, str]] | None = None) -> Summary:
    """Import both archives; `replace` changes (old, new) in files of gam, as a publisher would."""
    with tempfile.TemporaryDirectory() as folder:
        files = dict(GAM)
        for name, (old, new) in (replace or {}).items():
            assert old in files[name], old
            files[name] = files[name].replace(old, new)
        summary = import_path(write_tree(Path(folder) / "gam", files, GAM_REFERENCES))
        import_path(write_tree(Path(folder) / "taf", TAF))
        return summary
