"""Which hosts one cluster is made of, and which of them leads."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topology:
    """Hosts by their names in the inventory. One host is one cluster: it leads itself.

    Roles, rights and schema are set on the leader only; the others have them from it. The lock of
    the leader is the cluster's.
    """

    members: tuple[str, ...]
    leader: str

    @classmethod
    def of_one(cls, host: str) -> "Topology":
        """A cluster without standbys."""
        return cls((host,), host)

    def leads(self, host: str) -> bool:
        """Whether it is the one that takes writes."""
        return host == self.leader

    def one_by_one(self) -> list[str]:
        """The order of restarts: standbys first, so that the leader is down once and last."""
        order = []
        for member in self.members:
            if member != self.leader:
                order.append(member)
        order.append(self.leader)
        return order
