"""The current host, past pyinfra's facts and operations: those print, and swallow failures."""

import socket
import time
from dataclasses import replace
from typing import Any

import gevent
from gevent import Greenlet
from paramiko import SSHException, Transport
from pyinfra import host
from pyinfra.api import DeployError, QuoteString, StringCommand

from deploys.fence import connector
from deploys.fence.connector import Arguments, transport
from deploys.script import FRAME
from howdah import answer
from howdah.answer import Answer
from howdah.errors import HowdahError

# So a password is not even asked for.
SHOWN = (
    "pyinfra would show the password to everybody on the host, in the arguments of a process: "
    "needs NOPASSWD for this user, or ssh_user = 'root'"
)
ASKS = f"sudo asks for a password, and {SHOWN}"
PASSWORD_KEYS = ("_sudo_password", "_use_sudo_password", "_su_password")
LOST = "the connection to the host is lost; run this again"
BROKEN = (SSHException, EOFError, OSError)  # what paramiko raises then
# 40 ms of waiting for packets to fill, of each command here and of the first answer there: sshd
# holds that back until what it sent before is acknowledged, and an ACK is delayed likewise.
QUICK = {
    "TCP_NODELAY": 1,
    "TCP_QUICKACK": 1,
}
# A host that is gone without a word is noticed after a minute, and not after TCP's quarter of an
# hour, or never.
KEPT = {
    "TCP_KEEPIDLE": 20,
    "TCP_KEEPINTVL": 10,
    "TCP_USER_TIMEOUT": 60_000,
}


connector.ask_no_password(HowdahError(ASKS))
connector.read_any_encoding()


def check(stage: str) -> None:
    """Raises DeployError for what would show a password, or trust an unknown host."""
    for key in PASSWORD_KEYS:
        if host.data.get(key):
            raise DeployError(f"{key}: {SHOWN} (host {host.name})")
    checking = host.data.get("ssh_strict_host_key_checking")
    if stage == "production" and transport() and checking != "yes":
        raise DeployError(
            f"ssh_strict_host_key_checking = {checking!r}: production needs 'yes' "
            f"(host {host.name})"
        )


def run(text: str, arguments: Arguments | None = None) -> "Greenlet[..., Answer]":
    """A shell script, begun now. Its greenlet gives the Answer, whatever the login shell prints.

    ``arguments``: pyinfra's, like _sudo; None: the host's own.
    """
    if arguments is None:
        arguments = connector.arguments()
    frame = QuoteString(FRAME)
    command = StringCommand("sh", "-c", frame, "sh", QuoteString(text))
    over = transport()
    asked = gevent.spawn(_ask, host.run_shell_command, over, command, arguments)
    gevent.sleep(0)  # the question leaves now
    return asked


def _ask(
    runs: Any,
    over: Transport | None,
    command: StringCommand,
    arguments: Any,
) -> Answer:
    """Where the connection is lost, that is the answer."""
    now = time.time()
    try:
        done, output = runs(command, print_output=False, **arguments)
    except (*BROKEN, HowdahError) as e:
        if _is_lost(over):
            return _failed(LOST)
        return _failed(str(e))
    if not done and _is_lost(over):
        return _failed(LOST)
    read = answer.read(output.stdout_lines, output.stderr_lines, done=done)
    if not done and connector.sudo_asks(read.cause):
        # after a greeting without line end, which pyinfra does not see through
        return _failed(ASKS)
    return replace(read, asked=now)


def _failed(why: str) -> Answer:
    return Answer(done=False, lines=[], errors=[why])


def is_lost() -> bool:
    """Whether the host was there, and is gone."""
    return _is_lost(transport())


def _is_lost(over: Transport | None) -> bool:
    return over is not None and not over.is_active()


def hurry() -> None:
    """Packets leave at once, and a lost host is noticed."""
    over = transport()
    if not over:
        return
    sock = over.sock
    if not isinstance(sock, socket.socket):  # through a jump host
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {**KEPT, **QUICK}
    for name, value in options.items():
        option = getattr(socket, name, None)
        if option is not None:  # not every system has all of them
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
