"""Random drift by hand: one plan puts it right, on a bare server."""

from pathlib import Path

import pytest

from tests.server.fuzz.converged import BASE, migration
from tests.server.fuzz.drifts import Drift, drifts
from tests.server.fuzz.engine import Engine, as_psql
from tests.server.fuzz.examples import Servers, converge, fuzz, told, write
from tests.server.fuzz.expected import Expected


def converged(drift: Drift) -> str:
    """What makes a server as the files want it, without a plan."""
    return as_psql([BASE]) + migration() + as_psql([drift.later]) + "\\connect postgres\n"


class HandMadeChanges:
    """A converged server, changed by hand, and put right by one plan."""

    def __init__(self, servers: Servers, version: int, folder: Path) -> None:
        self.server = servers(version, "howdah")
        self.script = folder / "example.sql"
        self.folder = folder / "roles-sql"
        self.folder.mkdir()

    def __call__(self, drift: Drift) -> str:
        self.script.write_text(converged(drift) + drift.sql)
        try:
            return self._put_right(drift)
        except AssertionError as e:
            raise AssertionError(told(e, drift, self.script)) from None
        finally:
            self.server.wipe()

    def _put_right(self, drift: Drift) -> str:
        write(self.folder, drift.files)
        engine = Engine(self.server, self.folder)
        before = self.server.rows(converged(drift))
        made = self.server.psql(drift.sql, stop=False)
        drifted = self.server.rows()
        errors = converge(engine)
        assert not errors, errors
        wrong = list(Expected(before, drifted).differences(self.server.rows()))
        assert not wrong, "\n".join(wrong)
        return "put right" if drifted != before else f"nothing changed: {made.errors[:80]}"


@pytest.mark.parametrize("version", [15, 17])
@pytest.mark.parametrize("examples", [8, pytest.param(300, marks=pytest.mark.all)])
def test_hand_made_changes(servers: Servers, version: int, examples: int, tmp_path: Path) -> None:
    outcomes = fuzz(drifts(), HandMadeChanges(servers, version, tmp_path), examples)
    assert outcomes["put right"] > examples * 0.7, outcomes
