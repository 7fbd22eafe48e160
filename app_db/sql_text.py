"""Names and texts in the SQL that app_db writes itself."""

from sqlalchemy import Dialect


def literal(text: str) -> str:
    """As a string constant of SQL."""
    return "'" + text.replace("'", "''") + "'"


def qualified(dialect: Dialect, schema: str, name: str) -> str:
    """Quoted where it has to be."""
    quote = dialect.identifier_preparer.quote
    return undoubled(dialect, f"{quote(schema)}.{quote(name)}")


def undoubled(dialect: Dialect, sql: str) -> str:
    """Without the escape of psycopg's that SQLAlchemy has written already."""
    return sql.replace("%%", "%") if dialect.paramstyle in ("pyformat", "format") else sql


def escaped(sql: str) -> str:
    """For op.execute, which takes `:word` for a parameter."""
    return sql.replace(":", r"\:").replace(r"\:\:", "::")
