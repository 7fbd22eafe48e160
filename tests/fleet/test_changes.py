"""Each kind of change on a host costs what it must; a bad one costs nothing, or is undone."""

import shlex
import socket
import ssl

import psycopg
import pytest

from deploys.logins import SSL_REQUEST
from tests.fleet.single import Single
from tests.matrix import sampled
from tests.server import refusals
from tests.server.test_changes import costs

CANARY = 4  # which command of a run that writes a release it is
WAITS = "waits for a restart (--data restart=yes): max_connections"


def held(single: Single, password: str = "") -> psycopg.Connection[tuple[object, ...]]:
    """A session of the application's, which shall live on."""
    return psycopg.connect(
        host=single.machine.address, dbname="appdb", user="appuser", autocommit=True,
        password=password or single.password("appuser"), sslmode="verify-full",
        sslrootcert=str(single.secrets / "ca.crt"),
    )  # fmt: skip


def served(single: Single) -> bytes:
    """The certificate that a client is shown."""
    context = ssl.create_default_context(cafile=single.secrets / "ca.crt")
    with socket.create_connection((single.machine.address, 5432)) as raw:
        raw.sendall(SSL_REQUEST)
        assert raw.recv(1) == b"S"
        with context.wrap_socket(raw, server_hostname=single.machine.address) as secured:
            return secured.getpeercert(binary_form=True) or b""


# -- What is wanted ----------------------------------------------------------------------------


def test_reload(converged: Single) -> None:
    converged.inventory(log_min_duration_statement="7s")
    with held(converged) as session, costs(converged, reloads=1):
        converged.deploy()
        session.execute("SELECT 1")
    assert converged.ask("SHOW log_min_duration_statement") == "7s"
    assert converged.deploy().changed == []


def test_restart_waits_in_production(converged: Single) -> None:
    """F30: the run succeeds, and ends with what waits; so does each further one."""
    converged.inventory(max_connections=120)
    with costs(converged, reloads=1):
        for _ in range(2):
            run = converged.pyinfra("-y", "deploy.py")
            assert run.code == 0
            summary = run.output.partition("--> Summary:")[2]
            assert WAITS in summary.replace("\n        ", " ")
            assert converged.waits == ["max_connections", "max_locks_per_transaction"]
        assert converged.deploy().changed == []
    with costs(converged, restarts=1):
        converged.deploy("--data", "restart=yes")
    assert (converged.waits, converged.ask("SHOW max_connections")) == ([], "120")
    assert converged.deploy().changed == []
    refusals.holds(converged)


@pytest.mark.parametrize("why", sampled(["another name", "lost"], ["lost"]))
def test_new_certificate(converged: Single, why: str) -> None:
    before = served(converged)
    if why == "lost":
        for path in (converged.secrets / "hosts").iterdir():
            path.unlink()
    converged.inventory(**({} if why == "lost" else {"certificate_names": ["db.example"]}))
    with held(converged) as session, costs(converged, reloads=1):
        converged.deploy()
        session.execute("SELECT 1")
    assert served(converged) != before
    assert converged.deploy().changed == []


def test_network_that_is_let_in(converged: Single) -> None:
    converged.inventory(allowed_networks=[])
    with costs(converged, reloads=1):
        converged.deploy()
    assert "no pg_hba.conf entry" in converged.login("appuser", "appdb").stderr
    converged.inventory()
    shown = converged.shown()
    assert f"+hostssl appdb appuser {converged.networks[0]} scram-sha-256" in shown
    with costs(converged, reloads=1):
        converged.deploy()
    assert converged.login("appuser", "appdb").returncode == 0
    assert converged.deploy().changed == []


def test_new_password(converged: Single) -> None:
    """F19: sessions live on, and the old one is no good any more."""
    old, path = converged.password("appuser"), converged.secrets / "postgres_app_user_pw"
    path.write_text("of my own choice: 24 chars\n")
    with held(converged, old) as session, costs(converged):
        assert "Set roles and rights" in converged.deploy().changed
        session.execute("SELECT 1")
    assert converged.login("appuser", "appdb").returncode == 0
    said = converged.login("appuser", "appdb", password=old).stderr
    assert "password authentication failed" in said
    assert converged.deploy().changed == []


# -- What is bad -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"settings": {"wal_buffers": "a lot"}}, "wal_buffers"),
        ({"settings": {"session_preload_libraries": "none_such"}}, "none_such"),
        ({"listen_addresses": ["10.255.255.1"]}, "could not bind"),
        ({"settings": {"wal_levl": "logical"}}, "this server knows no such setting"),
    ],
    ids=str,
)
def test_value_that_is_refused(converged: Single, options: dict[str, object], says: str) -> None:
    """F6: nothing is in force, and the server has not even seen it."""
    release = converged.link("current")
    converged.inventory(**options)
    with costs(converged):
        assert says in converged.refused_in_one_line()
    assert converged.link("current") == converged.link("good") == release
    assert converged.ask("SHOW howdah.release") == release


ROLLED_BACK = {
    "reload": ("sed -i '/ appuser /d' pg_hba.conf", "appuser cannot log in to appdb: "),
    "restart": ("echo 'shared_buffers = 4TB' >> postgresql.conf", "could not map anonymous"),
}


@pytest.mark.parametrize("verb", sampled(ROLLED_BACK, ["restart"]))
def test_release_that_does_not_serve(converged: Single, verb: str) -> None:
    """F7: somebody changes it after the canary; what was in force is so again."""
    script, says = ROLLED_BACK[verb]
    release = converged.link("current")
    staged = f"{converged.etc}/r-{int(release[2:]) + 1}"
    shell = shlex.join(["docker", "exec", converged.machine.name, "sh", "-c",
                        f"cd {staged}; {script}"])  # fmt: skip
    options = {"work_mem": "6MB"} if verb == "reload" else {"max_connections": 120, "restart": True}
    converged.inventory(**options)
    said = converged.refused(env={"HOWDAH_AFTER": f"{CANARY}:{shell}"})
    joined = said.replace("\n        ", " ")
    assert says in joined
    assert f"{release} is back in force" in joined
    assert converged.link("current") == converged.ask("SHOW howdah.release") == release
    refusals.holds(converged)
    refusals.converges(converged)
