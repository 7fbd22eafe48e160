"""One PostgreSQL cluster for each host: encrypted, SCRAM-only, least-privilege, proven.

    pyinfra inventories/local.py deploy.py

Read it from top to bottom. Each line changes only what differs from what the host reports.
"""

from functools import partial

from deploys.configure import configure
from deploys.grant import grant
from deploys.install import initialise, install
from deploys.inventory import read_cluster
from deploys.issue import issue
from deploys.load import load
from deploys.migrate import migrate
from deploys.runtime import runtime_of
from deploys.tell import tell_how_to_connect
from deploys.wanted import files_of, store_of, want_of

# Everything that can be refused is refused here, before a host is touched.
cluster = read_cluster()
runtime = runtime_of(cluster)
store = store_of(cluster)
want = want_of(cluster)
on = {"runtime": runtime, "want": want}

install(name="Install PostgreSQL", **on)
# Before the data directory, so that a server with roles and without their secrets cannot be new.
issue(name="Issue secrets and certificates", store=store, **on)
initialise(name="Initialise the data directory", **on)
# All files at once, checked by the server's own parser, then one flip of a link.
configure(name="Write the configuration", files=partial(files_of, runtime, want, store), **on)
load(name="Load the configuration", **on)
# Databases before their tables.
grant(name="Set roles and rights", store=store, **on)
migrate(name="Migrate the schema", **on)
# Rights on what the migrations have just made.
grant(name="Set rights on new objects", store=store, **on)
tell_how_to_connect(name="Tell how to connect", runtime=runtime, store=store)
