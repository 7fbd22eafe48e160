"""`make test-changed` finds the tests that a change can reach."""

import fnmatch

import pytest

from tests.changed import ALWAYS, OF_RIGHTS, ROOMS, ROOT, reached


@pytest.mark.parametrize("pattern", ROOMS)
def test_room_is_there(pattern: str) -> None:
    paths = [str(path.relative_to(ROOT)) for path in ROOT.glob("**/*") if ".venv" not in path.parts]
    assert any(fnmatch.fnmatchcase(path, pattern) for path in paths)


def test_tests_of_rooms_are_there() -> None:
    for tests in (*ROOMS.values(), ALWAYS, OF_RIGHTS):
        for name in tests:
            assert (ROOT / "tests" / "server" / name).exists()


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("howdah/secrets/scram.py", ["server/test_passwords.py", "unit/secrets/test_scram.py"]),
        ("howdah/pg_hba/hba.py", ["server/test_refusals.py", "unit/test_render.py"]),
        ("howdah/rights/acls.py", ["server/test_drift_random.py", "unit/rights/test_rights.py"]),
        ("deploys/canary.sh", ["server/test_canary.py", "server/test_second_run.py"]),
        ("deploys/target.py", ["server/test_second_run.py"]),
        ("templates/postgresql.conf.j2", ["server/test_settings.py", "unit/test_render.py"]),
        ("app_db/passwords.py", ["app_db/test_connecting.py"]),
        ("tests/unit/test_names.py", ["unit/test_names.py"]),
        ("docs/configuration.md", ["unit/test_house.py"]),
    ],
)
def test_change_reaches_its_tests(path: str, tests: list[str]) -> None:
    assert {f"tests/{test}" for test in tests} <= set(reached([path]))


def test_change_does_not_reach_the_rest() -> None:
    assert reached(["tests/unit/test_names.py"]) == ["tests/unit/test_names.py"]
    assert "tests/unit/secrets/test_scram.py" not in reached(["howdah/pg_hba/hba.py"])
    assert len([t for t in reached(["deploys/canary.py"]) if "server" in t]) == 2
