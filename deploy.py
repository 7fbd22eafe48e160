"""One PostgreSQL cluster for each host: encrypted, SCRAM-only, least-privilege, proven.

    pyinfra inventories/local.py deploy.py

Read it from top to bottom. Each line changes only what differs from what the host reports.
"""

from deploys.back_up import back_up
from deploys.configure import configure
from deploys.dumps import dump
from deploys.grant import grant
from deploys.install import initialise, install
from deploys.issue import issue
from deploys.load import load
from deploys.migrate import migrate
from deploys.prove import prove
from deploys.share import share
from deploys.snapshot import begin
from deploys.summary import summarise
from deploys.target import Target
from deploys.tell import show_how_to_connect

# The inventory and roles-sql/: what cannot be is refused before a host is touched.
target = Target()
# One question to the host is all that a run costs that changes nothing.
begin(target)
# At the end: what changed, what waits, how long the certificates last.
summarise(target.cluster.environment)

install(name="Install PostgreSQL", target=target)
# Before there is data: a server that has roles and no secrets for them is not a new one.
issue(name="Issue secrets and certificates", target=target)
initialise(name="Initialise the data directory", target=target)
# All files as one set, tried by a server of its own beside the running one.
configure(name="Write the configuration", target=target)
# One flip of a link, and only what the difference asks for: start, reload or restart. What a
# client does not see as it should goes back.
load(name="Load the configuration", target=target)
# Databases and default privileges before the tables that they are for.
grant(name="Set roles and rights", target=target)
# In Docker: the passwords that are in force now, where the applications' containers mount them.
share(name="Write the applications' secrets", target=target)
migrate(name="Migrate the schema", target=target)
# What roles-sql/ says of single objects can only be done once they are there.
grant(name="Set rights on new objects", target=target, again=True)
# Before the release is a good one: a cluster without a backup is not.
back_up(name="Set up backups", target=target)
dump(name="Set up dumps", target=target)
# By a login of every role: what is in force now is what a later run, or `make undo`, goes back to.
prove(name="Prove that every role can log in", target=target)
show_how_to_connect(name="Show how to connect", target=target)
