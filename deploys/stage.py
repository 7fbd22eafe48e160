"""Prints -y when every host of an inventory is in development: for the Makefile.

python -m deploys.stage inventories/local.py
"""

import sys
from pathlib import Path

from pyinfra_cli.inventory import make_inventory


def main() -> None:
    """The stage decides, never the inventory's name."""
    inventory = make_inventory(sys.argv[1], cwd=str(Path.cwd()))
    stages = {host.data.get("stage", "production") for host in inventory}
    if stages == {"development"}:
        sys.stdout.write("-y\n")


if __name__ == "__main__":
    main()
