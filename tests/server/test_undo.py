"""The configuration before, and what goes back with it: nothing else."""

import subprocess

from tests.server.checkout import Checkout
from tests.server.test_changes import costs


def undone(checkout: Checkout) -> str:
    run = checkout.pyinfra("-y", "deploys.undo.undo")
    assert run.code == 0, run.output
    return run.output


def test_undo_and_undo_again(converged: Checkout) -> None:
    """Twice is forward again; a deploy writes what the inventory says."""
    converged.inventory(lock_timeout="21s")
    converged.deploy()
    converged.inventory(lock_timeout="22s")
    converged.deploy()
    converged.inventory(lock_timeout="22s", schema="zoo.migrations")  # it needs no application
    with costs(converged, reloads=1):
        assert "-lock_timeout = '22s'" in undone(converged)
    converged.inventory(lock_timeout="22s")
    assert converged.ask("SHOW lock_timeout") == "21s"
    undone(converged)
    assert converged.ask("SHOW lock_timeout") == "22s"
    assert converged.deploy().changed == []
    undone(converged)
    assert converged.dry().changed[0] == "Write the configuration"
    converged.deploy()
    assert converged.ask("SHOW lock_timeout") == "22s"


def test_dry_run_shows_it_and_does_nothing(converged: Checkout) -> None:
    converged.inventory(lock_timeout="23s")
    converged.deploy()
    run = converged.pyinfra("--dry", "deploys.undo.undo")
    assert run.code == 2
    assert "-lock_timeout = '23s'" in run.output
    assert converged.ask("SHOW lock_timeout") == "23s"
    assert converged.dry().changed == []


def test_undo_of_a_run_that_was_killed(converged: Checkout) -> None:
    """What is in force and not proven goes back to what was."""
    before = converged.ask("SHOW lock_timeout")
    converged.inventory(lock_timeout="24s")
    converged.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": "5"})
    assert converged.ask("SHOW lock_timeout") == "24s"
    undone(converged)
    assert converged.ask("SHOW lock_timeout") == before


def test_undo_of_a_restart(converged: Checkout) -> None:
    converged.inventory(max_connections=104)
    converged.deploy()
    with costs(converged, restarts=1):
        undone(converged)
    assert converged.ask("SHOW max_connections") == "100"


def test_undo_of_what_waits(converged: Checkout) -> None:
    """The server has not taken it up: nothing waits any more, and nothing is restarted."""
    converged.inventory(stage="production", max_connections=106)
    assert "waits for a restart" in converged.deploy().output
    with costs(converged, reloads=1):
        said = converged.pyinfra("-y", "--data", "restart=yes", "deploys.undo.undo").output
    assert "waits for a restart" not in said
    converged.inventory(stage="production", max_connections=107)
    converged.deploy()
    converged.inventory(stage="production", max_connections=108)
    converged.deploy()
    said = converged.pyinfra("-y", "deploys.undo.undo").output  # to 107, and 100 are in force
    # a deploy with restart=yes would write the inventory's configuration again
    assert "waits for a restart (make stop start): max_connections" in said
    assert "restart=yes" not in said
    assert converged.pyinfra("-y", "deploys.local.stop").code == 0
    assert converged.pyinfra("-y", "deploys.local.start").code == 0
    assert converged.ask("SHOW max_connections") == "107"
    converged.inventory()
    converged.deploy()
    assert converged.ask("SELECT count(*) FROM pg_settings WHERE pending_restart") == "0"


def test_undo_starts_a_server_that_is_down(converged: Checkout) -> None:
    converged.inventory(lock_timeout="25s")
    converged.deploy()
    converged.pyinfra("-y", "deploys.local.stop")
    undone(converged)
    assert converged.ask("SHOW lock_timeout") != "25s"


def test_undo_that_the_server_does_not_take(converged: Checkout) -> None:
    converged.inventory(lock_timeout="26s")
    converged.deploy()
    conf = converged.home / "etc" / converged.link("last") / "postgresql.conf"
    conf.write_text(conf.read_text() + "work_mem = 'a lot'\n")
    sums = conf.parent.with_suffix(".sums")
    done = subprocess.run(["sha256sum", *sorted(p.name for p in conf.parent.iterdir())],
                          cwd=conf.parent, check=True, capture_output=True)  # fmt: skip
    sums.write_bytes(done.stdout)  # as if it had been written so
    said = converged.pyinfra("-y", "deploys.undo.undo")
    assert said.code != 0
    assert "is back in force" in said.output
    assert "work_mem" in said.output
    assert converged.ask("SHOW lock_timeout") == "26s"
    assert converged.deploy().changed == []


def test_what_was_edited_by_hand_is_not_gone_back_to(converged: Checkout) -> None:
    """Nobody has proven it: it might let anybody in."""
    converged.inventory(lock_timeout="27s")
    converged.deploy()
    conf = converged.home / "etc" / converged.link("good") / "pg_hba.conf"
    conf.write_text(conf.read_text() + "host all all 0.0.0.0/0 trust\n")
    assert converged.deploy().changed
    assert converged.link("last") == conf.parent.name
    for words in (["-y"], ["--dry"]):
        run = converged.pyinfra(*words, "deploys.undo.undo")
        assert run.code == 1
        assert "edited since it was written: pg_hba.conf: FAILED" in run.output.replace("\n", "")
    assert "trust" not in converged.ask("SELECT * FROM pg_hba_file_rules")
    assert converged.deploy().changed == []


def test_nothing_to_go_back_to(bare: Checkout) -> None:
    for _ in range(2):
        run = bare.pyinfra("-y", "deploys.undo.undo")
        assert run.code != 0
        assert "there is no configuration before this one" in run.output
        assert "Traceback" not in run.output
        if not bare.home.exists():
            bare.deploy()
    assert bare.deploy().changed == []
