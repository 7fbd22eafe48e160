"""A converged run of the embedded server as its cluster grows: tables, databases, roles, grants.

    make bench-growth

Each cluster is measured beside one that is almost empty, best of several rounds that alternate.
`ROUNDS=1` measures the smallest number only: to see that it works, not for numbers.
`--picture FILE` writes the curves as SVG too.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.curves import Curve, picture
from benchmarks.measure import PYINFRA, best, clock, heading, row, run
from tests.server.checkout import Checkout

ROUNDS = 5
AS_OWNER = "SET ROLE appowner;\n"
EACH = "SELECT format({}, i) FROM generate_series(1, {}) AS i \\gexec\n"


class Growth(NamedTuple):
    """What grows, how it is made, in which numbers, and what the last may cost."""

    what: str
    make: Callable[[Checkout, int], None]
    numbers: tuple[int, ...]
    limit: str


def main() -> None:
    """Prints a row for each number: seconds, those of the almost empty cluster, the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--picture", type=Path, help="where to write the curves as SVG")
    file = parser.parse_args().picture
    heading(("seconds", "empty", "ratio", "limit"))
    curves = [_curve(growth) for growth in GROWTHS]
    if file:
        file.write_text(picture("converged run beside an almost empty cluster", curves))


def _curve(growth: Growth) -> Curve:
    points = [(1, 1.0)]
    with _deployed() as empty, _deployed() as grown:
        numbers = growth.numbers[:1] if "ROUNDS" in os.environ else growth.numbers
        for number in numbers:
            growth.make(grown, number)
            _deploy(grown)
            seconds, floor = best(
                ROUNDS, clock(lambda: _deploy(grown)), clock(lambda: _deploy(empty))
            )
            last = growth.limit if number == growth.numbers[-1] else ""
            row(f"{number:,} {growth.what}", last, seconds, floor)
            points.append((number, seconds / floor))
    return Curve(growth.what, points)


@contextmanager
def _deployed() -> Iterator[Checkout]:
    folder = Path(tempfile.mkdtemp(prefix="howdah-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    checkout = Checkout(folder)
    try:
        _deploy(checkout)
        yield checkout
    finally:
        checkout.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _deploy(checkout: Checkout) -> None:
    inventory = f"inventories/{checkout.environment}.py"
    run(PYINFRA, "-y", inventory, "deploy.py", cwd=checkout.folder)


def _tables(checkout: Checkout, number: int) -> None:
    """Each in a transaction of its own, for the lock table is small."""
    create = "'CREATE TABLE IF NOT EXISTS app.grown_%s (id bigint PRIMARY KEY, name text)'"
    checkout.ask(AS_OWNER + EACH.format(create, number), "appdb")


def _granted_tables(checkout: Checkout, number: int) -> None:
    """Tables, with a line in roles-sql for each."""
    _tables(checkout, number)
    lines = [f'GRANT SELECT ON TABLE app.grown_{i} TO :"temporal_role";' for i in _up_to(number)]
    _write(checkout, ['\\connect :"app_database"', *lines])


def _databases(checkout: Checkout, number: int) -> None:
    lines = []
    for i in _up_to(number - 3):
        lines.append(f"CREATE DATABASE grown_{i} OWNER :\"owner_role\" TEMPLATE template0 "
                     "ENCODING 'UTF8';")  # fmt: skip
        lines.append(f"REVOKE ALL ON DATABASE grown_{i} FROM PUBLIC;")
    _write(checkout, lines)


def _roles(checkout: Checkout, number: int) -> None:
    lines = []
    for i in _up_to(number):
        lines.append(f"CREATE ROLE grown_{i} NOLOGIN;")
        lines.append(f'GRANT CONNECT ON DATABASE :"app_database" TO grown_{i};')
    _write(checkout, lines)


def _up_to(number: int) -> range:
    return range(1, number + 1)


def _write(checkout: Checkout, lines: list[str]) -> None:
    (checkout.folder / "roles-sql" / "60-grown.sql").write_text("\n".join(lines) + "\n")


GROWTHS = (
    Growth("tables", _tables, (100, 1000, 10_000), "2"),
    Growth("tables with a GRANT each", _granted_tables, (100, 1000, 3000), ""),
    Growth("databases", _databases, (10, 30, 100), "3"),
    Growth("roles", _roles, (10, 100, 1000), "2"),
)

if __name__ == "__main__":
    main()
