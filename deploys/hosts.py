"""An inventory's hosts, without a connection to any of them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from howdah.cluster import Cluster
from howdah.errors import HowdahError
from howdah.names import host_names


def hosts_of(inventory: Path) -> dict[str, dict[str, Any]]:
    """Host: its data. Asks pyinfra, for only pyinfra knows which of several values wins.

    Raises HowdahError, in pyinfra's words.
    """
    pyinfra = Path(sys.executable).with_name("pyinfra")
    done = subprocess.run(  # noqa: S603 our own inventory
        [pyinfra, "--json", inventory, "debug-inventory"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or not done.stdout.strip():
        raise HowdahError(done.stderr)
    hosts = {}
    for host in json.loads(done.stdout):
        name = host["name"]
        hosts[name] = host["data"]
    return hosts


def address_of(
    host: str,
    data: Mapping[str, Any],
    cluster: Cluster,
) -> str:
    """The name that an application knows the host by: one of its certificate's.

    Raises HowdahError for a host that no certificate can name.
    """
    own = host_names(host, data.get("ssh_hostname"))
    names = [*cluster.certificate_names, *own]
    if names:
        return names[0]
    return str(cluster.listen_addresses[0])
