"""Records of pg_hba.conf."""

from collections.abc import Iterable
from dataclasses import dataclass

from howdah.knobs import Network


@dataclass(frozen=True, order=True)
class Record:
    """One role into one database from one network, over TLS, with SCRAM."""

    database: str
    role: str
    address: str


def records(logins: Iterable[tuple[str, str]], networks: Iterable[Network]) -> list[Record]:
    """(database, role) pairs that may log in × networks -> records, in a fixed order."""
    allowed = [str(network) for network in networks]
    return [Record(db, role, address) for db, role in sorted(logins) for address in allowed]


def logins(text: str) -> set[tuple[str, str]]:
    """(database, role) of the records in a pg_hba.conf as rendered here."""
    lines = (line.split() for line in text.splitlines() if line.startswith("hostssl "))
    return {(words[1], words[2]) for words in lines}
