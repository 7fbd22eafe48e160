"""A release that would not do is refused by its canary, and the running server notices nothing."""

import functools
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.matrix import sampled
from tests.server.checkout import ROOT, Checkout, Run, until
from tests.server.test_changes import costs

# What makes a fault in a checkout: in its inventory, its templates or its components.
Fault = Callable[[Checkout], None]

LAST, RECORDS = "include_if_exists 'release.conf'", "{% for record in records %}"
PEER = "local all postgres peer map=howdah"
OWNER = 'howdah "{{ layout.owner }}" {{ role }}'


def options(**data: object) -> Fault:
    return lambda checkout: checkout.inventory(**data)


def settings(**data: object) -> Fault:
    return options(settings=data)


def template(name: str, old: str, new: str) -> Fault:
    """An edit of a template; an empty ``old`` is all of it."""
    return edited(f"templates/{name}.j2", old, new)


def component(name: str, old: str, new: str) -> Fault:
    """An edit of a component."""
    return edited(f"components/{name}.py", old, new)


def edited(file: str, old: str, new: str) -> Fault:
    def edit(checkout: Checkout) -> None:
        path = checkout.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old or text, new))

    return edit


def line(text: str) -> Fault:
    """A line of postgresql.conf that no option and no entry of ``settings`` gives."""
    return template("postgresql.conf", LAST, f"{text}\n{LAST}")


def record(text: str) -> Fault:
    """A line of pg_hba.conf before the right ones."""
    return template("pg_hba.conf", RECORDS, f"{text}\n{RECORDS}")


def mend(checkout: Checkout) -> None:
    for name in ("templates", "components"):
        shutil.copytree(ROOT / name, checkout.folder / name, dirs_exist_ok=True)
    checkout.inventory()


def traces(checkout: Checkout) -> list[str]:
    """What a canary would leave: its folder, its sockets, its processes."""
    canary = checkout.home / "canary"
    left = [str(p) for p in (canary, *(checkout.home / "run").glob(".s.PGSQL.6*")) if p.exists()]
    return left + [words for words in processes().values() if str(canary) in words]


def processes() -> dict[int, str]:
    """The command line of each process; a postmaster's child has only a title."""
    found = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
    return found


def state(checkout: Checkout) -> tuple[str, ...]:
    links = map(checkout.link, ("current", "good"))
    return (*links, checkout.ask("SHOW howdah.release"), *traces(checkout))


@functools.cache
def told(checkout: Checkout, fault: Fault) -> str:
    """The one line by which a fault is refused; and nothing else has come of it."""
    before = state(checkout)
    assert len(before) == 3
    fault(checkout)
    try:
        with costs(checkout):
            output = checkout.refused()
    finally:
        mend(checkout)
    assert state(checkout) == before
    assert checkout.login("appuser", "appdb").returncode == 0
    _, _, output = output.partition("Starting operation: Write the configuration")
    assert output.count("Error: ") == 1
    said, _, _ = output.partition("    [@local] Error: ")
    return said.rstrip("\n").rpartition("\n")[2].removeprefix("    [@local] ")


@pytest.fixture
def cluster(deployed: Checkout) -> Iterator[Checkout]:
    """The converged cluster; once the fault is gone there is nothing to do."""
    yield deployed
    mend(deployed)
    assert deployed.deploy().changed == []


CONF = {
    "a syntax error": (line("work_mem 64MB MB"), r'syntax error in file ".*" line \d+, near'),
    "a bad value": (settings(wal_level="maximal"), 'value for parameter "wal_level": "maximal"'),
    "out of range": (settings(wal_keep_size=-3), r'-3 MB is outside .* "wal_keep_size" \(0 MB'),
    "a library's unknown setting": (
        line("auth_delay.miliseconds = 500"),
        'invalid configuration parameter name "auth_delay.miliseconds"',
    ),
    "a missing certificate": (
        settings(ssl_ca_file="/nowhere/ca.crt"),
        'could not load root certificate file "/nowhere/ca.crt": No such file',
    ),
    "a bad cipher list": (
        component("server", '":".join(CIPHERS)', '"NO-SUCH"'),
        "could not set the cipher list",
    ),
    "the least TLS above the most": (
        component("server", '"TLSv1.3"', '"TLSv1.1"'),
        "could not set SSL protocol version range",
    ),
    "a missing library": (
        component("server", 'libraries=("auth_delay"', 'libraries=("nosuch", "auth_delay"'),
        'could not access file "nosuch": No such file',
    ),
    "more memory than there is": (
        line("shared_buffers = '4TB'"),
        "could not map anonymous shared memory: Cannot allocate memory",
    ),
    "an address of somebody else": (
        line("listen_addresses = '127.0.0.1, 192.0.2.1'"),
        'could not bind IPv4 address "192.0.2.1": Cannot assign',
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "case", sampled(CONF, ["a syntax error", "a missing library", "more memory than there is"])
)
def test_postgresql_conf_that_would_not_do(cluster: Checkout, case: str) -> None:
    """F6: refused before anything is in force, with the server's own words."""
    fault, says = CONF[case]
    assert re.match(rf"could not use release r-\d+: +.*{says}", told(cluster, fault))


def test_setting_that_nobody_knows(cluster: Checkout) -> None:
    """F6: refused before anything is written."""
    says = "settings['wrok_mem']: this server knows no such setting"
    assert told(cluster, settings(wrok_mem="64MB")) == says


@pytest.mark.parametrize(
    "fault",
    [
        component("server", '"ssl": quote(context.cluster.tls),', ""),
        line("search_path = 'x'\nssl = off\n#'"),
    ],
    ids=["a line that is missing", "a value with a raw newline"],
)
def test_clear_text_by_accident(cluster: Checkout, fault: Fault) -> None:
    """F6: nothing is wrong with such a file, but what it does to pg_hba.conf."""
    assert "hostssl record cannot match because SSL is disabled" in told(cluster, fault)


def test_empty_file(cluster: Checkout) -> None:
    """F6: what a full disk leaves. It would start, on port 5432, without TLS."""
    assert "hba_file is '" in told(cluster, template("postgresql.conf", "", ""))


HBA = {
    "a syntax error": (
        record("hostssl appdb appuser 10.0.0.0/99 scram-sha-256"),
        'line 8: invalid CIDR mask in address "10.0.0.0/99"',
    ),
    "an empty file": (
        template("pg_hba.conf", "", ""),
        "has no line that lets appuser into appdb from 127.0.0.1/32 over TLS; ",
    ),
    "the application forgotten": (
        template("pg_hba.conf", "in records %}", "in records if record.role != 'appuser' %}"),
        "has no line that lets appuser into appdb from 127.0.0.1/32 over TLS; "
        "has no line that lets appuser into appdb from ::1/128 over TLS",
    ),
    "trust": (
        record("hostssl appdb appuser 127.0.0.1/32 trust"),
        "line 8 lets appuser into appdb by trust (needs scram-sha-256) from 127.0.0.1/32 over TLS",
    ),
    "everybody": (
        record("hostssl all all 10.0.0.0/8 scram-sha-256"),
        "line 8 lets appuser into appdb by scram-sha-256 from 10.0.0.0/8 over TLS (and ",
    ),
    "without TLS": (
        record("host appdb appuser 127.0.0.1/32 scram-sha-256"),
        "line 8 lets appuser into appdb by scram-sha-256 from 127.0.0.1/32 without TLS (and ",
    ),
    "a wider network": (
        record("hostssl appdb appuser 127.0.0.0/8 scram-sha-256"),
        "line 8 lets appuser into appdb by scram-sha-256 from 127.0.0.0/8 over TLS",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", sampled(HBA, ["an empty file", "trust"]))
def test_pg_hba_conf_that_would_not_do(cluster: Checkout, case: str) -> None:
    """F6, F7: the line says role, database, network and where it stands."""
    fault, says = HBA[case]
    said = told(cluster, fault)
    assert said.startswith("pg_hba.conf ")
    assert says in said


NOBODY = {
    "a missing library of each session": (
        settings(session_preload_libraries="nosuch"),
        'could not access file "nosuch"',
    ),
    "a missing library of each client": (
        line("local_preload_libraries = 'nosuch'"),
        'could not access file "$libdir/plugins/nosuch"',
    ),
    "a syntax error in pg_ident.conf": (
        template("pg_ident.conf", OWNER, "howdah"),
        "missing entry at end of line",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", sampled(NOBODY, ["a missing library of each client"]))
def test_superuser_that_would_be_kept_out(cluster: Checkout, case: str) -> None:
    """F6, F7: nobody else could repair anything."""
    said = told(cluster, NOBODY[case][0])
    assert re.fullmatch(r"could not use release r-\d+: nobody can log in.*", said)


# -- What would be loaded from elsewhere ---------------------------------------------------


def test_certificate_elsewhere(converged: Checkout) -> None:
    """F6: the reload keeps the old one and says so in its log only; the next start fails."""
    elsewhere = component("server", "/server.crt", "/nosuch.crt")
    assert "nosuch.crt" in told(converged, elsewhere)


def test_pg_hba_conf_elsewhere(converged: Checkout) -> None:
    """F7: here it lets the superuser in over the network, without a password."""
    other = converged.home / "etc" / "other.conf"
    right = converged.home / "etc" / "current" / "pg_hba.conf"
    other.write_text(f"{right.read_text()}\nhostssl all postgres 127.0.0.1/32 trust\n")
    elsewhere = component("server", "{current}/pg_hba.conf", str(other))
    assert "pg_hba.conf" in told(converged, elsewhere)


def test_map_that_lets_another_user_be_the_superuser(converged: Checkout) -> None:
    """F7: peer authentication is worth what the map is."""
    more = template("pg_ident.conf", OWNER, f"{OWNER}\nhowdah nobody postgres")
    assert "nobody" in told(converged, more)


@pytest.mark.parametrize("case", NOBODY)
def test_reason_why_nobody_can_log_in(deployed: Checkout, case: str) -> None:
    """F6: the server has said it, to psql or to the canary's log."""
    assert NOBODY[case][1] in told(deployed, NOBODY[case][0])


def test_cause_follows_its_colon(deployed: Checkout) -> None:
    assert ":  " not in told(deployed, CONF["an address of somebody else"][0])


# -- What it leaves behind -----------------------------------------------------------------


def postmaster(checkout: Checkout) -> list[int]:
    canary = checkout.home / "canary" / "pg_hba.conf"
    return [pid for pid, words in processes().items()
            if words.startswith(f"{checkout.bin}/postgres ") and str(canary) in words]  # fmt: skip


def parent(pid: int) -> int:
    """The canary's shell."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def struck(checkout: Checkout, whom: Callable[[int], int]) -> Run:
    """A deploy, and kill -9 of its canary's postmaster, or of another, while it runs."""
    with answering_late(checkout), ThreadPoolExecutor() as pool:
        run = pool.submit(checkout.pyinfra, "-y", "deploy.py")
        while not any(_killed(pid, whom) for pid in postmaster(checkout)):
            assert not run.done(), run.result().output
            time.sleep(0.002)
        return run.result()


@contextmanager
def answering_late(checkout: Checkout) -> Iterator[None]:
    """A canary that whoever looks for it finds, however busy the machine is."""
    question = checkout.folder / "howdah" / "queries" / "candidate.sql"
    text = question.read_text()
    question.write_text(f"SELECT pg_catalog.pg_sleep(60);\n{text}")
    yield
    question.write_text(text)


def _killed(pid: int, whom: Callable[[int], int]) -> bool:
    """A postmaster's child has its command line for a moment, and may be gone by now."""
    try:
        is_child = "postgres" in Path(f"/proc/{parent(pid)}/comm").read_text()
        if not is_child:
            os.kill(whom(pid), signal.SIGKILL)
    except OSError:
        return False
    return not is_child


def ended_by_itself(checkout: Checkout) -> list[str]:
    """What is left once the server has taken notice."""
    for _ in range(100):
        if not postmaster(checkout):
            break
        time.sleep(0.05)
    return traces(checkout)


def test_postmaster_that_is_killed(cluster: Checkout) -> None:
    """F6: nothing is left, and nothing is in force."""
    before = state(cluster)
    cluster.inventory(work_mem="5MB")
    with costs(cluster):
        run = struck(cluster, lambda pid: pid)
    assert run.code == 1
    assert "Traceback" not in run.output
    assert re.search(r"could not use release r-\d+: ", run.output)
    assert state(cluster) == before


def test_shell_that_is_killed(converged: Checkout) -> None:
    """F1, F6: its server ends with it, and the folder goes with the next canary."""
    before = state(converged)
    converged.inventory(work_mem="5MB")
    with costs(converged):
        run = struck(converged, parent)
    assert run.code == 1
    assert "Traceback" not in run.output
    assert ended_by_itself(converged) == [str(converged.home / "canary")]
    with costs(converged, reloads=1):
        converged.deploy()
    assert traces(converged) == []
    assert state(converged) != before
    assert converged.ask("SHOW work_mem") == "5MB"


def test_controller_that_is_killed(converged: Checkout) -> None:
    """F1, F6: the canary comes to its end, and goes."""
    converged.inventory(work_mem="5MB")
    with costs(converged):
        killed = converged.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_DURING": "3"})
    assert killed.code == -signal.SIGKILL
    until(lambda: traces(converged) == [])
    with costs(converged, reloads=1):
        converged.deploy()
    assert traces(converged) == []
    assert converged.ask("SHOW work_mem") == "5MB"
