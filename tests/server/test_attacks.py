"""What a role, an application's owner or a hand on the host might try against the deploy itself."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.matrix import sampled
from tests.server.checkout import AS_HOWDAH, Checkout

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, beside the server's OS user")

ESCALATE = "EXECUTE 'ALTER ROLE temporaluser SUPERUSER'"
NAMES = (
    "f() FROM public;ALTER ROLE temporaluser SUPERUSER;--",
    "g(\n\\! touch /tmp/x\n)",
    "'<app_verifier>'",
)


def is_superuser(checkout: Checkout, role: str) -> bool:
    return checkout.ask(f"SELECT rolsuper FROM pg_roles WHERE rolname = '{role}'") == "t"


def test_functions_of_a_role_are_not_called(converged: Checkout) -> None:
    """An exact match in public would win over pg_catalog's variadic function (CVE-2018-1058)."""
    made = converged.login(
        "temporaluser",
        "temporal",
        "CREATE FUNCTION public.json_build_array(text,name,text,text,name,name) RETURNS json "
        f"LANGUAGE plpgsql AS $$BEGIN {ESCALATE}; RETURN '[]'; END$$; "
        "CREATE FUNCTION public.pg_get_userbyid(oid) RETURNS name LANGUAGE plpgsql AS "
        f"$$BEGIN {ESCALATE}; RETURN 'x'; END$$",
    )
    assert made.returncode == 0, made.stderr
    assert converged.dry().code == 0
    converged.deploy()
    assert not is_superuser(converged, "temporaluser")
    converged.ask("DROP FUNCTION public.pg_get_userbyid, public.json_build_array", "temporal")


def test_timeouts_are_no_boundary(converged: Checkout) -> None:
    """A role SETs for its session what is meant for mistakes; what is meant for it, it does not."""
    mine = {"statement_timeout": "0", "lock_timeout": "0", "work_mem": "'1GB'",
            "idle_in_transaction_session_timeout": "0"}  # fmt: skip
    for name, value in mine.items():
        done = converged.login("appuser", "appdb", f"SET {name} = {value}; SHOW {name}")
        assert done.stdout.strip() == value.strip("'")
    for name in ("log_statement", "temp_file_limit", "session_preload_libraries"):
        done = converged.login("appuser", "appdb", f"SET {name} TO DEFAULT")
        assert "permission denied to set parameter" in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_names_are_no_statements(converged: Checkout, name: str) -> None:
    """They are pasted into GRANT and REVOKE, quoted."""
    quoted = '"' + name.replace('"', '""') + '"'
    made = converged.login(
        "temporaluser",
        "temporal",
        f"CREATE FUNCTION public.{quoted}() RETURNS int LANGUAGE sql AS 'SELECT 1'; "
        f"GRANT EXECUTE ON FUNCTION public.{quoted}() TO backupuser; "
        f"CREATE TABLE public.{quoted} (i int); GRANT SELECT ON public.{quoted} TO PUBLIC",
    )
    assert made.returncode == 0, made.stderr
    run = converged.pyinfra("-y", "deploy.py")
    assert run.code == 0, run.output
    assert not is_superuser(converged, "temporaluser")
    assert converged.deploy().changed == []
    verifier = (converged.secrets / "postgres_app_user_pw.verifier").read_text()
    salt = verifier.partition(":")[2].partition("$")[0]
    assert salt not in run.output + converged.log
    converged.ask(f"DROP FUNCTION public.{quoted}; DROP TABLE public.{quoted}", "temporal")


def test_a_view_in_place_of_alembic_version(converged: Checkout) -> None:
    body = "EXECUTE 'ALTER ROLE appowner SUPERUSER'; RETURN 'x'"
    converged.ask(
        "SET ROLE appowner; ALTER TABLE app.alembic_version RENAME TO aside;"
        f"CREATE FUNCTION app.v() RETURNS text LANGUAGE plpgsql AS $$BEGIN {body}; END$$;"
        "CREATE VIEW app.alembic_version AS SELECT app.v() AS version_num",
        "appdb",
    )
    assert "app.alembic_version is not a plain table" in converged.refused()
    assert not is_superuser(converged, "appowner")
    converged.ask("DROP VIEW app.alembic_version; DROP FUNCTION app.v();"
                  "ALTER TABLE app.aside RENAME TO alembic_version", "appdb")  # fmt: skip


EDITED = ["listen_addresses = '*'", "ssl_min_protocol_version = 'TLSv1'", "ssl = off"]


@pytest.mark.parametrize("line", sampled(EDITED, ["ssl = off"]))
def test_edited_release_marker(converged: Checkout, line: str) -> None:
    """It is read last, so that it would win."""
    marker = converged.home / "etc" / "current" / "release.conf"
    marker.write_text(f"{marker.read_text()}{line}\n")
    assert "release.conf is not as it was written" in converged.shown()
    converged.deploy()
    assert converged.deploy().changed == []
    assert converged.ask("SHOW listen_addresses") == "127.0.0.1"


def test_additional_file_in_the_release(converged: Checkout) -> None:
    (converged.home / "etc" / "current" / "more.conf").write_text("ssl = off\n")
    converged.deploy()
    assert not (converged.home / "etc" / "current" / "more.conf").exists()


@pytest.mark.parametrize("target", sampled([None, "nowhere", "r-abc"], [None]))
def test_link_of_the_release_is_gone(converged: Checkout, target: str | None) -> None:
    link = converged.home / "etc" / "current"
    link.unlink()
    if target:
        link.symlink_to(target)
    converged.deploy()
    assert converged.deploy().changed == []


def test_bytes_that_are_no_text(converged: Checkout) -> None:
    conf = converged.home / "etc" / "current" / "postgresql.conf"
    conf.write_bytes(conf.read_bytes() + b"# \xff\xfe\n")
    converged.deploy()
    assert converged.deploy().changed == []


def test_folders_are_made_again(converged: Checkout) -> None:
    converged.pyinfra("-y", "deploys.local.stop")
    for name in ("run", "log"):
        folder = converged.home / name
        if folder.exists():
            folder.rename(converged.home / f"{name}.aside")
    converged.deploy()
    assert converged.login("appuser", "appdb").returncode == 0


def test_lost_data_is_not_made_anew(bare: Checkout) -> None:
    """A file system that is not mounted must not become an empty cluster."""
    bare.deploy()
    bare.pyinfra("-y", "deploys.local.stop")
    aside = (bare.home / "data").rename(bare.home / "aside")
    assert "is missing, and there was a server: bring it back" in bare.refused()
    aside.rename(bare.home / "data")
    assert bare.deploy().changed == ["Load the configuration"]


@pytest.mark.parametrize(
    "drift",
    [
        "ALTER ROLE postgres SET transaction_timeout = '1ms'",
        "ALTER ROLE postgres SET default_transaction_read_only = on",
        "ALTER ROLE postgres SET search_path = app",
        "ALTER ROLE postgres SET session_preload_libraries = 'nosuch'",
        "ALTER ROLE postgres SET quote_all_identifiers = on",
    ],
)
def test_settings_that_would_hinder_the_deploy(converged: Checkout, drift: str) -> None:
    converged.ask(drift)
    assert converged.deploy().changed == ["Set roles and rights"]
    assert converged.deploy().changed == []


def test_stop_and_destroy_need_no_answer_of_the_server(bare: Checkout) -> None:
    bare.deploy()
    bare.ask("ALTER ROLE postgres NOLOGIN")
    assert bare.pyinfra("-y", "deploys.local.stop").code == 0
    assert bare.pyinfra("-y", "deploys.local.destroy").code == 0
    assert not bare.home.exists()


def test_link_in_the_store_is_refused(converged: Checkout) -> None:
    link = converged.secrets / "hosts" / "elsewhere"
    link.symlink_to("/etc")
    assert f"{link}: is a link" in converged.refused()
    link.unlink()


# -- The server's OS user, against root ------------------------------------------------------


def test_pid_file_tells_nothing_but_the_socket(converged: Checkout) -> None:
    """Its lines become facts, and a fact that names a release becomes a word of root's commands."""
    place = converged.pid_file.parent.parent / "run" / r"x\nlast\tr-77"
    name = f".s.PGSQL.{converged.port}"
    place.mkdir()
    (place / name).symlink_to(place.parent / name)
    before = converged.pid_file.read_text()
    lines = before.splitlines()
    lines[4] = str(place)
    converged.pid_file.write_text("\n".join(lines) + "\n")
    said = converged.pyinfra("--dry", "deploys.undo.undo").output
    converged.pid_file.write_text(before)
    shutil.rmtree(place)
    assert "r-77" not in said


@contextmanager
def replacing(folder: Path, names: list[str], target: Path) -> Iterator[None]:
    """Somebody who puts links into a folder as soon as he may."""
    links = "; ".join(f"ln -sfn {target} {folder}/{name}" for name in names)
    loop = f"while :; do {links}; done"
    process = subprocess.Popen([*AS_HOWDAH, "sh", "-c", loop], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@as_root
def test_links_in_the_canary_are_not_followed(converged: Checkout, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("untouched")
    before = target.stat().st_mode
    converged.inventory(work_mem="9MB")
    names = ["log", "said", "pg_hba.conf"]
    with replacing(converged.home / "canary", names, target):
        converged.pyinfra("-y", "deploy.py")
    assert (target.read_text(), target.stat().st_mode) == ("untouched", before)


@as_root
def test_file_of_alter_system_is_read_as_the_servers_user(
    converged: Checkout, tmp_path: Path
) -> None:
    """A link in it leads to nothing that only root may read: not in a plan, not in a failure."""
    secret = tmp_path / "secret"
    secret.write_text("root_only = 'hidden'\n")
    secret.chmod(0o600)
    converged.pyinfra("-y", "deploys.local.stop")
    file = converged.home / "data" / "postgresql.auto.conf"
    aside = file.rename(tmp_path / "aside")
    file.symlink_to(secret)
    for words in (["--dry", "deploy.py"], ["-y", "deploys.local.start"], ["-y", "deploy.py"]):
        assert "root_only" not in converged.pyinfra(*words).output
    aside.rename(file)
