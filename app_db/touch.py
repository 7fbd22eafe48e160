"""The database keeps updated_at and version where SQL changes a row and does not.

For revisions: `touch("products")` after `op.create_table("products", …)`. What it does for a
table stays as it is, for revisions that use it must go on to mean the same.
"""

from alembic import op

from app_db.schema import SCHEMA
from app_db.sql_text import escaped, qualified

# WHEN: the ORM counts versions itself, and is not called back.
FUNCTION = f"""
CREATE OR REPLACE FUNCTION {SCHEMA}.touch() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END $$
"""
TRIGGER = f"""
CREATE TRIGGER touch BEFORE UPDATE ON {{table}}
FOR EACH ROW WHEN (NEW.version = OLD.version) EXECUTE FUNCTION {SCHEMA}.touch()
"""
# SQLite's own clock has milliseconds; SQLAlchemy writes six digits.
ON_SQLITE = """
CREATE TRIGGER {trigger} AFTER UPDATE ON {table}
FOR EACH ROW WHEN NEW.version = OLD.version BEGIN
    UPDATE {table} SET version = OLD.version + 1,
        updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now') || '000' WHERE id = NEW.id;
END
"""


def touch(*tables: str, schema: str = SCHEMA) -> None:
    """Give the tables, which have updated_at and version, their trigger."""
    dialect = op.get_context().dialect
    if dialect.name == "sqlite":
        for table in tables:
            trigger = qualified(dialect, schema, f"touch_{table}")
            # A trigger names no schema of its tables.
            name = dialect.identifier_preparer.quote(table)
            statement = ON_SQLITE.format(trigger=trigger, table=name)
            op.execute(escaped(statement.strip()))
        return
    op.execute(FUNCTION.strip())
    for table in tables:
        name = qualified(dialect, schema, table)
        statement = TRIGGER.format(table=name)
        op.execute(escaped(statement.strip()))
