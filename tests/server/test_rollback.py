"""What shows only after the swap: the old release is in force again, and loaded."""

import itertools
import os
import shlex
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from howdah.secrets.x509 import make_ca, make_leaf
from tests.matrix import sampled
from tests.server.checkout import Checkout
from tests.server.test_canary import processes
from tests.server.test_changes import costs
from tests.server.test_secrets import served_certificate

Want = Callable[..., None]

CANARY, SWAP, GRANT = 3, 5, 7  # which command of a run that writes a release is which
LOGINS = (("appuser", "appdb"), ("backupuser", "appdb"), ("temporaluser", "temporal"))
HUGE_PAGES = Path("/proc/sys/vm/nr_hugepages")


@pytest.fixture(scope="module")
def want(deployed: Checkout) -> Iterator[Want]:
    """Writes an inventory that asks for a reload, or for a restart, and for nothing else."""
    options: dict[str, object] = {}
    numbers = itertools.count(101)

    def want(verb: str, **once: object) -> None:
        number = next(numbers)
        options.update({"log_min_duration_statement": f"{number}s"} if verb == "reload" else
                     {"max_connections": number})  # fmt: skip
        deployed.inventory(**options, **once)

    yield want
    deployed.inventory()
    deployed.deploy()


def in_force(checkout: Checkout) -> tuple[object, ...]:
    """What files, server and clients say of it."""
    names = ("howdah.release", "log_min_duration_statement", "max_connections", "huge_pages")
    loaded = checkout.ask("".join(f"SHOW {name};" for name in names))
    entered = [checkout.login(*login).returncode for login in LOGINS]
    links = map(checkout.link, ("current", "good"))
    return *links, loaded, *entered, served_certificate(checkout.port)


def staged(checkout: Checkout) -> Path:
    return checkout.home / "etc" / f"r-{int(checkout.link('current')[2:]) + 1}"


def tampered(checkout: Checkout, script: str) -> str:
    """What a deploy says whose release somebody changes after the canary; the old one holds."""
    before = in_force(checkout)
    assert before[3:6] == (0, 0, 0)
    script = f"cd {shlex.quote(str(staged(checkout)))}; {script}"
    said = checkout.refused(env={"HOWDAH_AFTER": f"{CANARY}:{script}"})
    assert in_force(checkout) == before
    assert f"{checkout.link('current')} is back in force" in said
    return said


def converges(checkout: Checkout) -> None:
    """The next run puts in force what was wanted; the one after it has nothing to do."""
    name = staged(checkout).name
    assert "Load the configuration" in checkout.deploy().changed
    assert checkout.link("current") == checkout.ask("SHOW howdah.release") == name
    assert checkout.deploy().changed == []


RELOADS = {
    "the application forgotten": (
        "sed -i '/ appuser /d' pg_hba.conf",
        "appuser cannot log in to appdb: ",
    ),
    "a syntax error in pg_hba.conf": (
        "echo 'hostssl appdb' >> pg_hba.conf",
        "pg_hba.conf line 20: end-of-line before role specification",
    ),
    "a bad value": (
        "sed -i 's/^jit = .*/jit = perhaps/' postgresql.conf",
        "postgresql.conf line ",
    ),
    "a certificate without its key": (
        "cat {other}/server.crt > server.crt",
        "key values mismatch",
    ),
    "a pair of another CA": (
        "cat {other}/server.crt > server.crt; cat {other}/server.key > server.key",
        "certificate verify failed",
    ),
}


@pytest.fixture(scope="module")
def other(deployed: Checkout) -> Path:
    """A host certificate that another CA has signed, and its key."""
    folder = deployed.folder / "other"
    folder.mkdir()
    pair = make_leaf(make_ca("other"), ["localhost", "127.0.0.1", "::1"])
    (folder / "server.crt").write_bytes(pair.certificate)
    (folder / "server.key").write_bytes(pair.key)
    return folder


@pytest.mark.parametrize("case", sampled(RELOADS, ["the application forgotten", "a bad value"]))
def test_reload_that_does_not_serve(deployed: Checkout, want: Want, other: Path, case: str) -> None:
    """F7: nobody is kept out for longer than it takes to see it, and no session ends."""
    script, says = RELOADS[case]
    want("reload")
    with costs(deployed, reloads=2):
        assert says in tampered(deployed, script.format(other=shlex.quote(str(other))))
    converges(deployed)


def test_reload_without_tls(deployed: Checkout, want: Want) -> None:
    """F6: a time bomb, for the server does not start again."""
    want("reload")
    try:
        assert "cipher" in tampered(deployed, BAD_CIPHERS)
    finally:
        deployed.deploy()


BAD_CIPHERS = "sed -i 's/^ssl_ciphers = .*/ssl_ciphers = NONE_SUCH/' postgresql.conf"
RESTARTS = {
    "the application forgotten": (
        "sed -i '/ appuser /d' pg_hba.conf",
        "appuser cannot log in to appdb: ",
    ),
    "a syntax error in pg_hba.conf": (
        "echo 'hostssl appdb' >> pg_hba.conf",
        "/etc/current/pg_hba.conf; ",
    ),
    "more memory than there is": (
        "echo 'shared_buffers = 4TB' >> postgresql.conf",
        "could not map anonymous shared memory",
    ),
}


@pytest.mark.parametrize("case", sampled(RESTARTS, ["more memory than there is"]))
def test_restart_that_does_not_serve(deployed: Checkout, want: Want, case: str) -> None:
    """F7: the server runs again, with what it had."""
    script, says = RESTARTS[case]
    want("restart")
    assert says in tampered(deployed, script)
    converges(deployed)


@pytest.mark.skipif(HUGE_PAGES.read_text() != "0\n", reason="this host has huge pages")
def test_login_that_fails_after_a_restart(deployed: Checkout, want: Want) -> None:
    """Later than the swap looks: after the rights are set. What a restart brought goes by one."""
    want("restart")
    before = in_force(deployed)
    deployed.ask("GRANT TEMPORARY ON DATABASE appdb TO PUBLIC")
    script = (f"sed -i '/ appuser /d' {staged(deployed)}/pg_hba.conf; "
              f"kill -HUP $(head -n 1 {deployed.home}/data/postmaster.pid)")  # fmt: skip
    said = deployed.refused(env={"HOWDAH_AFTER": f"{GRANT}:{script}"})
    assert "appuser cannot log in to appdb: " in said
    assert f"{deployed.link('current')} is back in force" in said
    assert in_force(deployed) == before
    converges(deployed)


def test_restart_for_what_no_canary_may_try(deployed: Checkout, want: Want) -> None:
    """F6: a canary takes no huge pages, for the running server may have them all."""
    want("restart", settings={"huge_pages": "on"})
    assert "could not map anonymous shared memory" in tampered(deployed, ":")
    want("restart")
    converges(deployed)


# -- Killed in the middle ------------------------------------------------------------------


@pytest.mark.parametrize("verb", sampled(["reload", "restart"], ["restart"]))
def test_controller_killed_during_the_swap(deployed: Checkout, want: Want, verb: str) -> None:
    """F1: the swap comes to its end without it, and only the proof is left to do."""
    want(verb)
    name = staged(deployed).name
    with costs(deployed, **{f"{verb}s": 1}):
        killed = deployed.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_DURING": str(SWAP)})
        assert killed.code == -signal.SIGKILL
        assert deployed.deploy().changed == ["Prove that every role can log in"]
    assert in_force(deployed)[:2] == (name, name)
    assert deployed.deploy().changed == []


@contextmanager
def pg_ctl_that_stops(checkout: Checkout) -> Iterator[None]:
    """One that stops the server when it shall restart it, and comes to no end."""
    pg_ctl, data = checkout.bin / "pg_ctl", checkout.home / "data"
    aside = pg_ctl.rename(pg_ctl.with_name("aside"))
    words = shlex.join([str(aside), "-D", str(data), "-m", "fast", "-s", "stop"])
    pg_ctl.write_text(f"#!/bin/sh\n{words}\nwhile :; do sleep 0.01; done\n")
    pg_ctl.chmod(0o755)
    try:
        yield
    finally:
        aside.rename(pg_ctl)


def kill_when_stopped(checkout: Checkout) -> None:
    """Ends a deploy, its shells and its pg_ctl as soon as the server is down."""
    with ThreadPoolExecutor() as pool:
        run = pool.submit(checkout.pyinfra, "-y", "deploy.py", cold=True)
        while (checkout.home / "data" / "postmaster.pid").exists():
            assert not run.done(), run.result().output
            time.sleep(0.01)
        for pid, words in processes().items():
            if str(checkout.home) in words or str(checkout.folder) in words:
                with suppress(ProcessLookupError):  # one's end may be another's
                    os.kill(pid, signal.SIGKILL)
        assert run.result().code == -signal.SIGKILL


def test_everything_killed_during_the_swap(deployed: Checkout, want: Want) -> None:
    """F1: after the flip, and before the server has started again."""
    want("restart")
    name = staged(deployed).name
    with pg_ctl_that_stops(deployed):
        kill_when_stopped(deployed)
    assert "Load the configuration" in deployed.deploy().changed
    assert in_force(deployed)[:2] == (name, name)
    assert deployed.deploy().changed == []
