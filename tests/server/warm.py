"""A process that has imported what each run of pyinfra imports, and forks for each of them.

Half of a short run's time are imports. Each of pytest's processes has one of these. What a checkout
has of its own (howdah, deploys) is imported by the fork, for each checkout has its own.
"""

import importlib
import json
import os
import random
import select
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LONGEST = 600  # seconds
# Of other projects only, for a checkout may have another Howdah than this one.
PRELOADED = ("pydantic", "jinja2", "cryptography.x509", "pgparse", "psycopg", "gevent.server",
             "cryptography.hazmat.primitives.asymmetric.ec")  # fmt: skip


class Warm:
    """The process, seen from the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "tests.server.warm"], cwd=ROOT,
                                         stdin=subprocess.PIPE)  # fmt: skip

    def run(
        self, argv: Sequence[str], folder: Path, env: Mapping[str, str], stdin: str
    ) -> "subprocess.CompletedProcess[str]":
        """As subprocess.run does it, output captured."""
        with tempfile.TemporaryDirectory(prefix="howdah-test-", dir="/var/tmp") as own:
            files = Path(own)
            (files / "stdin").write_text(stdin)
            os.mkfifo(files / "status")
            status = os.open(files / "status", os.O_RDONLY | os.O_NONBLOCK)
            request = {"argv": argv, "folder": str(folder), "env": dict(env), "files": own}
            assert self._process.stdin
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            pid, code = (self._line(status) for _ in range(2))
            os.close(status)
            texts = [(files / name).read_text(errors="replace") for name in ("stdout", "stderr")]
        assert pid
        return subprocess.CompletedProcess(argv, code, *texts)

    def _line(self, status: int) -> int:
        """A number that the fork's parent writes."""
        text = b""
        while not text.endswith(b"\n"):
            assert select.select([status], [], [], LONGEST)[0], "pyinfra does not end"
            text += os.read(status, 1)
        return int(text)


# -- The process itself ----------------------------------------------------------------------


def serve() -> None:
    """A fork for each line of stdin, until that ends."""
    # gevent's own would begin its loop, which no fork can share
    fork, waitpid = get_original("os", "fork"), get_original("os", "waitpid")
    for request in requests():
        reap(waitpid)
        if fork():
            continue
        pid = fork()
        if not pid:
            become(request)
            observed.main()
            return
        with open(f"{request['files']}/status", "w") as status:
            print(pid, file=status, flush=True)
            print(os.waitstatus_to_exitcode(waitpid(pid, 0)[1]), file=status, flush=True)
        os._exit(0)


def requests() -> Iterator[dict[str, Any]]:
    """What Warm.run asks for. Not by sys.stdin: a fork has another."""
    text = b""
    while block := os.read(0, 65536):
        *lines, text = (text + block).split(b"\n")
        yield from map(json.loads, lines)


def reap(waitpid: Callable[[int, int], tuple[int, int]]) -> None:
    """Those that have waited for a fork and are done."""
    with suppress(ChildProcessError):
        while waitpid(-1, os.WNOHANG)[0]:
            pass


def become(request: dict[str, Any]) -> None:
    """What a new process would have been given."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        file = os.open(f"{request['files']}/{name}", os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(file, fd)
        os.close(file)
    sys.argv = request["argv"]
    sys.path[0] = request["folder"]
    path = request["env"].get("PYTHONPATH", "")
    sys.path[1:1] = list(filter(None, path.split(os.pathsep)))
    random.seed()


if __name__ == "__main__":
    from gevent.monkey import get_original

    from tests.server import observed

    for name in PRELOADED:
        importlib.import_module(name)
    serve()
