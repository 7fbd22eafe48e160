"""Files on their way to a host, in the stdin of a script."""

import io
import tarfile
from collections.abc import Mapping


def tar(files: Mapping[str, bytes]) -> bytes:
    """Closed to all but their owner."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as written:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o600
            written.addfile(info, io.BytesIO(content))
    return archive.getvalue()
