"""A cluster that the version before has made: one deploy changes it, and the next nothing."""

import re
from collections.abc import Iterator

import pytest

from tests.server.checkout import Checkout

# What this version has changed of its own files: (file, what stands there, what stood there).
CHANGED = [
    ("components/server.py", r'("authentication_timeout": )quote\(.*\)', r'\1"30s"'),
    ("components/logs.py", r"(PREFIX = ).*", r'\1"%m [%p]: [%l-1] %q db=%d "'),
    ("components/logs.py", r'("log_error_verbosity"\] = )"terse"', r'\1"verbose"'),
    ("components/logs.py", r'.*"log_parameter_max_length_on_error".*\n', ""),
    ("components/audit.py", r'.*"pgaudit.log_parameter".*\n', ""),
    ("howdah/logs.py", r'"postgresql-%Y.*"', '"postgresql-%a.log"'),
    ("howdah/logs.py", r'("log_rotation_size": ).*', r'\1"0",'),
    ("howdah/sizing.py", r'"max_slot_wal_keep_size": .*\n', ""),
    ("howdah/sizing.py", r'sizes\["max_notify_queue_pages"\] =.*', "pass"),
    ("roles-sql/10-roles.sql", r"ALTER ROLE .* (temp_file_limit|log_statement) .*;\n", ""),
    ("roles-sql/30-app.sql", r"(?s)-- Who writes rows may fill.*", ""),
    ("roles-sql/40-temporal.sql", r"(?s)-- Who writes rows may fill.*", ""),
    ("roles-sql/41-temporal-visibility.sql", r"(?s)-- Who writes rows may fill.*", ""),
]  # fmt: skip
SHOWN = (
    "+authentication_timeout = '10s'",
    "+log_error_verbosity = terse",
    "ALTER ROLE appuser SET temp_file_limit = '1GB';",
    "ALTER ROLE temporaluser SET log_statement = ",
    "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_logical_emit_message(",
)


@pytest.fixture
def of_before(converged: Checkout) -> Iterator[dict[str, str]]:
    """The files of this version by their names; the checkout has those of the one before."""
    kept: dict[str, str] = {}
    for name, now, before in CHANGED:
        path = converged.folder / name
        text = path.read_text()
        kept.setdefault(name, text)
        changed = re.sub(now, before, text)
        assert changed != text, (name, now)
        path.write_text(changed)
    yield kept
    put_back(converged, kept)


def put_back(checkout: Checkout, kept: dict[str, str]) -> None:
    for name, text in kept.items():
        (checkout.folder / name).write_text(text)


def test_one_deploy_and_then_no_changes(converged: Checkout, of_before: dict[str, str]) -> None:
    """In production: what needs a restart waits for it."""
    converged.inventory(stage="production")
    converged.deploy("--data", "restart=yes")
    assert converged.deploy().changed == []

    put_back(converged, of_before)
    shown = converged.shown()
    assert [line for line in SHOWN if line not in shown] == []
    converged.deploy()
    late = int(converged.ask("SHOW server_version_num")) >= 170000
    again = converged.pyinfra("-y", "deploy.py")
    assert ("restart=yes): max_notify_queue_pages" in again.output) is late
    assert "no changes" in again.output
    converged.deploy("--data", "restart=yes")
    assert converged.deploy().changed == []
    assert converged.verify("-k", "restart or setting or privileges").returncode == 0
