"""What squawk says of each revision's SQL: `python -m howdah.lint_revisions PACKAGE…`.

Each by itself, for squawk takes a table that was made in the same text for an empty one, which may
be locked. .squawk.toml says which rules do not hold here, and why.
"""

import subprocess
import sys
from pathlib import Path

from howdah.revisions import SchemaError, steps

SQUAWK = Path(sys.executable).with_name("squawk")
RENDER = [sys.executable, "-m", "howdah.render_revisions"]


def main() -> int:
    """0 where squawk has nothing to say."""
    code = 0
    try:
        for package in sys.argv[1:]:
            for before, revision in steps(package):
                if _lint(package, before, revision):
                    code = 1
    except SchemaError as e:
        sys.stderr.write(f"{e}\n")
        return 1
    return code


def _lint(package: str, before: list[str], revision: str) -> bool:
    starts = ",".join(before)
    rendered = subprocess.run(  # noqa: S603 our own module
        [*RENDER, package, starts, revision],
        capture_output=True,
        text=True,
        check=False,
    )
    if rendered.returncode:
        raise SchemaError(rendered.stderr.strip())
    done = subprocess.run(  # noqa: S603 of our own environment
        [SQUAWK, "--reporter", "gcc", "--stdin-filepath", f"{revision}.sql"],
        input=rendered.stdout,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
    return bool(done.returncode)


if __name__ == "__main__":
    sys.exit(main())
