"""secrets/<environment>/: the only code that reads or writes it.

postgres_app_user_pw, postgres_app_ro_pw, postgres_temporal_pw   and a .verifier of each
ca.crt, ca.key, hosts/<host>.crt, hosts/<host>.key
"""

import functools
import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from howdah.errors import HowdahError
from howdah.secrets import scram, writer, x509
from howdah.secrets.files import write_whole
from howdah.secrets.pem import Pair
from howdah.secrets.verifiers import PASSWORDS

RANDOM_BYTES = 32  # 43 characters of base64, 256 bits
LEAST_CHARACTERS = 16  # of a password that somebody brings along, outside of development

_matches = functools.cache(scram.matches)  # 2 ms each time


class SecretError(HowdahError):
    """A file of the store that cannot be used. Its content is never in the message."""


class Store:
    """One environment's secrets. Making them is idempotent; a file that is there is used as is."""

    def __init__(self, folder: Path, *, lenient: bool = False, given: str | None = None) -> None:
        """``lenient``: development's short passwords pass. ``given``: its one for every role."""
        self.folder = folder
        self._lenient = lenient
        self._given = given

    def path(self, name: str) -> Path:
        """Where a file of the store is."""
        return self.folder / name

    def password_file(self, variable: str) -> Path:
        """The file of the password behind a variable of roles-sql."""
        return self.path(PASSWORDS[variable])

    def content(self, name: str) -> bytes | None:
        """The bytes of a file; None while there is none. Raises SecretError."""
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise SecretError(f"{self.path(name)}: {e.strerror}") from None

    # -- Passwords ----------------------------------------------------------------------

    def password(self, variable: str) -> str | None:
        """The password behind a variable of roles-sql; None when there is no file yet.

        Exactly one line end at the end is not part of it; every other byte is.
        """
        raw = self.content(PASSWORDS[variable])
        if raw is None:
            return None
        file = self.password_file(variable)
        try:
            text = re.sub(r"\r?\n\Z", "", raw.decode())
            scram.check_password(text)
        except UnicodeDecodeError:
            raise SecretError(f"{file}: is not UTF-8") from None
        except ValueError as e:
            raise SecretError(f"{file}: {e}") from None
        if len(text) < LEAST_CHARACTERS and not self._lenient:
            raise SecretError(
                f"{file}: {len(text)} characters; needs "
                f"{LEAST_CHARACTERS} or more outside of development"
            )
        return text

    def verifier(self, variable: str) -> str | None:
        """The SCRAM verifier of that password; None when it has to be made first."""
        raw = self.content(PASSWORDS[variable] + ".verifier")
        password = self.password(variable)
        if raw is None or password is None:
            return None
        try:
            text = raw.decode().strip()
            its = _matches(password, text)
        except ValueError as e:
            file = self.password_file(variable)
            raise SecretError(
                f"{file}.verifier: {e}; remove it, and the next deploy makes it anew"
            ) from None
        if not its:
            return None
        return text

    def verifiers(self) -> dict[str, str]:
        """Variable: its verifier; only those that there are."""
        there = {}
        for variable in PASSWORDS:
            verifier = self.verifier(variable)
            if verifier:
                there[variable] = verifier
        return there

    def digests(self) -> dict[str, str]:
        """Variable: sha256 of its verifier, in hex; only those that there are."""
        there = {}
        for variable, verifier in self.verifiers().items():
            digest = hashlib.sha256(verifier.encode())
            there[variable] = digest.hexdigest()
        return there

    # -- Certificates -------------------------------------------------------------------

    def ca(self) -> Pair | None:
        """The certificate authority; its key is empty when it is kept elsewhere."""
        certificate = self.content("ca.crt")
        if not certificate:
            return None
        key = self.content("ca.key")
        return Pair(certificate, key or b"")

    def leaf(self, host: str) -> Pair | None:
        """The host's certificate."""
        certificate = self.content(f"hosts/{host}.crt")
        key = self.content(f"hosts/{host}.key")
        if not certificate or not key:
            return None
        return Pair(certificate, key)

    def leaf_faults(
        self,
        host: str,
        names: Sequence[str],
        days: int,
    ) -> list[str]:
        """Why the host needs a new certificate; empty when it does not."""
        ca = self.ca()
        leaf = self.leaf(host)
        if not ca or not leaf:
            return ["there is none"]
        return x509.leaf_faults(leaf, ca, names, days=days)

    def days_left(self, host: str) -> dict[str, int]:
        """Whole days, of the host's certificate and of the CA; only those that there are."""
        leaf = self.leaf(host)
        ca = self.ca()
        days = {}
        if leaf:
            days["certificate"] = x509.days_left(leaf.certificate)
        if ca:
            days["CA"] = x509.days_left(ca.certificate)
        return days

    # -- Making -------------------------------------------------------------------------

    def due(
        self,
        host: str,
        names: Sequence[str],
        days: int,
    ) -> list[str]:
        """What `make` would do, a line each. Raises SecretError before anything is made."""
        lines = self._passwords_due()
        self._check_ca()
        ca = self.ca()
        if ca and ca.key:  # before it has to sign: no client takes an expired CA's leaf
            self._check_signing()
        if not ca:
            lines.append(f"make {self.path('ca.crt')} and ca.key")
        faults = self.leaf_faults(host, names, days)
        if faults:
            certificate = self.path(f"hosts/{host}.crt")
            reasons = "; ".join(faults)
            lines.append(f"make {certificate} and .key: {reasons}")
            self._check_signing()
        for path in self._open():
            lines.append(f"mode {_mode(path):04o} for {path}")
        return lines

    def _passwords_due(self) -> list[str]:
        lines = []
        for variable in PASSWORDS:
            if self._is_due(variable):
                lines.append(f"make {self.password_file(variable)}")
        for variable in PASSWORDS:
            if self.verifier(variable) is None:
                lines.append(f"make {self.password_file(variable)}.verifier")
        return lines

    def _is_due(self, variable: str) -> bool:
        """Whether the password has to be made, or is another one than the inventory's."""
        password = self.password(variable)
        return password is None or self._given not in (None, password)

    def make(
        self,
        host: str,
        names: Sequence[str],
        days: int,
        ca_days: int,
    ) -> None:
        """Makes what `due` names, each file whole or not at all, as the store's only writer.

        What somebody else has made meanwhile is used as is. Raises OSError, HowdahError.
        """
        self.folder.parent.mkdir(mode=0o700, exist_ok=True)
        lock = self.folder.with_name(f".{self.folder.name}.lock")
        with writer.alone(lock):
            self._make(host, names, days, ca_days)

    def _make(
        self,
        host: str,
        names: Sequence[str],
        days: int,
        ca_days: int,
    ) -> None:
        for variable, name in PASSWORDS.items():
            if self._is_due(variable):
                made = self._given or secrets.token_urlsafe(RANDOM_BYTES)
                self.write_line(name, made)
            if self.verifier(variable) is None:
                password = self.password(variable)
                verifier = scram.verifier(password or "")
                self.write_line(f"{name}.verifier", verifier)
        self._check_ca()
        ca = self.ca()
        if not ca:
            ca = x509.make_ca(self.folder.name, days=ca_days)
            self._write("ca.key", ca.key)
            self._write("ca.crt", ca.certificate)
        if self.leaf_faults(host, names, days):
            self._check_signing()
            leaf = x509.make_leaf(ca, names, days=days)
            self._write(f"hosts/{host}.key", leaf.key)
            self._write(f"hosts/{host}.crt", leaf.certificate)
        for path in self._open():
            path.chmod(_mode(path))

    def _check_ca(self) -> None:
        """Raises SecretError for a CA without its certificate.

        A key alone is what a killed first run leaves, unless it has signed.
        """
        if self.ca():
            return
        signed = list(self.folder.glob("hosts/*.crt"))
        if signed:
            file = self.path("ca.crt")
            raise SecretError(
                f"{file} is missing and has signed certificates; put it back, or remove hosts/ "
                "to begin anew (clients need the new ca.crt)"
            )

    def _check_signing(self) -> None:
        """Raises SecretError for a CA that is there and cannot sign."""
        ca = self.ca()
        if not ca:
            return
        if not ca.key:
            file = self.path("ca.key")
            raise SecretError(f"{file} is missing, and a certificate has to be made; put it back")
        faults = x509.ca_faults(ca)
        if faults:
            file = self.path("ca.crt")
            reasons = "; ".join(faults)
            raise SecretError(f"{file}: {reasons}")

    # -- Files --------------------------------------------------------------------------

    def _open(self) -> Iterator[Path]:
        """Files and folders of the store that others than their owner may use."""
        if not self.folder.exists():
            return
        within = sorted(self.folder.rglob("[!.]*"))
        for path in (self.folder, *within):
            if path.is_symlink() and path != self.folder:
                raise SecretError(f"{path}: is a link; needs the file itself")
            if path.stat().st_mode & 0o077:
                yield path

    def write_line(self, name: str, text: str) -> None:
        """A file of one line, whole or not at all. Raises OSError."""
        self._write(name, text.encode() + b"\n")

    def _write(self, name: str, content: bytes) -> None:
        path = self.path(name)
        for folder in (self.folder.parent, self.folder, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(path, content)


def _mode(path: Path) -> int:
    if path.is_dir():
        return 0o700
    return 0o600
