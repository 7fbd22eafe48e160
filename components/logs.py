"""What the server writes down: where, how much of it, and nobody's values."""

from collections.abc import Iterator

from howdah import logs
from howdah.component import Component, Context, Setting, in_section
from howdah.settings import quote

PREFIX = "%m [%p]: [%l-1] %e %q client=%h,db=%d,user=%u,app=%a "

REASONS = {
    "log_line_prefix": (
        "What a client writes as it likes stands last, so that it can be taken for nothing else."
    ),
    "log_error_verbosity": (
        "The code (%e) says what happened. "
        "DETAIL and CONTEXT have the values of rows and parameters."
    ),
    "log_statement": (
        "What changes the schema is worth a line; passwords reach the server as verifiers only."
    ),
    "log_parameter_max_length": (
        "Values bound to a slow statement, or to one that fails, may be somebody's data."
    ),
}


def _settings(context: Context) -> Iterator[Setting]:
    values = {}
    for name, value in logs.settings(context.cluster).items():
        values[name] = quote(value)
    values["log_directory"] = quote(context.layout.log)
    values["log_file_mode"] = "0600"
    values["log_timezone"] = quote("UTC")
    values["log_line_prefix"] = quote(PREFIX)
    values["log_error_verbosity"] = "terse"
    values["log_connections"] = "on"
    values["log_disconnections"] = "on"
    values["log_statement"] = quote("ddl")
    values["log_replication_commands"] = "on"
    values["log_lock_waits"] = "on"
    values["log_min_duration_statement"] = quote(context.cluster.log_min_duration_statement)
    values["log_parameter_max_length"] = "0"
    values["log_parameter_max_length_on_error"] = "0"
    return in_section("logging", values, REASONS)


COMPONENT = Component("logs", settings=_settings)
