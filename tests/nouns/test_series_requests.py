"""A correction request about a series itself, from its sending to the publisher's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from correction_flow.catalog.queries import series_by_handle
from correction_flow.cli.work import reword
from correction_flow.core.text import digest
from correction_flow.core.transaction import transaction
from correction_flow.corrections.operations import request_correction
from correction_flow.proposals.kinds import rules_of
from correction_flow.proposals.lifecycle import Outcome, Standing, Status
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.operations import Decision, decide
from correction_flow.proposals.queries import proposal_by_number
from correction_flow.proposals.reverting import revert
from correction_flow.upstream.describing import renamed_exist
from correction_flow.upstream.importer import import_path
from tests.cast import Cast
from tests.makers import GAM, import_tree, write_tree

SERIES = "RePEc:gam:jadmsc"
NAME = "Administrative Sciences (Basel)"


def series():
    found = series_by_handle(SERIES)
    assert found is not None
    return found


def asked(cast: Cast, name: str = NAME) -> str:
    with transaction():
        sent = request_correction(
            series(), {"name": name}, by=cast.user("alice"), reason="So it is printed.",
            evidence_url=None, item_version=series().version,
        )  # fmt: skip
        assert sent.proposal is not None
        return sent.proposal.number


def found(number: str) -> Proposal:
    proposal = proposal_by_number(number)
    assert proposal is not None
    return proposal


def accepted(cast: Cast, number: str) -> None:
    with transaction():
        proposal = found(number)
        (change,) = proposal.changes
        seen = digest(rules_of(proposal).current(change))
        says = {change.id: Decision(Outcome.ACCEPTED, seen)}
        decide(proposal, says, by=cast.user("mara"), version=proposal.version)


def published(name: str) -> None:
    old = "Name: Administrative Sciences"
    import_tree({"gamseri.rdf": (old, f"Name: {name}")})


def test_its_desk_decides_and_the_series_shows_it(cast: Cast) -> None:
    number = asked(cast)
    assert found(number).desk_id == series().desk_id
    assert "mara@example.org" in {mail.to_key for mail in cast.mails(folder="notice")}
    accepted(cast, number)
    assert (series().name, series().upstream["name"]) == (NAME, ["Administrative Sciences"])
    with transaction():
        proposal = found(number)
        change_id = proposal.changes[0].id
        revert(proposal, change_id, "Mistaken.", by=cast.user("mara"), version=proposal.version)
    assert series().name == "Administrative Sciences"


@pytest.mark.parametrize(
    ("says", "standing", "shown"),
    [
        (NAME, Standing.ADOPTED, NAME),
        ("Sciences of Administration", Standing.CONTESTED, "Sciences of Administration"),
    ],
)
def test_the_publishers_file_adopts_or_contests_it(
    cast: Cast, says: str, standing: Standing, shown: str
) -> None:
    number = asked(cast)
    accepted(cast, number)
    published(says)
    assert found(number).changes[0].standing is standing
    assert series().name == shown
    assert cast.mails("alice", "read_again")


def copy_of_all(folder: Path, **replace: str) -> None:
    """Read a copy of RePEc:all where the files of gam say what they do with these words instead."""
    folder.mkdir(exist_ok=True)
    for name in ("gamarch.rdf", "gamseri.rdf"):
        text = GAM[name]
        for old, new in replace.items():
            text = text.replace(f"{old}: {GAM_SAYS[old]}", f"{old}: {new}")
        (folder / name).write_text(text, encoding="utf-8")
    import_path(folder, core=True)


GAM_SAYS = {"Name": "Administrative Sciences", "Type": "ReDIF-Article"}


def only_in_all(tmp_path: Path) -> None:
    """The archive's own files do not describe the series any more; RePEc:all's copy does."""
    own = write_tree(tmp_path / "gam", GAM)
    import_path(own)
    (own / "gamseri.rdf").unlink()
    import_path(own)
    assert series().placeholder
    copy_of_all(tmp_path / "all")


def test_a_copy_of_all_archives_tells_of_it_where_the_archive_has_no_file_of_its_own(
    cast: Cast, tmp_path: Path
) -> None:
    number = asked(cast)
    accepted(cast, number)
    only_in_all(tmp_path)
    assert (series().name, series().placeholder) == (NAME, False)
    copy_of_all(tmp_path / "all", Name=NAME)
    assert found(number).changes[0].standing is Standing.ADOPTED
    assert len(cast.mails("alice", "read_again")) == 1


def test_two_sources_read_by_turns_change_nothing_and_tell_nobody(
    cast: Cast, tmp_path: Path
) -> None:
    number = asked(cast)
    accepted(cast, number)
    for _ in range(3):
        copy_of_all(tmp_path / "all", Name=NAME)
        version = series().version
        import_tree()
        assert series().version == version
    assert found(number).changes[0].standing is Standing.CARRIED
    assert series().name == NAME
    assert series().upstream["name"] == ["Administrative Sciences"]
    assert cast.mails("alice", "read_again") == []
    published(NAME)
    for _ in range(2):
        copy_of_all(tmp_path / "all")
        published(NAME)
    assert found(number).changes[0].standing is Standing.ADOPTED
    assert len(cast.mails("alice", "read_again")) == 1


def test_a_good_copy_counts_before_a_bad_file_of_the_archive_and_an_own_good_file_before_both(
    cast: Cast, tmp_path: Path
) -> None:
    bad = {"gamseri.rdf": ("Provider-Name: MDPI\n", "Nonsense: x\nProvider-Name: Bad\n")}
    import_tree(bad)
    assert series().provider == "Bad"
    for _ in range(2):
        copy_of_all(tmp_path / "all", Name="Of the Copy")
        import_tree(bad)
        assert (series().name, series().provider) == ("Of the Copy", "MDPI")
    (tmp_path / "all" / "gamseri.rdf").unlink()
    import_path(tmp_path / "all", core=True)
    import_tree(bad)
    assert (series().name, series().provider) == ("Administrative Sciences", "Bad")
    copy_of_all(tmp_path / "all", Name="Of the Copy")
    import_tree()
    copy_of_all(tmp_path / "all", Name="Of the Copy")
    assert (series().name, series().provider) == ("Administrative Sciences", "MDPI")


def test_an_archive_is_described_by_its_own_good_file_too(cast: Cast, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    text = GAM["gamarch.rdf"].replace("mara@", "otto@")
    (tmp_path / "all" / "gamarch.rdf").write_text(text, encoding="utf-8")
    version = series().desk_id
    import_path(tmp_path / "all", core=True)
    assert series().desk_id == version
    assert series().archive.upstream["maintainer-email"] == ["mara@example.org"]


def test_its_items_are_found_by_a_corrected_name_after_a_round_of_the_worker(cast: Cast) -> None:
    accepted(cast, asked(cast))
    search = f"/search?q={NAME.partition('(')[2].rstrip(')')}"
    assert "Interactive Political Leadership" not in cast.client().get(search).text
    reword()
    assert "Interactive Political Leadership" in cast.client().get(search).text
    assert series().worded_as == NAME
    assert not renamed_exist()


def test_a_request_is_superseded_where_the_publisher_has_mended_it(cast: Cast) -> None:
    number = asked(cast)
    published(NAME)
    assert found(number).status is Status.SUPERSEDED


def test_the_form_the_case_and_the_page_of_the_series_tell_of_it(cast: Cast) -> None:
    alice, mara = cast.client("alice"), cast.client("mara")
    form = f"/corrections/new?series={SERIES}"
    assert "Something is wrong here" in alice.get(f"/series/{SERIES}").text
    preview = alice.submit(form, {"field_name": NAME, "act": "preview"}, action=form[:15])
    assert NAME in preview.text
    assert "Lines of ReDIF" in preview.text
    assert "mara@example.org" not in preview.text
    number = asked(cast)
    assert "Waits for a decision" in alice.get(f"/series/{SERIES}").text
    for browser, path in ((mara, "/desk"), (mara, f"/desk/{number}"), (alice, "/my/requests")):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "Administrative Sciences" in answer.text
    assert alice.get(f"/proposals/{number}").status_code == 200
    assert alice.get(f"{form}&edit={number}").status_code == 200
    accepted(cast, number)
    page = alice.get(f"/series/{SERIES}").text
    assert NAME in page
    assert "Shown otherwise" in page
