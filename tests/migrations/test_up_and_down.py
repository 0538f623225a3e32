"""The migrations: up, down to nothing, up again; and head equals the models, on both databases."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from correction_flow.core.database import Base
from correction_flow.core.extensions import db
from correction_flow.core.transaction import transaction
from tests.migrations.dumps import dump, empty


@pytest.fixture
def at_head(app):
    """What the migrations made; this test's own database."""
    return dump(db.engine)


def test_the_migrations_lead_down_to_nothing_and_up_to_the_same(app, at_head):
    db.session.remove()
    downgrade(revision="base")
    assert empty(dump(db.engine))
    upgrade()
    assert dump(db.engine) == at_head


def test_the_dump_sees_tables_checks_indexes_and_triggers(at_head):
    text_of_it = repr(at_head).lower()
    for name in (
        "ck_changes_reason_when",
        "uq_changes_carried",
        "events_unchanged",
        "item_words",
        "standing = 'carried'",
        "fk_events_actor_id_users",
    ):
        assert name in text_of_it.replace("(standing)::text", "standing").replace("::text", "")


def test_the_schema_of_the_migrations_is_that_of_the_models(app, at_head):
    db.session.remove()
    downgrade(revision="base")
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        Base.metadata.create_all(connection)
    assert dump(db.engine) == at_head


def test_a_difference_would_be_seen(app, at_head):
    with db.engine.begin() as connection:
        connection.execute(text("DROP INDEX uq_changes_carried"))
    assert dump(db.engine) != at_head


def test_what_was_stored_before_the_catalogue_grew_is_still_there_and_found(cast):
    """Records, revisions, templates and search words survive the way down and up again."""
    from correction_flow.catalog.models import Item, ItemRevision, Template
    from correction_flow.catalog.search import Filters, find_items
    from correction_flow.proposals.lifecycle import Outcome
    from tests.nouns.test_walk_below import ask, decide

    decide(cast, ask(cast, title="Leadership in Łódź"), title=Outcome.ACCEPTED)

    def stored():
        db.session.rollback()
        items = db.session.query(Item).order_by(Item.id)
        return (
            [(i.handle, i.version, i.upstream, i.shown, i.proposal_id is None) for i in items],
            [(r.item_id, r.n, r.shown) for r in db.session.query(ItemRevision)],
            sorted(
                (t.handle_key, t.first_line, t.kind)
                for t in db.session.query(Template)
                if t.kind not in ("Archive", "Series")
            ),
            find_items("lodz").count,
            find_items("", None, Filters(year=2018)).count,
        )

    before = stored()
    assert before[3:] == (1, 1)
    db.session.remove()
    downgrade(revision="1380e0a2714d")
    upgrade()
    assert stored() == before


def test_problems_that_were_stored_before_find_their_series(app, tmp_path):
    from correction_flow.upstream.importer import import_path
    from correction_flow.upstream.models import ImportProblem
    from tests.nouns.trees import BAD, SERIES, paper, tree

    root = tree(tmp_path, a_rdf=paper(more=BAD) + "no template\n")
    (root / "zzzseri.rdf").write_text(SERIES.replace("Type: ReDIF-Paper", "Typo: ReDIF-Paper"))
    import_path(root)

    def stored():
        db.session.rollback()
        rows = db.session.query(ImportProblem).order_by(ImportProblem.id)
        return [(p.path, p.code, p.series_key) for p in rows if p.template_line is not None]

    before = stored()
    assert {path for path, _, _ in before} == {"a.rdf", "zzzseri.rdf"}
    assert {series for _, _, series in before} == {"repec:zzz:wpaper"}
    db.session.remove()
    downgrade(revision="b7e04c5d19f2")
    upgrade()
    assert stored() == before


def test_archives_from_before_sit_at_the_desks_of_those_who_maintain_them(cast):
    from correction_flow.catalog import operations as catalog
    from correction_flow.catalog.models import Archive, GrantEffect
    from correction_flow.catalog.queries import archive_by_handle
    from correction_flow.core.transaction import transaction
    from correction_flow.proposals.models import Change, Event
    from tests.nouns.test_workflow import YES, ask_for, decide

    decide(cast, ask_for(cast, title="Another Title"), YES)
    with transaction():
        taf, ada = archive_by_handle("RePEc:taf"), cast.user("ada")
        catalog.grant(cast.user("stella"), taf, None, GrantEffect.GRANTED, by=ada)
        catalog.grant(cast.user("otto"), taf, None, GrantEffect.REMOVED, by=ada)
        gone = archive_by_handle("RePEc:gam")
        gone.placeholder = True
        catalog.regroup([gone])

    def stored():
        db.session.rollback()
        archives = db.session.query(Archive).order_by(Archive.id)
        events = db.session.query(Event).order_by(Event.id)
        changes = db.session.query(Change).order_by(Change.id)
        return (
            [(one.handle, one.desk_id) for one in archives],
            [(one.id, one.what, one.item_id) for one in events],
            [(one.target, one.new, one.standing, one.item_id) for one in changes],
        )

    before = stored()
    assert len({desk for _, desk in before[0]}) == 2
    db.session.remove()
    downgrade(revision="5e8d2a6c41b7")
    upgrade()
    assert stored() == before


def test_the_way_down_is_closed_while_something_is_asked_for_about_an_archive(cast):
    from tests.nouns.test_archive_requests import asked, found

    number = asked(cast)
    db.session.remove()
    with pytest.raises(IntegrityError):
        downgrade(revision="5e8d2a6c41b7")
    upgrade()
    assert found(number).record.handle == "RePEc:gam"


def test_drafts_and_what_was_asked_about_series_survive(cast):
    from correction_flow.corrections.drafts import drafts_of, keep_draft
    from tests.nouns.test_series_acts import YES, ask, decide, series, the

    with transaction():
        keep_draft(cast.item(), {"typed": {"title": "A"}}, by=cast.user("alice"))
    number = ask(cast, issn=["2076-3387"], contact_names=["Index Desk"])
    waits = ask(cast, issn=["0317-8471"])
    decide(cast, number, YES, YES)

    def stored():
        db.session.rollback()
        kept = [(d.record.handle, d.form) for d in drafts_of(cast.user("alice"))]
        changes = [c for n in (number, waits) for c in the(n).changes if c.target == "issn"]
        return (
            kept,
            series().shown,
            [(c.old, c.new, c.new_key, c.applied, c.upstream_seen) for c in changes],
        )

    before = stored()
    assert before[1]["issn"] == ["2076-3387"]
    assert len(before[0]) == 1
    db.session.remove()
    downgrade(revision="5e8d2a6c41b7")
    with db.engine.connect() as connection:
        target = "SELECT new FROM changes WHERE target = 'issn' ORDER BY id"
        assert next(str(v).strip('"') for v in connection.scalars(text(target))) == "2076-3387"
    db.session.remove()
    upgrade()
    assert stored() == before
