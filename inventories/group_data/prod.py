"""Production. Every other option has the default that docs/configuration.md gives: they are its."""

# docs/docker.md: an engine with Compose v2 on each host; the server on 127.0.0.1:5432 only.
runtime = "docker"
image = "postgres:16-alpine"

# As whom SSH enters. sudo must not ask: its password would stand in the arguments of a process.
ssh_user = "ops"
_sudo = True

# The OS user of the application's container, which mounts its password: examples/compose-app.
app_uid = 1000

# The application: so many processes, each with a pool of so many connections, echo off.
app_instances = 2
pool_size = 20
max_overflow = 10
max_connections = 150
