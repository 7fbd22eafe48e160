"""start, stop, status, destroy; and make."""

import shutil

from tests.server.checkout import ROOT, Checkout


def test_stop_status_start(converged: Checkout) -> None:
    assert converged.pyinfra("-y", "deploys.local.stop").code == 0
    assert "the server is down" in converged.pyinfra("-y", "deploys.local.status").output
    assert converged.pyinfra("-y", "deploys.local.start").code == 0
    status = converged.pyinfra("-y", "deploys.local.status").output
    assert f"pid {converged.pid}" in status
    assert str(converged.home / "data") in status
    assert "No changes" in converged.pyinfra("-y", "deploys.local.start").output


def test_destroy_names_what_it_deletes_and_asks(bare: Checkout) -> None:
    bare.deploy()
    bare.inventory(schema="zoo.migrations")  # not importable: it needs no application
    asked = bare.pyinfra("deploys.local.destroy", stdin="no\n")
    assert f"delete {bare.home}: the server, its data, its log" in asked.output
    assert asked.code == 1
    assert "nothing was changed" in asked.output
    assert bare.installed
    assert bare.pyinfra("deploys.local.destroy", stdin="\n").code == 0
    assert not bare.installed
    assert bare.secrets.exists()
    assert "nothing to delete" in bare.pyinfra("-y", "-v", "deploys.local.destroy").output
    # with the old secrets: in development a line, elsewhere data is expected
    bare.inventory(stage="staging")
    said = bare.refused().replace("\n        ", " ")
    assert "@local was deployed before (" in said
    assert "has no data now: mount its file system, or take its data over" in said
    assert not bare.installed
    bare.inventory()
    assert "makes an empty server: @local was deployed before (" in bare.deploy().output
    assert bare.login("appuser", "appdb").returncode == 0
    again = bare.deploy("--data", "new_data=yes")
    assert "new_data = yes, and the data is there: take it out of the inventory" in again.output
    assert again.changed == []


def test_stop_status_and_start_need_no_application(converged: Checkout) -> None:
    """Case 18: its package is renamed, removed, or in another environment."""
    converged.inventory(schema="zoo.migrations")
    assert "no package 'zoo' is importable" in converged.refused()
    status = converged.pyinfra("-y", "deploys.local.status").output
    assert f"runs (PostgreSQL 17.10, pid {converged.pid})" in status
    assert converged.pyinfra("-y", "deploys.local.stop").code == 0
    assert converged.pyinfra("-y", "deploys.local.start").code == 0
    assert "copy them to /run/secrets" in make(converged, "bundle")
    (converged.folder / "roles-sql" / "60-x.sql").write_text("SELECT 1;")
    assert f"pid {converged.pid}" in converged.pyinfra("-y", "deploys.local.status").output
    (converged.folder / "roles-sql" / "60-x.sql").unlink()


def test_server_of_an_older_wheel(converged: Checkout) -> None:
    """It is stopped, started and deployed to, though the newer's programs are not there yet."""
    assert converged.pyinfra("-y", "deploys.local.stop").code == 0
    newer = converged.bin.parent
    older = newer.rename(newer.with_name("pgsql-17.1.0"))
    assert converged.pyinfra("-y", "deploys.local.start").code == 0
    status = converged.pyinfra("-y", "deploys.local.status").output
    assert f"runs (PostgreSQL 17.10, pid {converged.pid})" in status
    assert converged.pyinfra("-y", "deploys.local.stop").code == 0
    assert converged.pyinfra("-y", "deploys.local.start").code == 0
    assert converged.deploy().changed == ["Install PostgreSQL"]
    assert newer.is_dir()
    shutil.rmtree(older)
    assert converged.pyinfra("-y", "deploys.local.stop").code == 0
    converged.deploy()
    assert converged.deploy().changed == []


def test_only_development_is_destroyed(bare: Checkout) -> None:
    bare.inventory(stage="production")
    said = bare.pyinfra("-y", "deploys.local.destroy").output
    assert "stage = 'production': only development is destroyed" in said


def test_start_before_a_deploy_says_what_to_do(bare: Checkout) -> None:
    said = bare.pyinfra("-y", "deploys.local.start")
    assert said.code == 1
    assert "make deploy makes it" in said.output
    assert "make deploy makes it" in bare.pyinfra("-y", "deploys.local.status").output


def make(checkout: Checkout, *words: str) -> str:
    """The Makefile of the checkout, with the virtual environment that runs the tests."""
    link = checkout.folder / ".venv"
    if not link.exists():
        link.symlink_to(ROOT / ".venv")
    bare = {"MAKEFLAGS": "", "ARGS": ""}  # not what the make that runs the tests was given
    done = checkout.run(["make", f"ENV={checkout.environment}", *words], env=bare, stdin="")
    return done.stdout + done.stderr


def test_make_goes_ahead_in_development_only(bare: Checkout) -> None:
    dry = make(bare, "dry")
    assert "5 CREATE ROLE" in dry
    assert "Error 2" in dry  # make's word for differences
    bare.inventory(stage="staging", allowed_networks=["10.0.0.0/24"])
    assert "pyinfra asks first: needs a terminal" in make(bare, "deploy")
    assert not bare.installed
    bare.inventory()
    assert "Connect to @local" in make(bare, "deploy")
    assert "needs a terminal, or YES=1" in make(bare, "destroy")
    (bare.folder / "inventories" / "broken.py").write_text("hosts = [")
    assert "SyntaxError" in make(bare, "deploy", "ENV=broken")
    assert bare.installed
    make(bare, "destroy", "YES=1")
    assert not bare.installed


def test_make_of_the_others(converged: Checkout) -> None:
    """verify, bundle, undo, status, stop and start, each as its line of the README says."""
    assert " passed" in make(converged, "verify")
    assert "copy them to /run/secrets" in make(converged, "bundle")
    assert (converged.folder / "bundles" / converged.environment / "ca.crt").exists()
    converged.inventory(work_mem="7MB")
    make(converged, "deploy")
    assert converged.ask("SHOW work_mem") == "7MB"
    make(converged, "undo")
    assert converged.ask("SHOW work_mem") != "7MB"
    assert f"pid {converged.pid}" in make(converged, "status")
    make(converged, "stop")
    assert "the server is down" in make(converged, "status")
    make(converged, "start")
    assert f"pid {converged.pid}" in make(converged, "status")


def test_make_help_and_missing_inventory(bare: Checkout) -> None:
    assert "deploy" in make(bare, "help")
    assert "inventories/nowhere.py is missing" in make(bare, "deploy", "ENV=nowhere")


def test_runs_from_another_environment_variable_user(bare: Checkout) -> None:
    """Peer authentication asks the kernel who connects, so USER and LOGNAME must not matter."""
    bare.deploy(env={"USER": "mallory", "LOGNAME": "mallory", "PGHOST": "nowhere", "PGPORT": "1"})
    assert bare.login("appuser", "appdb").returncode == 0
