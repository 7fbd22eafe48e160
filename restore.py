"""The data of a cluster as they were, from its backups. docs/backups.md has what to type.

pyinfra --data restore_to=newest inventories/prod.py restore.py
"""

from deploys.restore import bring_back

bring_back()
