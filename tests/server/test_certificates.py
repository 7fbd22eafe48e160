"""A certificate that clients refuse is replaced by a reload; a CA that they refuse is told."""

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from howdah.secrets.pem import Pair
from howdah.secrets.x509 import make_ca, make_leaf
from tests.matrix import sampled
from tests.server import refusals
from tests.server.checkout import NOBODY, Checkout
from tests.server.test_changes import costs
from tests.server.test_secrets import served_certificate

NAMES = ["localhost", "127.0.0.1", "::1"]
DAYS_AGO, HOURS_AHEAD = timedelta(days=-2), timedelta(hours=2)
OUTSIDE = [(DAYS_AGO, "expired at"), (HOURS_AHEAD, "is not valid before")]


def ca_of(store: Path) -> Pair:
    return Pair((store / "ca.crt").read_bytes(), (store / "ca.key").read_bytes())


def made(ca: Pair, store: Path) -> Pair:
    """The same, when it is in the store."""
    (store / "ca.crt").write_bytes(ca.certificate)
    (store / "ca.key").write_bytes(ca.key)
    return ca


def der(certificate: bytes) -> bytes:
    read = x509.load_pem_x509_certificate(certificate)
    return read.public_bytes(serialization.Encoding.DER)


def in_force(checkout: Checkout, leaf: Pair) -> None:
    """As if an earlier deploy had made it, and the time had passed since."""
    for suffix, content in (("crt", leaf.certificate), ("key", leaf.key)):
        (checkout.secrets / "hosts" / f"local.{suffix}").write_bytes(content)
        (checkout.home / "etc" / "current" / f"server.{suffix}").write_bytes(content)
    checkout.ask("SELECT pg_reload_conf()")
    until = time.monotonic() + 30
    while served_certificate(checkout.port) != der(leaf.certificate):
        assert time.monotonic() < until
        time.sleep(0.05)


def serves_what_is_in_the_store(checkout: Checkout) -> None:
    stored = (checkout.secrets / "hosts" / "local.crt").read_bytes()
    assert served_certificate(checkout.port) == der(stored)


@pytest.mark.parametrize("case", sampled(OUTSIDE, OUTSIDE[:1]), ids=str)
def test_certificate_outside_its_dates_is_renewed_by_a_reload(
    converged: Checkout, store: Path, case: tuple[timedelta, str]
) -> None:
    """F9."""
    start, says = case
    now = datetime.now(UTC)
    ca = made(make_ca(converged.environment, now=now - timedelta(days=10)), store)
    old = make_leaf(ca, NAMES, days=1, now=now + start)
    in_force(converged, old)
    assert "certificate verify failed" in converged.login("appuser", "appdb").stderr
    shown = converged.shown()
    assert f"make {store}/hosts/local.crt and .key: certificate {says}" in shown
    assert "changed: server.crt (content not shown)" in shown
    with costs(converged, reloads=1):
        converged.deploy()
    serves_what_is_in_the_store(converged)
    assert served_certificate(converged.port) != der(old.certificate)
    refusals.converges(converged)


def signed(ca: Pair, leaf: Pair) -> Pair:
    """The leaf as this CA would have signed it, were it valid."""
    issuer = x509.load_pem_x509_certificate(ca.certificate)
    was = x509.load_pem_x509_certificate(leaf.certificate)
    builder = x509.CertificateBuilder(issuer.subject, was.subject, was.public_key(),
                                      was.serial_number, was.not_valid_before_utc,
                                      was.not_valid_after_utc,
                                      [e for e in was.extensions if e.oid.dotted_string
                                       != "2.5.29.35"])  # fmt: skip
    key = serialization.load_pem_private_key(ca.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return Pair(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM),
                leaf.key)  # fmt: skip


@pytest.mark.parametrize("outlived", sampled([False, True], [True]))
@pytest.mark.parametrize(("start", "says"), OUTSIDE)
def test_authority_outside_its_dates_is_refused(
    converged: Checkout, store: Path, start: timedelta, says: str, outlived: bool
) -> None:
    """F9. Also one whose leaf is valid: no client would take it."""
    now, link = datetime.now(UTC), converged.link("current")
    ca = make_ca(converged.environment, days=1, now=now + start)
    leaf = make_leaf(ca, NAMES, days=1, now=now + start)
    in_force(converged, signed(ca, make_leaf(ca_of(store), NAMES)) if outlived else leaf)
    made(ca, store)
    assert "certificate verify failed" in converged.login("appuser", "appdb").stderr
    assert f"{store}/ca.crt: CA certificate {says}" in converged.refused()
    assert converged.link("current") == link


def test_clients_whose_clock_is_late_take_what_is_made(deployed: Checkout) -> None:
    """F9."""
    for name in ("ca.crt", "hosts/local.crt"):
        path = deployed.secrets / name
        start = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_before_utc
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        assert timedelta(minutes=5) <= made - start <= timedelta(minutes=60)


# -- The server's copies -------------------------------------------------------------------


def swap(etc: Path, _: Pair) -> None:
    (etc / "server.crt").rename(etc / "aside")
    (etc / "server.key").rename(etc / "server.crt")
    (etc / "aside").rename(etc / "server.key")


DAMAGE: dict[str, Callable[[Path, Pair], object]] = {
    "key 0644": lambda etc, _: (etc / "server.key").chmod(0o644),
    "key 0666": lambda etc, _: (etc / "server.key").chmod(0o666),
    "key nobody's": lambda etc, _: shutil.chown(etc / "server.key", NOBODY),
    "key of root's group": lambda etc, _: shutil.chown(etc / "server.key", group="root"),
    "key and certificate swapped": swap,
    "other key": lambda etc, other: (etc / "server.key").write_bytes(other.key),
    "other certificate": lambda etc, other: (etc / "server.crt").write_bytes(other.certificate),
    "other pair": lambda etc, other: (
        (etc / "server.key").write_bytes(other.key),
        (etc / "server.crt").write_bytes(other.certificate),
    ),
    "key removed": lambda etc, _: (etc / "server.key").unlink(),
    "key empty": lambda etc, _: (etc / "server.key").write_bytes(b""),
}


LOADED = [(damage, False) for damage in DAMAGE]
STARTED = [("key 0666", True), ("key removed", True), ("other key", True), ("other pair", True)]
KEPT = [("key nobody's", False), ("key and certificate swapped", False), ("key removed", True)]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give files away")
@pytest.mark.parametrize("case", sampled([*LOADED, *STARTED], KEPT), ids=str)
def test_damaged_pair_of_the_server_is_put_right(
    converged: Checkout, case: tuple[str, bool]
) -> None:
    """F10. By one run, whether the server has tried to load it or to start with it."""
    damage, restarted = case
    other = make_leaf(ca_of(converged.secrets), NAMES)
    DAMAGE[damage](converged.home / "etc" / "current", other)
    if restarted:
        converged.pyinfra("-y", "deploys.local.stop")
        converged.pyinfra("-y", "deploys.local.start")
    else:
        converged.ask("SELECT pg_reload_conf()")
    converged.deploy()
    key = converged.home / "etc" / "current" / "server.key"
    assert key.read_bytes() == (converged.secrets / "hosts" / "local.key").read_bytes()
    assert (key.stat().st_mode & 0o777, key.owner(), key.group()) == (0o640, "root", "howdah")
    serves_what_is_in_the_store(converged)
    assert converged.login("appuser", "appdb").returncode == 0
    assert converged.deploy().changed == []
