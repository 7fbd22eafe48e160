"""What takes the time: pg_stat_statements counts it, auto_explain shows how."""

from collections.abc import Iterator

from howdah.component import Component, Context, Setting

AUTO_EXPLAIN_BOUNDS_VALUES_SINCE = 16


def _settings(context: Context) -> Iterator[Setting]:
    reason = "The text of ALTER ROLE and its like may hold a password."
    yield Setting("libraries", "pg_stat_statements.track_utility", "off", (reason,))
    loads_auto_explain = "auto_explain" in context.cluster.libraries
    if loads_auto_explain and context.cluster.version >= AUTO_EXPLAIN_BOUNDS_VALUES_SINCE:
        reason = "Values bound to a slow statement may be somebody's data."
        yield Setting("libraries", "auto_explain.log_parameter_max_length", "0", (reason,))


COMPONENT = Component("statistics", settings=_settings, libraries=("pg_stat_statements",))
