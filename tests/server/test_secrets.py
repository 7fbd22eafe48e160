"""No secret leaves its place, and none is invented for a running application."""

import os
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server.checkout import NOBODY, Checkout

# What an unprivileged process can read while a deploy runs: argv, environments, /tmp.
WATCHER = """
import os, sys
from pathlib import Path
seen = set()
print("watching", flush=True)
while not Path(sys.argv[1]).exists():
    for proc in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                seen.add((proc / name).read_bytes())
            except OSError:
                pass
    for folder in sys.argv[2:]:
        for above, _, names in os.walk(folder):
            for name in names:
                try:
                    if os.path.getsize(os.path.join(above, name)) < 1 << 20:
                        seen.add(Path(above, name).read_bytes())
                except OSError:
                    pass
sys.stdout.buffer.write(b"\\0".join(seen))
"""


class Watched:
    seen = b""


@contextmanager
def watched(checkout: Checkout) -> Iterator[Watched]:
    """What somebody without rights has seen meanwhile."""
    stop = checkout.folder / ".stop"
    become = ["setpriv", f"--reuid={NOBODY}", "--regid=nogroup", "--clear-groups"]
    folders = ["/tmp", str(checkout.home), str(checkout.folder / "secrets")]
    python = "/usr/bin/python3" if os.geteuid() == 0 else sys.executable
    result = Watched()
    with subprocess.Popen(
        [*(become if os.geteuid() == 0 else []), python, "-c", WATCHER, str(stop), *folders],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield result
        finally:
            stop.touch()
            result.seen = process.stdout.read()
            stop.unlink()


def secrets_of(checkout: Checkout) -> list[bytes]:
    """Passwords, verifiers' keys and the middle of private keys."""
    found = []
    for path in checkout.secrets.rglob("*"):
        if path.is_file() and path.suffix != ".crt":
            lines = path.read_bytes().strip().splitlines()
            found.append(lines[len(lines) // 2][-40:])
    assert len(found) == 8  # three passwords, three verifiers, two keys
    return found


needs_others = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to watch as somebody else")


@needs_others
def test_nobody_sees_a_secret_during_deploys(bare: Checkout) -> None:
    outputs = []
    with watched(bare) as first:
        outputs.append(bare.pyinfra("-y", "-vvv", "--debug", "--diff", "deploy.py").output)
    bare.ask("ALTER ROLE appuser PASSWORD 'drifted'; ALTER ROLE backupuser PASSWORD NULL")
    with watched(bare) as second:
        outputs.append(bare.pyinfra("-y", "-vvv", "deploy.py").output)
        outputs.append(bare.pyinfra("--dry", "-vvv", "--debug-operations", "deploy.py").output)
    for secret in secrets_of(bare):
        assert secret not in first.seen
        assert secret not in second.seen
        assert all(secret.decode() not in output for output in outputs)
        assert secret.decode() not in bare.log
    assert b"deploy.py" in first.seen  # it has seen the deploy itself


def test_the_watcher_sees_one_that_is_planted(bare: Checkout) -> None:
    with watched(bare) as planted:
        bare.run(["sh", "-c", "sleep 2", "a-secret-in-argv"])
    assert b"a-secret-in-argv" in planted.seen


def test_modes_of_the_store(deployed: Checkout) -> None:
    for path in (deployed.secrets, *deployed.secrets.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    names = {str(p.relative_to(deployed.secrets)) for p in deployed.secrets.rglob("*.*")}
    assert {"ca.crt", "ca.key", "hosts/local.crt", "hosts/local.key"} <= names


def test_lost_password_is_not_invented(converged: Checkout) -> None:
    path = converged.secrets / "postgres_app_user_pw"
    kept = path.read_bytes()
    path.unlink()
    said = converged.refused()
    assert f"{path} missing, and the server has role appuser: put it back" in said
    assert "missing, and" in converged.pyinfra("--dry", "deploy.py", stdin="no\n").output
    assert not path.exists()
    path.write_bytes(kept)
    assert "postgres_app_user_pw" in str(converged.deploy().output)


def test_lost_store_of_a_stopped_server(converged: Checkout) -> None:
    converged.pyinfra("-y", "deploys.local.stop")
    aside = converged.secrets.rename(converged.secrets.with_name("aside"))
    assert "role appuser, backupuser, temporaluser: put it back" in converged.refused()
    aside.rename(converged.secrets)


def test_new_password_in_the_file_is_set(converged: Checkout) -> None:
    old = converged.password("appuser")
    path = converged.secrets / "postgres_app_user_pw"
    path.write_text("pässwörd with 'quotes' and \\ and $(x)\n")
    path.chmod(0o600)
    converged.deploy()
    assert converged.login("appuser", "appdb").returncode == 0
    assert converged.login("appuser", "appdb", password=old).returncode == 2
    assert converged.deploy().changed == []


def served_certificate(port: int) -> bytes:
    """What the server shows before anybody has logged in, in DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(struct.pack("!ii", 8, 80877103))  # SSLRequest
        assert raw.recv(1) == b"S"
        with context.wrap_socket(raw) as secured:
            return secured.getpeercert(binary_form=True) or b""


def test_due_certificate_is_renewed_by_a_reload(converged: Checkout) -> None:
    def served() -> bytes:
        assert converged.login("appuser", "appdb").returncode == 0
        return served_certificate(converged.port)

    old, pid = served(), converged.pid
    converged.inventory(certificate_names=["db.example.org", "10.1.2.3"])
    shown = converged.shown()
    assert "names are missing: 10.1.2.3, db.example.org" in shown
    assert "changed: server.crt (content not shown)" in shown
    assert "days left" in converged.deploy().output
    assert served() not in (old, b"")
    assert converged.pid == pid


def test_few_days_left_are_a_warning(converged: Checkout) -> None:
    converged.inventory(certificate_days=20)
    converged.deploy()
    assert "warning: certificate: 19 days left" in converged.deploy().output


def test_store_is_written_by_one_place_only(deployed: Checkout) -> None:
    """Nothing of the store has a copy but the host certificate, in the release in force."""
    private = (deployed.secrets / "ca.key").read_bytes()
    for path in Path(deployed.home).rglob("*"):
        if path.is_file() and path.stat().st_size == len(private):
            assert path.read_bytes() != private
