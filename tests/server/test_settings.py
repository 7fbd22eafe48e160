"""The map ``settings``: names as PostgreSQL compares them, and what production must not have."""

import re

from howdah.unsafe import rule_of, unsafe
from tests.server.checkout import Checkout

# pg_settings itself has capitals in these: TimeZone, DateStyle, IntervalStyle.
GIVEN = {"timezone": "Europe/Berlin", "DateStyle": "ISO, DMY", "INTERVALSTYLE": "iso_8601"}
UNSAFE = {"Synchronous_Commit": "off", "trace_notify": True}


def test_names_are_compared_without_regard_to_case(converged: Checkout) -> None:
    converged.inventory(settings=GIVEN)
    converged.deploy()
    for name, value in GIVEN.items():
        assert converged.ask(f"SHOW {name}") == value
    assert converged.deploy().changed == []
    converged.inventory(settings={name.swapcase(): value for name, value in GIVEN.items()})
    assert converged.deploy().changed == []
    converged.ask("ALTER SYSTEM SET \"TimeZone\" = 'Asia/Tokyo'; SELECT pg_reload_conf()")
    assert "take out timezone = 'Asia/Tokyo', wanted 'Europe/Berlin'" in converged.shown()
    converged.deploy()
    assert converged.ask("SHOW timezone") == "Europe/Berlin"


def test_what_production_must_not_have(converged: Checkout) -> None:
    """Rejected; where it is meant, each run warns and `make verify` fails."""
    converged.inventory(stage="production", settings=UNSAFE)
    said = converged.refused()
    assert "settings['synchronous_commit'] = 'off': may lose data; needs another value" in said
    assert "settings['trace_notify'] = True: is one of PostgreSQL's developer options" in said
    assert said.count("where that is meant") == 2

    names = [name.lower() for name in UNSAFE]
    converged.inventory(stage="production", settings=UNSAFE, unsafe_settings=names)
    for words in (("-y",), ("-y",), ("--dry",)):
        run = converged.pyinfra(*words, "deploy.py")
        assert run.code == 0, run.output
        warning = r"warning: settings\['synchronous_commit'\] = 'off': may lose data"
        assert len(re.findall(warning, run.output)) == 2  # the summary has it again
    verified = converged.verify("-k", "unsafe").stdout
    assert "synchronous_commit = 'off': may lose data" in verified
    assert "1 failed" in verified

    converged.inventory(stage="production", allow_alter_system=True)
    converged.deploy()
    assert "1 passed" in converged.verify("-k", "unsafe").stdout
    converged.ask("ALTER SYSTEM SET trace_notify = on; SELECT pg_reload_conf()")
    converged.ask("ALTER DATABASE postgres SET session_replication_role = replica")
    verified = converged.verify("-k", "unsafe").stdout
    assert "trace_notify = 'on'" in verified
    assert "ALL in postgres: session_replication_role" in verified
    converged.ask("ALTER DATABASE postgres RESET ALL; ALTER SYSTEM RESET ALL")
    converged.ask("SELECT pg_reload_conf()")


def test_every_developer_option_has_a_rule(converged: Checkout) -> None:
    """And what a server has by default is safe."""
    options = "category = 'Developer Options' OR name LIKE 'debug\\_%'"
    rows = converged.ask(f"SELECT name || '=' || boot_val FROM pg_settings WHERE {options}")
    defaults = dict(row.split("=", 1) for row in rows.splitlines())
    assert "zero_damaged_pages" in defaults
    assert [name for name in defaults if rule_of(name) is None] == []
    assert {name: why for name, value in defaults.items() if (why := unsafe(name, value))} == {}
