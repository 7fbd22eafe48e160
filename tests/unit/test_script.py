"""Scripts as they are sent: all that they use is in them, and they fit into an argument."""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploys import alter_system, canary, releases, script, shell, snapshot, sql
from deploys.runtime import Runtime, control, embedded, script_for
from deploys.runtime.embedded import Embedded
from deploys.runtime.package import Package
from howdah.found import read
from howdah.host_data import read as cluster_of
from howdah.roles_sql.declared import declared

ROOT = Path(__file__).parents[2]
DEPLOYS = ROOT / "deploys"
LONGEST_ARGUMENT = 128 * 1024  # MAX_ARG_STRLEN of Linux
HOSTILE = 'it\'s\n"$(id)" `id` \\'


def runtime(kind: str, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    if kind == "package":
        return Package(cluster_of({"environment": "test"}))
    monkeypatch.setattr(embedded, "is_local", lambda: True)
    return Embedded(cluster_of({"environment": "test", "runtime": "embedded", "version": 17}))


@pytest.fixture(params=["package", "embedded"])
def sent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What it does: the script, of all that a host is sent."""
    its, texts = runtime(request.param, monkeypatch), dict[str, str]()

    def run(what: str, text: str, **_: Any) -> None:
        texts[what] = text

    monkeypatch.setattr(shell, "run", run)
    monkeypatch.setattr(shell, "live", run)
    want, found = declared(its.cluster), read(["socket\t/run", "port\t5432"])
    texts["snapshot"] = snapshot.script(its, want)
    texts["canary"] = canary.script(its, "r-1", want)
    texts["read"] = script_for(its, "read_release", variables={"release": "r-1"})
    texts["ask"] = script_for(its, "ask", "client", documents={"sql": ""},
                              variables={**sql.session(its, found), "database": "d"})  # fmt: skip
    releases.write(its, "r-1", {})
    releases.swap(its, "reload", "r-2", "r-1")
    releases.keep(its, "r-1")
    alter_system.take_out(its, ["port"])
    control(its, "start")
    sql.superuser(its, found, "psql", "SELECT 1")
    for verb in (its.install(found), its.initialise(found), its.remove()):
        list(verb)
    return texts


def test_a_script_has_all_that_it_uses(sent: dict[str, str], tmp_path: Path) -> None:
    """A variable that the header does not have would be the environment's, or empty."""
    for what, text in sent.items():
        (tmp_path / f"{what.replace('/', '-')}.sh").write_text(text)
    shellcheck = Path(sys.executable).with_name("shellcheck")
    options = ["--rcfile", str(ROOT / ".shellcheckrc"), "--format", "gcc"]
    options += ["--include", "SC2154", "--enable", "check-unassigned-uppercase"]
    options += ["--extended-analysis", "false"]  # which takes ten times as long
    done = subprocess.run([shellcheck, *options, *tmp_path.glob("*.sh")], capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.stdout + done.stderr == ""


def test_a_script_fits_into_an_argument(sent: dict[str, str]) -> None:
    """Two shells are on the way, each with quotes of its own."""
    for what, text in sent.items():
        assert len(shlex.quote(shlex.quote(text))) < LONGEST_ARGUMENT * 0.7, what


def test_nothing_is_sent_twice(sent: dict[str, str]) -> None:
    for what, text in sent.items():
        for path in DEPLOYS.rglob("*.sh"):
            assert text.count(path.read_text()) <= 1, (what, path)


def test_a_value_arrives_as_it_is() -> None:
    variables, documents = {"value": HOSTILE}, {"text": HOSTILE}
    text = script.script([], variables, documents)
    text += '\nprintf %s. "$VALUE"\nwith_text cat'
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == f"{HOSTILE}.{HOSTILE}\n"
