"""The secrets that containers of applications mount, as a folder at /run/secrets."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from components import application, temporal
from howdah.cluster import Cluster
from howdah.found.docker import Owned

if TYPE_CHECKING:  # cryptography's import is for while the host answers
    from howdah.secrets.store import Store

CA = "ca.crt"


class File(NamedTuple):
    """One container's."""

    uid: int
    content: bytes  # empty, while the store has it to make

    @property
    def owned(self) -> Owned:
        """As a host answers it."""
        digest = hashlib.sha256(self.content)
        sha256 = digest.hexdigest()
        return Owned(str(self.uid), "400", sha256)


def files(cluster: Cluster, store: "Store") -> dict[str, File]:
    """What each container mounts: FOLDER/FILE. Raises SecretError."""
    uids = {
        application.LOGIN: cluster.app_uid,
        temporal.LOGIN: cluster.temporal_uid,
    }
    wanted = {}
    for login, uid in uids.items():
        if uid is None:
            continue
        for name in (login.file, CA):
            content = store.content(name) or b""
            wanted[f"{login.name}/{name}"] = File(uid, content)
    return wanted


def difference(wanted: Mapping[str, File], there: Mapping[str, Owned]) -> list[str]:
    """A line for each file that is missing, another one, or too much."""
    lines = []
    for name, file in sorted(wanted.items()):
        if there.get(name) != file.owned:
            lines.append(f"write {name}, for uid {file.uid} only")
    surplus = there.keys() - wanted.keys()
    for name in sorted(surplus):
        lines.append(f"delete {name}")
    return lines
