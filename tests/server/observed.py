"""pyinfra as its command runs it, observed from inside: `python observed.py REPORT ARGS…`.

A process of tests/server/warm.py, which has imported this already, calls `main` in a fork.
Writes to REPORT, as JSON, the remote commands that it ran, the modules that it had imported, and
the pid of the server that it killed.
HOWDAH_KILL_AFTER=n kills the process, as kill -9 does, after the n-th command;
HOWDAH_KILL_DURING=n while the n-th goes on without it.
HOWDAH_AFTER=n:words runs the words in a shell after the n-th, as somebody on the host might.
HOWDAH_KILL_SERVER_AFTER=n kills, after the n-th command, the server whose pid stands in the file
HOWDAH_PID_FILE, as the kernel does where memory is short.
HOWDAH_HIDE=module makes a module as absent as if it were not installed.
"""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from typing_extensions import override

commands: list[str] = []
killed: list[int] = []


class Hider(PathFinder):
    """The finder of installed modules, blind for one."""

    @classmethod
    @override
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> Any:
        return None if fullname == HIDDEN else super().find_spec(fullname, path, target)


HIDDEN = os.environ.get("HOWDAH_HIDE")
if HIDDEN:
    sys.meta_path = [Hider if finder is PathFinder else finder for finder in sys.meta_path]

from pyinfra.connectors import local, ssh  # noqa: E402
from pyinfra_cli.main import main as run_pyinfra  # noqa: E402

run_local_process = local.run_local_process
run_over_ssh, read_over_ssh = ssh.SSHConnector.run_shell_command, ssh.read_output_buffers


def number(variable: str) -> int:
    """Of a command; 0 is none."""
    return int(os.environ.get(variable, "0"))


def kill_server(pid: int) -> None:
    """Until it is gone, its listening sockets too."""
    os.kill(pid, signal.SIGKILL)
    for _ in range(1000):
        state = subprocess.run(["ps", "-o", "stat=", str(pid)], check=False, capture_output=True)
        if state.stdout[:1] in (b"", b"Z"):
            return
        time.sleep(0.01)


def counting(command: str, *args: Any, **kwargs: Any) -> Any:
    commands.append(command)
    if len(commands) == number("HOWDAH_KILL_DURING"):
        process = subprocess.Popen(command, shell=True, stdin=subprocess.PIPE)
        assert process.stdin
        process.stdin.write((kwargs.get("stdin") or "").encode())
        process.stdin.close()
        os.kill(os.getpid(), signal.SIGKILL)
    result = run_local_process(command, *args, **kwargs)
    after_a_command()
    return result


def after_a_command() -> None:
    after, _, words = os.environ.get("HOWDAH_AFTER", "0:").partition(":")
    if len(commands) == int(after):
        subprocess.run(words, shell=True, check=True)
    if len(commands) == number("HOWDAH_KILL_AFTER"):
        os.kill(os.getpid(), signal.SIGKILL)
    pid_file = Path(os.environ.get("HOWDAH_PID_FILE", "/nonexistent"))
    if len(commands) == number("HOWDAH_KILL_SERVER_AFTER") and pid_file.exists():
        killed.append(int(pid_file.read_text().split()[0]))
        kill_server(killed[0])


def counting_over_ssh(self: Any, command: Any, *args: Any, **kwargs: Any) -> Any:
    commands.append(str(command))
    result = run_over_ssh(self, command, *args, **kwargs)
    after_a_command()
    return result


def reading_over_ssh(*args: Any, **kwargs: Any) -> Any:
    """When it has been sent whole, with its input."""
    if len(commands) == number("HOWDAH_KILL_DURING"):
        os.kill(os.getpid(), signal.SIGKILL)
    return read_over_ssh(*args, **kwargs)


def main() -> None:
    """By sys.argv, the working folder and the environment of this process."""
    report = Path(sys.argv.pop(1))
    local.run_local_process = counting
    ssh.SSHConnector.run_shell_command = counting_over_ssh  # type: ignore[method-assign]
    ssh.read_output_buffers = reading_over_ssh
    try:
        run_pyinfra()
    finally:
        seen = {"commands": commands, "modules": sorted(sys.modules), "killed": killed}
        report.write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
