"""Backups of 1 GiB, beside what has to be done at least.

`make bench-backups ROUNDS=1 SCALE=1 SECONDS=1` shows that it works, and no numbers.
"""

import os
import statistics

from benchmarks.hosts import Hosts, hosts, pyinfra
from benchmarks.measure import best, clock, heading, row
from tests.fleet.fleet import Fleet
from tests.fleet.machine import Machine

SCALE = os.environ.get("SCALE", "65")  # of pgbench: 65 is 1 GiB
ROUNDS, AGAIN, PAIRS = 3, 7, 10
SECONDS, CLIENTS = os.environ.get("SECONDS", "20"), 8
PGBENCH = "runuser -u postgres -- env PGOPTIONS='-c search_path=public' pgbench"
AT_ONCE = "--process-max=$(($(nproc) * 2))"  # as a restore does
DATA, BESIDE = "/var/lib/postgresql/17/main", "/var/lib/postgresql/17/beside"
# What a full backup does at least: it reads, hashes, compresses and encrypts.
FLOOR = f"""cd {DATA} && mkfifo /var/tmp/pipe
sha256sum /var/tmp/pipe > /dev/null &
tar -c . | tee /var/tmp/pipe | zstd -q -3 |
    openssl enc -aes-256-cbc -pbkdf2 -pass pass:benchmark > /var/tmp/floor
wait
sync /var/tmp/floor
rm /var/tmp/floor /var/tmp/pipe"""


def main() -> None:
    with hosts() as made:
        machine = made.boot("trixie", 2)
        fleet = made.fleet(machine)
        fleet.inventory(backup="pgbackrest", allow_alter_system=True)
        pyinfra(fleet, "deploy.py")
        machine.sh("apt-get install -y -q zstd")
        _fill(machine)
        heading()
        _copies(machine, fleet)
        _converged(made, fleet)
        _load(machine)


def _fill(machine: Machine) -> None:
    machine.ask("CREATE DATABASE bench")
    machine.sh(f"{PGBENCH} -q -i -s {SCALE} bench")
    machine.ask("CHECKPOINT")


def _copies(machine: Machine, fleet: Fleet) -> None:
    stanza = f"{fleet.environment}-main"
    its = f"runuser -u postgres -- pgbackrest --stanza={stanza}"
    full, least = best(
        ROUNDS,
        clock(lambda: machine.sh(f"{its} --type=full backup")),
        clock(lambda: machine.sh(FLOOR)),
    )
    row("full backup", "1.5", full, least)
    away = f"rm -rf {BESIDE} && sync"
    restored, copied = best(
        ROUNDS,
        clock(
            lambda: machine.sh(f"{its} {AT_ONCE} --pg1-path={BESIDE} restore && sync"),
            before=lambda: machine.sh(away),
        ),
        clock(
            lambda: machine.sh(f"cp -a {DATA} {BESIDE} && sync"),
            before=lambda: machine.sh(away),
        ),
    )
    row("restore, beside cp -a", "1.0", restored, copied)
    machine.sh(away)
    (drill,) = best(ROUNDS, clock(lambda: pyinfra(fleet, "deploys.restore.drill")))
    row("drill, beside a restore", f"{restored + 10:.0f} s", drill, restored)


def _converged(made: Hosts, fleet: Fleet) -> None:
    """Beside one that has none."""
    other = made.fleet(made.boot("trixie", 3))
    pyinfra(other, "deploy.py")
    pyinfra(fleet, "deploy.py")
    pair = (clock(lambda: pyinfra(fleet, "deploy.py")), clock(lambda: pyinfra(other, "deploy.py")))
    row("converged, beside none", "1.1", *best(AGAIN, *pair))


def _load(machine: Machine) -> None:
    """Transactions of pgbench, in pairs: WAL archived, and thrown away."""
    command = machine.ask("SHOW archive_command")
    found: dict[str, list[float]] = {command: [], "/bin/true": []}
    for number in range(int(os.environ.get("ROUNDS", PAIRS))):
        for each in sorted(found, reverse=bool(number % 2)):
            found[each].append(_transactions(machine, each))
    archived, thrown = (statistics.median(numbers) for numbers in found.values())
    row("seconds for 1000 transactions", "1.1", 1000 / archived, 1000 / thrown)


def _transactions(machine: Machine, command: str) -> float:
    """A second."""
    machine.ask(f"ALTER SYSTEM SET archive_command = '{command}'")
    machine.ask("SELECT pg_reload_conf(); CHECKPOINT")
    words = f"-c {CLIENTS} -j 2 -T {SECONDS} bench"
    said = machine.sh(f"{PGBENCH} {words} 2> /dev/null")
    machine.ask("ALTER SYSTEM RESET archive_command")
    (line,) = [line for line in said.splitlines() if line.startswith("tps")]
    return float(line.split()[2])


if __name__ == "__main__":
    main()
