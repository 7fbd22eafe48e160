"""The folder that an inventory names for the data: whether a server may live there."""

from collections.abc import Iterator
from dataclasses import dataclass, field

# As `stat -f` names them.
LOST_AT_REBOOT = {"tmpfs", "ramfs"}
# PostgreSQL needs owners, modes and an fsync that is one.
UNFIT = {"msdos", "exfat", "fuseblk", "v9fs", "smb", "smb2", "cifs"}
MODES = ("700", "750")  # PostgreSQL starts with these only
OTHERS_ENTER, GROUP_ENTERS, OWNER_ENTERS = 0o001, 0o010, 0o100


@dataclass(frozen=True)
class Folder:
    """As stat prints it."""

    mode: str  # 755
    owner: str
    group: str
    path: str


@dataclass
class Place:
    """The data directory, where it is there already, and the folders above it."""

    file_system: str = ""
    writable: bool = False
    folders: list[Folder] = field(default_factory=list)  # the data directory first

    def add(self, name: str, values: list[str]) -> None:
        """A fact of it. Raises ValueError."""
        if name == "above":
            self.folders.append(Folder(*values))
        else:
            self.file_system, writable = values
            self.writable = bool(writable)

    def faults(self, data: str, user: str, *, has_data: bool, lasting: bool) -> Iterator[str]:
        """Why no server may live there.

        ``user``: the server's OS user. ``has_data``: whether this cluster's data is there already.
        ``lasting``: whether the data must outlive a reboot.
        """
        if self.file_system in UNFIT:
            yield (
                f"{data} is on {self.file_system}, which has no owners and modes of its own; "
                "needs ext4, xfs, btrfs or zfs"
            )
        if self.file_system in LOST_AT_REBOOT and lasting:
            yield f"{data} is on {self.file_system}: a reboot would delete it; mount a disk there"
        if not self.writable:
            yield f"{data} cannot be written: is its file system mounted read-only?"
        for folder in self.folders:
            if folder.path == data:
                yield from _own_faults(folder, user, has_data=has_data)
            elif not _enters(user, folder):
                yield (
                    f"{folder.path} has mode {folder.mode} and is {folder.owner}'s: {user} cannot "
                    f"enter it; chmod o+x {folder.path}"
                )


def _own_faults(folder: Folder, user: str, *, has_data: bool) -> Iterator[str]:
    owners = [user] if has_data else [user, "root"]
    if folder.owner not in owners:
        yield f"{folder.path} is {folder.owner}'s; needs {user}: chown -R {user}: {folder.path}"
    if has_data and folder.mode not in MODES:
        yield f"{folder.path} has mode {folder.mode}; needs 700: chmod 700 {folder.path}"


def _enters(user: str, folder: Folder) -> bool:
    mode = int(folder.mode, 8)
    if folder.owner == user:
        return bool(mode & OWNER_ENTERS)
    if folder.group == user:
        return bool(mode & GROUP_ENTERS)
    return bool(mode & OTHERS_ENTER)
