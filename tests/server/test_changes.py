"""A change costs what it must: nothing, a reload, a restart, and never two of them."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.matrix import sampled
from tests.server import refusals
from tests.server.checkout import Checkout, until

COMMANDS = 7  # remote ones, of a run that changes a setting
WRITTEN = ["Write the configuration", "Load the configuration"]
PROVEN = ["Prove that every role can log in"]


@contextmanager
def costs(checkout: Checkout, *, reloads: int = 0, restarts: int = 0) -> Iterator[None]:
    """Counts in the server's own log."""
    before, pid = checkout.log, checkout.pid
    yield
    assert checkout.log.startswith(before)
    new = checkout.log.removeprefix(before)
    assert new.count("received SIGHUP") == reloads
    assert new.count("starting PostgreSQL") == restarts
    assert (checkout.pid != pid) == bool(restarts)


@pytest.mark.all
def test_costs_are_counted_across_midnight(converged: Checkout) -> None:
    """Of the test's own counter: the log of a new day is counted, and the old one is not."""
    for log in (converged.home / "log").glob("postgresql-*.log"):
        log.rename(log.with_name(f"{log.name}.before"))
    with costs(converged, reloads=1):
        converged.ask("SELECT pg_rotate_logfile()")
        reloads = converged.log.count("received SIGHUP")
        converged.ask("SELECT pg_reload_conf()")
        until(lambda: converged.log.count("received SIGHUP") > reloads)


def test_reload_where_that_is_enough(converged: Checkout) -> None:
    converged.inventory(log_min_duration_statement="7s")
    assert "log_min_duration_statement = '7s'" in converged.shown()
    with costs(converged, reloads=1):
        converged.deploy()
    assert converged.ask("SHOW log_min_duration_statement") == "7s"
    assert converged.deploy().changed == []


def test_restart_where_it_is_needed(converged: Checkout) -> None:
    converged.inventory(max_connections=120)
    assert "(restart)" in converged.shown()
    with costs(converged, restarts=1):
        converged.deploy()
    assert converged.ask("SHOW max_connections") == "120"
    assert converged.deploy().changed == []


def test_restart_where_one_is_taken_out(converged: Checkout) -> None:
    converged.inventory(settings={"archive_mode": True})
    converged.deploy()
    converged.inventory()
    assert "restart the server" in converged.shown()
    with costs(converged, restarts=1):
        converged.deploy()
    assert converged.deploy().changed == []
    assert converged.ask("SHOW archive_mode") == "off"


def test_unknown_setting_is_refused_by_the_dry_run_too(converged: Checkout) -> None:
    converged.inventory(settings={"wal_levl": "logical"})
    dry = converged.pyinfra("--dry", "deploy.py", stdin="no\n")
    assert "settings['wal_levl']: this server knows no such setting" in dry.output
    assert "Traceback" not in dry.output


@pytest.mark.all
def test_one_restart_where_both(converged: Checkout) -> None:
    converged.inventory(max_connections=110, work_mem="5MB", settings={"wal_level": "logical"})
    with costs(converged, restarts=1):
        converged.deploy()
    assert converged.ask("SHOW max_connections; SHOW work_mem; SHOW wal_level").split() == [
        "110", "5MB", "logical",
    ]  # fmt: skip


def test_killed_after_the_canary(converged: Checkout) -> None:
    """F1. Nothing is in force yet: the next run does it all again, under the same name."""
    converged.inventory(work_mem="6MB")
    killed = converged.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": "3"})
    assert killed.code == -9
    assert converged.ask("SHOW work_mem") != "6MB"
    with costs(converged, reloads=1):
        assert converged.deploy().changed == [*WRITTEN, *PROVEN]
    assert converged.ask("SHOW work_mem") == "6MB"


def test_killed_before_the_proof(converged: Checkout) -> None:
    """F1. It is in force, and what a later run goes back to is still the one before."""
    converged.inventory(work_mem="7MB")
    converged.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": "5"})
    assert converged.ask("SHOW work_mem") == "7MB"
    assert converged.link("good") != converged.link("current")
    assert converged.dry().changed == PROVEN
    with costs(converged):
        assert converged.deploy().changed == PROVEN
    assert converged.link("good") == converged.link("current")


def test_commands_of_a_change(converged: Checkout) -> None:
    """F1: the kills below come after each of them, whether it is a reload or a restart."""
    converged.inventory(max_connections=120)
    assert len(converged.deploy().commands) <= COMMANDS
    converged.inventory(max_connections=120, work_mem="6MB")
    assert len(converged.deploy().commands) <= COMMANDS


RELOAD, RESTART = {"work_mem": "6MB"}, {"max_connections": 120}


@pytest.mark.parametrize("option", sampled([RELOAD, RESTART], [RESTART]), ids=str)
@pytest.mark.parametrize("after", sampled(range(1, COMMANDS + 1), {2, 5}))
def test_server_killed_during_a_change(
    converged: Checkout, option: dict[str, object], after: int
) -> None:
    """F1: as the kernel does where memory is short. The run itself may fail, in a line."""
    converged.inventory(**option)
    run = converged.killing_the_server(after)
    assert run.killed
    refusals.converges(converged)
    assert {name: converged.ask(f"SHOW {name}") for name in option} == {
        name: str(value) for name, value in option.items()
    }
    assert "Traceback" not in run.output, run.output


def half_swapped(checkout: Checkout, line: str) -> None:
    """What a host that lost its power between the flip and the load has."""
    etc = checkout.home / "etc"
    release = etc / f"r-{int(checkout.link('current')[2:]) + 1}"
    shutil.copytree(etc / "current", release)
    group = (etc / "current").stat().st_gid
    for path in (release, *release.iterdir()):
        os.chown(path, -1, group)
    (release / "release.conf").write_text(f"howdah.release = '{release.name}'\n")
    conf = release / "postgresql.conf"
    name = line.partition(" = ")[0]
    conf.write_text(re.sub(f"^{name} = .*$", line, conf.read_text(), flags=re.MULTILINE))
    (etc / "new").symlink_to(release.name)
    (etc / "new").rename(etc / "current")


def test_swapped_and_not_reloaded(converged: Checkout) -> None:
    """F1."""
    converged.inventory(work_mem="8MB")
    half_swapped(converged, "work_mem = 8MB")
    assert converged.dry().changed == ["Load the configuration", *PROVEN]
    with costs(converged, reloads=1):
        converged.deploy()
    assert converged.ask("SHOW work_mem") == "8MB"


def test_swapped_and_not_restarted(converged: Checkout) -> None:
    """F1."""
    converged.inventory(max_connections=105)
    half_swapped(converged, "max_connections = 105")
    assert "restart the server for max_connections" in converged.shown()
    with costs(converged, restarts=1):
        converged.deploy()
    assert converged.ask("SHOW max_connections") == "105"


def test_new_port_moves_the_server(converged: Checkout) -> None:
    old, converged.port = converged.port, converged.port + 1 if converged.port < 65535 else 20000
    converged.inventory()
    with costs(converged, restarts=1):
        converged.deploy()
    assert converged.login("appuser", "appdb").returncode == 0
    converged.port = old


def test_value_the_server_does_not_accept(converged: Checkout) -> None:
    """Refused by the server's own parser before it replaces anything."""
    converged.inventory(settings={"wal_buffers": "a lot"})
    with costs(converged):
        said = converged.refused()
    assert re.search(r"could not use release r-\d+: .*wal_buffers", said)
    converged.inventory()
    assert converged.deploy().changed == []


def test_known_and_decided_settings_in_the_map(converged: Checkout) -> None:
    for name, says in (("work_mem", "has an option of its own"), ("ssl", "Howdah decides it")):
        converged.inventory(settings={name: "on"})
        assert says in converged.refused()


def test_edited_file_is_put_right(converged: Checkout) -> None:
    """Also when the edit was loaded: the running server must lose it too."""
    conf = converged.home / "etc" / "current" / "postgresql.conf"
    conf.write_text(conf.read_text().replace("jit = off", "jit = on"))
    converged.ask("SELECT pg_reload_conf()")
    shown = converged.shown()
    assert "-jit = on" in shown
    assert "+jit = off" in shown
    converged.deploy()
    assert converged.ask("SHOW jit") == "off"


def test_mode_of_the_key_is_put_right(converged: Checkout) -> None:
    """F10. The dry run tells it."""
    (converged.home / "etc" / "current" / "server.key").chmod(0o644)
    assert "changed: server.key (content not shown)" in converged.shown()
    converged.deploy()
    assert (converged.home / "etc" / "current" / "server.key").stat().st_mode & 0o007 == 0


def test_stopped_and_killed_server_is_started(converged: Checkout) -> None:
    assert converged.pyinfra("-y", "deploys.local.stop").code == 0
    assert not (converged.home / "data" / "postmaster.pid").exists()
    assert converged.deploy().changed == ["Load the configuration"]
    killed = converged.pid
    os.kill(killed, signal.SIGKILL)
    converged.deploy()
    assert converged.pid != killed
    assert converged.login("appuser", "appdb").returncode == 0


def test_old_releases_go(converged: Checkout) -> None:
    """The last good one stays."""
    for seconds in range(11, 15):
        converged.inventory(lock_timeout=f"{seconds}s")
        converged.deploy()
    releases = list((converged.home / "etc").glob("r-*"))
    numbers = sorted(int(p.name[2:]) for p in releases if p.is_dir())
    assert len(releases) == 2 * len(numbers)  # and how each was written
    assert len(numbers) == 2
    assert converged.link("last") == f"r-{numbers[0]}"
    assert converged.link("current") == converged.link("good") == f"r-{numbers[1]}"


def test_alter_system_is_told_with_both_values(converged: Checkout) -> None:
    """F29: what the template states is reset, at the cost of a reload; the rest is reported."""
    wanted = converged.ask("SHOW lock_timeout")
    converged.ask("ALTER SYSTEM SET lock_timeout = '1h'")
    converged.ask("ALTER SYSTEM SET log_min_messages = 'notice'; SELECT pg_reload_conf()")
    shown = converged.shown()
    auto = converged.home / "data" / "postgresql.auto.conf"
    assert f"{auto}: take out lock_timeout = '1h', wanted '{wanted}'" in shown
    assert "reported: ALTER SYSTEM has set log_min_messages = 'notice'" in shown
    assert "take out log_min_messages" not in shown
    with costs(converged, reloads=1):
        assert converged.deploy().changed == ["Load the configuration"]
    assert converged.ask("SHOW lock_timeout; SHOW log_min_messages").split() == [wanted, "notice"]
    assert auto.stat().st_mode & 0o777 == 0o600
    assert converged.deploy().changed == []
    converged.ask("ALTER SYSTEM RESET log_min_messages; SELECT pg_reload_conf()")


def test_alter_system_that_stops_the_start(converged: Checkout) -> None:
    """What is managed is taken out; what is not is named, and no release is blamed."""
    auto = converged.home / "data" / "postgresql.auto.conf"
    converged.ask(
        "ALTER SYSTEM SET shared_preload_libraries = 'auth_delay', 'timescaledb';"
        "ALTER SYSTEM SET hba_file = '/nowhere/pg_hba.conf';"
        "ALTER SYSTEM SET ssl_ca_file = '/nowhere/ca.crt'"
    )
    assert converged.pyinfra("-y", "deploys.local.stop").code == 0
    started = converged.pyinfra("-y", "deploys.local.start")
    assert started.code == 1
    assert 'could not start the server: could not access file "timescaledb": ' in started.output
    its = f"the cause is in {auto}, take it out there: "
    assert f"{its}shared_preload_libraries = 'auth_delay, timescaledb'" in started.output
    shown = converged.shown()
    for name in ("shared_preload_libraries", "hba_file"):
        assert f"{auto}: take out {name} = " in shown
    assert "reported: ALTER SYSTEM has set ssl_ca_file = '/nowhere/ca.crt'" in shown
    said = converged.refused()
    assert f"{its}ssl_ca_file = '/nowhere/ca.crt'" in said
    assert "release" not in said
    text = auto.read_text()
    assert "timescaledb" not in text
    assert "hba_file" not in text
    auto.write_text(text.replace("ssl_ca_file = '/nowhere/ca.crt'\n", ""))
    converged.deploy()
    assert converged.login("appuser", "appdb").returncode == 0
    assert converged.deploy().changed == []


def test_alter_system_does_not_stand_in_a_releases_way(converged: Checkout) -> None:
    """It is tried without what ALTER SYSTEM has left on the host: that is taken out later."""
    converged.ask("ALTER SYSTEM SET hba_file = '/nowhere/pg_hba.conf'")
    with (converged.home / "data" / "postgresql.auto.conf").open("a") as file:
        file.write("max_connections = many\n")
    converged.inventory(lock_timeout="8s")
    converged.deploy()
    assert converged.ask("SHOW lock_timeout") == "8s"
    assert converged.deploy().changed == []


def test_what_alter_system_may_have_caused(converged: Checkout) -> None:
    """Where the server's words name neither setting nor value, nor the file."""
    converged.ask("ALTER SYSTEM SET ssl_ecdh_curve = ''")
    converged.inventory(lock_timeout="9s")
    converged.pyinfra("-y", "deploys.local.stop")
    said = converged.refused()
    auto = converged.home / "data" / "postgresql.auto.conf"
    assert "ECDH: unrecognized curve name: ; " in said
    assert f"; the cause may be in {auto}: ssl_ecdh_curve = ''; with r-" in said
    auto.write_text("")


def test_alter_system_where_it_is_not_allowed(converged: Checkout) -> None:
    """What stands in its file all the same is taken out."""
    converged.inventory(allow_alter_system=False)
    converged.deploy()
    with pytest.raises(AssertionError, match="ALTER SYSTEM is not allowed in this environment"):
        converged.ask("ALTER SYSTEM SET lock_timeout = '1h'")
    auto = converged.home / "data" / "postgresql.auto.conf"
    with auto.open("a") as file:
        file.write("Lock_Timeout='1h' # by hand\n")
    converged.ask("SELECT pg_reload_conf()")
    assert f"{auto}: take out lock_timeout = '1h'" in converged.shown()
    converged.deploy()
    assert converged.ask("SHOW lock_timeout") == "10s"
