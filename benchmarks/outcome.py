"""What is to be measured against each other must have done the same."""

import sys

from tests.fleet.machine import Machine

DUMPS = ["pg_dumpall --globals-only --no-role-passwords",
         *(f"pg_dump --schema-only {base}" for base in ("appdb", "temporal", "temporal_visibility",
                                                        "postgres", "template1"))]  # fmt: skip
# Where a file lies is everybody's own.
SETTINGS = """
SELECT name, setting FROM pg_settings WHERE source = 'configuration file'
AND name NOT LIKE '%\\_file' AND name <> 'howdah.release';
SELECT type, database, user_name, address, netmask, auth_method FROM pg_hba_file_rules;
"""


def outcome(machine: Machine) -> list[str]:
    """A server's settings, rules, roles, rights and schema, a line each."""
    dumps = [machine.sh(f"cd / && runuser -u postgres -- {dump}") for dump in DUMPS]
    # 'infinity' is what no VALID UNTIL means
    text = "\n".join([machine.ask(SETTINGS), *dumps]).replace(" VALID UNTIL 'infinity'", "")
    return sorted(
        {ln for ln in text.splitlines() if not ln.startswith(("--", "\\restrict", "\\unrestrict"))}
    )


def check_outcome(what: str, machine: Machine, wanted: list[str]) -> None:
    """Exits where a server is not as wanted."""
    found = outcome(machine)
    differing = [f"- {line}" for line in wanted if line not in found]
    differing += [f"+ {line}" for line in found if line not in wanted]
    if differing:
        sys.exit("\n".join([f"{what} has done something else:", *differing]))
