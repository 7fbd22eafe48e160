"""From a bare machine to a server that the printed line enters."""

import os
import re

import pytest

from tests.matrix import sampled
from tests.server import refusals
from tests.server.checkout import Checkout

OPERATIONS = 10
COMMANDS = 16  # remote ones, of a first run
STARTED = 10  # by this one of them the server is started


def paste(checkout: Checkout, output: str) -> str:
    """Runs the printed psql line as it stands, in a shell."""
    (line,) = re.findall(r"psql      (PGPASSWORD=.*)", output)
    done = checkout.run(["sh", "-c", f"{line} -XAtc '\\conninfo' -c 'SELECT * FROM users'"])
    assert done.returncode == 0, done.stderr
    return done.stdout


def enter(checkout: Checkout, output: str) -> str:
    """Runs the printed superuser's line as it stands."""
    (line,) = re.findall(r"superuser (.*)", output)
    done = checkout.run(["sh", "-c", f"{line} -XAtc 'SELECT current_user'"])
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_bare_dry_run_shows_everything_and_makes_nothing(bare: Checkout) -> None:
    shown = bare.shown()
    assert "+ssl_min_protocol_version = 'TLSv1.2'" in shown
    assert "CREATE ROLE appuser" in shown
    assert "CREATE TABLE app.users" in shown
    assert "new: server.key (content not shown)" in shown
    assert not bare.home.exists()
    assert not bare.secrets.exists()
    assert "Set rights on new objects" not in shown
    dry = bare.dry()
    assert len(dry.changed) == OPERATIONS - 2  # nothing new for the last two
    planned = dry.plan["hosts"]["@local"]["planned"]
    assert list(planned) == dry.changed
    said = planned["Set roles and rights"]
    assert any(line.startswith("CREATE ROLE appuser") for line in said)


def test_printed_line_enters_over_tls_1_3(bare: Checkout) -> None:
    first = bare.pyinfra("-y", "deploy.py")
    assert first.code == 0, first.output
    assert "TLSv1.3" in paste(bare, first.output)
    assert enter(bare, first.output) == "postgres"
    assert str(bare.secrets / "ca.crt") in first.output
    assert "PRIVATE KEY" not in first.output


def test_ordinary_user_gets_all_of_it(of_a_user: Checkout) -> None:
    """Also where the checkout's path is longer than a socket's may be, and has spaces."""
    assert of_a_user.pyinfra("--dry", "deploy.py").code == 2  # its record lies in the home
    assert "there is no server" in of_a_user.pyinfra("-y", "deploys.local.status").output
    assert "nothing to delete" in of_a_user.pyinfra("-y", "-v", "deploys.local.destroy").output
    first = of_a_user.pyinfra("-y", "deploy.py")
    assert first.code == 0, first.output
    assert "TLSv1.3" in paste(of_a_user, first.output)
    assert enter(of_a_user, first.output) == "postgres"
    assert of_a_user.deploy().changed == []
    assert of_a_user.home.is_relative_to(of_a_user.folder)
    assert (of_a_user.home / "data").owner() == (of_a_user.user or of_a_user.folder.owner())
    assert of_a_user.pyinfra("-y", "deploys.local.destroy").code == 0
    assert not of_a_user.installed


@pytest.mark.skipif(os.geteuid() != 0, reason="as root only")
def test_as_root_the_server_is_howdahs(deployed: Checkout) -> None:
    assert (deployed.home / "data").owner() == "howdah"
    assert (deployed.home / "etc" / "current" / "server.key").owner() == "root"
    assert deployed.home.owner() == "root"
    assert os.stat(f"/proc/{deployed.pid}").st_uid == (deployed.home / "data").stat().st_uid


def test_commands_of_a_first_run(bare: Checkout) -> None:
    """F1: the kills below come at each of them."""
    commands = bare.deploy().commands
    assert len(commands) <= COMMANDS
    assert next(n for n, text in enumerate(commands, 1) if "VERB=start" in text) == STARTED


@pytest.mark.parametrize("after", sampled(range(1, COMMANDS + 1), {5, 11}))
def test_killed_after_any_command_the_next_run_finishes(bare: Checkout, after: int) -> None:
    """F1."""
    run = bare.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": str(after)})
    if run.code == 0:
        pytest.skip(f"a first run has fewer than {after} commands")
    assert run.code == -9, run.output
    refusals.converges(bare)


@pytest.mark.all
@pytest.mark.parametrize("command", range(1, COMMANDS + 1))
def test_killed_during_any_command_the_next_run_finishes(bare: Checkout, command: int) -> None:
    """F1. What it has left at work goes on: the next run's first command waits for it."""
    run = bare.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_DURING": str(command)})
    if run.code == 0:
        pytest.skip(f"a first run has fewer than {command} commands")
    assert run.code == -9, run.output
    refusals.converges(bare)


@pytest.mark.parametrize("after", sampled(range(STARTED, COMMANDS + 1), {STARTED}))
def test_server_killed_after_any_command_the_next_run_finishes(bare: Checkout, after: int) -> None:
    """F1: as the kernel does where memory is short. The run itself may fail, in a line."""
    run = bare.killing_the_server(after)
    assert run.killed
    refusals.converges(bare)
    assert "Traceback" not in run.output, run.output


def test_checkouts_do_not_share_a_cluster(bare: Checkout, deployed: Checkout) -> None:
    """As root two checkouts may say the same environment."""
    if bare.home.is_relative_to(bare.folder):
        pytest.skip("an ordinary user's clusters lie in their checkouts")
    other = ("--data", f"environment={deployed.environment}")
    assert f"belongs to the checkout {deployed.folder}" in bare.refused(*other)
    for verb in ("stop", "start", "status", "destroy"):
        said = bare.pyinfra("-y", *other, f"deploys.local.{verb}")
        assert f"belongs to the checkout {deployed.folder}" in said.output
    assert deployed.login("appuser", "appdb").returncode == 0
