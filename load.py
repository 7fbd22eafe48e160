"""One database of a cluster as a dump has it. docs/backups.md has what to type.

pyinfra --data dump_of=appdb --data dump_from=newest inventories/prod.py load.py
"""

from deploys.load_dump import load_dump
from deploys.snapshot import begin
from deploys.summary import summarise
from deploys.target import Target

target = Target(schema=False)
begin(target)
summarise(target.cluster.environment)

load_dump(name="Load a database", target=target)
