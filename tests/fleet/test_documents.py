"""The commands of docs/production.md, verification.md and undo.md on a host, as they stand."""

import pytest

from tests.fleet.operations import follow, steps
from tests.fleet.single import Single

pytestmark = pytest.mark.all
ADOPT = ("--data", "adopt=yes")


def test_production(bare: Single) -> None:
    """From a bare host to the bundle of an application's host."""
    first, *_ = steps("The first deploy", "production.md")
    output = follow(bare, first)
    assert "no changes" in output
    assert "passed" in output
    for heading in ("Restarts", "An application on another host", "How often"):
        for step in steps(heading, "production.md"):
            follow(bare, step)
    assert (bare.folder / "bundles" / bare.environment / "ca.crt").exists()
    (step,) = steps("Verification", "verification.md")
    follow(bare, step)


def test_undo(converged: Single) -> None:
    converged.inventory(work_mem="7MB")
    converged.deploy()
    (step,) = steps("Undo", "undo.md")
    follow(converged, step)
    assert converged.ask("SHOW work_mem") != "7MB"


def test_leaving(fresh: Single) -> None:
    """The cluster runs on by its own files, archives its WAL, and comes back by adopt."""
    fresh.inventory(backup="pgbackrest")
    fresh.deploy()
    (step,) = steps("Packages", "undo.md")
    follow(fresh, step, fresh.version)
    label = f"{fresh.version}-main"
    names = (label, f"'*{label}.service.d'", "'*howdah-*'", "'howdah.conf'", "'*-main.*s'")
    left = " -o -name ".join(names)
    assert fresh.machine.sh(f"find /etc/howdah /etc/systemd /etc/postgresql-common "
                            f"/var/lib/howdah /var/lib/systemd -name {left}") == ""  # fmt: skip
    stanza = f"{fresh.environment}-main"
    fresh.machine.sh(f"runuser -u postgres -- pgbackrest --stanza={stanza} check")
    assert fresh.enter("appuser", "appdb") == ("", [(1,)])
    assert "is not Howdah's" in fresh.refused_in_one_line()
    fresh.deploy(*ADOPT)
    assert fresh.deploy(*ADOPT).changed == []
