"""A checkout of this project, with an inventory, an environment and a port of its own."""

import contextlib
import functools
import json
import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.server.warm import Warm

ROOT = Path(__file__).parents[2]
OBSERVED = Path(__file__).with_name("observed.py")
NOBODY = "nobody"
AS_HOWDAH = ["setpriv", "--reuid=howdah", "--regid=howdah", "--init-groups"]


@dataclass
class Run:
    """How one pyinfra went."""

    code: int
    output: str
    commands: list[str]
    modules: list[str]
    killed: list[int]
    plan: Mapping[str, Any]

    @property
    def changed(self) -> list[str]:
        """The names of the operations that changed something, or would have."""
        if self.plan.get("results"):
            return [o["names"][0] for o in self.plan["results"]["operations"] if o["success"]]
        return [o["names"][0] for o in self.plan["plan"] if o["hosts_with_change"]]


class Checkout:
    """Made from the files of this one; removed with all that it deployed."""

    def __init__(self, folder: Path, *, user: str | None = None) -> None:
        self.folder, self.user = folder, user
        self.environment = f"t{uuid.uuid4().hex[:8]}"
        self.port = free_port()
        self.python = Path(sys.executable)
        for name in files_of_checkout():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
        for package in ("howdah", "components", "deploys"):
            for compiled in (ROOT / package).rglob("__pycache__"):
                # their time stamps are the copies', too
                shutil.copytree(compiled, folder / compiled.relative_to(ROOT))
        self.inventory()
        if user:
            subprocess.run(["chown", "-R", f"{user}:", folder], check=True)
            self.python = _python_for(folder)  # after it: hard links share their owner

    # -- The inventory ------------------------------------------------------------------

    def inventory(self, **options: object) -> None:
        """Writes the inventory: local.py's, and ``options`` over it."""
        data = {"runtime": "embedded", "stage": "development", "port": self.port,
                "memory": "256MB", **options}  # fmt: skip
        self.host_data: dict[str, Any] = {"environment": self.environment, **data}
        path = self.folder / "inventories" / f"{self.environment}.py"
        path.write_text(f"hosts = [('@local', {data!r})]\n")

    # -- Running ------------------------------------------------------------------------

    def pyinfra(
        self,
        *words: str,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        cold: bool = False,
    ) -> Run:
        """``cold``: as a command begins, with nothing imported."""
        report = self.folder / ".report"
        report.unlink(missing_ok=True)
        inventory = f"inventories/{self.environment}.py"
        argv = [str(self._observed()), str(report), *words[:-1], inventory, words[-1]]
        own = self.user or self.python != Path(sys.executable)
        if own or cold or "HOWDAH_HIDE" in (env or {}):
            done = self.run([str(self.python), *argv], env=env, stdin=stdin)
        else:
            done = warm().run(argv, self.folder, self._env(env), stdin)
        seen = json.loads(report.read_text()) if report.exists() else {}
        plan = json.loads(done.stdout) if "--json" in words and done.stdout.strip() else {}
        return Run(done.returncode, done.stdout + done.stderr, seen.get("commands", []),
                   seen.get("modules", []), seen.get("killed", []), plan)  # fmt: skip

    def deploy(self, *words: str, env: Mapping[str, str] | None = None) -> Run:
        """A deploy that must succeed."""
        run = self.pyinfra("-y", "--json", *words, "deploy.py", env=env)
        assert run.code == 0, run.output
        return run

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """A deploy that goes on by itself."""
        inventory = f"inventories/{self.environment}.py"
        command = [str(self.python), "-m", "pyinfra", "-y", *words, inventory, "deploy.py"]
        return subprocess.Popen(command, cwd=self.folder, env=self._env(env), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)  # fmt: skip

    def refused(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        """A deploy that must fail without a traceback: what it said."""
        run = self.pyinfra("-y", *words, "deploy.py", env=env)
        assert run.code != 0, run.output
        assert "Traceback" not in run.output, run.output
        return run.output

    def killing_the_server(self, after: int) -> Run:
        """A deploy whose server is killed after the n-th command. Skips where that is too few."""
        env = {"HOWDAH_KILL_SERVER_AFTER": str(after), "HOWDAH_PID_FILE": str(self.pid_file)}
        run = self.pyinfra("-y", "deploy.py", env=env)
        if len(run.commands) < after:
            pytest.skip(f"this run has fewer than {after} commands")
        return run

    def dry(self) -> Run:
        """A dry run that must succeed; its exit code tells whether there are differences."""
        run = self.pyinfra("--dry", "--json", "deploy.py")
        assert run.code == (2 if run.changed else 0), run.output
        return run

    def shown(self) -> str:
        """What a dry run prints, a first plan's lines too."""
        run = self.pyinfra("--dry", "-v", "deploy.py")
        assert run.code in (0, 2), run.output
        return run.output

    def verify(self, *words: str) -> subprocess.CompletedProcess[str]:
        """As `make verify`, but that a failure shows all that it can."""
        command = [str(self.python), "-m", "pytest", "-vv", "--tb=long", "--showlocals",
                   "verify", "--inventory", f"inventories/{self.environment}.py"]  # fmt: skip
        return self.run([*command, *words], env={"PYTEST_ADDOPTS": "", "COLUMNS": "200"})

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        become = ["setpriv", f"--reuid={self.user}", f"--regid={_group(self.user)}",
                  "--clear-groups"] if self.user else []  # fmt: skip
        return subprocess.run([*become, *command], cwd=self.folder, env=self._env(env),
                              input=stdin, capture_output=True, text=True, timeout=600,
                              check=False)  # fmt: skip

    def _env(self, env: Mapping[str, str] | None) -> dict[str, str]:
        home = {"HOME": str(self._home_of(self.user))} if self.user else {}
        return {**os.environ, **home, "COLUMNS": "80", **(env or {})}

    def _home_of(self, user: str) -> Path:
        home = Path(*self.folder.parts[:4], "home")  # short, as a socket's path must be
        home.mkdir(exist_ok=True)
        shutil.chown(home, user)
        return home

    def _observed(self) -> Path:
        copy = self.folder / ".observed.py"
        shutil.copy2(OBSERVED, copy)
        return copy

    # -- What is there ------------------------------------------------------------------

    @property
    def home(self) -> Path:
        as_root = os.geteuid() == 0 and not self.user
        return (Path("/var/lib/howdah") if as_root else self.folder / ".howdah") / self.environment

    @property
    def installed(self) -> bool:
        """Or a part of it. An ordinary user's home has the records of runs, too: files."""
        return any(self.home.glob("*/"))

    @property
    def bin(self) -> Path:
        return next(self.home.glob("pgsql-*")) / "bin"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets" / self.environment

    def link(self, name: str) -> str:
        """The release that a link of etc/ points to."""
        return (self.home / "etc" / name).readlink().name

    @property
    def log(self) -> str:
        """All of it, in the order of its writing: at midnight the server begins a new file."""
        files = (self.home / "log").glob("postgresql*")
        return "".join(p.read_text() for p in sorted(files, key=lambda p: p.stat().st_mtime_ns))

    @property
    def pid_file(self) -> Path:
        data = self.host_data.get("data_directory") or self.home / "data"
        return Path(data, "postmaster.pid")

    @property
    def pid(self) -> int:
        return int(self.pid_file.read_text().split()[0])

    def password(self, role: str) -> str:
        names = {"appuser": "app_user", "backupuser": "app_ro", "temporaluser": "temporal"}
        return (self.secrets / f"postgres_{names[role]}_pw").read_text().strip()

    # -- Talking to the server ----------------------------------------------------------

    @property
    def address(self) -> str:
        return "127.0.0.1"

    def login(
        self, role: str, database: str, sql: str = "SELECT 1", **conninfo: object
    ) -> subprocess.CompletedProcess[str]:
        """As a client does: over TCP, verify-full, with the role's password."""
        given = {
            "host": "127.0.0.1", "port": self.port, "dbname": database, "user": role,
            "sslmode": "verify-full", "sslrootcert": self.secrets / "ca.crt", **conninfo,
        }  # fmt: skip
        password = given.pop("password", None) or self.password(role)
        dsn = " ".join(f"{key}='{value}'" for key, value in given.items())
        command = [str(self.bin / "psql"), "-XAtqw", "-v", "ON_ERROR_STOP=1", "-c", sql, dsn]
        return self.run(command, env={"PGPASSWORD": str(password)})

    def session(self, role: str, database: str, **conninfo: Any) -> psycopg.Connection:
        """One that lasts, of a client like that; each statement is a transaction."""
        given = {
            "host": self.address, "port": self.port, "dbname": database, "user": role,
            "password": self.password(role), "sslmode": "verify-full",
            "sslrootcert": str(self.secrets / "ca.crt"), **conninfo,
        }  # fmt: skip
        return psycopg.connect(autocommit=True, **given)

    def ask(self, sql: str, database: str = "postgres", *, pgoptions: str = "") -> str:
        """As the superuser over the socket; several statements are several."""
        pid = self.pid_file.read_text().split("\n")
        psql = [str(self.bin / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", pid[4], "-p",
                pid[3], "-U", "postgres", "-d", database, "-f", "-"]  # fmt: skip
        as_root = os.geteuid() == 0 and not self.user
        env = {"PGOPTIONS": pgoptions}
        done = self.run([*(AS_HOWDAH if as_root else []), *psql], env=env, stdin=sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def remove(self) -> None:
        """Ends the server and deletes everything, as nobody should but who has made it."""
        if self.pid_file.exists():
            lines = self.pid_file.read_text().splitlines()
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(lines[0]), signal.SIGQUIT)
            shutil.rmtree(lines[4], ignore_errors=True)  # the socket's folder
        shutil.rmtree(self.home, ignore_errors=True)
        for lock in self.home.parent.glob(f".{self.environment}.*"):
            lock.unlink()
        shutil.rmtree(self.folder)


@functools.cache
def warm() -> Warm:
    """This process's own, from the first run on."""
    return Warm()


def until(condition: Callable[[], bool]) -> None:
    """It becomes true, as it must within a minute."""
    latest = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < latest
        time.sleep(0.05)


def free_port() -> int:
    """Below the ports that the kernel gives to clients: nobody takes it during a restart."""
    while True:
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", random.randrange(10000, 32000)))
            return int(s.getsockname()[1])


def files_of_checkout() -> list[str]:
    """All that git knows or would take, by their paths from the root."""
    names = _git("ls-files", "--cached", "--others", "--exclude-standard").split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def _git(*words: str) -> str:
    command = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), *words, "-z"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _group(user: str | None) -> str:
    return subprocess.run(["id", "-gn", str(user)], check=True, capture_output=True,
                          text=True).stdout.strip()  # fmt: skip


def _python_for(folder: Path) -> Path:
    """A virtual environment that another user can enter, also when this one lies in /root."""
    system = subprocess.run(["/usr/bin/python3", "-c", "import sys; print(sys.version_info[:2])"],
                            check=True, capture_output=True, text=True).stdout  # fmt: skip
    if system.strip() != str(sys.version_info[:2]):
        pytest.skip(f"/usr/bin/python3 is {system.strip()}, and the tests run with another")
    home = folder / ".venv"
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", home], check=True)
    packages = Path(next(p for p in sys.path if p.endswith("site-packages")))
    target = next((home / "lib").glob("python3*")) / "site-packages"
    target.rmdir()
    words = f"cp -al {shlex.quote(str(packages))} {shlex.quote(str(target))}"
    subprocess.run(f"{words} 2>/dev/null || {words.replace('-al', '-a')}", shell=True, check=True)
    return home / "bin" / "python"
