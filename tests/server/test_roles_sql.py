"""roles-sql/ is plain SQL: psql runs it by hand, and a team adds to it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from howdah.found import read
from tests.server.checkout import Checkout

REPORTING = """-- A role that reads, for the people who draw charts.
CREATE ROLE reporting LOGIN CONNECTION LIMIT 2;
GRANT CONNECT ON DATABASE :"app_database" TO reporting;
\\connect :"app_database"
GRANT USAGE ON SCHEMA app TO reporting;
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner_role" IN SCHEMA app GRANT SELECT ON TABLES TO reporting;
REVOKE SELECT ON TABLE app.user_identities FROM reporting;
"""
QUOTED = """
CREATE ROLE "Rita-Größe 2" LOGIN;
CREATE DATABASE "Chärts-2 x" OWNER "Rita-Größe 2" TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE "Chärts-2 x" FROM PUBLIC;
COMMENT ON DATABASE "Chärts-2 x" IS 'draws';
\\connect "Chärts-2 x"
CREATE SCHEMA "S-1" AUTHORIZATION "Rita-Größe 2";
"""


NAMED = '{"schemas": ["app", "public"], "catalog": [], "others": [], "columns": []}'


def state(checkout: Checkout) -> list[str]:
    """What Howdah reads of the roles, databases and rights, as rows of text: one for each fact."""
    queries = checkout.folder / "howdah" / "queries"
    text = f"SET timezone = 'UTC';\n\\set named '{NAMED}'\n"
    text += (queries / "cluster.sql").read_text() + (queries / "shared.sql").read_text()
    for base in ("appdb", "temporal", "temporal_visibility"):
        text += f"\\connect {base}\n" + (queries / "database.sql").read_text()
    text += "\\connect template1\n" + (queries / "shared.sql").read_text()
    lines = [line for line in checkout.ask(text).splitlines() if line.startswith("[")]
    facts = [fact for row in read(lines).rows for fact in each(row)]
    return sorted(map(json.dumps, facts))


def each(row: list[Any]) -> Iterator[list[Any]]:
    """Objects that share a row, one by one."""
    if row[0] != "objects":
        yield row
        return
    _, database, kind, schema, owner, acl, names = row
    for name, arguments in names:
        yield ["owner", database, kind, schema, name, arguments, owner]
        for entry in acl:
            yield ["grant", database, kind, schema, name, arguments, "", *entry]


def test_by_hand_gives_the_same_state(bare: Checkout, deployed: Checkout) -> None:
    """On a bare server, with psql, by the command that docs/roles.md gives."""
    bare.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": "11"})  # made, and without roles
    bare.pyinfra("-y", "deploys.local.start")
    assert bare.ask("SELECT count(*) FROM pg_roles WHERE rolname = 'appuser'") == "0"
    names = (bare.folder / "roles-sql" / "names.psql").read_text()
    verifiers = {
        "app_verifier": "app_user", "backup_verifier": "app_ro", "temporal_verifier": "temporal",
    }  # fmt: skip
    for variable, name in verifiers.items():
        verifier = (deployed.secrets / f"postgres_{name}_pw.verifier").read_text().strip()
        names += f"\\set {variable} '{verifier}'\n"
    files = sorted((bare.folder / "roles-sql").glob("*.sql"))
    bare.ask(names + "\n".join(f"\\connect postgres\n{f.read_text()}" for f in files))
    migrated = ('"users"', '"user_identities"', '"touch"')
    expected = [row for row in state(deployed) if not any(name in row for name in migrated)]
    assert state(bare) == expected
    assert len(expected) > 100


def test_a_teams_file_is_managed(bare: Checkout) -> None:
    (bare.folder / "roles-sql" / "60-reporting.sql").write_text(REPORTING)
    (bare.folder / "roles-sql" / "61-quoted.sql").write_text(QUOTED)
    bare.deploy()
    assert bare.deploy().changed == []
    hba = (bare.home / "etc" / "current" / "pg_hba.conf").read_text()
    assert "hostssl appdb reporting 127.0.0.1/32 scram-sha-256" in hba
    bare.ask("ALTER ROLE reporting PASSWORD 'a password of its own'")
    own = {"password": "a password of its own"}
    assert bare.login("reporting", "appdb", "TABLE app.users", **own).returncode == 0
    refused = bare.login("reporting", "appdb", "TABLE app.user_identities", **own)
    assert "permission denied for table user_identities" in refused.stderr
    bare.ask("ALTER ROLE reporting CREATEDB; GRANT reporting TO appuser")
    bare.ask("GRANT INSERT ON app.users TO reporting", "appdb")
    assert "roles-sql/60-reporting.sql:2" in bare.shown()
    bare.deploy()
    assert bare.ask("SELECT rolcreatedb FROM pg_roles WHERE rolname = 'reporting'") == "f"
    assert (
        bare.ask("SELECT has_table_privilege('reporting', 'app.users', 'INSERT')", "appdb") == "f"
    )
    assert bare.login("reporting", "appdb", **own).returncode == 0  # its password was left alone
    refuses_md5(bare)
    quoted_names_log_in(bare)


def quoted_names_log_in(checkout: Checkout) -> None:
    hba = (checkout.home / "etc" / "current" / "pg_hba.conf").read_text()
    assert 'hostssl "Chärts-2 x" "Rita-Größe 2" 127.0.0.1/32 scram-sha-256' in hba
    checkout.ask("ALTER ROLE \"Rita-Größe 2\" PASSWORD 'her own'")
    entered = checkout.login("Rita-Größe 2", "Chärts-2 x", 'CREATE TABLE "S-1"."T" ()',
                             password="her own")  # fmt: skip
    assert entered.returncode == 0, entered.stderr


def refuses_md5(checkout: Checkout) -> None:
    """F17: nobody here knows the password, and only SCRAM is let in."""
    checkout.ask("SET password_encryption = md5; ALTER ROLE reporting PASSWORD 'x'")
    for said in (
        checkout.refused(), checkout.pyinfra("--dry", "deploy.py", stdin="no\n").output
    ):  # fmt: skip
        assert "the password of role reporting is stored as md5, and only SCRAM is let in" in said
    checkout.ask("CREATE ROLE bob LOGIN PASSWORD 'y'; ALTER ROLE reporting PASSWORD 'long enough'")
    checkout.ask("SET password_encryption = md5; ALTER ROLE bob PASSWORD 'y'")
    assert "reported: role bob has an md5 password, which lets nobody in" in checkout.shown()
    assert checkout.deploy().changed == []


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("CREATE VIEW x AS SELECT 1;", "CREATE VIEW is not a statement that Howdah can compare"),
        ("\nSELECT 1", "60-x.sql:2: SELECT 1"),
        ("CREATE ROLE :\"nobody\";", "variable 'nobody' is not set"),
        ("CREATE ROLE \"a,postgres\";", "needs a name"),
        ("\\! id", "only \\connect, \\if, \\else and \\endif are"),
        ("CREATE ROL x;", 'syntax error at or near "ROL"'),
    ],
)  # fmt: skip
def test_unknown_is_refused_with_its_place(bare: Checkout, sql: str, says: str) -> None:
    (bare.folder / "roles-sql" / "60-x.sql").write_text(sql)
    said = bare.refused()
    assert says in said
    assert "roles-sql/60-x.sql:" in said
    assert not bare.home.exists()


WRONG = "ALTER ROLE :\"app_role\" SET work_mem = 'lots';\n"
WORDS = 'roles-sql/60-x.sql:1: invalid value for parameter "work_mem": "lots"'


def test_value_that_is_none_is_rejected_by_the_first_run(bare: Checkout) -> None:
    """By the canary, before there is a server."""
    (bare.folder / "roles-sql" / "60-x.sql").write_text(WRONG)
    assert WORDS in bare.refused()
    assert not bare.pid_file.exists()


def test_value_that_is_none_is_rejected_by_a_dry_run(converged: Checkout) -> None:
    file = converged.folder / "roles-sql" / "60-x.sql"
    file.write_text(WRONG)
    try:
        dry = converged.pyinfra("--dry", "deploy.py")
        assert dry.code == 1
        assert WORDS in dry.output
        assert WORDS in converged.refused()
    finally:
        file.unlink()


def test_other_names_all_through(bare: Checkout) -> None:
    bare.inventory(app_role="shop_user", owner_role="shop_owner", app_database="shop")
    bare.deploy()
    assert bare.deploy().changed == []
    entered = bare.login("shop_user", "shop", "TABLE users", password=bare.password("appuser"))
    assert entered.returncode == 0, entered.stderr
