"""The data of a cluster as they were, from its backups. docs/backups.md has what to type.

pyinfra --data restore_to=newest inventories/prod.py restore.py
"""

from deploys.restore import restore
from deploys.snapshot import begin
from deploys.summary import summarise
from deploys.target import Target

target = Target(schema=False)
begin(target)
summarise(target.cluster.environment)

restore(name="Restore the data", target=target)
