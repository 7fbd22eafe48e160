"""Names and texts in the SQL that app_db writes itself."""

from sqlalchemy import Dialect


def literal(text: str) -> str:
    """As a string constant of SQL."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def qualified(dialect: Dialect, schema: str, name: str) -> str:
    """Quoted where it has to be."""
    preparer = dialect.identifier_preparer
    quoted_schema = preparer.quote(schema)
    quoted_name = preparer.quote(name)
    return undoubled(dialect, f"{quoted_schema}.{quoted_name}")


def undoubled(dialect: Dialect, sql: str) -> str:
    """Without the escape of psycopg's that SQLAlchemy has written already."""
    if dialect.paramstyle in ("pyformat", "format"):
        return sql.replace("%%", "%")
    return sql


def escaped(sql: str) -> str:
    """For op.execute, which takes `:word` for a parameter."""
    all_escaped = sql.replace(":", r"\:")
    # It leaves the `::` of a cast alone.
    return all_escaped.replace(r"\:\:", "::")
