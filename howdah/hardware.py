"""What a host has to give, as the snapshot reads it."""

from dataclasses import dataclass

GB = 1024**3


@dataclass(frozen=True)
class Hardware:
    """RAM and the data's file system in bytes, cores as the scheduler gives them."""

    memory: int
    cores: int
    disk: int


# For what is checked before the host has answered: no check asks for more than it has.
UNKNOWN = Hardware(memory=2**60, cores=4, disk=100 * GB)
