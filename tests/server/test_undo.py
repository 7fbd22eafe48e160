"""The configuration before, and what goes back with it: nothing else."""

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
    with costs(converged, reloads=1):
        assert "-lock_timeout = '22s'" in undone(converged)
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
    shown = converged.pyinfra("--dry", "deploys.undo.undo", stdin="no\n").output
    assert "-lock_timeout = '23s'" in shown
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
    said = converged.pyinfra("-y", "deploys.undo.undo")
    assert said.code != 0
    assert "is back in force" in said.output
    assert "work_mem" in said.output
    assert converged.ask("SHOW lock_timeout") == "26s"
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
