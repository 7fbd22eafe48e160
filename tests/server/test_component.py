"""What the author of a new component writes, and what a cluster has of it then."""

import pytest

from tests.server.checkout import Checkout

PART = '''"""The login of a metrics exporter."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from howdah.cluster import Cluster
from howdah.component import Component, Context, Login, Options, Probe, Row, Setting
from howdah.options import Name


class Exporter(Options):
    exporter_role: Name = "exporter"
    exporter_connections: Annotated[int, Field(ge=1, le=10)] = 2


def _connections(cluster: Cluster) -> int:
    return cluster.of(Exporter).exporter_connections


def _share(cluster: Cluster) -> str:
    return f"{_connections(cluster)} exporter"


def _settings(context: Context) -> Iterator[Setting]:
    yield Setting("Monitoring", "track_io_timing", "on", "Slow disks are seen.")


def _read(rows: Sequence[Row], lines: Sequence[str]) -> list[str]:
    return [*(row["word"] for row in rows), *lines]


PROBE = Probe("exporter", _read, sql="SELECT 'of the server' AS word", shell="echo 'of the host'")
LOGIN = Login("exporter", "postgres_exporter_pw", _connections, _share)
COMPONENT = Component(
    "exporter",
    options=Exporter,
    settings=_settings,
    libraries=("auto_explain",),
    logins=(LOGIN,),
    roles_sql=(Path(__file__).with_name("roles.sql"),),
    probes=(PROBE,),
)
'''
ROLES = """
CREATE ROLE :"exporter_role" LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION
NOBYPASSRLS CONNECTION LIMIT :exporter_connections PASSWORD :'exporter_verifier';
GRANT CONNECT ON DATABASE :"app_database" TO :"exporter_role";
"""


OPERATION = """

from components.exporter import PROBE
from deploys.snapshot import snapshot
from pyinfra import host
host.log(f"the probe has found {' and '.join(snapshot(target).of(PROBE))}")
"""


@pytest.fixture
def checkout(bare: Checkout) -> Checkout:
    """With one folder more, and two words in the list."""
    folder = bare.folder / "components" / "exporter"
    folder.mkdir()
    (folder / "__init__.py").write_text(PART)
    (folder / "roles.sql").write_text(ROLES)
    listed = bare.folder / "components" / "__init__.py"
    text = listed.read_text()
    text = text.replace("    backup_login,\n", "    backup_login,\n    exporter,\n")
    text = text.replace(
        "    temporal.COMPONENT,\n", "    temporal.COMPONENT,\n    exporter.COMPONENT,\n"
    )
    listed.write_text(text)
    return bare


def test_component_is_a_folder_and_a_line(checkout: Checkout) -> None:
    """Its options, settings, library, login with its secret and limit, and roles."""
    checkout.inventory(exporter_connections=3)
    checkout.deploy()
    assert checkout.ask("SHOW track_io_timing") == "on"
    assert checkout.ask("SHOW shared_preload_libraries").endswith("pg_stat_statements,auto_explain")
    limit = "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'exporter'"
    assert checkout.ask(limit) == "3"
    conf = (checkout.home / "etc" / "current" / "postgresql.conf").read_text()
    rule = "# -- Monitoring ".ljust(81, "-")
    assert f"{rule}\n\n# Slow disks are seen.\ntrack_io_timing = on\n\n# -- The inv" in conf
    password = (checkout.secrets / "postgres_exporter_pw").read_text().strip()
    assert checkout.login("exporter", "appdb", password=password).stdout == "1\n"
    assert checkout.deploy().changed == []


def test_its_probe_is_part_of_the_one_question(checkout: Checkout) -> None:
    checkout.deploy()
    deploy = checkout.folder / "deploy.py"
    deploy.write_text(deploy.read_text() + OPERATION)
    run = checkout.pyinfra("--dry", "deploy.py")
    assert "the probe has found of the server and of the host" in run.output
    assert len(run.commands) == 1


def test_its_connections_are_part_of_the_sum(checkout: Checkout) -> None:
    checkout.inventory(max_connections=90, exporter_connections=3)
    said = " ".join(checkout.refused().split())
    assert "max_connections = 90: needs 92 = " in said
    assert "+ 40 Temporal + 3 exporter + 3 reserved" in said


def test_two_that_want_different_values_are_rejected(checkout: Checkout) -> None:
    part = checkout.folder / "components" / "exporter" / "__init__.py"
    part.write_text(PART.replace('"track_io_timing", "on"', '"jit", "on"'))
    said = checkout.refused().replace("\n        ", " ")
    assert "jit: server wants off, and exporter wants on; needs one of them" in said
    assert not checkout.home.exists()


def test_unknown_option_is_rejected_with_the_nearest(checkout: Checkout) -> None:
    checkout.inventory(exporter_conections=3)
    said = checkout.refused()
    assert "exporter_conections: no such option; did you mean 'exporter_connections'?" in said
