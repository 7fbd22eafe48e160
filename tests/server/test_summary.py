"""What a run tells at its end, and leaves in .howdah/<environment>/last-run.json."""

import json
from typing import Any

from tests.server.checkout import Checkout


def summary(output: str) -> str:
    return output.rpartition("--> Summary:\n")[2]


def last_run(checkout: Checkout) -> dict[str, Any]:
    path = checkout.folder / ".howdah" / checkout.environment / "last-run.json"
    assert path.stat().st_mode & 0o777 == 0o600
    return json.loads(path.read_text())["hosts"]["@local"]


def test_what_changed(converged: Checkout) -> None:
    converged.inventory(work_mem="3MB")
    run = converged.pyinfra("-y", "deploy.py")
    told = summary(run.output)
    assert "[@local] Write the configuration: release r-" in told
    assert "[@local] Load the configuration: reload the server" in told
    assert "[@local] certificate: 89 days left" in told
    known = last_run(converged)
    assert "+work_mem = 3MB" in known["changed"]["Write the configuration"]
    assert known["days_left"] == {"certificate": 89, "CA": 3649}
    assert (known["failed"], known["waits"], known["reported"]) == ("", [], [])


def test_nothing_changed(converged: Checkout) -> None:
    assert summary(converged.pyinfra("-y", "deploy.py").output).startswith(
        "    [@local] no changes\n"
    )
    assert last_run(converged)["changed"] == {}


def test_failure_is_the_last_line(converged: Checkout) -> None:
    converged.inventory(settings={"wal_buffers": "a lot"})
    told = " ".join(summary(converged.refused()).split())
    assert "[@local] failed: Write the configuration: could not use release r-" in told
    assert "wal_buffers" in told.rpartition("failed:")[2]
    assert "Write the configuration" not in last_run(converged)["changed"]


def test_what_waits_for_a_restart(converged: Checkout) -> None:
    """F30: production decides when; the run ends with what waits, and so does each after it."""
    production = {"stage": "production", "max_connections": 103}
    converged.inventory(**production)
    pid = converged.pid
    told = summary(converged.pyinfra("-y", "deploy.py").output)
    waits = "waits for a restart (--data restart=yes): max_connections"
    assert told.rstrip().splitlines()[-1].endswith(waits)
    assert (converged.pid, converged.ask("SHOW max_connections")) == (pid, "100")
    again = converged.pyinfra("-y", "deploy.py")
    assert waits in summary(again.output)
    assert "No changes" in again.output
    assert last_run(converged)["waits"] == ["max_connections"]
    assert last_run(converged)["changed"] == {}
    assert "restart the server" not in converged.shown()
    assert waits in converged.shown()
    allowed = converged.pyinfra("-y", "--data", "restart=yes", "deploy.py")
    assert converged.ask("SHOW max_connections") == "103"
    assert "waits" not in summary(allowed.output)
    assert converged.deploy().changed == []


def test_port_that_waits_is_not_tried_yet(converged: Checkout) -> None:
    """Logins prove the server that runs, where it listens."""
    port = converged.port
    converged.inventory(stage="production", port=port + 1)
    converged.deploy()
    assert last_run(converged)["waits"] == ["port"]
    assert converged.login("appuser", "appdb").returncode == 0


def test_what_is_only_reported(converged: Checkout) -> None:
    converged.ask("CREATE ROLE alice")
    told = summary(converged.pyinfra("-y", "deploy.py").output)
    assert "[@local] reported: role alice is not in roles-sql" in told
    assert last_run(converged)["reported"] == ["role alice is not in roles-sql"]
    converged.ask("DROP ROLE alice")


def test_dry_run_leaves_none(bare: Checkout) -> None:
    assert "Summary" not in bare.shown()
    assert not (bare.folder / ".howdah").exists()


def test_plain_where_it_is_piped_and_80_columns_wide(converged: Checkout) -> None:
    converged.inventory(work_mem="2MB")
    told = summary(converged.pyinfra("-y", "deploy.py").output)
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 80
