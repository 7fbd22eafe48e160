"""The folder that an inventory names for the data: whether a server may live there."""

from collections.abc import Iterator
from dataclasses import dataclass

from howdah.found.lines import Lines, Values

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


@dataclass(frozen=True)
class Place:
    """The data directory, where it is there already, and the folders above it."""

    file_system: str
    writable: bool
    folders: tuple[Folder, ...]  # the data directory first

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


def read(lines: Lines) -> Place:
    """Empty where the inventory names none. Raises AnswerError."""
    folders = lines.each("above", _folder)
    return Place(
        file_system=lines.text("place"),
        writable=lines.is_there("writable"),
        folders=tuple(folders),
    )


def _folder(values: Values) -> Folder:
    mode, owner, group, path = values
    return Folder(mode, owner, group, path)


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
