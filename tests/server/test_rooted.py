"""The server's paths are not the host's: one module more, and deploy.py as it is."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.server.checkout import Checkout

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root")


def set_inventory(checkout: Checkout, **options: object) -> None:
    """With a line that makes the runtime known."""
    checkout.inventory(**options)
    path = checkout.folder / "inventories" / f"{checkout.environment}.py"
    path.write_text("import tests.server.rooted\n" + path.read_text())


@pytest.fixture
def rooted(bare: Checkout) -> Checkout:
    set_inventory(bare)
    return bare


def test_server_with_paths_of_its_own(rooted: Checkout) -> None:
    first = rooted.deploy()
    conf = Path(rooted.home, "etc/current/postgresql.conf").read_text()
    assert "data_directory = '/mnt/data'" in conf
    assert str(rooted.home) not in conf
    assert rooted.deploy().changed == []
    line = re.search("^ *superuser (.*)", first.output, flags=re.MULTILINE)
    assert line
    said = subprocess.run(
        f"{line[1]} -Atc 'SHOW hba_file'", shell=True, capture_output=True, text=True, check=False
    )
    assert said.stdout == "/mnt/etc/current/pg_hba.conf\n", said.stderr
    set_inventory(rooted, settings={"default_text_search_config": "pg_catalog.none_such"})
    assert "none_such" in rooted.refused()
    assert rooted.link("current") == "r-1"
    set_inventory(rooted, log_destination="jsonlog")
    assert "Load the configuration" in rooted.deploy().changed
    os.kill(int(rooted.pid_file.read_text().split()[0]), signal.SIGKILL)
    assert rooted.deploy().changed == ["Load the configuration"]
    for verb in ("undo.undo", "local.stop", "local.start", "local.destroy"):
        run = rooted.pyinfra("-y", f"deploys.{verb}")
        assert run.code == 0, run.output
    assert not rooted.home.exists()


@pytest.mark.all
def test_verification_of_paths_of_its_own(rooted: Checkout) -> None:
    rooted.deploy()
    verified = rooted.verify()
    assert verified.returncode == 0, verified.stdout
