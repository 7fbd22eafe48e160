"""Production. Every other option has the default that docs/configuration.md gives: they are its."""

# As whom SSH enters. sudo must not ask: its password would stand in the arguments of a process.
ssh_user = "ops"
_sudo = True

# Where the application's hosts are. Beside them only the host itself gets in, over TLS too.
# listen_addresses = ["0.0.0.0"]
# allowed_networks = ["10.20.0.0/24"]

# The application: so many processes, each with a pool of so many connections, echo off.
app_instances = 2
pool_size = 20
max_overflow = 10
max_connections = 150
