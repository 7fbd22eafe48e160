"""`python -m deploys.stages INVENTORY` prints -y if every host is in development.

For the Makefile: only development goes ahead unasked, and the stage decides, not a name.
An inventory that pyinfra cannot load is an error, in pyinfra's words.
"""

import json
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Asks pyinfra, for only pyinfra knows which of several values wins."""
    pyinfra = Path(sys.executable).with_name("pyinfra")
    done = subprocess.run(  # noqa: S603 our own inventory
        [pyinfra, "--json", sys.argv[1], "debug-inventory"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode or not done.stdout.strip():
        sys.stderr.write(done.stderr)
        return 1
    stages = {host["data"].get("stage") for host in json.loads(done.stdout)}
    if stages == {"development"}:
        sys.stdout.write("-y\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
