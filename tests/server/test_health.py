"""What will stop a server one day is told by each run, and fails the verification."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.server.checkout import Checkout

PAGE = 8192


def told(checkout: Checkout, what: str) -> str:
    """What a run that changes nothing reports, and a verification too."""
    run = checkout.pyinfra("-y", "deploy.py")
    assert run.code == 0, run.output
    assert checkout.deploy().changed == []
    verified = checkout.verify("-k", f"test_health and {what}")
    assert verified.returncode == 1, verified.stdout
    return run.output.replace("\n        ", " ")


@pytest.fixture
def patient(converged: Checkout) -> Iterator[Checkout]:
    """A checkout to which a transaction is old at once."""
    path = converged.folder / "howdah" / "found" / "health.py"
    text = path.read_text()
    assert "OLDEST = 12 * 3600" in text
    path.write_text(text.replace("OLDEST = 12 * 3600", "OLDEST = 0"))
    yield converged
    path.write_text(text)


def test_old_transaction(patient: Checkout) -> None:
    conninfo: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": patient.port,
        "dbname": "appdb",
        "user": "appuser",
        "password": patient.password("appuser"),
        "sslmode": "verify-full",
        "sslrootcert": str(patient.secrets / "ca.crt"),
    }
    with psycopg.connect(**conninfo) as session:
        session.execute("SELECT 1")
        pid = session.info.backend_pid
        output = told(patient, "old")
    assert "reported: a transaction of appuser in appdb is open for 0 hours" in output
    assert f"SELECT pg_terminate_backend({pid});" in output


def test_page_that_is_not_as_it_was_written(converged: Checkout) -> None:
    converged.ask("CREATE TABLE public.broken AS SELECT 1 AS i")
    file = converged.ask("SELECT pg_relation_filepath('public.broken')")
    converged.pyinfra("-y", "deploys.local.stop")
    path = Path(converged.home, "data", file)
    page = bytearray(path.read_bytes())
    page[PAGE - 4] ^= 1
    path.write_bytes(page)
    converged.pyinfra("-y", "deploys.local.start")
    with pytest.raises(AssertionError, match="invalid page"):
        converged.ask("TABLE public.broken")
    output = told(converged, "checksum")
    assert re.search("reported: database postgres: [1-9] checksum failures", output)
    converged.ask("DROP TABLE public.broken; SELECT pg_stat_reset()")
