"""Settings that lose data or open the server.

Production has them only where the inventory's ``unsafe_settings`` names them.
"""

from collections.abc import Mapping
from typing import NamedTuple

# As PostgreSQL reads a switch: a word may be cut short where it stays clear.
ON = frozenset({"on", "1", "t", "tr", "tru", "true", "y", "ye", "yes"})
OFF = frozenset({"off", "of", "0", "f", "fa", "fal", "fals", "false", "n", "no"})
LEAST_ITERATIONS = 4096  # RFC 7677

LOSES = "may lose data"
OPENS = "opens the server"
DEVELOPER = "is one of PostgreSQL's developer options, never meant for production"
SHOWS = "writes statements, with the values in them, into the log"


ANY_BUT_OFF = "another value than off"
ENOUGH = f"{LEAST_ITERATIONS} or more"
# What is needed -> the values in small letters that are that, where there are several.
VALUES = {
    "on": ON,
    "off": OFF,
    "on or off": ON | OFF,
    "safe_encoding or off": OFF | {"safe_encoding"},
    "llvmjit or none": frozenset({"llvmjit", "none"}),
    "''": frozenset({""}),
}

# A crash, a fault of the disk, or a trigger that does not fire
LOSING = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": ANY_BUT_OFF,
    "data_sync_retry": "off",
    "session_replication_role": "origin",
    "zero_damaged_pages": "off",
    "ignore_checksum_failure": "off",
    "ignore_invalid_pages": "off",
    "ignore_system_indexes": "off",
    "allow_system_table_mods": "off",
    "allow_in_place_tablespaces": "off",
}
# Somebody else's code, weak verifiers, checks that are left out
OPENING = {
    "dynamic_library_path": "$libdir",
    "extension_control_path": "$system",
    "jit_provider": "llvmjit or none",
    "local_preload_libraries": "''",
    "scram_iterations": ENOUGH,
    "lo_compat_privileges": "off",
    "standard_conforming_strings": "on",
    "backslash_quote": "safe_encoding or off",
}
# What shows statements
SHOWING = {
    "debug_pretty_print": "on or off",  # by itself it shows nothing
    "debug_print_parse": "off",
    "debug_print_plan": "off",
    "debug_print_raw_parse": "off",
    "debug_print_rewritten": "off",
}
# The other developer options
DEVELOPERS = {
    "backtrace_functions": "''",
    "debug_discard_caches": "0",
    "debug_io_direct": "''",
    "debug_logical_replication_streaming": "buffered",
    "debug_parallel_query": "off",
    "force_parallel_mode": "off",
    "jit_debugging_support": "off",
    "jit_dump_bitcode": "off",
    "jit_expressions": "on",
    "jit_profiling_support": "off",
    "jit_tuple_deforming": "on",
    "post_auth_delay": "0",
    "pre_auth_delay": "0",
    "remove_temp_files_after_crash": "on",
    "send_abort_for_crash": "off",
    "send_abort_for_kill": "off",
    "trace_connection_negotiation": "off",
    "trace_notify": "off",
    "trace_recovery_messages": "log",
    "trace_sort": "off",
    "wal_consistency_checking": "''",
}


class Rule(NamedTuple):
    """Why a value may be unsafe, and what is needed in its place."""

    why: str
    needed: str

    def is_safe(self, value: str) -> bool:
        """Whether a value in small letters is what is needed."""
        if self.needed == ANY_BUT_OFF:
            return value not in OFF
        if self.needed == ENOUGH:
            is_number = value.isascii() and value.isdigit()
            return is_number and int(value) >= LEAST_ITERATIONS
        values = VALUES.get(self.needed, {self.needed})
        return value in values


def _rules() -> Mapping[str, Rule]:
    rules = {}
    for why, group in (
        (LOSES, LOSING),
        (OPENS, OPENING),
        (SHOWS, SHOWING),
        (DEVELOPER, DEVELOPERS),
    ):
        for name, needed in group.items():
            rules[name] = Rule(why, needed)
    return rules


RULES = _rules()
# A setting of a later PostgreSQL that is not known here yet.
OTHER_DEBUG = Rule(DEVELOPER, "off")


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
    text = str(value).lower()
    if rule.is_safe(text):
        return ""
    return f"{rule.why}; needs {rule.needed}"


def entries(settings: Mapping[str, object]) -> dict[str, str]:
    """Entries of ``settings`` that production should not have: name -> entry and cause."""
    found = {}
    for name, value in settings.items():
        cause = unsafe(name, value)
        if cause:
            found[name] = f"settings[{name!r}] = {value!r}: {cause}"
    return found


def name_faults(names: tuple[str, ...]) -> list[str]:
    """Why an entry cannot stand in the list ``unsafe_settings``."""
    faults = []
    for name in names:
        if rule_of(name.lower()) is None:
            faults.append(f"unsafe_settings: {name!r} is not one of them; take it out")
    return faults
