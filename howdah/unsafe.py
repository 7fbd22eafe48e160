"""Settings that lose data or open the server.

Production has them only where the inventory's ``unsafe_settings`` names them.
"""

from collections.abc import Callable, Mapping

# As PostgreSQL reads a switch: a word may be cut short where it stays clear.
ON = frozenset({"on", "1", "t", "tr", "tru", "true", "y", "ye", "yes"})
OFF = frozenset({"off", "of", "0", "f", "fa", "fal", "fals", "false", "n", "no"})
LEAST_ITERATIONS = 4096  # RFC 7677

LOSES = "may lose data"
OPENS = "opens the server"
DEVELOPER = "is one of PostgreSQL's developer options, never meant for production"
SHOWS = "writes statements, with the values in them, into the log"


def _some(*values: str) -> Callable[[str], bool]:
    return lambda value: value in values


def _switched(words: frozenset[str]) -> Callable[[str], bool]:
    return lambda value: value in words


def _enough(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) >= LEAST_ITERATIONS


# name: (why, what is needed, whether a value in small letters is that)
Rule = tuple[str, str, Callable[[str], bool]]
RULES: Mapping[str, Rule] = {
    # -- A crash, a fault of the disk, or a trigger that does not fire
    "fsync": (LOSES, "on", _switched(ON)),
    "full_page_writes": (LOSES, "on", _switched(ON)),
    "synchronous_commit": (LOSES, "another value than off", lambda value: value not in OFF),
    "data_sync_retry": (LOSES, "off", _switched(OFF)),
    "session_replication_role": (LOSES, "origin", _some("origin")),
    "zero_damaged_pages": (LOSES, "off", _switched(OFF)),
    "ignore_checksum_failure": (LOSES, "off", _switched(OFF)),
    "ignore_invalid_pages": (LOSES, "off", _switched(OFF)),
    "ignore_system_indexes": (LOSES, "off", _switched(OFF)),
    "allow_system_table_mods": (LOSES, "off", _switched(OFF)),
    "allow_in_place_tablespaces": (LOSES, "off", _switched(OFF)),
    # -- Somebody else's code, weak verifiers, checks that are left out
    "dynamic_library_path": (OPENS, "$libdir", _some("$libdir")),
    "extension_control_path": (OPENS, "$system", _some("$system")),
    "jit_provider": (OPENS, "llvmjit or none", _some("llvmjit", "none")),
    "local_preload_libraries": (OPENS, "''", _some("")),
    "scram_iterations": (OPENS, f"{LEAST_ITERATIONS} or more", _enough),
    "lo_compat_privileges": (OPENS, "off", _switched(OFF)),
    "standard_conforming_strings": (OPENS, "on", _switched(ON)),
    "backslash_quote": (OPENS, "safe_encoding or off", _switched(OFF | {"safe_encoding"})),
    # -- What shows statements
    "debug_pretty_print": (SHOWS, "on or off", _switched(ON | OFF)),  # by itself it shows nothing
    "debug_print_parse": (SHOWS, "off", _switched(OFF)),
    "debug_print_plan": (SHOWS, "off", _switched(OFF)),
    "debug_print_raw_parse": (SHOWS, "off", _switched(OFF)),
    "debug_print_rewritten": (SHOWS, "off", _switched(OFF)),
    # -- The other developer options
    "backtrace_functions": (DEVELOPER, "''", _some("")),
    "debug_discard_caches": (DEVELOPER, "0", _some("0")),
    "debug_io_direct": (DEVELOPER, "''", _some("")),
    "debug_logical_replication_streaming": (DEVELOPER, "buffered", _some("buffered")),
    "debug_parallel_query": (DEVELOPER, "off", _switched(OFF)),
    "force_parallel_mode": (DEVELOPER, "off", _switched(OFF)),
    "jit_debugging_support": (DEVELOPER, "off", _switched(OFF)),
    "jit_dump_bitcode": (DEVELOPER, "off", _switched(OFF)),
    "jit_expressions": (DEVELOPER, "on", _switched(ON)),
    "jit_profiling_support": (DEVELOPER, "off", _switched(OFF)),
    "jit_tuple_deforming": (DEVELOPER, "on", _switched(ON)),
    "post_auth_delay": (DEVELOPER, "0", _some("0")),
    "pre_auth_delay": (DEVELOPER, "0", _some("0")),
    "remove_temp_files_after_crash": (DEVELOPER, "on", _switched(ON)),
    "send_abort_for_crash": (DEVELOPER, "off", _switched(OFF)),
    "send_abort_for_kill": (DEVELOPER, "off", _switched(OFF)),
    "trace_connection_negotiation": (DEVELOPER, "off", _switched(OFF)),
    "trace_notify": (DEVELOPER, "off", _switched(OFF)),
    "trace_recovery_messages": (DEVELOPER, "log", _some("log")),
    "trace_sort": (DEVELOPER, "off", _switched(OFF)),
    "wal_consistency_checking": (DEVELOPER, "''", _some("")),
}
# A setting of a later PostgreSQL that is not known here yet.
OTHER_DEBUG: Rule = (DEVELOPER, "off", _switched(OFF))


def rule_of(name: str) -> Rule | None:
    """What holds for a setting, by its name in small letters. None: it may be anything."""
    known = RULES.get(name)
    if known is None and name.startswith("debug_"):
        return OTHER_DEBUG
    return known


def unsafe(name: str, value: object) -> str:
    """Why a value must not be in production, and what is needed; empty where it may be."""
    rule = rule_of(name)
    if rule is None:
        return ""
    why, needed, is_safe = rule
    text = str(value).lower()
    if isinstance(value, bool):
        text = "on" if value else "off"
    if is_safe(text):
        return ""
    return f"{why}; needs {needed}"


def name_faults(names: tuple[str, ...]) -> list[str]:
    """Why an entry cannot stand in the list ``unsafe_settings``."""
    faults = []
    for name in names:
        if rule_of(name.lower()) is None:
            faults.append(f"unsafe_settings: {name!r} is not one of them; take it out")
    return faults
