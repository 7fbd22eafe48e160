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
from howdah.secrets.files import write_whole
from howdah.secrets.store import Store
from howdah.team import FOLDER as TEAM
from howdah.team import check_file

FOLDER = "/run/secrets"  # where app_db looks
CA = "ca.crt"
# Of the store, beside the URIs.
FILES = {
    CA: "who signs the servers' certificates",
    "postgres_app_user_pw": "the application's password",
}


def main() -> int:
    """Writes them, and prints what they are."""
    _, name, *rest = sys.argv
    inventory = Path(name)
    folder = FOLDER
    if rest:
        folder = rest[0]
    try:
        check_file(inventory)
        _check_absolute(folder)
        for environment, uris in _uris(inventory, folder).items():
            lines = _write(environment, uris, folder)
            sys.stdout.write(lines)
    except (OSError, HowdahError) as e:
        sys.stderr.write(f"{e}\n")
        return 1
    return 0


def _uris(inventory: Path, folder: str) -> dict[str, dict[str, str]]:
    """Environment -> a file's name -> the URI in it."""
    uris: dict[str, dict[str, str]] = {}
    for host, data in hosts_of(inventory).items():
        options = {"environment": inventory.stem, **data}
        cluster = host_data.read(options, host_data_keys)
        address = address_of(host, data, cluster)
        of_all = uris.setdefault(cluster.environment, {})
        name = host.lstrip("@")
        of_all[f"{name}.uri"] = uri(cluster, f"{folder}/{CA}", address)
        _warn(host, cluster)
    return uris


def _check_absolute(folder: str) -> None:
    if not folder.startswith("/"):
        raise HowdahError(
            f"FOLDER = {folder!r}: needs the absolute path where the application's host will have "
            "the files"
        )


def _warn(host: str, cluster: Cluster) -> None:
    addresses = cluster.listen_addresses
    on_host_only = all(address.is_loopback for address in addresses)
    if on_host_only:
        sys.stderr.write(
            f"warning: {host} listens on {addresses[0]} only: an application on another "
            "host cannot reach it; docs/production.md\n"
        )
    elif not cluster.allowed_networks:
        sys.stderr.write(
            f"warning: {host} allows no network: an application on another host "
            "needs allowed_networks; docs/production.md\n"
        )


def _write(
    environment: str,
    uris: Mapping[str, str],
    folder: str,
) -> str:
    """The files of one environment, whole; lines that list them. Raises OSError, HowdahError."""
    store = Store(TEAM / "secrets" / environment)
    bundle = TEAM / "bundles" / environment
    has_all = all(store.path(name).exists() for name in FILES)
    if not has_all:
        raise HowdahError(f"{store.folder} has no secrets yet; make deploy makes them")
    for path in (bundle.parent, bundle):
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
    for stale in bundle.glob("*.uri"):
        if stale.name not in uris:
            stale.unlink()
    for name in FILES:
        content = store.path(name).read_bytes()
        write_whole(bundle / name, content)
    for name, text in uris.items():
        content = f"{text}\n".encode()
        write_whole(bundle / name, content)
    return (
        f"{bundle}\n{_listed(uris)}copy them to {folder} of the application's host, "
        "readable by the application only\n"
    )


def _listed(uris: Mapping[str, str]) -> str:
    files = {**FILES, **uris}
    width = max(map(len, files)) + 2
    lines = ""
    for name, text in files.items():
        lines += f"    {name:{width}}{text}\n"
    return lines


if __name__ == "__main__":
    sys.exit(main())
