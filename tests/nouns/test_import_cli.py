"""`flask redif import` and `flask accounts`, as an operator types them."""

import json

import pytest

from correction_flow.accounts.queries import account_of
from correction_flow.catalog.models import Archive, Item
from correction_flow.catalog.queries import sits_at
from correction_flow.core.extensions import db
from tests.nouns.trees import count, paper, tree


@pytest.fixture
def run(app):
    def invoke(*words):
        result = app.test_cli_runner().invoke(args=[str(word) for word in words])
        db.session.rollback()
        return result

    return invoke


def test_the_summary_says_what_was_read_and_what_became_of_it(run, tmp_path):
    bad = "Template-Type: ReDIF-Paper 1.0\nTitle: No handle\n"
    root = tree(tmp_path, a_rdf=paper() + paper("RePEc:zzz:nosuch:1") + bad)
    result = run("redif", "import", root)
    assert result.exit_code == 0, result.output
    head, *lines = result.output.splitlines()
    assert head.startswith(f"{root}: RePEc:zzz, 3 files, 5 templates, ")
    assert "  archives   1 new" in lines
    assert "  series     1 new, 1 placeholder" in lines
    assert "  items      2 new" in lines
    assert "  of kind    2 Paper" in lines
    assert "          1  error no-usable-handle" in lines
    assert lines[-1] == "  4 changes to the catalogue"


def test_the_second_run_says_that_nothing_changed(run, tmp_path):
    root = tree(tmp_path, a_rdf=paper())
    run("redif", "import", root)
    result = run("redif", "import", root)
    assert result.exit_code == 0
    assert "  items      1 unchanged" in result.output
    assert result.output.splitlines()[-1] == "  0 changes to the catalogue"


def test_the_summary_can_be_read_by_programs(run, tmp_path):
    result = run("redif", "import", tree(tmp_path, a_rdf=paper()), "--json")
    summary = json.loads(result.output)
    assert summary["archive"] == "RePEc:zzz"
    assert summary["items"] == {"new": 1}
    assert summary["changed"] == 3
    assert summary["problems"] == {}
    assert summary["seconds"] >= 0


def test_a_path_that_is_not_there_is_refused(run, tmp_path):
    result = run("redif", "import", tmp_path / "nowhere")
    assert result.exit_code == 1
    assert result.output == f"Error: There is no file or directory {tmp_path / 'nowhere'}.\n"


def test_without_an_archive_template_the_remedy_names_the_likely_code(run, tmp_path):
    (tmp_path / "a.rdf").write_text(paper())
    result = run("redif", "import", tmp_path)
    assert result.exit_code == 1
    assert "Most templates name RePEc:zzz." in result.output
    assert "--archive, like --archive gam" in result.output
    assert count(Archive) == 0
    assert run("redif", "import", tmp_path, "--archive", "ZZZ").exit_code == 0
    assert count(Item) == 1


def test_files_of_two_archives_need_a_word_whose_they_are(run, tmp_path):
    root = tree(tmp_path, a_rdf="Template-Type: ReDIF-Archive 1.0\nHandle: RePEc:yyy\n")
    result = run("redif", "import", root)
    assert result.exit_code == 1
    assert "holds templates of 2 archives (yyy, zzz)" in result.output
    assert "--archive" in result.output
    assert "--core" in result.output


def test_a_code_that_is_no_code_is_refused(run, tmp_path):
    result = run("redif", "import", tree(tmp_path), "--archive", "RePEc:four")
    assert result.exit_code == 1
    assert "“four” is no archive code. Give three letters, like gam." in result.output


# -- accounts -----------------------------------------------------------------------------

ZOE = ("accounts", "create", "Zoe@Example.org", "--name", "Zoe", "--password", "a long password")


def test_an_account_is_made_with_its_roles_and_a_verified_address(run):
    result = run(*ZOE, "--role", "curator")
    assert result.exit_code == 0, result.output
    assert result.output == "Zoe@Example.org can sign in as curator.\n"
    zoe = account_of("zoe@example.org")
    assert zoe.is_curator
    assert not zoe.is_administrator
    assert zoe.confirmed_at is not None


def test_an_account_is_made_once(run):
    run(*ZOE)
    result = run(*ZOE)
    assert result.exit_code == 1
    assert "There is already an account for zoe@example.org." in result.output


def test_a_short_password_is_refused(run):
    result = run(*ZOE[:-1], "short")
    assert result.exit_code == 1
    assert "Use at least ten characters." in result.output
    assert account_of("zoe@example.org") is None


def test_a_role_is_given_and_taken(run):
    run(*ZOE)
    assert run("accounts", "grant", "zoe@example.org", "administrator").exit_code == 0
    assert account_of("zoe@example.org").is_administrator
    result = run("accounts", "revoke", "zoe@example.org", "administrator")
    assert result.output == "zoe@example.org is no longer administrator.\n"
    assert not account_of("zoe@example.org").is_administrator


def test_a_maintainer_is_granted_an_archive_and_loses_it_again(run, cast):
    def sits(name):
        db.session.expire_all()
        return sits_at(cast.user(name), cast.item().series.desk)

    assert not sits("stella")
    archive = ("maintainer", "--archive", "RePEc:gam")
    assert run("accounts", "grant", "stella@example.org", *archive).exit_code == 0
    assert sits("stella")
    assert sits("mara")
    assert run("accounts", "revoke", "stella@example.org", *archive).exit_code == 0
    assert not sits("stella")
    assert sits("mara")


def test_a_maintainer_by_contact_address_can_lose_the_right(run, cast):
    series = ("maintainer", "--series", "RePEc:gam:jadmsc")
    assert run("accounts", "revoke", "mara@example.org", *series).exit_code == 0
    db.session.expire_all()
    assert not sits_at(cast.user("mara"), cast.item().series.desk)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("curator",), "There is no account for nobody@example.org."),
        (("maintainer", "--archive", "RePEc:gam"), "There is no account"),
    ],
)
def test_nobody_without_an_account_is_granted_anything(run, words, message):
    result = run("accounts", "grant", "nobody@example.org", *words)
    assert result.exit_code == 1
    assert message in result.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Say for what: --archive RePEc:gam or --series RePEc:gam:jadmsc."),
        (("--archive", "RePEc:gam", "--series", "RePEc:gam:jadmsc"), "Say for what"),
        (("--archive", "RePEc:qqq"), "There is no RePEc:qqq in the catalogue."),
        (("--series", "RePEc:gam:qqqqqq"), "There is no RePEc:gam:qqqqqq in the catalogue."),
    ],
)
def test_a_maintainer_needs_one_archive_or_series_that_exists(run, cast, words, message):
    result = run("accounts", "grant", "stella@example.org", "maintainer", *words)
    assert result.exit_code == 1
    assert message in result.output
