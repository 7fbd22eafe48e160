"""Random team files and random drift: Howdah's plan beside plain psql, on bare servers.

Other examples than these: FUZZ_SEED=2 .venv/bin/python -m pytest tests/server/test_rights_fuzz.py
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, seed, settings

from howdah.errors import HowdahError
from tests.server.fuzz.converged import BASE, migration
from tests.server.fuzz.drifts import Drift, drifts
from tests.server.fuzz.engine import Engine, as_psql
from tests.server.fuzz.expected import Expected
from tests.server.fuzz.files import Team, teams
from tests.server.fuzz.server import BareServer, Row, binaries
from tests.server.fuzz.things import Some

Servers = Callable[[int, str], BareServer]
SEED = int(os.environ.get("FUZZ_SEED", "1"))


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Two bare servers of a version: one for psql, one for Howdah; kept for all examples."""
    made: list[BareServer] = []

    @cache
    def server(version: int, _whose: str) -> BareServer:
        where = binaries(version)
        if not where:
            pytest.skip(f"no PostgreSQL {version} here")
        made.append(BareServer(version, where))
        return made[-1]

    yield server
    for one in made:
        one.remove()


def fuzz(strategy: Some, check: Callable[..., str], examples: int) -> Counter[str]:
    """Runs the check for each example; what it returns is counted."""
    outcomes = Counter[str]()

    @seed(SEED)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def one(example: object) -> None:
        outcome = check(example)
        outcomes[outcome] += 1
        event(outcome)

    one()
    return outcomes


def difference(expected: set[Row], found: set[Row]) -> str:
    """What is missing, and what is too much."""
    missing = [f"missing {row}" for row in sorted(map(repr, expected - found))]
    extra = [f"extra {row}" for row in sorted(map(repr, found - expected))]
    return "\n".join(missing + extra)


def write(folder: Path, files: Iterable[str]) -> None:
    """The folder roles-sql, with these files and no other."""
    for old in folder.iterdir():
        old.unlink()
    for number, content in enumerate(files):
        (folder / f"{number:02}.sql").write_text(content)


def converge(engine: Engine) -> str:
    """One plan, sent: how it failed, or what another one would change."""
    try:
        done = engine.send(engine.plan().changes)
        if done.code:
            return f"fails: {done.errors}"
        again = engine.plan().changes
    except HowdahError as e:
        return f"refuses: {e}"
    return "\n".join(["changes again:", *map(str, again)]) if again else ""


def told(why: AssertionError, example: Team | Drift, script: Path) -> str:
    """A failure with the example, and where the whole of it is for psql on a bare server."""
    return f"{why}\n{example!r}\n-- psql -f {script}"


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
@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.all)])
def test_team_files(servers: Servers, version: int, examples: int, tmp_path: Path) -> None:
    outcomes = fuzz(teams(version), TeamFiles(servers, version, tmp_path), examples)
    assert outcomes["compared"] > examples * 0.5, outcomes


@pytest.mark.parametrize("version", [15, 17])
@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.all)])
def test_hand_made_changes(servers: Servers, version: int, examples: int, tmp_path: Path) -> None:
    outcomes = fuzz(drifts(), HandMadeChanges(servers, version, tmp_path), examples)
    assert outcomes["put right"] > examples * 0.7, outcomes
