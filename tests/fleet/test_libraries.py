"""Packages of the distribution that bring extensions, and libraries to load at the start."""

import pytest

from tests.fleet.engine import SUITES
from tests.fleet.single import Single

# pg_cron's own file says where it goes.
OWN_SQL = """
\\connect :"app_database"
CREATE EXTENSION hll WITH SCHEMA extensions;
CREATE EXTENSION pg_cron WITH SCHEMA pg_catalog;
"""
WAITS = ["extension pg_cron in appdb", "shared_preload_libraries"]


@pytest.mark.all
def test_packages_libraries_and_extensions(converged: Single, suite: str) -> None:
    """Rejected where something lacks, with the line that brings it; then installed and loaded."""
    version, machine = SUITES[suite], converged.machine
    file = converged.folder / "roles-sql" / "60-own.sql"
    file.write_text(OWN_SQL)
    hll, cron = f"postgresql-{version}-hll", f"postgresql-{version}-cron"

    said = converged.refused_in_one_line()
    assert f"roles-sql/60-own.sql:3: CREATE EXTENSION hll: needs packages = ['{hll}']" in said
    assert f"(apt-get install {hll})" in said
    converged.inventory(packages=[f"postgresql-{version}-nosuch"])
    assert f"has no postgresql-{version}-nosuch" in converged.refused_in_one_line()
    converged.inventory(packages=[hll], libraries=["pg_cron"])
    said = converged.refused_in_one_line()
    assert f"libraries: pg_cron: needs packages = ['{cron}']" in said
    assert machine.run(f"dpkg -s {hll}").returncode != 0

    options = {"packages": ["postgresql-{version}-cron", hll], "libraries": ["pg_cron"],
             "version": version, "settings": {"cron.database_name": "appdb"}}  # fmt: skip
    converged.inventory(**options)
    shown = converged.shown()
    assert f"apt-get install {cron}" in shown
    assert "make /etc/howdah" not in shown
    converged.deploy()
    assert sorted(converged.waits) == WAITS
    counted = converged.login("appuser", "appdb", "SELECT hll_cardinality(hll_empty())")
    assert counted.stdout.strip() == "0"
    again = converged.deploy()
    assert (again.changed, len(again.commands)) == ([], 1)

    converged.deploy("--data", "restart=yes")
    assert machine.ask("SELECT count(*) FROM cron.job", "appdb") == "0"
    assert converged.waits == []
    again = converged.deploy()
    assert (again.changed, len(again.commands)) == ([], 1)
    assert converged.verify().returncode == 0

    machine.sh(f"DEBIAN_FRONTEND=noninteractive dpkg --remove --force-depends {hll}")
    assert f"apt-get install {hll}" in converged.shown()
    converged.deploy()
    assert machine.sh(f"dpkg-query -W -f '${{db:Status-Abbrev}}' {hll}") == "ii"
    file.unlink()
    machine.ask("DROP EXTENSION hll, pg_cron", "appdb")
