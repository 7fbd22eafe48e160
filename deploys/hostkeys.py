"""A host whose key is unknown, or another one: what to look at, and what to type."""

import shlex
from typing import Any

from paramiko import BadHostKeyException, PKey, SSHException
from pyinfra.connectors.sshuserclient.client import SSHClient, StrictPolicy

# pyinfra puts it into brackets: the last line is for the one that closes.
UNKNOWN = """the key of {name} is not in {file}
        it shows        {kind} {fingerprint}
        compare it      on the host's console: {look}
        and add it      {add}
    """
CHANGED = """the key of {name} is not the one in {file}: somebody in the middle, or a new system
        it shows        {kind} {fingerprint}
        compare it      on the host's console: {look}
        and replace it  {remove}
                        {add}
    """

_connect: Any = SSHClient.connect


def explain() -> None:
    """From now on. pyinfra's own words name no file, and nothing to type."""
    StrictPolicy.missing_host_key = _missing  # type: ignore[method-assign]
    SSHClient.connect = _connect_or_explain  # type: ignore[assignment,method-assign]


def _missing(self: StrictPolicy, client: Any, hostname: str, key: PKey) -> None:  # noqa: ARG001
    raise SSHException(_text(UNKNOWN, client, hostname, key))


def _connect_or_explain(self: SSHClient, hostname: str, **given: Any) -> None:
    try:
        _connect(self, hostname, **given)
    except BadHostKeyException as e:
        raise SSHException(_text(CHANGED, self, e.hostname, e.key)) from None


def _text(text: str, client: Any, hostname: str, key: PKey) -> str:
    """``hostname`` is as known_hosts has it: db1, or [db1]:2222."""
    plain, _, port = hostname.strip("[").partition("]:")
    file = shlex.quote(client._host_keys_filename)
    kind = key.get_name().removeprefix("ssh-").partition("-")[0]
    return text.format(
        name=hostname,
        file=file,
        kind=kind,
        fingerprint=key.fingerprint,
        look=f"ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub",
        remove=f"ssh-keygen -f {file} -R {shlex.quote(hostname)}",
        add=_adding(client, plain, port, kind, file),
    )


def _adding(client: Any, name: str, port: str, kind: str, file: str) -> str:
    """Through a jump host only ssh itself reaches it, and asks."""
    if client._ssh_config.get("sock"):
        return f"ssh -o UserKnownHostsFile={file} {name} true"
    there = f"-p {port} {name}" if port else name
    return f"ssh-keyscan -t {kind} {there} >> {file}"
