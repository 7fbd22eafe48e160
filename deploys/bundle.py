"""`python -m deploys.bundle INVENTORY [FOLDER]`: what an application's host needs.

bundles/<environment>/ gets the CA's certificate, the application's password, and for each
database host a URI. FOLDER is where the application's host will have them.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploys import ROOT
from deploys.hosts import hosts_of
from deploys.inventory import pyinfras_keys
from howdah import cluster
from howdah.cluster import Cluster
from howdah.conninfo import uri
from howdah.files import write_whole
from howdah.refusal import Refusal
from howdah.store import Store

FOLDER = "/run/secrets"  # where app_db looks
CA, PASSWORD = "ca.crt", "postgres_app_user_pw"


def main() -> int:
    """Writes them, and says what they are."""
    inventory, folder = Path(sys.argv[1]), [*sys.argv[2:], FOLDER][0]
    uris: dict[str, dict[str, str]] = {}
    try:
        for host, data in hosts_of(inventory).items():
            read = cluster.read({"environment": inventory.stem, **data}, pyinfras_keys)
            of_all = uris.setdefault(read.environment, {})
            of_all[f"{host.lstrip('@')}.uri"] = uri(
                read, f"{folder}/{CA}", _address(host, data, read)
            )
            _warn(host, read)
        for environment, of_all in uris.items():
            sys.stdout.write(_write(environment, of_all, folder))
    except (OSError, Refusal) as e:
        sys.stderr.write(f"{e}\n")
        return 1
    return 0


def _address(host: str, data: Mapping[str, Any], cluster: Cluster) -> str:
    """The name that an application knows the host by: one of its certificate's."""
    own = str(cluster.listen_addresses[0]) if host.startswith("@") else host
    return str([*cluster.certificate_names, data.get("ssh_hostname") or own][0])


def _warn(host: str, cluster: Cluster) -> None:
    if all(address.is_loopback for address in cluster.listen_addresses):
        address = cluster.listen_addresses[0]
        sys.stderr.write(f"warning: {host} listens on {address} only: an application on another "
                         "host cannot reach it; docs/production.md\n")  # fmt: skip


def _write(environment: str, uris: Mapping[str, str], folder: str) -> str:
    """The files of one environment, whole; what it says of them. Raises OSError, Refusal."""
    store, bundle = Store(Path(ROOT, "secrets", environment)), Path(ROOT, "bundles", environment)
    if not (store.path(CA).exists() and store.path(PASSWORD).exists()):
        raise Refusal(f"{store.folder} has no secrets yet; make deploy makes them")
    for path in (bundle.parent, bundle):
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
    for stale in bundle.glob("*.uri"):
        if stale.name not in uris:
            stale.unlink()
    for name in (CA, PASSWORD):
        write_whole(bundle / name, store.path(name).read_bytes())
    for name, text in uris.items():
        write_whole(bundle / name, f"{text}\n".encode())
    files = "".join(f"    {name:24}{text}\n" for name, text in uris.items())
    return (f"{bundle}\n    {CA:24}who signs the servers' certificates\n    {PASSWORD:24}the "
            f"application's password\n{files}copy them to {folder} of the application's host, "
            "readable by the application only\n")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
