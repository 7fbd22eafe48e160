"""What the floor and Ansible need not find out: taken from a host that Howdah has deployed to."""

import json
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hosts import Hosts, pyinfra
from benchmarks.measure import run
from benchmarks.outcome import outcome
from howdah import settings
from howdah.secrets.verifiers import LOGINS, PASSWORDS
from tests.fleet.engine import SUITES
from tests.fleet.fleet import Fleet

CONF = ("postgresql.conf", "pg_hba.conf", "pg_ident.conf")


@dataclass(frozen=True)
class Given:
    """Files, and what a server is like that was made from them."""

    folder: Path
    outcome: list[str]


def given(hosts: Hosts, suite: str, number: int) -> Given:
    """By a deploy to a host that has the packages already."""
    machine = hosts.boot(suite, number)
    fleet, folder = hosts.fleet(machine), Path(tempfile.mkdtemp(dir=hosts.folder))
    pyinfra(fleet, "deploy.py")
    version = SUITES[suite]
    for name in CONF:
        text = machine.sh(f"cat /etc/howdah/{version}-main/current/{name}")
        here = text.replace(
            f"/etc/howdah/{version}-main/current", f"/etc/postgresql/{version}/main"
        )
        (folder / name).write_text(re.sub("^include.*", "", here, flags=re.M) + "\n")
    (folder / "roles.sql").write_text(_roles_sql(fleet))
    (folder / "schema.sql").write_text(_schema_sql(fleet))
    (folder / "given.json").write_text(json.dumps(_variables(fleet, folder, version)))
    for ending in ("crt", "key"):
        shutil.copy(
            fleet.secrets / "hosts" / f"{machine.name}.{ending}", folder / f"server.{ending}"
        )
    made = Given(folder, outcome(machine))
    hosts.remove(number)
    return made


def _verifier(fleet: Fleet, variable: str) -> str:
    return (fleet.secrets / f"{PASSWORDS[variable]}.verifier").read_text().strip()


def _roles_sql(fleet: Fleet) -> str:
    """As docs/roles.md says."""
    folder = fleet.folder / "roles-sql"
    verifiers = [f"\\set {v} '{_verifier(fleet, v)}'\n" for v in PASSWORDS]
    files = [f"\\connect postgres\n{path.read_text()}" for path in sorted(folder.glob("*.sql"))]
    names = (folder / "names.psql").read_text()
    names += "\\set log_statement none\n"  # where pgaudit logs a role's own statements
    return "".join([names, *verifiers, *files])


def _schema_sql(fleet: Fleet) -> str:
    module = "howdah.render_revisions"
    sql = run(sys.executable, "-m", module, "app_db.migrations", "base", cwd=fleet.folder)
    return f"SET ROLE appowner;\nSET search_path = app, extensions;\n{sql}"


def _variables(fleet: Fleet, folder: Path, version: int) -> dict[str, object]:
    """The playbook's."""
    conf, hba = ((folder / name).read_text() for name in CONF[:2])
    roles = {variable: f"{login.name}user" for variable, login in LOGINS.items()}
    return {
        "version": version,
        "settings": settings.parse(conf),
        "records": re.findall("^hostssl (.*)", hba, flags=re.M),
        "verifiers": {role: _verifier(fleet, variable) for variable, role in roles.items()},
    }
