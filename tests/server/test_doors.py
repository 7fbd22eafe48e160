"""What somebody has left open by hand: shown by each run, and `make verify` fails."""

from collections.abc import Iterator

import pytest

from tests.server.checkout import Checkout

DOORS = ("-k", "doors")
BECOME = """
CREATE FUNCTION app.become(text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
AS 'BEGIN EXECUTE $1; END';
CREATE ROLE alice
"""
BECOMES = [
    "function app.become(text) in appdb runs as postgres, and everybody may call it",
    "function app.become(text) in appdb belongs to postgres",
]
# (database, what migrations make or has no power here, how it goes again)
HARMLESS = [
    ("appdb", "SET ROLE appowner; CREATE TYPE app.span AS RANGE (subtype = float8);"
     "CREATE TABLE app.spans (i int PRIMARY KEY, span app.span);"
     "CREATE FUNCTION app.own() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS "
     "'BEGIN RETURN NEW; END'; CREATE TRIGGER own BEFORE INSERT ON app.spans FOR EACH ROW "
     "EXECUTE FUNCTION app.own(); CREATE TRIGGER same BEFORE UPDATE ON app.spans FOR EACH ROW "
     "EXECUTE FUNCTION suppress_redundant_updates_trigger(); CREATE VIEW app.all_of_them AS "
     "TABLE app.spans; RESET ROLE",
     "DROP VIEW app.all_of_them; DROP TABLE app.spans; DROP FUNCTION app.own; DROP TYPE app.span"),
    ("postgres", "CREATE FUNCTION public.far() RETURNS void LANGUAGE sql SECURITY DEFINER AS ''",
     "DROP FUNCTION public.far"),
    ("postgres", "CREATE ROLE alice LOGIN CREATEDB; CREATE DATABASE wiki OWNER alice",
     "DROP DATABASE wiki; DROP ROLE alice"),
    ("appdb", "CREATE SCHEMA lab AUTHORIZATION alice; CREATE FUNCTION lab.mine() RETURNS void "
     "LANGUAGE sql SECURITY DEFINER AS ''; REVOKE ALL ON FUNCTION lab.mine() FROM PUBLIC",
     "DROP SCHEMA lab CASCADE"),
    ("appdb", "CREATE FOREIGN DATA WRAPPER other;"
     "CREATE SERVER elsewhere FOREIGN DATA WRAPPER other;"
     "CREATE USER MAPPING FOR alice SERVER elsewhere OPTIONS (\"user\" 'alice')",
     "DROP FOREIGN DATA WRAPPER other CASCADE"),
]  # fmt: skip


@pytest.fixture
def opened(converged: Checkout) -> Iterator[Checkout]:
    converged.ask(BECOME, "appdb")
    yield converged
    converged.ask("DROP FUNCTION app.become; DROP ROLE alice", "appdb")


def test_function_of_the_superusers_is_a_door(opened: Checkout) -> None:
    """The attack, and who names it: the dry run, the deploy and verify. `allowed` lets it be."""
    done = opened.login("appuser", "appdb", "SELECT become('ALTER ROLE appuser SUPERUSER')")
    assert done.returncode == 0, done.stderr
    assert opened.ask("SELECT rolsuper FROM pg_roles WHERE rolname = 'appuser'") == "t"
    opened.deploy()

    dry = opened.dry()
    assert dry.changed == []
    assert dry.plan["hosts"]["@local"]["dangers"] == BECOMES
    run = opened.pyinfra("-y", "deploy.py")
    assert (run.code, "No changes" in run.output) == (0, True)
    summary = run.output.partition("--> Summary:")[2].replace("\n        ", " ")
    first, second, third = (f"{line}{end}" for line, end in (
        (BECOMES[0], " (danger)\n"), (BECOMES[1], " (danger)\n"),
        ("role alice is not in roles-sql", "\n")))  # fmt: skip
    assert summary.index(first) < summary.index(second) < summary.index(third)
    verified = opened.verify(*DOORS)
    assert [line for line in BECOMES if line not in verified.stdout] == []
    assert "2 failed" in verified.stdout

    opened.inventory(allowed=BECOMES)
    assert "(danger)" not in opened.pyinfra("-y", "deploy.py").output
    assert opened.verify(*DOORS).returncode == 0
    opened.inventory(allowed=["function app.become(text) in appdb", *BECOMES[1:]])
    assert BECOMES[0] in opened.verify(*DOORS).stdout


def test_what_opens_nothing_is_no_danger(converged: Checkout) -> None:
    for base, sql, _ in HARMLESS:
        converged.ask(sql, base)
    try:
        told = converged.dry().plan["hosts"]["@local"]
        verified = converged.verify(*DOORS)
    finally:
        for base, _, undo in reversed(HARMLESS):
            converged.ask(undo, base)
    assert told["dangers"] == []
    assert {"role alice is not in roles-sql", "database wiki is not in roles-sql",
            "schema lab in appdb is not in roles-sql"} <= {*told["reported"]}  # fmt: skip
    assert verified.returncode == 0, verified.stdout
