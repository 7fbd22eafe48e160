"""Files that a host keeps, scripts and units: compared by their sha256, and written."""

import base64
import hashlib
from collections.abc import Iterator, Mapping

Texts = Mapping[str, str]  # by path, without the line end at the end
FUNCTIONS = "put_files"  # of a script that writes them
# Of a script that a host keeps: what one run alone is given is not in it.
LASTING = {"adopted": "", "adopt_container": ""}


def lacking(texts: Texts, sums: Mapping[str, str]) -> Iterator[str]:
    """What would be written, a line each. ``sums``: the sha256 of those that the host has."""
    for path, text in texts.items():
        digest = hashlib.sha256(f"{text}\n".encode())
        if sums.get(path) != digest.hexdigest():
            yield f"write {path}"


def paths(texts: Texts) -> str:
    """The variable of the script that has their paths."""
    return "\n".join(texts)


def documents(texts: Texts) -> dict[str, str]:
    """The script's documents, encoded: a text of one has documents of its own."""
    found = {}
    for number, text in enumerate(texts.values()):
        encoded = base64.b64encode(f"{text}\n".encode())
        found[f"file_{number}"] = encoded.decode()
    return found
