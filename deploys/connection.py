"""The host at hand, past pyinfra's facts and operations: those print, and swallow failures."""

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
SHOWN = ("pyinfra would show the password to everybody on the host, in the arguments of a process: "
         "needs NOPASSWD for this user, or ssh_user = 'root'")  # fmt: skip
ASKS = f"sudo asks for a password, and {SHOWN}"
PASSWORD_KEYS = ("_sudo_password", "_use_sudo_password", "_su_password")
LOST = "the connection to the host is lost; run this again"
BROKEN = (SSHException, EOFError, OSError)  # what paramiko raises then
# 40 ms of waiting for packets to fill, of each command here and of the first answer there: sshd
# holds that back until what it said before is acknowledged, and an ACK is delayed likewise.
QUICK = {"TCP_NODELAY": 1, "TCP_QUICKACK": 1}
# A host that is gone without a word is noticed after a minute, and not after TCP's quarter of an
# hour, or never.
KEPT = {"TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10, "TCP_USER_TIMEOUT": 60_000}


connector.ask_no_password(HowdahError(ASKS))
connector.read_any_encoding()


def refuse(stage: str) -> None:
    """What would show a password, or trust a host that nobody has looked at. Raises DeployError."""
    for key in PASSWORD_KEYS:
        if host.data.get(key):
            raise DeployError(f"{key}: {SHOWN} (host {host.name})")
    checking = host.data.get("ssh_strict_host_key_checking")
    if stage == "production" and transport() and checking != "yes":
        raise DeployError(f"ssh_strict_host_key_checking = {checking!r}: production needs 'yes' "
                          f"(host {host.name})")  # fmt: skip


def run(text: str, whom: Arguments | None = None) -> "Greenlet[..., Answer]":
    """A shell script, begun now. Its greenlet gives the Answer, whatever the login shell says.

    ``whom``: pyinfra's arguments like _sudo; none says the host's own.
    """
    if whom is None:
        whom = connector.arguments()
    words = QuoteString(FRAME), "sh", QuoteString(text)
    command = StringCommand("sh", "-c", *words)
    asked = gevent.spawn(_ask, host.run_shell_command, transport(), command, whom)
    gevent.sleep(0)  # the question leaves now
    return asked


def _ask(runs: Any, over: Transport | None, command: StringCommand, arguments: Any) -> Answer:
    """Where the connection is lost, that is the answer."""
    now = time.time()
    try:
        done, output = runs(command, print_output=False, **arguments)
    except (*BROKEN, HowdahError) as e:
        return Answer(done=False, lines=[], errors=[_lost(over) or str(e)])
    if not done and _lost(over):
        return Answer(done=False, lines=[], errors=[LOST])
    read = answer.read(output.stdout_lines, output.stderr_lines, done=done)
    if not done and connector.sudo_asks(read.cause):
        # after a greeting without line end, which pyinfra does not see through
        return Answer(done=False, lines=[], errors=[ASKS])
    return replace(read, asked=now)


def _lost(over: Transport | None) -> str:
    return LOST if over and not over.is_active() else ""


def is_lost() -> bool:
    """Whether the host was there, and is gone."""
    over = transport()
    return over is not None and not over.is_active()


def hurry() -> None:
    """Packets leave at once, and a lost host is noticed."""
    over = transport()
    if over and isinstance(over.sock, socket.socket):  # not through a jump host
        over.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in {**KEPT, **QUICK}.items():
            if hasattr(socket, name):  # not every system has all of them
                over.sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
