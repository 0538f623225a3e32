"""The catalogue at RePEc's size: records stored once, files and templates that need not be read
again, sources with a rhythm, and a search index with the filters in it.

Revision ID: 3c1f0a9d5e77
Revises: 1380e0a2714d
"""

import sqlalchemy as sa
from alembic import op

from correction_flow.catalog.words import all_words, own_words
from correction_flow.core.database import Json, UtcDateTime

revision = "3c1f0a9d5e77"
down_revision = "1380e0a2714d"
branch_labels = None
depends_on = None

ITEMS = sa.table(
    "items", sa.column("id", sa.Integer), sa.column("kind", sa.String), sa.column("series_id", sa.Integer),
    sa.column("upstream", Json), sa.column("shown_otherwise", Json), sa.column("vanished_at", UtcDateTime),
)  # fmt: skip
SERIES = sa.table(
    "series",
    sa.column("id", sa.Integer),
    sa.column("handle_key", sa.String),
    sa.column("name", sa.String),
)
WORDS = sa.table("item_words", sa.column("item_id", sa.Integer), sa.column("words", sa.Text))
SEARCH_BEFORE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE item_search USING fts5(words, content='item_words', content_rowid='item_id', tokenize='unicode61 remove_diacritics 0')",
        "CREATE TRIGGER item_words_added AFTER INSERT ON item_words BEGIN INSERT INTO item_search(rowid, words) VALUES (new.item_id, new.words); END",
        "CREATE TRIGGER item_words_changed AFTER UPDATE ON item_words BEGIN INSERT INTO item_search(item_search, rowid, words) VALUES ('delete', old.item_id, old.words); INSERT INTO item_search(rowid, words) VALUES (new.item_id, new.words); END",
        "CREATE TRIGGER item_words_removed AFTER DELETE ON item_words BEGIN INSERT INTO item_search(item_search, rowid, words) VALUES ('delete', old.item_id, old.words); END",
    ),
    "postgresql": (
        "ALTER TABLE item_words ADD COLUMN tsv tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, words)) STORED",
        "CREATE INDEX ix_item_words_tsv ON item_words USING gin (tsv) WITH (fastupdate=off)",
    ),
}
SEARCH = {
    "sqlite": (
        "CREATE VIRTUAL TABLE item_search USING fts5(words, content='item_words', content_rowid='item_id', detail='none', columnsize=0, tokenize=\"ascii tokenchars '_'\")",
    ),
    "postgresql": (
        "ALTER TABLE item_words ADD COLUMN tsv tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(words, ' '::text) || ARRAY[('_12_'::text || (item_id >> 12)), ('_16_'::text || (item_id >> 16)), ('_20_'::text || (item_id >> 20))])) STORED",
        "CREATE INDEX ix_item_words_tsv ON item_words USING gin (tsv)",
    ),
}


def upgrade() -> None:
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "code",
            sa.String(),
            nullable=False,
            comment="of the archive, like gam; “all” is a copy of RePEc:all",
        ),
        sa.Column(
            "location", sa.String(), nullable=False, comment="a directory of this machine, or a URL"
        ),
        sa.Column("every_hours", sa.Integer(), server_default="24", nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column(
            "claimed_until", UtcDateTime(), nullable=True, comment="a worker reads it just now"
        ),
        sa.Column("last_error", sa.Text(), nullable=True, comment="why the last reading failed"),
        sa.CheckConstraint("every_hours > 0", name=op.f("ck_sources_rhythm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sa.UniqueConstraint("code", name=op.f("uq_sources_code")),
    )
    op.create_index(op.f("ix_sources_next_at"), "sources", ["next_at"])
    with op.batch_alter_table("import_runs") as batch:
        batch.add_column(
            sa.Column(
                "beat_at", UtcDateTime(), nullable=True, comment="when it last stored something"
            )
        )
        batch.add_column(
            sa.Column(
                "process", sa.String(), nullable=True, comment="who runs it: host and process id"
            )
        )
    with op.batch_alter_table("source_files") as batch:
        batch.alter_column(
            "sha256",
            existing_type=sa.String(),
            existing_nullable=False,
            comment="empty: not yet read to its end",
        )
        batch.add_column(
            sa.Column("template_count", sa.Integer(), server_default="0", nullable=False)
        )
        batch.add_column(
            sa.Column(
                "describes",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
                comment="holds templates of archives or series, which every run reads",
            )
        )
        batch.add_column(
            sa.Column(
                "read_as",
                sa.Integer(),
                server_default="0",
                nullable=False,
                comment="version of our reading; raised, all is read again",
            )
        )
        batch.add_column(
            sa.Column(
                "seen_by_run",
                sa.Integer(),
                nullable=True,
                comment="the last import run that found it; of a floor above: a plain number",
            )
        )
    with op.batch_alter_table("templates") as batch:
        batch.drop_constraint("uq_templates_source_file_id_first_line", type_="unique")
        batch.add_column(
            sa.Column(
                "kind", sa.String(), nullable=True, comment="of ReDIF; null for a type nobody knows"
            )
        )
        batch.add_column(
            sa.Column(
                "taken",
                sa.Boolean(),
                server_default=sa.true(),
                nullable=False,
                comment="of several with one handle: this one counts",
            )
        )
        batch.add_column(
            sa.Column(
                "lost",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
                comment="its file, read again, no longer has it",
            )
        )
    op.create_index("ix_templates_place", "templates", ["source_file_id", "first_line"])
    for name, column, where in (
        ("ix_templates_not_taken", "handle_key", "NOT taken"),
        ("ix_templates_lost", "source_file_id", "lost"),
    ):
        op.create_index(
            name,
            "templates",
            [column],
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.execute(
        "UPDATE templates SET kind = (SELECT kind FROM items WHERE items.template_id = templates.id)"
    )
    op.execute("DELETE FROM templates WHERE kind IS NULL")
    op.drop_index("ix_items_template_id", "items")
    op.drop_index("ix_items_series_year", "items")
    with op.batch_alter_table("items") as batch:
        batch.drop_constraint("fk_items_template_id_templates", type_="foreignkey")
        batch.drop_column("template_id")
        batch.alter_column(
            "shown",
            new_column_name="shown_otherwise",
            existing_type=Json,
            nullable=True,
            comment="what is shown, where approved changes make it differ from upstream",
        )
        batch.add_column(
            sa.Column(
                "import_run_id",
                sa.Integer(),
                nullable=True,
                comment="what made this version; of a floor above: a plain number",
            )
        )
        batch.add_column(
            sa.Column(
                "proposal_id",
                sa.Integer(),
                nullable=True,
                comment="what made this version; of a floor above: a plain number",
            )
        )
    with op.batch_alter_table("item_revisions") as batch:
        batch.alter_column(
            "shown", new_column_name="shown_otherwise", existing_type=Json, nullable=True
        )
        batch.alter_column(
            "n",
            existing_type=sa.Integer(),
            existing_nullable=False,
            comment="the item's version then",
        )
        batch.alter_column(
            "at",
            existing_type=UtcDateTime(),
            existing_nullable=False,
            comment="since when it was so",
        )
    _index_years()
    latest = "FROM item_revisions r WHERE r.item_id = items.id ORDER BY r.n DESC LIMIT 1"
    op.execute(
        f"UPDATE items SET import_run_id = (SELECT r.import_run_id {latest}), "
        f"proposal_id = (SELECT r.proposal_id {latest})"
    )
    op.execute(
        "DELETE FROM item_revisions WHERE n = (SELECT max(r.n) FROM item_revisions r WHERE r.item_id = item_revisions.item_id)"
    )
    for table in ("items", "item_revisions"):
        op.execute(f"UPDATE {table} SET shown_otherwise = NULL WHERE shown_otherwise = upstream")
    # The old importer kept them for items that had vanished; nobody would ever take them out.
    op.execute(
        "DELETE FROM templates WHERE handle_key IN (SELECT handle_key FROM items WHERE vanished_at IS NOT NULL)"
    )
    op.add_column(
        "series",
        sa.Column(
            "worded_as",
            sa.String(),
            server_default="",
            nullable=False,
            comment="the name its items are found by; else made again",
        ),
    )
    op.execute("UPDATE series SET worded_as = name")
    _index_anew(SEARCH, words=True)


def downgrade() -> None:
    op.drop_column("series", "worded_as")
    for table in ("items", "item_revisions"):
        op.execute(f"UPDATE {table} SET shown_otherwise = upstream WHERE shown_otherwise IS NULL")
    op.execute(
        "INSERT INTO item_revisions (item_id, n, at, import_run_id, proposal_id, upstream, shown_otherwise) "
        "SELECT id, version, updated_at, import_run_id, proposal_id, upstream, shown_otherwise FROM items"
    )
    op.drop_index("ix_items_series_year", "items")
    with op.batch_alter_table("item_revisions") as batch:
        batch.alter_column(
            "shown_otherwise", new_column_name="shown", existing_type=Json, nullable=False
        )
        batch.alter_column(
            "n",
            existing_type=sa.Integer(),
            existing_nullable=False,
            comment="the item's version from this revision on",
        )
        batch.alter_column(
            "at",
            existing_type=UtcDateTime(),
            existing_nullable=False,
            comment=None,
            existing_comment="since when it was so",
        )
    with op.batch_alter_table("items") as batch:
        batch.drop_column("proposal_id")
        batch.drop_column("import_run_id")
        batch.alter_column(
            "shown_otherwise",
            new_column_name="shown",
            existing_type=Json,
            nullable=False,
            comment=None,
        )
        batch.add_column(sa.Column("template_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_items_template_id_templates", "templates", ["template_id"], ["id"]
        )
    _index_years()
    op.create_index("ix_items_template_id", "items", ["template_id"])
    op.execute(
        "DELETE FROM templates WHERE NOT taken OR lost OR kind IS NULL OR kind IN ('Archive', 'Series')"
    )
    op.execute(
        "UPDATE items SET template_id = (SELECT min(t.id) FROM templates t WHERE t.handle_key = items.handle_key)"
    )
    for name in ("ix_templates_lost", "ix_templates_not_taken", "ix_templates_place"):
        op.drop_index(name, "templates")
    with op.batch_alter_table("templates") as batch:
        for name in ("lost", "taken", "kind"):
            batch.drop_column(name)
        batch.create_unique_constraint(
            "uq_templates_source_file_id_first_line", ["source_file_id", "first_line"]
        )
    with op.batch_alter_table("source_files") as batch:
        for name in ("seen_by_run", "read_as", "describes", "template_count"):
            batch.drop_column(name)
        batch.alter_column(
            "sha256", existing_type=sa.String(), existing_nullable=False, comment=None
        )
    with op.batch_alter_table("import_runs") as batch:
        for name in ("process", "beat_at"):
            batch.drop_column(name)
    op.drop_table("sources")
    _index_anew(SEARCH_BEFORE)


def _index_years() -> None:
    op.create_index(
        "ix_items_series_year", "items", ["series_id", sa.text("coalesce(year, 0)"), "id"]
    )


def _index_anew(statements: dict[str, tuple[str, ...]], *, words: bool = False) -> None:
    """Make the search index again; with `words` also what it indexes."""
    _drop_index()
    if words:
        _make_words()
    _make_index(statements)


def _make_words() -> None:
    """Make the search words of all items, as `catalog.operations.keep_words` does."""
    bind, after = op.get_bind(), 0
    bind.execute(sa.delete(WORDS))
    query = (
        sa.select(
            ITEMS.c.id,
            ITEMS.c.kind,
            sa.func.coalesce(ITEMS.c.shown_otherwise, ITEMS.c.upstream, type_=Json),
            SERIES.c.handle_key,
            SERIES.c.name,
        )
        .join(SERIES, SERIES.c.id == ITEMS.c.series_id)
        .where(ITEMS.c.vanished_at.is_(None))
        .order_by(ITEMS.c.id)
        .limit(1000)
    )
    while rows := bind.execute(query.where(ITEMS.c.id > after)).all():
        made = [
            {"item_id": id_, "words": all_words(own_words(shown, kind=kind, series_key=key), name)}
            for id_, kind, shown, key, name in rows
        ]
        bind.execute(sa.insert(WORDS), made)
        after = rows[-1][0]


def _drop_index() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "changed", "removed"):
            op.execute(f"DROP TRIGGER IF EXISTS item_words_{name}")
        op.execute("DROP TABLE item_search")
    else:
        op.execute("DROP INDEX ix_item_words_tsv")
        op.execute("ALTER TABLE item_words DROP COLUMN tsv")


def _make_index(statements: dict[str, tuple[str, ...]]) -> None:
    dialect = op.get_bind().dialect.name
    for statement in statements[dialect]:
        op.execute(statement.replace(":", "\\:"))
    if dialect == "sqlite":
        op.execute("INSERT INTO item_search(item_search) VALUES ('rebuild')")
