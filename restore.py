"""The data of a cluster as they were, from its backups. docs/backups.md has what to type.

pyinfra --data restore_to=newest inventories/prod.py restore.py
"""

from deploys.configure import configure
from deploys.install import install
from deploys.issue import issue
from deploys.restore import is_lost, restore
from deploys.snapshot import begin
from deploys.summary import summarise
from deploys.target import Target

target = Target(schema=False)
begin(target)
summarise(target.cluster.environment)

# A host that was lost has what a deploy installs first; its inventory entry is the same.
if is_lost(target):
    install(name="Install PostgreSQL", target=target, restores=True)
    issue(name="Issue secrets and certificates", target=target)
    configure(name="Write the configuration", target=target)
restore(name="Restore the data", target=target)
