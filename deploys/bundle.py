"""`python -m deploys.bundle INVENTORY [FOLDER]`: what an application's host needs.

bundles/<environment>/ gets the CA's certificate, the application's password, and for each
database host a URI. FOLDER is where the application's host will have them.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from deploys.fence.connector import host_data_keys
from deploys.hosts import address_of, hosts_of
from howdah import host_data
from howdah.cluster import Cluster
from howdah.conninfo import uri
from howdah.errors import HowdahError
from howdah.files import write_whole
from howdah.store import Store
from howdah.team import FOLDER as TEAM
from howdah.team import check_file

FOLDER = "/run/secrets"  # where app_db looks
CA, PASSWORD = "ca.crt", "postgres_app_user_pw"


def main() -> int:
    """Writes them, and says what they are."""
    inventory, folder = Path(sys.argv[1]), [*sys.argv[2:], FOLDER][0]
    uris: dict[str, dict[str, str]] = {}
    try:
        check_file(inventory)
        _refuse_relative(folder)
        for host, data in hosts_of(inventory).items():
            read = host_data.read({"environment": inventory.stem, **data}, host_data_keys)
            of_all = uris.setdefault(read.environment, {})
            of_all[f"{host.lstrip('@')}.uri"] = uri(
                read, f"{folder}/{CA}", address_of(host, data, read)
            )
            _warn(host, read)
        for environment, of_all in uris.items():
            sys.stdout.write(_write(environment, of_all, folder))
    except (OSError, HowdahError) as e:
        sys.stderr.write(f"{e}\n")
        return 1
    return 0


def _refuse_relative(folder: str) -> None:
    if not folder.startswith("/"):
        raise HowdahError(
            f"FOLDER = {folder!r}: needs the absolute path where the application's host will have "
            "the files"
        )


def _warn(host: str, cluster: Cluster) -> None:
    if all(address.is_loopback for address in cluster.listen_addresses):
        address = cluster.listen_addresses[0]
        sys.stderr.write(f"warning: {host} listens on {address} only: an application on another "
                         "host cannot reach it; docs/production.md\n")  # fmt: skip
    elif not cluster.allowed_networks:
        sys.stderr.write(f"warning: {host} lets no network in: an application on another host "
                         "needs allowed_networks; docs/production.md\n")  # fmt: skip


def _write(environment: str, uris: Mapping[str, str], folder: str) -> str:
    """The files of one environment, whole; what it says of them. Raises OSError, HowdahError."""
    store = Store(TEAM / "secrets" / environment)
    bundle = TEAM / "bundles" / environment
    if not (store.path(CA).exists() and store.path(PASSWORD).exists()):
        raise HowdahError(f"{store.folder} has no secrets yet; make deploy makes them")
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
    said = {CA: "who signs the servers' certificates", PASSWORD: "the application's password"}
    width = max(map(len, [*said, *uris])) + 2
    files = "".join(f"    {name:{width}}{text}\n" for name, text in {**said, **uris}.items())
    return (f"{bundle}\n{files}copy them to {folder} of the application's host, "
            "readable by the application only\n")  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
