"""`python -m deploys.stages INVENTORY` prints -y if every host is in development.

For the Makefile: only development goes ahead unasked, and the stage decides, not a name.
"""

import sys
from pathlib import Path

from deploys.hosts import hosts_of
from howdah.errors import HowdahError


def main() -> int:
    """An inventory that pyinfra cannot load is an error, in pyinfra's words."""
    inventory = Path(sys.argv[1])
    stages = set()
    try:
        for data in hosts_of(inventory).values():
            stages.add(data.get("stage"))
    except HowdahError as e:
        sys.stderr.write(str(e))
        return 1
    if stages == {"development"}:
        sys.stdout.write("-y\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
