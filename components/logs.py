"""What the server writes down: where, how much of it, and nobody's values."""

from collections.abc import Iterator

from howdah import logs
from howdah.component import Component, Context, Setting
from howdah.settings import quote

CLIENTS_WORDS = (
    "What a client writes as it likes stands last, so that it can be taken for nothing else."
)
NO_VALUES = (
    "The code (%e) says what happened. DETAIL and CONTEXT have the values of rows and parameters."
)
SCHEMA_CHANGES = (
    "What changes the schema is worth a line; passwords reach the server as verifiers only."
)


def _settings(context: Context) -> Iterator[Setting]:
    for name, value in logs.settings(context.cluster).items():
        yield Setting("logging", name, quote(value))
    yield Setting("logging", "log_directory", quote(context.layout.log))
    yield Setting("logging", "log_file_mode", "0600")
    yield Setting("logging", "log_timezone", quote("UTC"))
    prefix = "%m [%p]: [%l-1] %e %q client=%h,db=%d,user=%u,app=%a "
    yield Setting("logging", "log_line_prefix", quote(prefix), (CLIENTS_WORDS,))
    yield Setting("logging", "log_error_verbosity", "terse", (NO_VALUES,))
    yield Setting("logging", "log_connections", "on")
    yield Setting("logging", "log_disconnections", "on")
    yield Setting("logging", "log_statement", quote("ddl"), (SCHEMA_CHANGES,))
    yield Setting("logging", "log_replication_commands", "on")
    yield Setting("logging", "log_lock_waits", "on")
    slow = quote(context.cluster.log_min_duration_statement)
    yield Setting("logging", "log_min_duration_statement", slow)
    reason = "Values bound to a slow statement, or to one that fails, may be somebody's data."
    yield Setting("logging", "log_parameter_max_length", "0", (reason,))
    yield Setting("logging", "log_parameter_max_length_on_error", "0")


COMPONENT = Component("logs", settings=_settings)
