"""No list reads a whole table: the plans of every query behind the pages people open most."""

import re

import pytest
from sqlalchemy import event, text

from correction_flow.accounts.operations import profile_for
from correction_flow.catalog import operations as changing
from correction_flow.catalog import queries as catalog
from correction_flow.catalog import revisions, search
from correction_flow.catalog.fields import field
from correction_flow.citations import queries as citations
from correction_flow.citations import vouching
from correction_flow.citations.models import Vouch
from correction_flow.claims import answering, suggesting
from correction_flow.core import outbox
from correction_flow.core.clock import utcnow
from correction_flow.core.extensions import db
from correction_flow.core.paging import cursor
from correction_flow.core.transaction import transaction
from correction_flow.corrections import drafts, slips
from correction_flow.proposals import batches, figures, news, persons, public
from correction_flow.proposals import queries as proposals
from correction_flow.proposals.lifecycle import Kind, Status
from correction_flow.proposals.models import Proposal
from correction_flow.proposals.queries import Tab
from correction_flow.redif.problems import Severity
from correction_flow.upstream import queries as imports

LARGE = (
    "items|item_authors|item_references|item_revisions|item_words|proposals|changes|events|"
    "supporters|outgoing_mails|addresses|contacts|desk_members|templates|import_problems|import_runs|"
    "saved_items|drafts|potential_citations|refused_citations|refused_suggestions|vouches|"
    "refutations|named_lists|untold_events|name_variations"
)
AFTER = cursor("2026-01-01T00:00:00+00:00", 5)


def of_item(cast):
    item = cast.item()
    catalog.authors_of(item)
    catalog.references_of(item)
    catalog.citing(item)
    revisions.revision_page(item)
    revisions.revision_page(item, cursor(5))
    revisions.revision(item, 5)
    public.corrections_page(item)
    public.corrections_page(item, cursor(5))
    public.acts_of([1, 2])
    catalog.versions_of(item, search.naming(item.handle_key, 20) or [5])
    for page in (catalog.reference_page, catalog.citation_page):
        page(item)
        page(item, after=cursor(5, 5) if page is catalog.reference_page else cursor(5))
        page(item, before=cursor(5, 5) if page is catalog.reference_page else cursor(5))
    catalog.reference_count(item)
    catalog.citation_count(item)
    catalog.related_to(item)
    catalog.item_on_ideas("/a/gam/jadmsc/v9y2019i3p51-d249653.html")
    catalog.contacts_of(item.series)
    proposals.undecided(item)
    proposals.public_history(item)
    proposals.carried(item)


def of_the_desk(cast):
    desks = proposals.desks_of(cast.user("mara"))
    for tab in Tab:
        proposals.queue(desks, tab)
        proposals.queue(desks, tab, AFTER)
    proposals.queue_counts(desks, curates=True)
    together = Proposal(id=5, batch="together", desk_id=desks[0], status=Status.SUBMITTED)
    batches.sent_with(together)
    batches.of_its_batch(together, ["R-000005"])
    proposals.waiting_with([together])
    together.waiting_since = utcnow()
    proposals.waiting_since_that_day(together)
    proposals.median_days(desks[0])


def of_a_person(cast):
    user = cast.user("alice")
    persons.part_counts(user)
    for part in persons.Part:
        persons.requests_of(user, part)
        status = persons.STATUSES[part][0]
        persons.requests_of(user, part, cursor(5), kind=Kind.CORRECTION, status=status)
    persons.numbers_of([1, 2])
    drafts.drafts_of(user)
    drafts.draft_count(user)
    drafts.outdated_exist()
    proposals.claims_authorship(user, cast.item())
    catalog.has_authored(user, cast.item())
    catalog.desk_ids_of(user)


def of_lists(cast):
    series = cast.item().series
    catalog.items_of(series)
    catalog.items_of(series, cursor(2019, 5))
    catalog.items_of(series, before=cursor(2019, 5))
    catalog.items_of(series, cursor(2019, 5), year=2019)
    catalog.years_of(series)
    catalog.item_counts([series])
    catalog.series_of(series.archive)
    catalog.series_of(series.archive, before=cursor("x"))
    catalog.series_kinds([series.archive])
    catalog.archives(before=cursor("MDPI", 5))
    catalog.archives(words=["mdpi"])
    search.find_items("political leadership")
    search.find_items("", filters=search.Filters(year=2019, kind="Article", jel="D7"))
    for name in ("authors", "files"):
        slips.find(cast.item(), slips.Slip(field(name), "Jacob Torfing"))
    figures.of_series(series)
    figures.of_archive(series.archive)


def of_saved_items(cast):
    user = cast.user("alice")
    catalog.saved_item(user, cast.item())
    catalog.saved_count(user)
    catalog.saved_items(user)
    catalog.saved_items(user, AFTER)
    list(catalog.saved_in_batches(user))


def of_imports(cast):
    item = cast.item()
    for severity in Severity:
        for place in (item.series.archive, item.series):
            imports.problems_of(place, severity, None)
            imports.problems_of(place, severity, cursor(5))
    imports.problem_counts(item.series.archive)
    imports.problem_counts(item.series)
    imports.last_run_of(item.series.archive)
    imports.runs_of(item.series.archive)
    catalog.contacts_of(item.series.archive)
    imports.problems_of_item(item)
    catalog.maintains(cast.user("mara"), item.series.archive)
    catalog.archives_of(cast.user("mara"))


def of_what_may_be_theirs(cast):
    user = cast.user("alice")
    with transaction():
        profile_for(user)
    citations.offered_to(user)
    citations.offered_to(user, cursor(5))
    citations.offers_to(user, [1, 2])
    citations.refused_by(user)
    citations.refused_by(user, cursor(5))
    citations.refused_count(user)
    answering.suggested(user)
    answering.refused_by(user)
    answering.refused_count(user)
    suggesting.suggestions(["Jacob Torfing"], addresses=["torfing@example.org"])


def of_references(cast):
    item, reference = cast.item(), cast.reference()
    citations.next_to_compare(utcnow(), 20)
    catalog.refuted([reference.text_key])
    catalog.references_among(item, [reference.id], [reference.text_key])
    catalog.reference_reading(item, reference.text_key)
    changing.is_refuted(reference, "repec:xyz:wpaper:1")
    changing.refute_no_more([5])
    vouching.asked_by_link(vouching.page_of(Vouch(link_key="5")).removeprefix("/vouch/"))
    catalog.has_authored_any(cast.user("alice"), [item.id])
    public.accepted_changes(item)
    public.waiting_changes(item)
    news.untold_runs()


def of_the_worker(cast):
    outbox.deliver_due(outbox.transport_of(cast.app))
    outbox.health()


def asking(pages):
    """The queries that are made meanwhile, with their parameters."""
    statements = []

    def note(_connection, _cursor, statement, parameters, _context, _many):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            statements.append((statement, parameters))

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        pages()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return statements


@pytest.mark.parametrize(
    "pages",
    [
        of_item,
        of_the_desk,
        of_a_person,
        of_lists,
        of_saved_items,
        of_imports,
        of_the_worker,
        of_what_may_be_theirs,
        of_references,
    ],
)
def test_nothing_large_is_read_whole(cast, pages):
    statements = asking(lambda: pages(cast))
    assert statements
    for statement, parameters in statements:
        for line in plan(statement, parameters):
            assert not whole(line), f"{line}\n{statement}"


def whole(line):
    """Whether a line of a plan says that a large table is read from end to end."""
    scanned = re.search(rf"\bSCAN ({LARGE})\b(?!.*USING (COVERING )?INDEX)", line)
    return scanned or re.search(rf"Seq Scan on ({LARGE})\b", line)


def plan(statement, parameters, *, sort=True):
    """The plan of a statement as lines; PostgreSQL may not fall back on reading few rows whole.

    `sort`: whether it may sort few rows rather than read them in order.
    """
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            return [row[3] for row in rows]
        connection.execute(text("SET enable_seqscan = off"))
        connection.execute(text("SET enable_bitmapscan = on"))
        connection.execute(text(f"SET enable_sort = {'on' if sort else 'off'}"))
        return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]


@pytest.mark.parametrize(
    ("tab", "index"),
    [
        (Tab.MY_TURN, "ix_proposals_waiting"),
        (Tab.OVERDUE, "ix_proposals_due"),
        (Tab.ESCALATED, "ix_proposals_escalated"),
    ],
)
def test_a_tab_of_the_desk_is_one_range_of_a_partial_index_already_in_order(cast, tab, index):
    asked = asking(lambda: proposals.queue([1], tab, AFTER))
    lines = plan(*asked[0], sort=False)
    assert any(re.search(rf"{index}\b", line) for line in lines)
    assert any("ix_proposals_waiting_together" in line for line in lines)
    assert not any("TEMP B-TREE" in line or "Sort" in line for line in lines)


def test_a_bibliography_is_one_range_of_an_index_already_in_order(cast):
    where = "user_id = 1 AND (at, item_id) < ('2026-01-01 00:00:00', 5)"
    query = f"SELECT note FROM saved_items WHERE {where} ORDER BY at DESC, item_id DESC LIMIT 21"
    lines = plan(query, (), sort=False)
    assert any("ix_saved_items_newest" in line for line in lines)
    assert not any("TEMP B-TREE" in line or "Sort" in line for line in lines)


def test_the_problems_of_a_series_are_one_range_of_an_index_already_in_order(cast):
    where = "archive_id = 1 AND series_key = 'repec:gam:jadmsc' AND severity = 'error' AND id > 5"
    lines = plan(f"SELECT code FROM import_problems WHERE {where} ORDER BY id LIMIT 21", ())
    assert any("ix_import_problems_series" in line for line in lines)
    assert not any("TEMP B-TREE" in line or "Sort" in line for line in lines)


@pytest.mark.parametrize("year", [None, 2019])
def test_a_page_of_a_series_is_one_range_of_an_index_already_in_order(cast, year):
    series = cast.item().series
    asked = asking(lambda: catalog.items_of(series, cursor(2019, 5), year=year))
    lines = plan(*asked[-1], sort=False)
    assert any("ix_items_series_year" in line for line in lines)
    assert not any("TEMP B-TREE" in line for line in lines)
