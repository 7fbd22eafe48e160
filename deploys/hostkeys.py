"""A host whose key is unknown, or another one: what to look at, and what to type."""

import shlex

from paramiko import PKey

from deploys.fence import connector
from deploys.fence.connector import Client

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


def explain() -> None:
    """From now on, where pyinfra meets a host whose key it does not know, or another one."""
    connector.explain_host_keys(
        lambda client, name, key: _text(UNKNOWN, client, name, key),
        lambda client, name, key: _text(CHANGED, client, name, key),
    )


def _text(
    text: str,
    client: Client,
    hostname: str,
    key: PKey,
) -> str:
    """``hostname`` is as known_hosts has it: db1, or [db1]:2222."""
    plain, _, port = hostname.strip("[").partition("]:")
    file = shlex.quote(client.known_hosts)
    name = key.get_name().removeprefix("ssh-")
    kind, _, _ = name.partition("-")
    return text.format(
        name=hostname,
        file=file,
        kind=kind,
        fingerprint=key.fingerprint,
        look=f"ssh-keygen -lf /etc/ssh/ssh_host_{kind}_key.pub",
        remove=f"ssh-keygen -f {file} -R {shlex.quote(hostname)}",
        add=_adding(client, plain, port, kind, file),
    )


def _adding(
    client: Client,
    name: str,
    port: str,
    kind: str,
    file: str,
) -> str:
    """Through a jump host only ssh itself reaches it, and asks."""
    if client.through_jump_host:
        return f"ssh -o UserKnownHostsFile={file} {name} true"
    there = f"-p {port} {name}" if port else name
    return f"ssh-keyscan -t {kind} {there} >> {file}"
