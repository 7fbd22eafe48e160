"""A first plan's statements, in one line."""

from howdah.change import Change, counted


def test_statements_are_counted_by_their_kind() -> None:
    statements = [
        "CREATE ROLE a;", "CREATE ROLE b;", "ALTER ROLE a SET x = 'y';",
        "ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b;",
        "SET ROLE a;\nCREATE TABLE IF NOT EXISTS t ();\n;\nRESET ROLE;",
        "GRANT SELECT ON t TO b;",
    ]  # fmt: skip
    assert counted(map(Change, statements)) == (
        "6 statements: 2 CREATE ROLE, 1 ALTER ROLE, 1 ALTER DEFAULT PRIVILEGES, "
        "1 CREATE TABLE, 1 GRANT"
    )
