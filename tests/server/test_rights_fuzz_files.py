"""Random team files: Howdah's plans beside plain psql, on bare servers."""

from pathlib import Path

import pytest

from howdah.errors import HowdahError
from tests.server.fuzz.engine import Engine, as_psql
from tests.server.fuzz.examples import Servers, converge, fuzz, told, write
from tests.server.fuzz.files import Team, teams
from tests.server.fuzz.server import Row


def difference(expected: set[Row], found: set[Row]) -> str:
    """What is missing, and what is too much."""
    missing = [f"missing {row}" for row in sorted(map(repr, expected - found))]
    extra = [f"extra {row}" for row in sorted(map(repr, found - expected))]
    return "\n".join(missing + extra)


class TeamFiles:
    """The same files by psql on one server, by plans on the other."""

    def __init__(self, servers: Servers, version: int, folder: Path) -> None:
        self.psql, self.howdah = servers(version, "psql"), servers(version, "howdah")
        self.script = folder / "example.sql"
        self.folder = folder / "roles-sql"
        self.folder.mkdir()

    def __call__(self, team: Team) -> str:
        self.script.write_text(self._whole(team))
        try:
            return self._compared(team)
        except AssertionError as e:
            raise AssertionError(told(e, team, self.script)) from None
        finally:
            self.psql.wipe()
            self.howdah.wipe()

    def _compared(self, team: Team) -> str:
        refusal = self._by_psql(team)
        if refusal:
            reason = refusal.partition("ERROR:")[2].split('"')[0].strip() or refusal
            return f"psql fails ({reason}), Howdah {self._by_plans(team).split(':')[0]}"
        outcome = self._by_plans(team)
        assert outcome in ("reports", "is content"), outcome
        found = difference(self.psql.rows(), self.howdah.rows())
        assert not found, found
        return "compared"

    def _whole(self, team: Team) -> str:
        return as_psql(team.first) + team.migration + as_psql(team.later)

    def _by_psql(self, team: Team) -> str:
        done = self.psql.psql(self._whole(team))
        return done.errors if done.code else ""

    def _by_plans(self, team: Team) -> str:
        """A deploy, the migration, and a deploy again; each ends with nothing left to do."""
        write(self.folder, team.files)
        try:
            engine = Engine(self.howdah, self.folder)
        except HowdahError as e:
            return f"rejects: {e}"
        first = converge(engine)
        if "CREATE EXTENSION" in repr(team) and first.startswith("changes again"):
            first = converge(engine)  # what it has brought is known once it is there
        return (
            first
            or self.howdah.psql(team.migration).errors
            or converge(engine)
            or ("reports" if engine.plan().reports else "is content")
        )


@pytest.mark.parametrize("version", [15, 17])
@pytest.mark.parametrize("examples", [8, pytest.param(300, marks=pytest.mark.all)])
def test_team_files(servers: Servers, version: int, examples: int, tmp_path: Path) -> None:
    outcomes = fuzz(teams(version), TeamFiles(servers, version, tmp_path), examples)
    assert outcomes["compared"] > examples * 0.5, outcomes
