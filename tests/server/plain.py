"""A plain PostgreSQL: initdb, a socket, no password; for what a deploy does not prepare."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.server.checkout import AS_HOWDAH

SETTINGS = "-c listen_addresses= -c fsync=off -c shared_buffers=32MB -c max_connections=40"
OWNER = """
CREATE ROLE appowner NOLOGIN;
CREATE ROLE appuser LOGIN;
CREATE SCHEMA app AUTHORIZATION appowner;
GRANT USAGE ON SCHEMA app TO appuser;
ALTER DEFAULT PRIVILEGES FOR ROLE appowner IN SCHEMA app
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO appuser;
"""


class PlainServer:
    """One server, with schema app and its two roles at first; the superuser is postgres."""

    def __init__(self, binaries: Path, prepared: str = OWNER) -> None:
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="howdah-plain-", dir="/var/tmp"))
        self.folder.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "howdah", "howdah")
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {self.folder} {SETTINGS}"
        self._run("pg_ctl", "-D", data, "-w", "-l", self.folder / "log", "-o", options, "start")
        self.ask(prepared)

    def url(self, user: str = "postgres") -> str:
        return f"postgresql://{user}@/postgres?host={self.folder}"

    def ask(self, sql: str, *, pgoptions: str = "") -> str:
        words: list[str | Path] = ["-XAtq", "-v", "ON_ERROR_STOP=1"]
        words += ["-h", self.folder, "-U", "postgres", "-f", "-"]
        return self._run("psql", *words, stdin=sql, env={"PGOPTIONS": pgoptions})

    def remove(self) -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder)

    def _run(
        self, *command: str | Path, stdin: str = "", env: Mapping[str, str] | None = None
    ) -> str:
        become = AS_HOWDAH if os.geteuid() == 0 else []
        done = subprocess.run(
            [*become, self.binaries / command[0], *command[1:]], cwd="/", input=stdin, text=True,
            check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()
