"""A bucket of an S3-compatible store, over TLS: rclone's own server, on this machine."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from howdah.secrets import x509
from tests.fleet.machine import Machine
from tests.server.checkout import until

NAME, PORT = "s3.howdah.test", 9000
CA = "/etc/ssl/certs/s3.howdah.test.crt"
KEYS = {
    "s3_key": "AKIAHOWDAHTESTKEY000",
    "s3_key_secret": "howdah-test-secret-of-forty-characters-1",
}


@dataclass(frozen=True)
class Bucket:
    folder: Path  # of its files
    address: str
    ca: bytes

    @property
    def url(self) -> str:
        return f"s3://backups/here?endpoint={NAME}:{PORT}&region=eu&style=path&ca={CA}"

    def known_by(self, machine: Machine) -> None:
        """Its name and its CA."""
        machine.sh(f"echo {self.address} {NAME} >> /etc/hosts")
        machine.put(self.ca, f"cat > {CA}")


@contextmanager
def served(folder: Path, address: str) -> Iterator[Bucket]:
    """By rclone, at an address that is the test's own."""
    ca = x509.make_ca("s3")
    leaf = x509.make_leaf(ca, [NAME])
    (folder / "s3.crt").write_bytes(leaf.certificate)
    (folder / "s3.key").write_bytes(leaf.key)
    files = folder / "files"
    (files / "backups").mkdir(parents=True)
    rclone = Path(sys.executable).with_name("rclone")
    words = ["--addr", f"{address}:{PORT}", "--auth-key", ",".join(KEYS.values()),
             "--cert", str(folder / "s3.crt"), "--key", str(folder / "s3.key")]  # fmt: skip
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([rclone, "serve", "s3", *words, files], stdout=log, stderr=log)
    try:
        until(lambda: "Starting s3 server" in (folder / "log").read_text())
        yield Bucket(files, address, ca.certificate)
    finally:
        server.terminate()
        server.wait()
