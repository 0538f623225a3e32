"""The ground floor: accounts, catalogue, proposals, events, outbox, imports.

Revision ID: 6e2cde53286b
Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "6e2cde53286b"
down_revision = None
branch_labels = None
depends_on = None

Moment = sa.DateTime(timezone=True)
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

SQLITE = (
    "CREATE VIRTUAL TABLE item_search USING fts5(words, content='item_words', content_rowid='item_id', tokenize='unicode61 remove_diacritics 0')",
    "CREATE TRIGGER item_words_added AFTER INSERT ON item_words BEGIN INSERT INTO item_search(rowid, words) VALUES (new.item_id, new.words); END",
    "CREATE TRIGGER item_words_changed AFTER UPDATE ON item_words BEGIN INSERT INTO item_search(item_search, rowid, words) VALUES ('delete', old.item_id, old.words); INSERT INTO item_search(rowid, words) VALUES (new.item_id, new.words); END",
    "CREATE TRIGGER item_words_removed AFTER DELETE ON item_words BEGIN INSERT INTO item_search(item_search, rowid, words) VALUES ('delete', old.item_id, old.words); END",
    "CREATE TRIGGER events_kept BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are written once'); END",
    "CREATE TRIGGER events_unchanged BEFORE UPDATE ON events WHEN NOT (NEW.id IS OLD.id AND NEW.proposal_id IS OLD.proposal_id AND NEW.item_id IS OLD.item_id AND NEW.what IS OLD.what AND NEW.at IS OLD.at AND NEW.actor_role IS OLD.actor_role AND NEW.audience IS OLD.audience AND (NEW.actor_id IS NULL OR CAST(NEW.actor_id AS TEXT) IS CAST(OLD.actor_id AS TEXT)) AND (NEW.note IS NULL OR CAST(NEW.note AS TEXT) IS CAST(OLD.note AS TEXT)) AND (NEW.details IS NULL OR CAST(NEW.details AS TEXT) IS CAST(OLD.details AS TEXT))) BEGIN SELECT RAISE(ABORT, 'events are written once'); END",
)
POSTGRESQL = (
    "ALTER TABLE item_words ADD COLUMN tsv tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, words)) STORED",
    "CREATE INDEX ix_item_words_tsv ON item_words USING gin (tsv) WITH (fastupdate=off)",
    "CREATE FUNCTION events_written_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'events are written once'; END $$",
    "CREATE TRIGGER events_kept BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_written_once()",
    "CREATE TRIGGER events_unchanged BEFORE UPDATE ON events FOR EACH ROW WHEN (NOT (NEW.id IS NOT DISTINCT FROM OLD.id AND NEW.proposal_id IS NOT DISTINCT FROM OLD.proposal_id AND NEW.item_id IS NOT DISTINCT FROM OLD.item_id AND NEW.what IS NOT DISTINCT FROM OLD.what AND NEW.at IS NOT DISTINCT FROM OLD.at AND NEW.actor_role IS NOT DISTINCT FROM OLD.actor_role AND NEW.audience IS NOT DISTINCT FROM OLD.audience AND (NEW.actor_id IS NULL OR CAST(NEW.actor_id AS TEXT) IS NOT DISTINCT FROM CAST(OLD.actor_id AS TEXT)) AND (NEW.note IS NULL OR CAST(NEW.note AS TEXT) IS NOT DISTINCT FROM CAST(OLD.note AS TEXT)) AND (NEW.details IS NULL OR CAST(NEW.details AS TEXT) IS NOT DISTINCT FROM CAST(OLD.details AS TEXT)))) EXECUTE FUNCTION events_written_once()",
)


def upgrade() -> None:
    op.create_table(
        "archives",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("handle_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("upstream", Json, nullable=False),
        sa.Column(
            "placeholder",
            sa.Boolean(),
            nullable=False,
            comment="named by an item or series but not described by a template",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archives")),
        sa.UniqueConstraint("handle_key", name=op.f("uq_archives_handle_key")),
    )
    op.create_table(
        "desks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False, comment="digest of its members"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desks")),
        sa.UniqueConstraint("key", name=op.f("uq_desks_key")),
    )
    op.create_table(
        "number_sequences",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_sequences")),
    )
    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "name", sa.String(), nullable=False, comment="the mail folder it was rendered from"
        ),
        sa.Column(
            "event_id",
            sa.Integer(),
            nullable=True,
            comment="what it tells of; a plain number, for the outbox knows nobody",
        ),
        sa.Column(
            "thread", sa.String(), nullable=True, comment="mails of one request share a thread"
        ),
        sa.Column("to", sa.String(), nullable=False),
        sa.Column("to_key", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "failed",
                "held",
                "unclear",
                "cancelled",
                name="mailstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("send_after", Moment, nullable=False),
        sa.Column("claimed_until", Moment, nullable=True),
        sa.Column(
            "handed_at",
            Moment,
            nullable=True,
            comment="noted just before DATA: from here on the server may have taken it",
        ),
        sa.Column(
            "repeats", sa.Integer(), nullable=False, comment="sent again not knowing; at most 1"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mails")),
        sa.UniqueConstraint(
            "event_id", "to_key", "name", name=op.f("uq_outgoing_mails_event_id_to_key_name")
        ),
        sa.UniqueConstraint("message_id", name=op.f("uq_outgoing_mails_message_id")),
    )
    op.create_index(
        "ix_outgoing_mails_claimed",
        "outgoing_mails",
        ["claimed_until"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_outgoing_mails_due",
        "outgoing_mails",
        ["send_after", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_outgoing_mails_thread", "outgoing_mails", ["thread", "to_key", "id"], unique=False
    )

    op.create_table(
        "rate_counts",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_counts")),
    )
    op.create_index(op.f("ix_rate_counts_since"), "rate_counts", ["since"], unique=False)

    op.create_table(
        "roles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roles")),
        sa.UniqueConstraint("name", name=op.f("uq_roles_name")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "email",
            sa.String(),
            nullable=False,
            comment="the address to sign in with; also a row of addresses",
        ),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column(
            "fs_uniquifier",
            sa.String(),
            nullable=False,
            comment="in every session; a new one ends all sessions",
        ),
        sa.Column(
            "confirmed_at",
            Moment,
            nullable=True,
            comment="when the address to sign in with was verified; before that nobody signs in",
        ),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("erased_at", Moment, nullable=True),
        sa.Column(
            "demo",
            sa.Boolean(),
            nullable=False,
            comment="made by the demonstration; production refuses to start with it",
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_users_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_users_fs_uniquifier")),
    )
    op.create_table(
        "worker_beats",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_beats")),
    )
    op.create_table(
        "addresses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("verified_at", Moment, nullable=True),
        sa.Column("bouncing_since", Moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_addresses_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sa.UniqueConstraint(
            "user_id", "address_key", name=op.f("uq_addresses_user_id_address_key")
        ),
    )
    op.create_index("ix_addresses_address_key", "addresses", ["address_key"], unique=False)
    op.create_index(
        "uq_addresses_verified",
        "addresses",
        ["address_key"],
        unique=True,
        sqlite_where=sa.text("verified_at IS NOT NULL"),
        postgresql_where=sa.text("verified_at IS NOT NULL"),
    )

    op.create_table(
        "author_profiles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_author_profiles_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_author_profiles")),
        sa.UniqueConstraint("user_id", name=op.f("uq_author_profiles_user_id")),
    )
    op.create_table(
        "desk_members",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(address_key IS NULL) <> (user_id IS NULL)", name=op.f("ck_desk_members_one_of")
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desks.id"],
            name=op.f("fk_desk_members_desk_id_desks"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_desk_members_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_members")),
    )
    op.create_index(
        op.f("ix_desk_members_address_key"), "desk_members", ["address_key"], unique=False
    )
    op.create_index(op.f("ix_desk_members_desk_id"), "desk_members", ["desk_id"], unique=False)
    op.create_index(op.f("ix_desk_members_user_id"), "desk_members", ["user_id"], unique=False)

    op.create_table(
        "import_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("finished_at", Moment, nullable=True, comment="null: it was interrupted"),
        sa.Column("summary", Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name=op.f("fk_import_runs_archive_id_archives")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
    )
    op.create_index(op.f("ix_import_runs_archive_id"), "import_runs", ["archive_id"], unique=False)

    op.create_table(
        "roles_users",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name=op.f("fk_roles_users_role_id_roles")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_roles_users_user_id_users")
        ),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_roles_users")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("handle_key", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "Paper",
                "Article",
                "Book",
                "Chapter",
                "Software",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("upstream", Json, nullable=False),
        sa.Column("placeholder", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name=op.f("fk_series_archive_id_archives")
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("fk_series_desk_id_desks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("handle_key", name=op.f("uq_series_handle_key")),
    )
    op.create_index(op.f("ix_series_archive_id"), "series", ["archive_id"], unique=False)
    op.create_index(op.f("ix_series_desk_id"), "series", ["desk_id"], unique=False)

    op.create_table(
        "source_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime", sa.BigInteger(), nullable=False, comment="nanoseconds"),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("line_ends", sa.String(), nullable=False),
        sa.Column("vanished_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name=op.f("fk_source_files_archive_id_archives")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_files")),
        sa.UniqueConstraint("archive_id", "path", name=op.f("uq_source_files_archive_id_path")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name=op.f("fk_contacts_archive_id_archives")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_contacts_series_id_series")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_address_key"), "contacts", ["address_key"], unique=False)
    op.create_index(op.f("ix_contacts_archive_id"), "contacts", ["archive_id"], unique=False)
    op.create_index(op.f("ix_contacts_series_id"), "contacts", ["series_id"], unique=False)

    op.create_table(
        "import_problems",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "error",
                "warning",
                "notice",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["import_runs.id"],
            name=op.f("fk_import_problems_run_id_import_runs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_problems")),
    )
    op.create_index("ix_import_problems_run", "import_problems", ["run_id", "id"], unique=False)

    op.create_table(
        "maintainer_grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column(
            "effect",
            sa.Enum(
                "granted",
                "removed",
                name="granteffect",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", Moment, nullable=False),
        sa.Column("until", Moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name=op.f("fk_maintainer_grants_archive_id_archives")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["users.id"], name=op.f("fk_maintainer_grants_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_maintainer_grants_series_id_series")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_maintainer_grants_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintainer_grants")),
    )
    op.create_index(
        op.f("ix_maintainer_grants_archive_id"), "maintainer_grants", ["archive_id"], unique=False
    )
    op.create_index(
        op.f("ix_maintainer_grants_user_id"), "maintainer_grants", ["user_id"], unique=False
    )

    op.create_table(
        "templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_file_id", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("handle_key", sa.String(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False, comment="RePEc's own verdict"),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_file_id"],
            ["source_files.id"],
            name=op.f("fk_templates_source_file_id_source_files"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint(
            "source_file_id", "first_line", name=op.f("uq_templates_source_file_id_first_line")
        ),
    )
    op.create_index(op.f("ix_templates_handle_key"), "templates", ["handle_key"], unique=False)

    op.create_table(
        "items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "Paper",
                "Article",
                "Book",
                "Chapter",
                "Software",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("handle", sa.String(), nullable=False, comment="as the publisher writes it"),
        sa.Column("handle_key", sa.String(), nullable=False, comment="as handles are compared"),
        sa.Column(
            "ideas_path",
            sa.String(),
            nullable=True,
            comment="of its page on IDEAS, which cannot be turned back into a handle",
        ),
        sa.Column("title", sa.String(), nullable=False, comment="shown title, for lists"),
        sa.Column("author_line", sa.String(), nullable=False, comment="shown authors, for lists"),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("upstream", Json, nullable=False),
        sa.Column("shown", Json, nullable=False),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=False,
            comment="raised when something a decision rests on changes",
        ),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("indexed_by_repec", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.Column("vanished_at", Moment, nullable=True),
        sa.Column("moved_to_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["moved_to_id"], ["items.id"], name=op.f("fk_items_moved_to_id_items")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_items_series_id_series")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["templates.id"], name=op.f("fk_items_template_id_templates")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint("handle_key", name=op.f("uq_items_handle_key")),
    )
    op.create_index(op.f("ix_items_template_id"), "items", ["template_id"], unique=False)

    op.create_index(op.f("ix_items_ideas_path"), "items", ["ideas_path"], unique=False)
    op.create_index(
        "ix_items_series_year", "items", ["series_id", sa.text("coalesce(year, 0)"), "id"]
    )
    op.create_table(
        "item_authors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "author",
                "editor",
                name="authorrole",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=True),
        sa.Column(
            "person",
            sa.String(),
            nullable=True,
            comment="Author-Person: a RePEc short-id or handle",
        ),
        sa.Column("workplaces", Json, nullable=False),
        sa.Column(
            "profile_id", sa.Integer(), nullable=True, comment="whose it is by an accepted claim"
        ),
        sa.Column("vanished_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_item_authors_item_id_items")
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["author_profiles.id"],
            name=op.f("fk_item_authors_profile_id_author_profiles"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_authors")),
    )
    op.create_index("ix_item_authors_item", "item_authors", ["item_id", "position"], unique=False)
    op.create_index("ix_item_authors_name_key", "item_authors", ["name_key", "id"], unique=False)
    op.create_index(
        op.f("ix_item_authors_profile_id"), "item_authors", ["profile_id"], unique=False
    )

    op.create_table(
        "item_references",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_key", sa.String(), nullable=False, comment="digest of the folded text"),
        sa.Column("nth", sa.Integer(), nullable=False, comment="of several with the same text"),
        sa.Column(
            "cited_key",
            sa.String(),
            nullable=True,
            comment="handle key the source gives; the item may come with a later import",
        ),
        sa.Column("cited_item_id", sa.Integer(), nullable=True),
        sa.Column(
            "linked_by",
            sa.Enum(
                "import",
                "correction",
                name="linkedby",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "origin",
            sa.String(),
            nullable=False,
            comment="where the entry comes from: a file, a request",
        ),
        sa.Column("vanished_at", Moment, nullable=True),
        sa.ForeignKeyConstraint(
            ["cited_item_id"], ["items.id"], name=op.f("fk_item_references_cited_item_id_items")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_item_references_item_id_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_references")),
        sa.UniqueConstraint(
            "item_id", "text_key", "nth", name=op.f("uq_item_references_item_id_text_key_nth")
        ),
    )
    op.create_index(
        "ix_item_references_awaited",
        "item_references",
        ["cited_key"],
        unique=False,
        sqlite_where=sa.text("cited_item_id IS NULL AND cited_key IS NOT NULL"),
        postgresql_where=sa.text("cited_item_id IS NULL AND cited_key IS NOT NULL"),
    )
    op.create_index(
        "ix_item_references_cited",
        "item_references",
        ["cited_item_id", "id"],
        unique=False,
        sqlite_where=sa.text("cited_item_id IS NOT NULL"),
        postgresql_where=sa.text("cited_item_id IS NOT NULL"),
    )
    op.create_index(
        "ix_item_references_item", "item_references", ["item_id", "position"], unique=False
    )

    op.create_table(
        "item_revisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column(
            "n", sa.Integer(), nullable=False, comment="the item's version from this revision on"
        ),
        sa.Column("at", Moment, nullable=False),
        sa.Column(
            "import_run_id", sa.Integer(), nullable=True, comment="of a floor above: a plain number"
        ),
        sa.Column(
            "proposal_id", sa.Integer(), nullable=True, comment="of a floor above: a plain number"
        ),
        sa.Column("upstream", Json, nullable=False),
        sa.Column("shown", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_item_revisions_item_id_items")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_revisions")),
        sa.UniqueConstraint("item_id", "n", name=op.f("uq_item_revisions_item_id_n")),
    )
    op.create_table(
        "item_words",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_item_words_item_id_items")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_words")),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False, comment="public, like R-000123"),
        sa.Column(
            "kind",
            sa.Enum(
                "correction_request",
                "citation_correction",
                "authorship_claim",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("desk_id", sa.Integer(), nullable=False, comment="who decides now"),
        sa.Column(
            "status",
            sa.Enum(
                "unconfirmed",
                "submitted",
                "needs_information",
                "approved",
                "rejected",
                "withdrawn",
                "expired",
                "superseded",
                "reverted",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("proposer_id", sa.Integer(), nullable=True),
        sa.Column("visitor_address", sa.String(), nullable=True),
        sa.Column("erased", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence_url", sa.String(), nullable=True),
        sa.Column(
            "subject", sa.String(), nullable=False, comment="of its mails; fixed at submission"
        ),
        sa.Column(
            "version",
            sa.Integer(),
            nullable=False,
            comment="raised when changes, outcomes or the status change",
        ),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="raised by edits of the proposer"
        ),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column(
            "waiting_since",
            Moment,
            nullable=True,
            comment="since when it waits for whoever it waits for",
        ),
        sa.Column("due_at", Moment, nullable=True),
        sa.Column("decided_at", Moment, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column(
            "decided_as",
            sa.Enum(
                "visitor",
                "proposer",
                "supporter",
                "decider",
                "author",
                "curator",
                "administrator",
                "system",
                name="actor",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("closed_at", Moment, nullable=True),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.Column("follows_id", sa.Integer(), nullable=True),
        sa.Column("batch", sa.String(), nullable=True, comment="sent together, mailed once"),
        sa.Column(
            "send_key",
            sa.String(),
            nullable=True,
            comment="digest of what was sent: the same act twice is led to its result",
        ),
        sa.CheckConstraint(
            "(status IN ('approved', 'rejected', 'reverted')) = (decided_at IS NOT NULL)",
            name=op.f("ck_proposals_decided_when"),
        ),
        sa.CheckConstraint(
            "(status IN ('unconfirmed', 'submitted', 'needs_information')) = (closed_at IS NULL)",
            name=op.f("ck_proposals_closed_when"),
        ),
        sa.CheckConstraint(
            "status <> 'submitted' OR waiting_since IS NOT NULL",
            name=op.f("ck_proposals_waiting_since"),
        ),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (decided_as IS NULL)", name=op.f("ck_proposals_decided_by")
        ),
        sa.CheckConstraint(
            "proposer_id IS NOT NULL OR visitor_address IS NOT NULL OR erased",
            name=op.f("ck_proposals_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["users.id"], name=op.f("fk_proposals_decided_by_id_users")
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desks.id"], name=op.f("fk_proposals_desk_id_desks")),
        sa.ForeignKeyConstraint(
            ["follows_id"], ["proposals.id"], name=op.f("fk_proposals_follows_id_proposals")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_proposals_item_id_items")),
        sa.ForeignKeyConstraint(
            ["proposer_id"], ["users.id"], name=op.f("fk_proposals_proposer_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"],
            ["proposals.id"],
            name=op.f("fk_proposals_superseded_by_id_proposals"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("number", name=op.f("uq_proposals_number")),
        sa.UniqueConstraint(
            "proposer_id", "send_key", name=op.f("uq_proposals_proposer_id_send_key")
        ),
    )
    op.create_index(
        "ix_proposals_asked",
        "proposals",
        ["desk_id", "waiting_since", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'needs_information'"),
        postgresql_where=sa.text("status = 'needs_information'"),
    )
    op.create_index(
        "ix_proposals_done",
        "proposals",
        ["desk_id", "closed_at", "id"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index("ix_proposals_item", "proposals", ["item_id", "id"], unique=False)
    op.create_index("ix_proposals_proposer", "proposals", ["proposer_id", "id"], unique=False)
    op.create_index(
        "ix_proposals_waiting",
        "proposals",
        ["desk_id", "waiting_since", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'submitted'"),
        postgresql_where=sa.text("status = 'submitted'"),
    )

    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("old", Json, nullable=True, comment="what was shown at submission"),
        sa.Column("new", Json, nullable=True),
        sa.Column("new_key", sa.String(), nullable=False, comment="digest of new"),
        sa.Column("low_risk", sa.Boolean(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "amended",
                "declined",
                "dropped",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("applied", Json, nullable=True, comment="what took effect: new or amended"),
        sa.Column("replaced", Json, nullable=True, comment="what was shown just before"),
        sa.Column(
            "reason_code",
            sa.Enum(
                "not_in_source",
                "no_evidence",
                "policy",
                "other",
                name="reasoncode",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "standing",
            sa.Enum(
                "carried",
                "adopted",
                "contested",
                "retired",
                name="standing",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "because",
            sa.Enum(
                "decided",
                "publisher",
                "replaced",
                "reverted",
                "gone",
                name="because",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("since", Moment, nullable=True, comment="since when it stands so"),
        sa.Column(
            "upstream_seen",
            Json,
            nullable=True,
            comment="the publisher's value the standing was judged on",
        ),
        sa.CheckConstraint(
            "(outcome IN ('accepted', 'amended')) = (standing IS NOT NULL) OR outcome IS NULL",
            name=op.f("ck_changes_standing_when"),
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome <> 'declined' OR reason IS NOT NULL",
            name=op.f("ck_changes_reason_when"),
        ),
        sa.CheckConstraint(
            "outcome IS NOT NULL OR standing IS NULL", name=op.f("ck_changes_undecided")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_changes_item_id_items")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_changes_proposal_id_proposals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_proposal", "changes", ["proposal_id", "id"], unique=False)
    op.create_index(
        "ix_changes_standing",
        "changes",
        ["item_id", "standing"],
        unique=False,
        sqlite_where=sa.text("standing IS NOT NULL"),
        postgresql_where=sa.text("standing IS NOT NULL"),
    )
    op.create_index(
        "uq_changes_carried",
        "changes",
        ["item_id", "target"],
        unique=True,
        sqlite_where=sa.text("standing = 'carried'"),
        postgresql_where=sa.text("standing = 'carried'"),
    )
    op.create_index(
        "uq_changes_undecided",
        "changes",
        ["item_id", "target", "new_key"],
        unique=True,
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )

    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column(
            "what",
            sa.Enum(
                "submit",
                "confirm",
                "edit",
                "support",
                "ask",
                "answer",
                "comment",
                "decide",
                "reject",
                "undo",
                "withdraw",
                "appeal",
                "send_again",
                "revert",
                "take",
                "release",
                "assign",
                "escalate",
                "expire",
                "supersede",
                "adopted",
                "contested",
                "came_back",
                name="what",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", Moment, nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column(
            "actor_role",
            sa.Enum(
                "visitor",
                "proposer",
                "supporter",
                "decider",
                "author",
                "curator",
                "administrator",
                "system",
                name="actor",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "audience",
            sa.Enum(
                "public",
                "parties",
                "desk",
                name="audience",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("details", Json, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_events_actor_id_users")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_events_item_id_items")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_events_proposal_id_proposals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(
        "ix_events_item",
        "events",
        ["item_id", "id"],
        unique=False,
        sqlite_where=sa.text("audience = 'public'"),
        postgresql_where=sa.text("audience = 'public'"),
    )
    op.create_index("ix_events_proposal", "events", ["proposal_id", "id"], unique=False)

    op.create_table(
        "supporters",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name=op.f("fk_supporters_change_id_changes")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_supporters_user_id_users")
        ),
        sa.PrimaryKeyConstraint("change_id", "user_id", name=op.f("pk_supporters")),
    )
    op.create_index(op.f("ix_supporters_user_id"), "supporters", ["user_id"], unique=False)
    own = SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL
    for statement in own:
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE item_search")
    op.drop_table("supporters")
    op.drop_table("events")
    op.drop_table("changes")
    op.drop_table("proposals")
    op.drop_table("item_words")
    op.drop_table("item_revisions")
    op.drop_table("item_references")
    op.drop_table("item_authors")
    op.drop_table("items")
    op.drop_table("templates")
    op.drop_table("maintainer_grants")
    op.drop_table("import_problems")
    op.drop_table("contacts")
    op.drop_table("source_files")
    op.drop_table("series")
    op.drop_table("roles_users")
    op.drop_table("import_runs")
    op.drop_table("desk_members")
    op.drop_table("author_profiles")
    op.drop_table("addresses")
    op.drop_table("worker_beats")
    op.drop_table("users")
    op.drop_table("roles")
    op.drop_table("rate_counts")
    op.drop_table("outgoing_mails")
    op.drop_table("number_sequences")
    op.drop_table("desks")
    op.drop_table("archives")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION events_written_once()")
