"""Who may log in, and whom the server lets in: a team's own roles."""

import json
import random
import shutil
from pathlib import Path

import pytest

from howdah.host_data import read
from howdah.roles_sql.declared import declared
from tests.server.checkout import ROOT, Checkout
from tests.server.conftest import NewCheckout

TEAM = """CREATE ROLE monitoring LOGIN CONNECTION LIMIT 3;
GRANT pg_monitor TO monitoring;
GRANT CONNECT ON DATABASE postgres TO monitoring;
CREATE ROLE readers NOLOGIN;
CREATE ROLE reporting LOGIN CONNECTION LIMIT 2;
GRANT readers TO reporting;
GRANT CONNECT ON DATABASE :"app_database" TO readers;
CREATE ROLE standby LOGIN REPLICATION;
CREATE ROLE dba LOGIN SUPERUSER;
CREATE ROLE former LOGIN VALID UNTIL '2001-02-03T04:05:06Z';
CREATE ROLE outsider LOGIN NOINHERIT;
GRANT readers TO former, outsider;
"""
OWN = "a password of its own"
RECORDS = {
    "appdb reporting", "appdb former", "postgres monitoring", "replication standby",
    *(f"{database} dba" for database in (
        "appdb", "postgres", "template1", "temporal", "temporal_visibility")),
}  # fmt: skip
FORMER = "role former cannot log in: it was VALID UNTIL 2001-02-03T04:05:06 UTC"
OUTSIDER = "role outsider cannot log in: it may CONNECT to no database"


@pytest.fixture(scope="module")
def team(new_checkout: NewCheckout) -> tuple[Checkout, str]:
    """A server with the roles of a team, and what the deploy printed."""
    checkout = new_checkout()
    (checkout.folder / "roles-sql" / "61-team.sql").write_text(TEAM)
    run = checkout.pyinfra("-y", "deploy.py")
    assert run.code == 0, run.output
    return checkout, run.output


def records(checkout: Checkout) -> set[str]:
    """database role, of those that have a record from this machine."""
    lines = (checkout.home / "etc" / "current" / "pg_hba.conf").read_text().splitlines()
    words = (line.split() for line in lines if " 127.0.0.1/32 scram-sha-256" in line)
    return {f"{database} {role}" for _, database, role, *_ in words}


def test_roles_of_a_team_log_in_as_postgresql_has_it(team: tuple[Checkout, str]) -> None:
    """By membership, into postgres, as a superuser and for replication; or it is told why not."""
    checkout, said = team
    own = {
        r for r in records(checkout) if not r.endswith(("appuser", "backupuser", "temporaluser"))
    }
    assert own == RECORDS
    for role in ("dba", "monitoring", "reporting", "standby"):
        assert f"reported: role {role} cannot log in: no password (\\password sets one)\n" in said
    assert (
        "role former cannot log in: no password (\\password sets one), it was VALID UNTIL" in said
    )
    assert "not tried, for the store has no password of theirs: dba, former, monitoring, " in said
    for role in ("dba", "former", "monitoring", "outsider", "reporting", "standby"):
        checkout.ask(f"ALTER ROLE {role} PASSWORD '{OWN}'")
    for role, database in (("reporting", "appdb"), ("monitoring", "postgres"), ("dba", "temporal")):
        entered = checkout.login(role, database, password=OWN)
        assert entered.returncode == 0, entered.stderr
    asked = {"replication": "true", "password": OWN}
    streams = checkout.login("standby", "postgres", "IDENTIFY_SYSTEM", **asked)
    assert streams.returncode == 0, streams.stderr
    clear = checkout.login("standby", "postgres", "IDENTIFY_SYSTEM", **asked, sslmode="disable")
    assert "no pg_hba.conf entry for replication connection" in clear.stderr
    for role, database in (("former", "appdb"), ("outsider", "appdb"), ("standby", "appdb")):
        assert checkout.login(role, database, password=OWN).returncode != 0
    shown = checkout.shown()
    assert [line.split("reported: ")[1] for line in shown.splitlines() if "cannot log in" in line] \
        == [FORMER, OUTSIDER]  # fmt: skip
    assert checkout.dry().changed == []


def test_verify_names_who_cannot_log_in(team: tuple[Checkout, str]) -> None:
    checkout, _ = team
    file = checkout.folder / "roles-sql" / "61-team.sql"
    checkout.ask(f"ALTER ROLE former PASSWORD '{OWN}'; ALTER ROLE reporting PASSWORD NULL")
    said = checkout.verify("-k", "logins").stdout
    assert FORMER in said
    assert OUTSIDER in said
    assert "role reporting cannot log in: no password" in said
    assert "1 failed, 2 passed" in said
    for role in ("dba", "monitoring", "reporting", "standby"):
        checkout.ask(f"ALTER ROLE {role} PASSWORD '{OWN}'")
    # A role of the store's too may replicate, and its login is tried.
    file.write_text(
        TEAM.replace("former LOGIN", "former NOLOGIN").replace("outsider LOGIN", "outsider NOLOGIN")
        + 'ALTER ROLE :"backup_role" REPLICATION;\n'
    )
    run = checkout.pyinfra("-y", "deploy.py")
    assert run.code == 0, run.output
    assert "cannot log in" not in run.output
    assert "replication backupuser" in records(checkout)
    verified = checkout.verify("-k", "logins")
    assert verified.returncode == 0, verified.stdout


# -- The rule itself, beside the server's ------------------------------------------------------

ROLES = [f"r{n}" for n in range(6)]
DATABASES = ["appdb", "temporal", "postgres", "template1"]


def some_statements(r: random.Random) -> list[str]:
    """Roles, memberships without a circle, and rights to connect."""
    attributes = ("LOGIN", "LOGIN", "LOGIN NOINHERIT", "NOLOGIN", "LOGIN SUPERUSER")
    made = [f"CREATE ROLE {role} {r.choice(attributes)}" for role in ROLES]
    grantees = [*ROLES, "PUBLIC", "pg_read_all_stats", "pg_monitor"]
    more = []
    for _ in range(r.randrange(4, 12)):
        member = r.randrange(1, len(ROLES))
        group = r.choice([*ROLES[:member], "pg_monitor", "pg_read_all_stats", "appowner"])
        options = r.choice(["", "", " WITH INHERIT TRUE", " WITH INHERIT FALSE"])
        database = r.choice(DATABASES)
        more.append(r.choice([
            f"GRANT {group} TO {ROLES[member]}{options}",
            f"GRANT CONNECT ON DATABASE {database} TO {r.choice(grantees)}",
            f"REVOKE CONNECT ON DATABASE {database} FROM {r.choice(grantees)}",
            f"ALTER ROLE {ROLES[member]} {r.choice(['INHERIT', 'NOINHERIT'])}",
        ]))  # fmt: skip
    return [*made, *more]


def test_model_answers_as_has_database_privilege(deployed: Checkout, tmp_path: Path) -> None:
    """In transactions that are rolled back."""
    folder = tmp_path / "roles-sql"
    shutil.copytree(ROOT / "roles-sql", folder)
    cluster, script, models = read({"environment": "any"}), [], []
    for seed in range(60):
        statements = some_statements(random.Random(seed))
        (folder / "99-random.sql").write_text(";\n".join(statements) + ";\n")
        logins = declared(cluster, folder).logins()
        models.append([[d, r] for d, r in logins if r in ROLES and d in DATABASES])
        script.append(f"BEGIN; {'; '.join(statements)}; {ANSWER} ROLLBACK;")
    answers = [json.loads(line) for line in deployed.ask("\n".join(script)).splitlines()]
    assert answers == models
    assert sum(map(len, models)) > 100


ANSWER = f"""
SELECT coalesce(json_agg(json_build_array(datname, rolname)
    ORDER BY datname COLLATE "C", rolname COLLATE "C"), '[]')
FROM pg_database CROSS JOIN pg_roles
WHERE rolcanlogin AND rolname = ANY (ARRAY{ROLES}) AND datname = ANY (ARRAY{DATABASES})
AND has_database_privilege(pg_roles.oid, pg_database.oid, 'CONNECT');
"""
