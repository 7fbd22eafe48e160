"""A first plan's statements, in one line."""

from howdah.rights.change import Change, counted


def test_statements_are_counted_by_their_kind() -> None:
    statements = [
        "CREATE ROLE a;", "CREATE ROLE b;", "ALTER ROLE a SET x = 'y';",
        "ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT SELECT ON TABLES TO b;",
        "CREATE TABLE IF NOT EXISTS t ();\n;\nALTER TABLE t OWNER TO a;",
        "SET ROLE a; REVOKE SELECT ON t FROM b CASCADE; RESET ROLE;",
        "GRANT SELECT ON t TO b;",
    ]  # fmt: skip
    assert counted(map(Change, statements)) == (
        "7 statements: 2 CREATE ROLE, 1 ALTER ROLE, 1 ALTER DEFAULT PRIVILEGES, "
        "1 CREATE TABLE, 1 REVOKE, 1 GRANT"
    )


def test_one_statement_is_one() -> None:
    assert counted([Change("CREATE ROLE a;")]) == "1 statement: 1 CREATE ROLE"
