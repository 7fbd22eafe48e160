"""The store's files: none is invented for a running application, a new one is set."""

import socket
import ssl
import struct

from tests.server.checkout import Checkout


def test_modes_of_the_store(deployed: Checkout) -> None:
    for path in (deployed.secrets, *deployed.secrets.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)
    names = {str(p.relative_to(deployed.secrets)) for p in deployed.secrets.rglob("*.*")}
    assert {"ca.crt", "ca.key", "hosts/local.crt", "hosts/local.key"} <= names


def test_lost_password_is_not_invented(converged: Checkout) -> None:
    """F11."""
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
    """F11."""
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
    """F9."""

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
    """F9."""
    converged.inventory(certificate_days=20)
    converged.deploy()
    assert "warning: certificate: 19 days left" in converged.deploy().output
