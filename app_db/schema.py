"""The words that engine, entities and migrations share; it imports nothing."""

SCHEMA = "app"  # the specification's, and of roles-sql
EXTENSIONS = "extensions"  # where roles-sql puts what an extension brings
LOCK_TIMEOUT = "10s"  # a migration gives up rather than hold up the application behind it
