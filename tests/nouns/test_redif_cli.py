"""`flask redif check` and `flask redif dump`, as a maintainer types them."""

import json

import pytest
from click.testing import CliRunner

from correction_flow.cli.redif import redif
from tests.nouns.trees import ARCHIVE, SERIES, paper, tree

SLIP = paper("RePEc:zzz:wpaper:2", more="Lenght: 12 pages\n")


@pytest.fixture
def run():
    def invoke(*words):
        return CliRunner().invoke(redif, [str(word) for word in words])

    return invoke


def test_a_clean_tree_is_said_to_be_so(run, tmp_path):
    result = run("check", tree(tmp_path, a_rdf=paper()))
    assert result.exit_code == 0, result.output
    assert result.output == (
        "3 files, 3 templates: RePEc indexes 3 and ignores 0; 0 errors, 0 warnings, 0 notices\n"
    )


def test_a_slip_is_told_with_its_place_the_remedy_and_what_repec_would_do(run, tmp_path):
    root = tree(tmp_path, a_rdf=paper() + SLIP)
    result = run("check", root)
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{root}/a.rdf:9:1: error: unknown-tag: 'Lenght' is no attribute of ReDIF. "
        "Did you mean Length?",
        f"{root}/a.rdf:6:1: verdict: RePEc:zzz:wpaper:2: RePEc ignores it.",
        "3 files, 4 templates: RePEc indexes 3 and ignores 1; 1 error, 0 warnings, 0 notices",
    ]


def test_several_paths_are_checked_together_and_files_of_any_name(run, tmp_path):
    (tmp_path / "one.txt").write_text(paper())
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "b.rdf").write_text(paper())
    result = run("check", tmp_path / "one.txt", tmp_path / "two")
    assert result.exit_code == 0
    assert "duplicate-handle" in result.output
    assert f"{tmp_path}/one.txt, line 1" in result.output


def test_programs_get_one_json_object(run, tmp_path):
    result = run("check", tree(tmp_path, a_rdf=paper() + SLIP), "--json")
    assert result.exit_code == 1
    found = json.loads(result.output)
    assert (found["files"], found["templates"], found["good"], found["bad"]) == (3, 4, 3, 1)
    (ignored,) = found["ignored_by_repec"]
    assert (ignored["handle"], ignored["first_line"], ignored["why"]) == (
        "RePEc:zzz:wpaper:2",
        6,
        ["unknown-tag"],
    )
    (problem,) = found["problems"]
    assert problem == {
        "path": f"{tmp_path}/a.rdf",
        "line": 9,
        "column": 1,
        "severity": "error",
        "code": "unknown-tag",
        "message": "'Lenght' is no attribute of ReDIF.",
        "advice": "Did you mean Length?",
        "recovered": False,
    }


def test_a_path_that_is_not_there_is_named(run, tmp_path):
    result = run("check", tmp_path / "nowhere.rdf")
    assert result.exit_code == 2
    assert "nowhere.rdf" in result.output


def test_a_file_larger_than_is_read_is_told_and_not_read_whole(run, tmp_path, monkeypatch):
    monkeypatch.setattr("correction_flow.redif.parser.MAX_BYTES", 100)
    monkeypatch.setattr("correction_flow.cli.redif.MAX_BYTES", 100)
    (tmp_path / "a.rdf").write_text(paper() * 9)
    result = run("check", tmp_path / "a.rdf")
    assert "file-too-large" in result.output


def test_dump_gives_each_template_as_a_line_of_json(run, tmp_path):
    (tmp_path / "a.rdf").write_text(ARCHIVE + SERIES + SLIP)
    rows = [json.loads(row) for row in run("dump", tmp_path / "a.rdf").output.splitlines()]
    assert [row["n"] for row in rows] == [0, 1, 2]
    assert list(rows[2]) == [
        "path", "n", "first_line", "last_line", "type", "good", "handle", "values", "problems",
    ]  # fmt: skip
    assert rows[2]["path"] == f"{tmp_path}/a.rdf"
    assert (rows[2]["first_line"], rows[2]["last_line"]) == (11, 15)
    assert rows[2]["values"]["author"] == [{"name": ["Jane Roe"]}]
    assert rows[2]["problems"] == [
        {
            "line": 14,
            "severity": "error",
            "code": "unknown-tag",
            "message": "'Lenght' is no attribute of ReDIF.",
        }
    ]


@pytest.mark.parametrize(
    ("text", "handle", "type_"),
    [
        (paper(), "RePEc:zzz:wpaper:1", "ReDIF-Paper 1.0"),
        (paper("REPEC:ZZZ:wpaper:A"), "RePEc:zzz:wpaper:a", "ReDIF-Paper 1.0"),
        (paper("RePEc:zz:1"), "", "ReDIF-Paper 1.0"),
        (paper().replace("Handle: RePEc:zzz:wpaper:1\n", ""), None, "ReDIF-Paper 1.0"),
        (paper().replace("ReDIF-Paper 1.0", "ReDIF-Paper"), None, None),
    ],
)
def test_dump_says_no_handle_and_a_bad_one_apart(run, tmp_path, text, handle, type_):
    (tmp_path / "a.rdf").write_text(text)
    row = json.loads(run("dump", tmp_path / "a.rdf").output)
    assert (row["handle"], row["type"]) == (handle, type_)


def test_dump_can_read_as_the_import_does(run, tmp_path):
    (tmp_path / "a.rdf").write_text(paper().replace("Title:", "Title :"))
    strict = json.loads(run("dump", tmp_path / "a.rdf").output)
    tolerant = json.loads(run("dump", "--tolerant", tmp_path / "a.rdf").output)
    assert not strict["good"]
    assert "title" not in strict["values"]
    assert not tolerant["good"]
    assert tolerant["values"]["title"] == ["Growth and its causes"]


def test_an_institution_has_its_full_name_as_repec_gives_it(run, tmp_path):
    (tmp_path / "a.rdf").write_text(
        "Template-Type: ReDIF-Institution 1.0\nHandle: RePEc:edi:abcdeus\n"
        "Primary-Name: Universität\nSecondary-Name: Institut\n"
        "Secondary-Name-English: Institute\n",
        encoding="cp1252",
    )
    values = json.loads(run("dump", tmp_path / "a.rdf").output)["values"]
    assert values["name"] == "Universität\n\nInstitut"
    assert values["name-en"] == "Universität\n\nInstitute"
