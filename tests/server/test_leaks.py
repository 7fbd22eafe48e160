"""No secret leaves its place.

A leak matrix: canary secrets through a first, a second and a failing run, with default output,
`-v`, `-vvv`, `--diff`, `--debug`, `--debug-operations`, `--json`, `--dry`; watched by an
unprivileged process in /proc (cmdline, environ) and the file system; searched for in server logs
and pg_stat_statements. Nothing found, and the test finds one when it is planted (F20).
Nothing is written through a link that somebody else has planted (F28).
"""

import hashlib
import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest

from tests.server.checkout import NOBODY, Checkout, Run
from tests.server.conftest import NewCheckout
from tests.server.watcher import (
    AS_NOBODY,
    PLACES,
    Watched,
    bring_canaries,
    canary,
    folders_of,
    leaks,
    parts_of,
    secrets_of,
    watched,
)

T = TypeVar("T")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to watch as somebody else")

FLAGS = ("--dry", "--debug-operations", "", "-v", "-vvv", "--diff", "--debug", "--json")
# For what takes the longest: what only adds to the output is added at once.
FEWER_FLAGS = ("--dry", "--debug-operations", "", "-vvv --diff --debug", "-v --json")
FEWEST_FLAGS = ("--dry", "--debug-operations", "-vvv --diff --debug", "-v --json")  # make test
CHANGES_NOTHING = ("--dry", "--debug-operations")
LAST_FILE = "roles-sql/90-last.sql"
# What makes a session's statements be logged and kept, unless the session itself says otherwise.
LOUD = {
    "log_statement": "all",
    "log_min_duration_statement": "0",
    "log_min_error_statement": "debug5",
    "log_min_messages": "debug5",
    "log_lock_waits": "on",
    "log_statement_stats": "on",
    "debug_print_parse": "on",
    "debug_print_rewritten": "on",
    "debug_print_plan": "on",
    "pg_stat_statements.track": "all",
    "pg_stat_statements.track_utility": "on",
}


class Evidence:
    """What runs have said, done and left behind, by place."""

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.found: dict[str, list[bytes]] = defaultdict(list)
        self.secrets: set[bytes] = set()
        self.runs: dict[tuple[str, str], Run] = {}

    @contextmanager
    def watching(self) -> Iterator[Watched]:
        with watched(self.checkout, folders_of(self.checkout)) as watcher:
            yield watcher
        self.found["watched"].append(watcher.seen)

    def at(self, place: str) -> bytes:
        return b"\n".join(self.found[place])

    def run(self, *words: str) -> Run:
        began = time.time() - 0.1  # the kernel's clock for files is a coarse one
        run = self.checkout.pyinfra(*words, stdin="no\n", cold=True)
        self.found["output"].append(run.output.encode())
        self.found["commands"] += [command.encode() for command in run.commands]
        self.found["files"] += [p.read_bytes() for p in self._files() if p.stat().st_mtime >= began]
        self.secrets |= secrets_of(self.checkout)
        return run

    def _files(self) -> Iterator[Path]:
        """Of the checkout, that are neither secrets nor the server's nor Python's."""
        others = {"secrets", self.checkout.home.name, ".venv", "__pycache__"}
        for above, below, names in os.walk(self.checkout.folder):
            below[:] = [name for name in below if name not in others]
            yield from (Path(above, name) for name in names)

    def look_at_the_log(self) -> None:
        time.sleep(0.2)  # it is written by another process
        self.found["log"] += [p.read_bytes() for p in self.checkout.home.glob("log/*")]

    def look_at_statements(self) -> None:
        kept = self.checkout.ask("SELECT query FROM public.pg_stat_statements")
        self.found["pg_stat_statements"].append(kept.encode())


def words_of(flag: str) -> list[str]:
    return [flag] if flag in CHANGES_NOTHING else ["-y", *flag.split()]


def make_bare(checkout: Checkout) -> None:
    if checkout.home.exists():
        checkout.pyinfra("-y", "deploys.local.destroy")
    bring_canaries(checkout)


def drift(checkout: Checkout) -> None:
    roles = ("appuser", "backupuser", "temporaluser")
    checkout.ask("".join(f"ALTER ROLE {role} PASSWORD NULL;" for role in roles))
    checkout.ask("".join(f"ALTER ROLE postgres SET {n} = '{v}';" for n, v in LOUD.items()))


def fail_on_the_server(checkout: Checkout) -> None:
    """After the verifiers, in their transaction."""
    drift(checkout)
    last = 'GRANT SET ON PARAMETER "no name" TO :"app_role";\n'
    (checkout.folder / LAST_FILE).write_text(last)


def fail_at_the_door(checkout: Checkout) -> None:
    drift(checkout)
    last = "ALTER ROLE :\"app_role\" VALID UNTIL '2001-01-01T00:00:00Z';\n"
    (checkout.folder / LAST_FILE).write_text(last)


def fail_on_the_canary(checkout: Checkout) -> None:
    (checkout.folder / LAST_FILE).unlink(missing_ok=True)
    checkout.inventory(settings={"max_wal_senders": "many"}, restart=False)


class Kind(NamedTuple):
    prepare: Callable[[Checkout], None]
    flags: tuple[str, ...]
    says: str = ""  # when it fails; it does when it changes something


KINDS = {
    "first": Kind(make_bare, FEWER_FLAGS),
    "converged": Kind(lambda _: None, FEWER_FLAGS),
    "drifted": Kind(drift, FLAGS),
    "bad statement": Kind(
        fail_on_the_server, FLAGS, 'unrecognized configuration parameter "no name"'
    ),
    "bad login": Kind(fail_at_the_door, FEWER_FLAGS, "appuser cannot log in to appdb"),
    "bad setting": Kind(fail_on_the_canary, FEWER_FLAGS, 'for parameter "max_wal_senders"'),
}


def load_pg_stat_statements(checkout: Checkout) -> None:
    """Its view; and what would show the deploy's statements, if its sessions did not say no."""
    checkout.ask(
        "CREATE EXTENSION pg_stat_statements WITH SCHEMA public;"
        "ALTER SYSTEM SET log_min_error_statement = debug5; ALTER SYSTEM SET debug_print_parse = on"
    )
    checkout.pyinfra("-y", "deploys.local.stop")
    checkout.pyinfra("-y", "deploys.local.start")
    checkout.inventory(restart=False)


@pytest.fixture(scope="module")
def matrix(new_checkout: NewCheckout, pytestconfig: pytest.Config) -> Evidence:
    """Every kind of run with every flag, watched; with most of them in one run in make test."""
    is_sample = "not all" in pytestconfig.option.markexpr
    checkout = new_checkout()
    evidence = Evidence(checkout)
    with evidence.watching():
        for name, kind in KINDS.items():
            for flag in FEWEST_FLAGS if is_sample else kind.flags:
                kind.prepare(checkout)
                evidence.runs[name, flag] = evidence.run(*words_of(flag), "deploy.py")
                if name == "first":
                    evidence.look_at_the_log()  # the next one begins a new log
            if name == "first":
                load_pg_stat_statements(checkout)
        evidence.look_at_the_log()
        evidence.look_at_statements()
    (checkout.folder / LAST_FILE).unlink(missing_ok=True)
    checkout.inventory(restart=False)
    return evidence


def test_every_run_went_as_it_was_meant_to(matrix: Evidence) -> None:
    for (name, flag), run in matrix.runs.items():
        says = KINDS[name].says if flag not in CHANGES_NOTHING else ""
        fails = run.code not in ((0, 2) if flag == "--dry" else (0,))
        assert fails == bool(says), (name, flag, run.output)
        assert says in run.output, (name, flag, run.output)
        assert "Traceback" not in run.output
    flags = [flag for name, flag in matrix.runs if name == "first"]
    made = [flag for flag in flags if flag not in CHANGES_NOTHING]
    assert len(matrix.secrets) == len(flags) * 3 + len(made) * (3 * 3 + 2 * 2)


@pytest.mark.parametrize(
    ("place", "also"),
    [
        ("output", b"ALTER ROLE appuser PASSWORD '<app_verifier>'"),
        ("commands", b"ON_ERROR_STOP=1"),
        ("files", b'"commands"'),
        ("watched", b"deploy.py"),
        ("log", b"ALTER ROLE appuser PASSWORD NULL"),
        ("pg_stat_statements", b"pg_authid"),
    ],
)
def test_nothing_leaks(matrix: Evidence, place: str, also: bytes) -> None:
    assert leaks(matrix.at(place), matrix.secrets) == []
    assert also in matrix.at(place)  # it has looked at the right thing


def test_secrets_lie_where_they_belong(matrix: Evidence) -> None:
    """Verifiers in the data, the host's key in its releases; all else on the controller only."""
    store, home = matrix.checkout.secrets, matrix.checkout.home
    host_key = parts_of(store / "hosts" / "local.key")
    verifiers = [part for path in store.glob("*.verifier") for part in parts_of(path)]
    elsewhere = secrets_of(matrix.checkout) - {*host_key, *verifiers}
    places = defaultdict(set)
    for path in (p for p in home.rglob("*") if p.is_file() and p.stat().st_nlink == 1):
        content = path.read_bytes()
        assert not any(secret in content for secret in elsewhere), path
        for kind, hidden in (("key", host_key), ("verifier", verifiers)):
            if any(secret in content for secret in hidden):
                places[kind].add(path.relative_to(home).parts[0])
                assert not path.stat().st_mode & 0o007, path
    assert places == {"key": {"etc"}, "verifier": {"data"}}


def test_environments_hold_none(new_checkout: NewCheckout) -> None:
    """Of an ordinary user's deploy, for the kernel shows a watcher those of its own uid only."""
    evidence = Evidence(new_checkout(user=NOBODY))
    bring_canaries(evidence.checkout)
    with watched(evidence.checkout, folders=(), places=()) as watcher:
        assert evidence.run("-y", "-vvv", "deploy.py").code == 0
        evidence.checkout.ask("ALTER ROLE appuser PASSWORD NULL")
        assert evidence.run("-y", "deploy.py").code == 0
    assert leaks(watcher.seen, evidence.secrets) == []
    assert b"COLUMNS=80" in watcher.seen


# -- One that is planted is found -------------------------------------------------------


Plant = Callable[[Checkout, str, Watched], None]


def in_argv(_: Checkout, secret: str, watcher: Watched) -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60; true", secret]) as process:
        watcher.wait()
        process.kill()


def in_environ(_: Checkout, secret: str, watcher: Watched) -> None:
    with subprocess.Popen([*AS_NOBODY, "sleep", "60"], env={"PLANTED": secret}) as process:
        watcher.wait()
        process.kill()


def in_file(folder: Callable[[Checkout], str | Path]) -> Plant:
    def plant(checkout: Checkout, secret: str, watcher: Watched) -> None:
        path = Path(folder(checkout), f"planted-{checkout.environment}")
        path.write_text(secret)
        path.chmod(0o644)
        watcher.wait()
        path.unlink()

    return plant


def always(place: str) -> Callable[[Checkout], str]:
    return lambda _: place


def in_a_run(checkout: Checkout, secret: str, _: Watched) -> None:
    (checkout.folder / "planted.py").write_text(
        "from pathlib import Path\nfrom pyinfra.operations import server\n"
        f"Path('left-behind').write_text({secret!r})\n"
        f"server.shell(name='Plant', commands=['echo {secret}'])\n"
    )


def in_a_statement(checkout: Checkout, secret: str, _: Watched) -> None:
    loud = "SET pg_stat_statements.track_utility = on"
    checkout.ask(f"{loud}; ALTER ROLE appuser PASSWORD '{secret}'")


@pytest.mark.parametrize(
    ("place", "plant"),
    [
        pytest.param("watched", in_argv, id="argv"),
        pytest.param("watched", in_environ, id="environ"),
        pytest.param("watched", in_file(lambda c: c.folder.parent), id="checkout"),
        pytest.param("watched", in_file(lambda c: c.home), id="home"),
        *(pytest.param("watched", in_file(always(place)), id=place) for place in PLACES),
        *(pytest.param(place, in_a_run, id=place) for place in ("output", "commands", "files")),
        *(pytest.param(p, in_a_statement, id=p) for p in ("log", "pg_stat_statements")),
    ],
)
def test_a_planted_secret_is_found(matrix: Evidence, place: str, plant: Plant) -> None:
    secret, evidence = canary(), Evidence(matrix.checkout)
    with evidence.watching() as watcher:
        plant(matrix.checkout, secret, watcher)
        if plant is in_a_run:
            evidence.run("-y", "-vvv", "planted.py")
    evidence.look_at_the_log()
    evidence.look_at_statements()
    assert leaks(evidence.at(place), [secret.encode()])


@pytest.mark.parametrize("written", ["{}", "x{}", "xy{}", "xyz{}"])
def test_forms_are_found(written: str) -> None:
    """base64 of a text looks otherwise by where in it the secret begins."""
    secret = b"+/abc=" + canary().encode()
    text = written.format(secret.decode()).encode() + b"after"
    for program in (["base64", "-w0"], ["cat"], ["jq", "-sRr", "@uri"]):
        if subprocess.run(["which", program[0]], check=False, capture_output=True).returncode == 0:
            coded = subprocess.run(program, input=text, check=True, capture_output=True).stdout
            assert leaks(coded, [secret]) == [secret]
    assert leaks(text[: len(text) // 2], [secret]) == []


# -- While a verifier is being set ------------------------------------------------------


def cancel(checkout: Checkout, pid: str) -> bytes:
    checkout.ask(f"SELECT pg_cancel_backend({pid})")
    return b""


def kill(_: Checkout, pid: str) -> bytes:
    """As the kernel does when memory is short."""
    os.kill(int(pid), 9)
    return b""


def monitor(checkout: Checkout, pid: str) -> bytes:
    """As a role of a monitoring tool."""
    seen = checkout.ask(
        "CREATE ROLE monitor IN ROLE pg_monitor; SET ROLE monitor;"
        "SELECT query FROM pg_stat_activity; RESET ROLE; DROP ROLE monitor;"
        f"SELECT pg_cancel_backend({pid})"
    )
    return seen.encode()


def wait(checkout: Checkout, _: str) -> bytes:
    """Until the two wait for each other, and the server ends one of them."""
    until(lambda: not checkout.ask(WAITING))
    return b""


def until(condition: Callable[[], T]) -> T:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.02)
    raise TimeoutError(condition)


WAITING = "SELECT min(pid) FROM pg_locks WHERE NOT granted"
HELD = "SELECT count(*) FROM pg_locks WHERE relation = 'pg_authid'::regclass AND mode ~ 'RowEx'"
# Holds a row of pg_authid until a deploy waits for it.
HOLD = (
    "SET statement_timeout = '30s'; BEGIN; ALTER ROLE backupuser CONNECTION LIMIT 9; "
    "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) "
    "LOOP PERFORM pg_sleep(0.02); END LOOP; END $$; {then}; ROLLBACK"
)


@pytest.mark.parametrize(
    ("act", "then"),
    [
        pytest.param(cancel, "SELECT pg_sleep(3)", id="cancelled"),
        pytest.param(kill, "SELECT pg_sleep(3)", id="killed"),
        pytest.param(monitor, "SELECT pg_sleep(3)", id="monitored"),
        pytest.param(wait, "ALTER ROLE appuser CONNECTION LIMIT 9", id="deadlock"),
    ],
)
def test_statement_under_way_is_not_shown(
    matrix: Evidence, act: Callable[[Checkout, str], bytes], then: str
) -> None:
    checkout = matrix.checkout
    checkout.deploy()
    before = len(checkout.log)
    checkout.ask("ALTER ROLE appuser PASSWORD NULL; ALTER ROLE backupuser PASSWORD NULL")
    with ThreadPoolExecutor() as pool:
        pool.submit(checkout.ask, HOLD.format(then=then))
        until(lambda: checkout.ask(HELD) != "0")
        run = pool.submit(checkout.pyinfra, "-y", "deploy.py")
        seen = act(checkout, until(lambda: checkout.ask(WAITING)))
    assert run.result().code != 0 or act is wait
    time.sleep(0.2)
    assert leaks(seen + checkout.log[before:].encode(), secrets_of(checkout)) == []


# -- Links of others --------------------------------------------------------------------


def test_links_of_others_are_not_written_through(matrix: Evidence, tmp_path: Path) -> None:
    """By the names of pyinfra's temporary files, which anybody can compute, and of sockets'."""
    checkout = matrix.checkout
    written = [*checkout.home.glob("*"), *checkout.home.glob("[!dp]*/**/*"),
               *checkout.secrets.rglob("*")]  # fmt: skip
    names = [f"pyinfra-{hashlib.sha1(str(p).encode()).hexdigest()}" for p in written]
    names += [f".s.PGSQL.{checkout.port}{end}" for end in ("", ".lock")]
    target = tmp_path / "target"
    target.write_text("untouched")
    before = target.stat()
    checkout.pyinfra("-y", "deploys.local.destroy")
    links = [Path(folder, name) for folder in (*PLACES, "/var/tmp") for name in names]
    for link in links:
        link.unlink(missing_ok=True)  # of a run that failed
        subprocess.run([*AS_NOBODY, "ln", "-s", target, link], check=True)
    try:
        checkout.deploy()
    finally:
        for link in links:
            link.unlink()
    after = target.stat()
    assert target.read_text() == "untouched"
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (
        before.st_mode, before.st_uid, before.st_mtime_ns,
    )  # fmt: skip


def test_deploy_needs_no_tmp(bare: Checkout) -> None:
    """So that there is no name in it to guess."""
    sealed = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o ro tmpfs /tmp && exec "$@"', "sh"]
    if bare.run([*sealed, "true"]).returncode:
        pytest.skip("cannot mount here")
    python = bare.folder / "sealed"
    words = " ".join(f"'{word}'" for word in (*sealed, str(bare.python)))
    python.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    python.chmod(0o755)
    bare.python = python
    bare.deploy()
    bare.ask("ALTER ROLE appuser PASSWORD NULL")
    assert bare.deploy().changed == ["Set roles and rights"]


def test_others_may_write_to_no_folder_of_a_server(matrix: Evidence) -> None:
    home = matrix.checkout.home
    assert (home / "data").is_dir()
    for path in (p for p in (*home.parents, home, *home.rglob("*")) if p.is_dir()):
        assert not path.stat().st_mode & 0o002, path
