"""A team's folder, and hosts that were deployed from the checkout before."""

import pytest

from tests.documents import blocks
from tests.fleet.fleet import Fleet
from tests.server.team import UNSAID, link_venv


@pytest.mark.all
def test_from_the_checkout_to_a_folder(deployed: Fleet) -> None:
    """As docs/team.md has it: nothing of the hosts changes, and the secrets are the same."""
    link_venv(deployed.folder)
    password = deployed.password("appuser")
    (block,) = [one for one in blocks("team.md") if one.heading.startswith("From the checkout")]
    words = block.text.replace("prod", deployed.environment)
    done = deployed.run(["sh", "-eu"], env=UNSAID, stdin=words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not deployed.secrets.exists()

    team = deployed.folder.with_name("acme")
    command = ["make", f"ENV={deployed.environment}"]
    deployed.folder = team
    assert deployed.password("appuser") == password
    run = deployed.deploy()
    assert run.changed == []
    assert len(run.commands) <= 2
    verified = deployed.run([*command, "verify"], env=UNSAID)
    assert " passed" in verified.stdout, verified.stdout
    bundled = deployed.run([*command, "bundle"], env=UNSAID)
    assert "copy them to /run/secrets" in bundled.stdout
