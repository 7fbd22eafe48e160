"""Each command that a document shows is run by a test: here is which."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "app_db" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
FENCE = re.compile(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", flags=re.MULTILINE)

# Blocks between fences, by document and heading; a whole document where each of its blocks is run.
FENCED = {
    "app_db/README.md": "tests/app_db/test_docs.py::test_the_example_of_the_distribution_works",
    "docs/app_db.md": "tests/server/test_app_db_docs.py::test_the_examples_of_app_db_work",
    "docs/migrations.md": "tests/server/test_app_db_docs.py::test_the_examples_of_migrations_work",
    "docs/roles.md": "tests/server/test_roles_sql.py::test_by_hand_gives_the_same_state",
    "docs/operations.md: Minor upgrade": "tests/fleet/test_operations.py::test_minor_upgrade",
    "docs/operations.md: Debian release upgrade":
        "tests/fleet/test_operations.py::test_debian_release_upgrade",
    "docs/operations.md: Back to the old cluster":
        "tests/fleet/test_operations.py::test_debian_release_upgrade",
    "docs/operations.md: Reinstalled host": "tests/fleet/test_operations.py::test_reinstalled_host",
    "docs/operations.md: Lost volume": "tests/fleet/test_operations.py::test_lost_volume",
    "docs/operations.md: Moved data directory":
        "tests/fleet/test_operations.py::test_moved_data_directory",
    "docs/operations.md: Resized disk, memory or CPU":
        "tests/fleet/test_operations.py::test_resized_disk",
    "docs/operations.md: Killed server": "tests/fleet/test_operations.py::test_killed_server",
    "docs/operations.md: Cluster given up":
        "tests/fleet/test_operations.py::test_cluster_given_up",
    "docs/production.md: Drift, every night":
        "tests/server/test_summary.py::test_nightly_job_mails_a_drift",
    "docs/production.md": "tests/fleet/test_documents.py::test_production",
    "docs/verification.md": "tests/fleet/test_documents.py::test_production",
    "docs/team.md: From the checkout to a folder":
        "tests/fleet/test_team.py::test_from_the_checkout_to_a_folder",
    "docs/team.md: The next version":
        "tests/server/test_team.py::test_next_version_is_a_pull",
    "examples/compose-app/README.md":
        "tests/docker/test_shared.py::test_application_sees_a_rotated_password",
    "docs/backups.md: Backups":
        "tests/fleet/test_backups_lost_host.py::test_keys_of_a_bucket",
    "docs/backups.md: A lost repository":
        "tests/fleet/test_backups_lost_host.py::test_lost_disk_of_the_repository",
    "docs/backups.md: What a deploy adds": "tests/fleet/test_backups.py::test_by_hand",
    "docs/backups.md: Turning them off": "tests/fleet/test_backups.py::test_turned_off",
    "docs/backups.md: Dumps": "tests/fleet/test_dumps.py::test_turned_off",
    "docs/backups.md: On Docker": "tests/docker/test_backups.py::test_backup_by_its_unit",
    "docs/docker.md: A compose project that is there already":
        "tests/docker/test_adopt.py::test_as_the_page_has_it",
    "docs/docker.md: From packages to Docker":
        "tests/docker/test_way_over.py::test_from_packages_to_docker",
    "docs/docker.md: What Howdah makes": "tests/docker/test_deploy.py::test_by_hand",
    "docs/undo.md: Undo": "tests/fleet/test_documents.py::test_undo",
    "docs/undo.md: Packages": "tests/fleet/test_documents.py::test_leaving",
    "docs/undo.md: Embedded": "tests/server/test_documents.py::test_leaving",
}  # fmt: skip
# Lines that are set in, and commands within a sentence.
BY_MAKE = "tests/server/test_local.py::test_make_goes_ahead_in_development_only"
FIRST = "tests/fleet/test_readme.py::test_the_first_command_deploys"
SHOWN = {
    r"make deploy": FIRST,
    r"make (test|lint)\b": FIRST,
    r"make (\.venv|dry)": FIRST,
    r"make destroy": BY_MAKE,
    r"make drill": "tests/fleet/test_backups.py::test_drill",
    r"make dumps?": "tests/server/test_dumps.py::test_dump_and_restore",
    r"make restore(-undo|-keep)?": "tests/fleet/test_backups.py::test_point_in_time",
    r"make (dev|deploy ENV=prod-packages)$": "tests/docker/test_dev.py::test_make_dev",
    r"make new": "tests/server/test_team.py::test_new_says_what_is_next",
    r"make help": "tests/server/test_local.py::test_make_help_and_missing_inventory",
    r"make (undo|stop|start|status)": "tests/server/test_local.py::test_make_of_the_others",
    r"make bench(-app)?( |$)": "tests/server/test_benchmarks.py::test_benchmark",
    r"make bench-growth": "tests/server/test_benchmarks.py::test_benchmark_of_growth",
    r"make bench-backups": "tests/fleet/test_benchmarks.py::test_benchmark_of_backups",
    r"make bench-fleet": "tests/fleet/test_benchmarks.py::test_benchmark_of_hosts",
    r"make (verify|bundle)": "tests/server/test_local.py::test_make_of_the_others",
    r"make pictures": "tests/server/test_pictures.py::test_the_picture_is_of_a_real_run",
    r"make dist": "tests/app_db/test_installed.py::test_the_wheel_is_app_db",
    r"make coverage": "tests/app_db/test_settings.py",  # a part of make test
    r"\.venv/bin/pyinfra inventories/local.py deploy.py":
        "tests/server/test_summary.py::test_prompt",
    r"apt-get install docker.io": "tests/docker/test_hosts.py::test_what_is_missing_is_named",
    r"apt-get install make git python3-venv": FIRST,
    r"psql +PGPASSWORD": "tests/server/test_first_run.py::test_printed_line_enters_over_tls_1_3",
    r"(init-db|uvicorn main:app)$": "tests/server/test_app_db_fastapi.py",
    r"(\.venv/bin/)?pip install ": "tests/app_db/test_installed.py",
    r"python -m howdah.render_revisions shop.migrations base":
        "tests/unit/test_render_revisions.py",
    r"ssh-keygen -R": "tests/fleet/test_operations.py::test_reinstalled_host",
}  # fmt: skip
COMMAND = re.compile(
    r"(make|pip|init-db|uvicorn|apt-get|ssh-keygen|psql +PG|python -m|\.venv/bin/)"
)


def fenced(document: Path) -> list[str]:
    """document: heading, of each block of shell commands."""
    text = document.read_text()
    found = []
    for fence in FENCE.finditer(text):
        if fence[1] == "sh":
            before = FENCE.sub("", text[: fence.start()])
            found.append(f"{document.relative_to(ROOT)}: {HEADING.findall(before)[-1]}")
    return found


def shown(document: Path) -> list[str]:
    """Lines that are set in and begin like a command."""
    text = FENCE.sub("", document.read_text())
    lines = re.findall(r"^    (?:\$ )?(\S.*)$", text, flags=re.MULTILINE)
    return [line.partition("  #")[0].strip() for line in lines if COMMAND.match(line)]


def exists(test: str) -> bool:
    """A file, or a function of it."""
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return not name or name in names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_each_block_is_run(document: Path) -> None:
    for block in fenced(document):
        assert block in FENCED or block.partition(":")[0] in FENCED, f"no test runs {block}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_each_line_is_run(document: Path) -> None:
    for line in shown(document):
        assert any(re.match(pattern, line) for pattern in SHOWN), f"no test runs {line}"


@pytest.mark.parametrize("test", sorted({*FENCED.values(), *SHOWN.values()}))
def test_the_test_is_there(test: str) -> None:
    assert exists(test)


def test_each_target_is_run() -> None:
    """What `make help` lists."""
    text = (ROOT / "Makefile").read_text() + (ROOT / "howdah.mk").read_text()
    for line in re.findall(r"^([a-z. -]+):.*## ", text, flags=re.MULTILINE):
        for target in line.split():
            assert any(re.match(pattern, f"make {target}") for pattern in SHOWN), target
