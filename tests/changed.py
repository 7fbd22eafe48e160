"""The tests that a change can reach: `make test-changed`.

    python -m tests.changed [BASE]

prints the test files for what differs from BASE (without one: from the last commit that the
remote has), committed or not. A unit test is reached by imports. A test of a real server runs
deploy.py, which imports everything: it is reached by the room that the change is in. What is in
no room is reached by the run that changes nothing. `make test` has the rest.
"""

import ast
import fnmatch
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("howdah", "components", "deploys", "app_db", "benchmarks", "pictures", "verify",
            "tests")  # fmt: skip
# The room that a file is in -> the tests of a real server that try it. The first that fits counts.
ROOMS = {
    "app_db/migrations/*": ["test_app_db_schema.py"],
    "app_db/*": ["test_app_db_connections.py", "test_app_db_repositories.py"],
    "docs/app_db.md": ["test_app_db_docs.py"],
    "docs/migrations.md": ["test_app_db_docs.py"],
    "deploys/canary*": ["test_canary.py"],
    "deploys/load.py": ["test_rollback.py"],
    "deploys/prove.py": ["test_rollback.py"],
    "deploys/releases.py": ["test_rollback.py"],
    "deploys/staged.py": ["test_rollback.py"],
    "deploys/*release.sh": ["test_rollback.py", "test_undo.py"],
    "deploys/swap.sh": ["test_rollback.py"],
    "deploys/undo.py": ["test_undo.py"],
    "deploys/lock*": ["test_at_once.py"],
    "deploys/local.py": ["test_local.py"],
    "Makefile": ["test_local.py"],
    "howdah.mk": ["test_local.py", "test_team.py"],
    "templates/team/*": ["test_team.py"],
    "*/team.py": ["test_team.py"],
    "howdah/new.py": ["test_team.py"],
    "deploys/migrate.py": ["test_schema.py"],
    "deploys/issue.py": ["test_secrets.py"],
    "deploys/summary.py": ["test_summary.py"],
    "deploys/host_report.py": ["test_summary.py"],
    "deploys/tell.py": ["test_summary.py"],
    "deploys/plan.py": ["test_summary.py"],
    "deploys/record.py": ["test_summary.py"],
    "deploys/fence/*": ["test_summary.py"],
    "deploys/logins.py": ["test_logins.py"],
    "deploys/tunnel.py": ["test_logins.py"],
    "deploys/runtime/*": ["test_first_run.py", "test_rooted.py"],
    "deploys/install.py": ["test_first_run.py"],
    "deploys/new_data.py": ["test_faults.py"],
    "howdah/secrets/store.py": ["test_secrets.py", "test_passwords.py"],
    "howdah/secrets/scram.py": ["test_passwords.py"],
    "howdah/secrets/x509.py": ["test_certificates.py"],
    "howdah/*revisions.py": ["test_schema.py"],
    "howdah/psql_text.py": ["test_schema.py"],
    "howdah/danger.py": ["test_doors.py"],
    "howdah/found/place.py": ["test_data_directory.py"],
    "howdah/found/health.py": ["test_health.py"],
    "howdah/sizing.py": ["test_hardware.py"],
    "howdah/libraries.py": ["test_libraries.py"],
    "howdah/modules.py": ["test_libraries.py"],
    "howdah/render.py": ["test_settings.py"],
    "howdah/configuration.py": ["test_component.py"],
    "howdah/component.py": ["test_component.py"],
    "components/*": ["test_component.py", "test_settings.py"],
    "templates/*": ["test_settings.py", "test_refusals.py"],
    "howdah/pg_hba/*": ["test_refusals.py"],
    "howdah/logs.py": ["test_logs.py"],
    "howdah/queries/*doors.sql": ["test_doors.py"],
    "howdah/queries/*": ["test_roles_sql.py"],
    "howdah/roles_sql/sqlfiles.py": ["test_roles_sql.py"],
    "howdah/roles_sql/declared.py": ["test_roles_sql.py"],
    "roles-sql/*": ["test_roles_sql.py", "test_refusals.py"],
    "verify/*": ["test_verification.py"],
}
# What any of these imports is about rights.
RIGHTS = ("howdah/rights/planning.py", "howdah/roles_sql/statements.py")
OF_RIGHTS = ["test_drift_random.py", "test_roles_sql.py"]
ALWAYS = ["test_second_run.py"]


def main() -> None:
    """Prints the paths, one a line."""
    base = sys.argv[1] if len(sys.argv) > 1 else _remote()
    for test in reached(changed(base)):
        sys.stdout.write(f"{test}\n")


def _remote() -> str:
    done = _git("rev-parse", "--verify", "-q", "@{upstream}")
    return (done or ["HEAD"])[0]


def changed(base: str) -> set[str]:
    """Paths of files that differ from a commit, or that git does not know yet."""
    begin = _git("merge-base", base, "HEAD") or [base]
    new = _git("ls-files", "--others", "--exclude-standard")
    return {*_git("diff", "--name-only", begin[0]), *new}


def _git(*words: str) -> list[str]:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.split()


def reached(paths: Iterable[str]) -> list[str]:
    """Paths of the test files that they can reach."""
    tests = set[str]()
    for path in paths:
        tests |= _by_imports(path)
        if not path.startswith(("tests/unit/", "tests/app_db/", "docs/")) or path in ROOMS:
            tests |= _by_room(path)
    return sorted(test for test in tests if (ROOT / test).exists())


def _by_imports(path: str) -> set[str]:
    """The test itself, and the unit tests (of app_db, too) that import the file."""
    tests = set()
    if Path(path).name.startswith("test_"):
        tests.add(path)
    for test in (*ROOT.glob("tests/unit/**/test_*.py"), *ROOT.glob("tests/app_db/test_*.py")):
        name = str(test.relative_to(ROOT))
        if path in _closure(name) or path in _named(name):
            tests.add(name)
    return tests


def _by_room(path: str) -> set[str]:
    if path.startswith("tests/"):
        return set()
    names = [*ALWAYS]
    for pattern, tests in ROOMS.items():
        if fnmatch.fnmatchcase(path, pattern):
            names += tests
            break
    else:
        if any(path in _closure(module) for module in RIGHTS):
            names += OF_RIGHTS
    return {f"tests/server/{name}" for name in names}


@cache
def _closure(path: str) -> frozenset[str]:
    """A file and all of this project that it imports, directly or not."""
    found, ahead = {path}, [path]
    while ahead:
        for imported in _imports(ahead.pop()):
            if imported not in found:
                found.add(imported)
                ahead.append(imported)
    return frozenset(found)


@cache
def _imports(path: str) -> frozenset[str]:
    names = set[str]()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(filter(None, map(_file, names)))


def _file(module: str) -> str:
    """The path of a module of this project; empty where it is somebody else's."""
    if module.partition(".")[0] not in PACKAGES:
        return ""
    path = module.replace(".", "/")
    for candidate in (f"{path}.py", f"{path}/__init__.py"):
        if (ROOT / candidate).exists():
            return candidate
    return ""


@cache
def _named(test: str) -> frozenset[str]:
    """Files that are not Python, by the names that a test's text or what it imports has."""
    text = "".join((ROOT / path).read_text() for path in _closure(test))
    found = set()
    for pattern in ("docs/*.md", "*.md", "Makefile", "requirements*", "roles-sql/*", "templates/*"):
        for path in ROOT.glob(pattern):
            if path.name in text:
                found.add(str(path.relative_to(ROOT)))
    return frozenset(found)


if __name__ == "__main__":
    main()
