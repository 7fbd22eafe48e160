"""What takes the time: pg_stat_statements counts it, auto_explain shows how."""

from collections.abc import Iterator

from howdah.component import Component, Context, Setting, in_section

AUTO_EXPLAIN_BOUNDS_VALUES_SINCE = 16

REASONS = {
    "pg_stat_statements.track_utility": "The text of ALTER ROLE and its like may hold a password.",
    "auto_explain.log_parameter_max_length": (
        "Values bound to a slow statement may be somebody's data."
    ),
}


def _settings(context: Context) -> Iterator[Setting]:
    values = {"pg_stat_statements.track_utility": "off"}
    cluster = context.cluster
    bounds_values = cluster.version >= AUTO_EXPLAIN_BOUNDS_VALUES_SINCE
    if bounds_values and "auto_explain" in cluster.libraries:
        values["auto_explain.log_parameter_max_length"] = "0"
    return in_section("libraries", values, REASONS)


COMPONENT = Component(
    "statistics",
    settings=_settings,
    libraries=("pg_stat_statements",),
)
