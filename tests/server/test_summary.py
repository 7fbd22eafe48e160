"""What a run tells at its end, and leaves in .howdah/<environment>/last-run.json."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.documents import blocks
from tests.server.checkout import ROOT, Checkout


def summary(output: str) -> str:
    """Without pyinfra's words, which are on stderr, and without how to connect."""
    told = output.rpartition("--> Summary:\n")[2]
    return told.partition("\n\n--> Con")[0].partition("--> Loading")[0]


def lines_of_a_screen(output: str) -> int:
    """At 80 columns."""
    return sum(max(1, -(-len(line) // 80)) for line in output.splitlines())


def last_run(checkout: Checkout) -> dict[str, Any]:
    hosts: dict[str, dict[str, Any]] = whole_run(checkout)["hosts"]
    return hosts["@local"]


def whole_run(checkout: Checkout) -> dict[str, Any]:
    path = checkout.folder / ".howdah" / checkout.environment / "last-run.json"
    assert path.stat().st_mode & 0o777 == 0o600
    run: dict[str, Any] = json.loads(path.read_text())
    return run


def test_what_changed(converged: Checkout) -> None:
    converged.inventory(work_mem="3MB")
    run = converged.pyinfra("-y", "deploy.py")
    told = summary(run.output)
    assert "[@local] Write the configuration: release r-" in told
    assert "[@local] Load the configuration: reload the server" in told
    days = re.search(r"\[@local\] certificate: (\d+) days left", told)
    assert days
    known = last_run(converged)
    assert "+work_mem = 3MB" in known["changed"]["Write the configuration"]
    assert known["days_left"] == {"certificate": int(days[1]), "CA": 3649}
    assert (known["failed"], known["waits"], known["reported"]) == ("", [], [])


def test_nothing_changed(converged: Checkout) -> None:
    assert summary(converged.pyinfra("-y", "deploy.py").output).startswith(
        "    [@local] no changes\n"
    )
    assert last_run(converged)["changed"] == {}


def test_failure_is_the_last_line(converged: Checkout) -> None:
    converged.inventory(settings={"wal_buffers": "a lot"})
    told = " ".join(summary(converged.refused()).split())
    assert "[@local] failed: Write the configuration: could not use release r-" in told
    assert "wal_buffers" in told.rpartition("failed:")[2]
    assert "Write the configuration" not in last_run(converged)["changed"]


def test_what_waits_for_a_restart(converged: Checkout) -> None:
    """F30: production decides when; the run ends with what waits, and so does each after it."""
    production = {"stage": "production", "max_connections": 103}
    converged.inventory(**production)
    pid = converged.pid
    told = summary(converged.pyinfra("-y", "deploy.py").output)
    waits = "waits for a restart (--data restart=yes): max_connections"
    assert told.rstrip().splitlines()[-1].endswith(waits)
    assert (converged.pid, converged.ask("SHOW max_connections")) == (pid, "100")
    again = converged.pyinfra("-y", "deploy.py")
    assert waits in summary(again.output)
    assert "No changes" in again.output
    assert last_run(converged)["waits"] == ["max_connections"]
    assert last_run(converged)["changed"] == {}
    assert "restart the server" not in converged.shown()
    assert waits in converged.shown()
    allowed = converged.pyinfra("-y", "--data", "restart=yes", "deploy.py")
    assert converged.ask("SHOW max_connections") == "103"
    assert "waits" not in summary(allowed.output)
    assert converged.deploy().changed == []


def test_port_that_waits_is_not_tried_yet(converged: Checkout) -> None:
    """Logins prove the server that runs, where it listens."""
    port = converged.port
    converged.inventory(stage="production", port=port + 1)
    converged.deploy()
    assert last_run(converged)["waits"] == ["port"]
    assert converged.login("appuser", "appdb").returncode == 0


def test_what_is_only_reported(converged: Checkout) -> None:
    converged.ask("CREATE ROLE alice")
    told = summary(converged.pyinfra("-y", "deploy.py").output)
    assert "[@local] reported: role alice is not in roles-sql" in told
    assert last_run(converged)["reported"] == ["role alice is not in roles-sql"]
    converged.ask("DROP ROLE alice")


def test_first_plan_is_short_and_all_of_it_is_in_a_file(bare: Checkout) -> None:
    """At 80 columns a screen of 60 lines holds it, with all that pyinfra prints."""
    run = bare.pyinfra("--dry", "deploy.py")
    assert run.code == 2
    assert lines_of_a_screen(run.output) <= 60, run.output
    assert " statements: 5 CREATE ROLE, " in run.output
    name = f".howdah/{bare.environment}/last-plan.txt"
    assert f"the whole plan: {name}" in run.output
    plan = bare.folder / name
    assert plan.stat().st_mode & 0o777 == 0o600
    verbose = bare.pyinfra("--dry", "-v", "deploy.py").output
    for text in (plan.read_text(), verbose):
        assert "+ssl_min_protocol_version = 'TLSv1.2'" in text
        assert "CREATE ROLE appuser" in text
        assert "CREATE TABLE app.users" in text
    assert verbose.startswith(plan.read_text())


def test_what_is_for_a_log_is_on_stdout(bare: Checkout) -> None:
    """`make deploy | tee log`: progress is not in it, for nobody reads it again."""
    done = bare.run([str(bare.python), "-m", "pyinfra", "-y",
                     f"inventories/{bare.environment}.py", "deploy.py"])  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("\n--> Summary:\n")
    assert "[@local] Load the configuration: start the server" in done.stdout
    assert "--> Connect to @local:\n    DSN       host=127.0.0.1 " in done.stdout
    assert "Starting operation" not in done.stdout
    assert "Starting operation" in done.stderr
    assert "Summary" not in done.stderr
    run = whole_run(bare)
    assert (run["version"], run["mode"], run["exit_code"]) == (1, "deploy", 0)


def test_dry_run_tells_a_difference_by_its_exit_code(converged: Checkout) -> None:
    """And leaves its record, as every run does that has reached a host."""
    assert converged.pyinfra("--dry", "deploy.py").code == 0
    assert (whole_run(converged)["mode"], whole_run(converged)["exit_code"]) == ("dry", 0)
    converged.ask("GRANT DELETE ON app.users TO backupuser", "appdb")
    run = converged.pyinfra("--dry", "deploy.py")
    assert run.code == 2
    assert "REVOKE DELETE ON TABLE app.users FROM backupuser" in run.output
    assert "[@local] would change: Set roles and rights" in summary(run.output)
    assert whole_run(converged)["exit_code"] == 2
    assert list(last_run(converged)["planned"]) == ["Set roles and rights"]
    assert last_run(converged)["changed"] == {}
    assert converged.dry().changed == ["Set roles and rights"]


def test_dry_run_that_would_not_look_is_rejected(converged: Checkout) -> None:
    """With -y pyinfra detects nothing: it said nothing of a drift, and ended with 0."""
    for words in ((), ("--json",)):
        run = converged.pyinfra("--dry", "-y", *words, "deploy.py")
        assert run.code == 1
        assert "leave out -y to see what would change" in run.output
        assert run.commands == []


def test_json_of_a_run_that_fails(converged: Checkout) -> None:
    converged.inventory(settings={"wal_levl": "logical"})
    for words in (["--dry", "--json"], ["--json"]):
        run = converged.pyinfra(*words, "deploy.py")
        assert run.code == 1
        assert (run.plan["failed_hosts"], run.plan["exit_code"]) == (["@local"], 1)
        assert run.plan["mode"] == "dry"
        assert "settings['wal_levl']" in run.plan["hosts"]["@local"]["failed"]
    converged.inventory(wal_levl="logical")
    run = converged.pyinfra("--dry", "--json", "deploy.py")
    assert (run.code, run.plan["exit_code"], run.plan["plan"]) == (1, 1, [])
    assert "wal_levl" in run.plan["error"]
    assert (whole_run(converged)["exit_code"], whole_run(converged)["hosts"]) == (1, {})
    assert whole_run(converged)["error"] == run.plan["error"]


def test_new_password_is_named_with_its_file(store: Path, converged: Checkout) -> None:
    """Applications with the old one are locked out: a store from a backup does that."""
    (store / "postgres_app_user_pw").write_text("of-an-older-backup")
    file = f"secrets/{converged.environment}/postgres_app_user_pw"
    shown = converged.pyinfra("--dry", "deploy.py").output
    assert f"the password of appuser changes to the one in {file}" in " ".join(shown.split())
    run = converged.pyinfra("-y", "deploy.py")
    told = " ".join(summary(run.output).split())
    assert f"the password of appuser has changed to the one in {file}" in told
    assert "backupuser" not in told
    assert last_run(converged)["passwords"] == {"appuser": file}
    assert converged.pyinfra("-y", "deploy.py").output.count("the password of") == 0


@pytest.mark.parametrize(("answer", "goes_on"), [("no\n", False), ("Y\n", True), ("\n", True),
                                                ("", False)])  # fmt: skip
def test_prompt(converged: Checkout, answer: str, goes_on: bool) -> None:
    """Anything but Enter or y changes nothing, and is no success."""
    converged.inventory(lock_timeout="31s")
    run = converged.pyinfra("deploy.py", stdin=answer)
    assert run.code == (0 if goes_on else 1)
    assert ("nothing was changed" in run.output) != goes_on
    assert (converged.ask("SHOW lock_timeout") == "31s") == goes_on
    assert whole_run(converged)["exit_code"] == run.code
    assert ("[@local] nothing was changed" in summary(run.output)) != goes_on
    assert "+lock_timeout = '31s'" in run.output
    assert "would change" not in summary(run.output)


def test_nightly_job_mails_a_drift(converged: Checkout) -> None:
    """As docs/production.md has it, with a `mail` that keeps what it is given."""
    link_venv(converged)
    (job,) = [block for block in blocks("production.md") if block.file == "nightly"]
    (converged.folder / "nightly").write_text(job.text.replace("prod", converged.environment))
    mail = converged.folder / "bin" / "mail"
    mail.parent.mkdir()
    mail.write_text('#!/bin/sh\n{ echo "$@"; cat; } > mailed\n')
    mail.chmod(0o755)
    env = {"MAKEFLAGS": "", "ARGS": "", "PATH": f"{mail.parent}:{os.environ['PATH']}"}

    assert converged.run(["sh", "nightly"], env=env).returncode == 0
    assert not (converged.folder / "mailed").exists()
    converged.ask("GRANT DELETE ON app.users TO backupuser", "appdb")
    assert converged.run(["sh", "nightly"], env=env).returncode == 1
    mailed = (converged.folder / "mailed").read_text()
    assert mailed.startswith(f"-s howdah: {converged.environment} has drifted dba@example.com\n")
    assert "REVOKE DELETE ON TABLE app.users FROM backupuser" in mailed


def link_venv(checkout: Checkout) -> None:
    """For its Makefile: the virtual environment that runs the tests."""
    link = checkout.folder / ".venv"
    if not link.exists():
        link.symlink_to(ROOT / ".venv")


def test_make_dry_ends_as_the_dry_run(converged: Checkout) -> None:
    """2: differences. 1: whatever fails, though make itself ends with 2 then."""
    link_venv(converged)

    def code(*words: str, quit_is: str = "default") -> int:
        """Of a make that takes SIGQUIT, or not: tests may run in the background, too."""
        env = {"MAKEFLAGS": "", "ARGS": ""}
        make = ["env", f"--{quit_is}-signal=QUIT", "make", "dry", *words]
        return converged.run(make, env=env).returncode

    its_own = f"ENV={converged.environment}"
    assert code(its_own) == 0
    converged.inventory(lock_timeout="32s")
    assert code(its_own) == 2
    converged.inventory(settings={"wal_levl": "logical"})
    assert code(its_own) == 1
    assert code("ENV=nowhere") == 1
    assert code("ENV=nowhere", quit_is="ignore") == -signal.SIGTERM


def test_plain_where_it_is_piped_and_80_columns_wide(converged: Checkout) -> None:
    converged.inventory(work_mem="2MB")
    told = summary(converged.pyinfra("-y", "deploy.py").output)
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 80
