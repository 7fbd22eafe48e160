"""A team's own folder beside the checkout: `make new`, and every command from there."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents import blocks
from tests.server.checkout import ROOT, Checkout, files_of_checkout
from tests.server.conftest import NewCheckout
from tests.server.team import UNSAID, Team, link_venv

ROLES = """-- environments: {environments}
CREATE ROLE reporting LOGIN CONNECTION LIMIT 2;
GRANT CONNECT ON DATABASE :"app_database" TO reporting;
"""
IS_THERE = "SELECT count(*) FROM pg_roles WHERE rolname = 'reporting'"
FIRST = "howdah/new.py"  # the commit that has brought this file is the first with `make new`


def made(checkout: Checkout) -> set[str]:
    """What is in a checkout and was not copied there."""
    own = {*files_of_checkout(), f"inventories/{checkout.environment}.py", ".observed.py"}
    found = set[str]()
    for folder, folders, files in os.walk(checkout.folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in files:
            found.add(str(Path(folder, name).relative_to(checkout.folder)))
    return {name for name in found - own if not name.startswith(".venv")}


@pytest.fixture(scope="module")
def of_all(new_checkout: NewCheckout) -> Iterator[Team]:
    team = Team(new_checkout())
    team.deploy()
    yield team
    team.remove()


@pytest.fixture
def team(of_all: Team) -> Iterator[Team]:
    """A converged cluster of a team's, and again after the test."""
    yield of_all
    of_all.inventory()
    of_all.deploy()


def test_new_says_what_is_next(team: Team) -> None:
    lines = team.said.stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("cd ../acme && git init")
    shown = team.make("help")
    assert "deploy " in shown
    assert "bench" not in shown


def test_new_rejects_what_is_not_empty(team: Team) -> None:
    before = (team.folder / "howdah.toml").read_text()
    assert "../acme is not empty (.gitignore is there)" in team.new("../acme").stderr
    assert (team.folder / "howdah.toml").read_text() == before
    assert "examples/acme is in the checkout" in team.new("examples/acme").stderr
    assert "needs a folder: make new TEAM=../acme" in team.new("").stderr
    empty = team.folder.with_name("empty")
    (empty / ".git").mkdir(parents=True)
    assert team.new("../empty").returncode == 0
    assert (empty / "howdah.toml").exists()


def test_second_run_changes_nothing(team: Team) -> None:
    run = team.deploy()
    assert run.changed == []
    assert len(run.commands) == 1
    assert team.dry().changed == []


def test_secrets_are_in_the_folder_only(team: Team) -> None:
    """Nor is anything else in the checkout that a run has made."""
    assert (team.folder / "secrets" / team.environment / "ca.key").exists()
    assert (team.folder / ".howdah" / team.environment / "last-run.json").exists()
    assert "copy them to /run/secrets" in team.make("bundle")
    assert (team.folder / "bundles" / team.environment / "ca.crt").exists()
    assert made(team.checkout) == set()
    assert team.login("appuser", "appdb").returncode == 0
    subprocess.run(["git", "init", "-q"], cwd=team.folder, check=True)
    words = ["git", "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(words, cwd=team.folder, capture_output=True, text=True, check=True)
    shutil.rmtree(team.folder / ".git")
    assert re.findall(r"secrets/|bundles/|\.howdah/", seen.stdout) == []


def test_every_command(team: Team) -> None:
    assert " passed" in team.make("verify")
    team.inventory(work_mem="7MB")
    assert "work_mem" in team.make("dry")
    assert "Connect to @local" in team.make("deploy")
    assert team.ask("SHOW work_mem") == "7MB"
    team.make("undo")
    assert team.ask("SHOW work_mem") != "7MB"
    assert f"pid {team.pid}" in team.make("status")
    team.make("stop")
    assert "the server is down" in team.make("status")
    team.make("start")
    assert f"pid {team.pid}" in team.make("status")


def test_destroy(new_checkout: NewCheckout) -> None:
    team = Team(new_checkout())
    team.deploy()
    team.make("destroy", "YES=1")
    assert not team.home.exists()
    assert team.secrets.exists()
    team.remove()


def test_of_an_ordinary_user(of_a_user: Checkout) -> None:
    """The server lies in the team's folder, and the checkout may be another user's."""
    team = Team(of_a_user)
    if team.user:
        subprocess.run(["chown", "-R", "root:", of_a_user.folder], check=True)
    team.deploy()
    assert (team.folder / ".howdah" / team.environment / "data").is_dir()
    assert not (of_a_user.folder / ".howdah").exists()
    assert not list((of_a_user.folder / "secrets").glob("t*"))
    assert team.deploy().changed == []
    verified = team.verify("-k", "password or restart")
    assert verified.returncode == 0, verified.stdout
    assert not (of_a_user.folder / ".pytest_cache").exists()
    team.remove()


# -- roles-sql ------------------------------------------------------------------------------


@pytest.fixture
def roles(team: Team) -> Iterator[Path]:
    path = team.folder / "roles-sql" / "60-reporting.sql"
    yield path
    path.unlink(missing_ok=True)
    if team.ask(IS_THERE) == "1":
        for database in ("appdb", "temporal", "temporal_visibility"):
            team.ask("DROP OWNED BY reporting", database)
        team.ask("DROP ROLE reporting")


def test_file_for_some_environments(team: Team, roles: Path) -> None:
    roles.write_text(ROLES.format(environments="staging, prod"))
    assert team.deploy().changed == []
    assert team.ask(IS_THERE) == "0"
    roles.write_text(ROLES.format(environments=f"staging, {team.environment}"))
    assert "acme/roles-sql/60-reporting.sql:2" in team.shown()
    team.deploy()
    assert team.ask(IS_THERE) == "1"
    assert team.deploy().changed == []


def test_file_is_read_by_its_name(team: Team, roles: Path) -> None:
    """Before Howdah's 90-advisory-locks.sql, that can name its role then."""
    roles.write_text(ROLES.format(environments=team.environment))
    team.inventory(advisory_locks=["reporting"])
    team.deploy()
    assert team.deploy().changed == []


def test_other_first_lines_are_rejected(team: Team, roles: Path) -> None:
    roles.write_text(ROLES.format(environments="staging prod"))
    said = team.refused().replace("\n        ", " ")
    assert "acme/roles-sql/60-reporting.sql:1: environments: needs their names" in said


# -- howdah.toml ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("howdah = 1", "there is no Howdah in"),
        ("", "there is no Howdah in"),
        ('howdah = "../howdah"\nhowda = 1', "howda: no such key; known are howdah, components"),
        ('howdah = "../howdah"\ncomponents = "acme"', "there is no package 'acme' in"),
        ('howdah = "../howdah"\ncomponents = "howdah"', "there is no package 'howdah' in"),
        ('howdah = "../howdah"\ncomponents = "a.b"', "needs the name of a package"),
        ('howdah = "../nowhere"', "there is no Howdah in"),
    ],
)
def test_howdah_toml_is_checked(team: Team, text: str, why: str) -> None:
    file = team.folder / "howdah.toml"
    before = file.read_text()
    file.write_text(text)
    try:
        run = team.pyinfra("-y", "deploy.py")
    finally:
        file.write_text(before)
    assert run.code == 1
    assert why in " ".join(run.output.split())


def test_inventory_of_a_team_is_rejected_elsewhere(team: Team) -> None:
    """Its secrets would be made in the checkout."""
    inventory = f"../acme/inventories/{team.environment}.py"
    python = str(team.checkout.python)
    done = team.checkout.run([python, "-m", "pyinfra", "-y", inventory, "deploy.py"])
    assert done.returncode == 1
    said = " ".join((done.stdout + done.stderr).split())
    assert f"is of the team in {team.folder}; run this there" in said
    assert not (team.checkout.folder / "secrets" / team.environment).exists()


# -- Components -----------------------------------------------------------------------------


def test_components_of_the_team(team: Team) -> None:
    """As docs/team.md has them."""
    file, package = team.folder / "howdah.toml", team.folder / "acme_components"
    before = file.read_text()
    package.mkdir()
    for block in blocks("team.md"):
        if block.file:
            (team.folder / block.file).write_text(block.text)
    try:
        team.deploy()
        assert team.ask("SHOW track_io_timing") == "on"
        assert team.deploy().changed == []
        assert " passed" in team.make("verify")
    finally:
        file.write_text(before)
        shutil.rmtree(package)


OURS = """
from pyinfra.operations import server

server.shell(name="Ours", commands=[f"test -d {target.runtime.layout.data}"])
"""


def test_operations_of_the_team_come_after(team: Team) -> None:
    deploy = team.folder / "deploy.py"
    before = deploy.read_text()
    deploy.write_text(before + OURS)
    try:
        assert team.deploy().changed == ["Ours"]
    finally:
        deploy.write_text(before)


def test_schema_in_the_folder(new_checkout: NewCheckout) -> None:
    """An application's history may lie in the team's folder."""
    team = Team(new_checkout())
    shutil.copytree(ROOT / "examples" / "shop" / "shop", team.folder / "shop")
    team.inventory(schema="shop.migrations")
    team.deploy()
    assert team.deploy().changed == []
    team.remove()


# -- CI -------------------------------------------------------------------------------------


def of_github(event: str) -> list[str]:
    """The lines that GitHub runs on an event, job after job."""
    text = (ROOT / "templates/team/ci/github.yml").read_text()
    jobs: dict[str, Any] = yaml.safe_load(text)["jobs"]
    lines = []
    for job in jobs.values():
        needed = jobs.get(job.get("needs"), job)
        if needed["if"] == f"github.event_name == '{event}'":
            lines += [step["run"] for step in job["steps"] if "run" in step]
    return lines


def of_gitlab(event: str) -> list[str]:
    """Likewise, stage after stage."""
    config = yaml.safe_load((ROOT / "templates/team/ci/gitlab.yml").read_text())
    on = {"pull_request": "merge_request_event", "push": "main"}[event]
    lines = []
    for stage in config["stages"]:
        job = config[stage]
        if on in job["rules"][0]["if"]:
            lines += [*config["default"]["before_script"], *job["script"]]
    return lines


def test_both_ci_examples_run_the_same() -> None:
    steps = ["sh ci/prepare.sh", "sh ci/deploy.sh", "sh ci/prepare.sh", "sh ci/verify.sh"]
    for lines in (of_github, of_gitlab):
        assert lines("pull_request") == ["sh ci/prepare.sh", "sh ci/dry.sh"]
        assert lines("push") == steps


def git(folder: Path, *words: str) -> None:
    own = ["-c", "user.name=t", "-c", "user.email=t@example.internal"]
    subprocess.run(["git", *own, *words], cwd=folder, check=True)


def commit(folder: Path) -> None:
    """All of its files."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")


def test_ci(new_checkout: NewCheckout) -> None:
    """A dry run on a pull request, a deploy on main, verification after it.

    The runner's checkout lies in the team's folder.
    """
    checkout = new_checkout()
    team = Team(checkout)
    git(checkout.folder, "init", "-qb", "main")
    commit(checkout.folder)
    there = team.folder / "howdah"
    store = checkout.folder.with_name("store")
    store.mkdir(mode=0o700)
    file = team.folder / "howdah.toml"
    file.write_text(file.read_text().replace("../howdah", "howdah"))
    env = {
        "ENVIRONMENT": team.environment,
        "HOWDAH_URL": str(checkout.folder),
        "HOWDAH_REF": "origin/main",
        "HOWDAH_SECRETS": str(store),
        "MAKEFLAGS": "",
        "ARGS": "",
    }

    def ci(lines: list[str]) -> str:
        said = ""
        for line in lines:
            done = team.run(["sh", "-c", line], env=env)
            said += done.stdout + done.stderr
            assert done.returncode == 0, said
            link_venv(there)
        return said

    assert "5 CREATE ROLE" in ci(of_github("pull_request"))
    assert not team.home.exists()
    said = ci(of_github("push"))
    assert "Connect to @local" in said
    assert " passed" in said
    assert (store / team.environment / "ca.key").exists()
    said = ci(of_gitlab("push"))
    assert "no changes" in said.lower()
    assert "no changes" in ci(of_gitlab("pull_request")).lower()
    team.make("stop")
    broken = team.run(["sh", "ci/verify.sh"], env=env)
    assert broken.returncode != 0
    team.inventory(port="none")
    assert team.run(["sh", "ci/dry.sh"], env=env).returncode != 0
    team.inventory()
    team.remove()


# -- The next version -----------------------------------------------------------------------


def first_commit() -> str:
    """Of this project's, that could make a team's folder."""
    words = ["log", "--diff-filter=A", "--format=%H", "--", FIRST]
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT)]
    done = subprocess.run([*git, *words], capture_output=True, text=True, check=False)
    found = done.stdout.split()
    if not found:
        pytest.skip("this clone has no history: it does not reach back to `make new`")
    return found[-1]


def check_out(revision: str, folder: Path) -> None:
    """Its files, in the place of all that are there."""
    empty(folder)
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "archive", revision]
    archive = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != ".git":
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()


def test_next_version_is_a_pull(new_checkout: NewCheckout) -> None:
    """The folder and the cluster are the first version's, and nothing in the folder is edited."""
    checkout = new_checkout()
    check_out(first_commit(), checkout.folder)
    git(checkout.folder, "init", "-qb", "main")
    commit(checkout.folder)
    hub = checkout.folder.with_name("hub")
    git(checkout.folder, "clone", "-q", ".", str(hub))
    team = Team(checkout)
    roles = team.folder / "roles-sql" / "60-reporting.sql"
    roles.write_text(ROLES.format(environments=team.environment))
    team.deploy()
    secret = team.password("appuser")

    empty(hub)
    for name in files_of_checkout():
        (hub / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, hub / name)
    commit(hub)
    git(checkout.folder, "remote", "add", "origin", str(hub))
    git(checkout.folder, "fetch", "-q")
    git(checkout.folder, "branch", "-qu", "origin/main")
    (block,) = [one for one in blocks("team.md") if one.heading == "The next version"]
    words = block.text.replace("prod", team.environment)
    done = team.run(["sh", "-eu"], env=UNSAID, stdin=words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (checkout.folder / "tests/server/test_team.py").read_text() == Path(__file__).read_text()

    team.deploy("--data", "restart=yes")
    assert team.deploy().changed == []
    assert team.password("appuser") == secret
    assert team.ask(IS_THERE) == "1"
    assert " passed" in team.make("verify")
    assert not list((checkout.folder / "secrets").glob("t*"))
    team.remove()
