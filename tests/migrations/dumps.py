"""A database's schema as plain values, to compare: columns, constraints, indexes, triggers.

The order of columns and constraints may differ, for it means nothing.
"""

import re

from sqlalchemy import text

POSTGRESQL = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, character_maximum_length,
               CASE WHEN column_default LIKE 'nextval%' THEN 'serial' ELSE column_default END,
               generation_expression,
               col_description(format('%I', table_name)::regclass, ordinal_position)
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal""",
    "functions": """
        SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
}


def dump(engine):
    """The schema, without Alembic's own table."""
    with engine.connect() as connection:
        read = {"sqlite": _sqlite, "postgresql": _postgresql}[engine.dialect.name]
        return read(connection)


def empty(dumped):
    """Whether nothing is left."""
    return not any(dumped.values())


def _postgresql(connection):
    found = {}
    for what, query in POSTGRESQL.items():
        rows = [tuple(row) for row in connection.execute(text(query.replace(":", "\\:")))]
        found[what] = sorted((r for r in rows if r[0] != "alembic_version"), key=repr)
    return found


def _sqlite(connection):
    rows = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master"))
    found = {}
    for kind, name, table, sql in rows:
        if table == "alembic_version" or sql is None:
            continue
        found[f"{kind} {name}"] = _parts(sql)
    return found


def _parts(sql):
    """A statement in one spelling; of CREATE TABLE its columns and constraints, sorted."""
    sql = re.sub(
        r"\s+", " ", sql.replace('CREATE TABLE "', "CREATE TABLE ").replace('"', "")
    ).strip()
    if not sql.startswith("CREATE TABLE") or "(" not in sql:
        return sql
    head, _, body = sql.partition("(")
    parts, depth, part = [], 0, ""
    for sign in body.strip().removesuffix(")"):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth == 0:
            parts.append(part.strip())
            part = ""
        else:
            part += sign
    return [head.strip(), *sorted([*parts, part.strip()])]
