"""secrets/<environment>/: what is made, what is used as it is, and what is refused."""

import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from howdah.secrets import scram, x509
from howdah.secrets.store import SecretError, Store
from howdah.secrets.verifiers import PASSWORDS

HOST, NAMES, DAYS = "db1", ["db1.example", "127.0.0.1"], 90
VARIABLE, FILE = "app_verifier", "postgres_app_user_pw"
LONG = "correct horse battery staple"

Write = Callable[[str, bytes], Path]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "secrets" / "test")


@pytest.fixture
def lenient(store: Store) -> Store:
    return Store(store.folder, lenient=True)


@pytest.fixture
def write(store: Store) -> Write:
    def write(name: str, content: bytes) -> Path:
        path = store.path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def make(store: Store, names: list[str] = NAMES) -> None:
    store.make(HOST, names, DAYS, 3650)


def due(store: Store, names: list[str] = NAMES, days: int = DAYS) -> list[str]:
    return store.due(HOST, names, days)


def contents(store: Store) -> dict[Path, tuple[int, bytes]]:
    files = (path for path in store.folder.rglob("*") if path.is_file())
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# -- Making --------------------------------------------------------------------------------


def test_everything_is_due_at_first_and_nothing_afterwards(store: Store) -> None:
    assert due(store) == [
        *(f"make {store.path(name)}" for name in PASSWORDS.values()),
        *(f"make {store.path(name)}.verifier" for name in PASSWORDS.values()),
        f"make {store.path('ca.crt')} and ca.key",
        f"make {store.path('hosts/db1.crt')} and .key: there is none",
    ]
    assert not store.folder.exists()
    make(store)
    assert due(store) == []
    assert {str(path.relative_to(store.folder)) for path in contents(store)} == {
        *PASSWORDS.values(),
        *(f"{name}.verifier" for name in PASSWORDS.values()),
        "ca.crt",
        "ca.key",
        "hosts/db1.crt",
        "hosts/db1.key",
    }


def test_making_again_changes_nothing(store: Store) -> None:
    make(store)
    before = contents(store)
    make(store)
    assert contents(store) == before


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_reads_what_is_made(store: Store) -> None:
    make(store)
    assert mode(store.folder.parent) == mode(store.folder) == mode(store.path("hosts")) == 0o700
    assert {mode(path) for path in contents(store)} == {0o600}


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_reads_what_a_failed_run_leaves(store: Store, write: Write) -> None:
    path = write(".ca.key.partial", b"")
    path.unlink()
    path.mkdir(mode=0o700)
    with pytest.raises(OSError, match="partial"):
        make(store)
    assert {mode(file) for file in contents(store)} == {0o600}
    assert len(contents(store)) == 2 * len(PASSWORDS)  # each with its verifier


def test_passwords_are_long_and_each_its_own(store: Store) -> None:
    make(store)
    passwords = [store.password(variable) for variable in PASSWORDS]
    assert len(set(passwords)) == len(PASSWORDS)
    assert all(p and len(p) == 43 and p.isascii() for p in passwords)


def test_verifiers_and_digests_are_of_the_passwords(store: Store) -> None:
    assert store.verifiers() == {}
    assert store.digests() == {}
    make(store)
    verifiers = store.verifiers()
    assert verifiers.keys() == store.digests().keys() == PASSWORDS.keys()
    for variable, verifier in verifiers.items():
        assert scram.matches(store.password(variable) or "", verifier)
        assert verifier not in store.digests().values()


def test_second_host_shares_the_authority(store: Store) -> None:
    make(store)
    before = contents(store)
    store.make("db2", ["db2.example"], DAYS, 3650)
    after = contents(store)
    assert before.items() <= after.items()
    assert {p.name for p in after.keys() - before.keys()} == {"db2.crt", "db2.key"}


def test_killed_write_is_overcome(store: Store, write: Write) -> None:
    for name in (f".{FILE}.partial", ".ca.key.partial", "hosts/.db1.key.partial"):
        write(name, b"half").chmod(0o644)
    make(store)
    assert due(store) == []
    assert not list(store.folder.rglob(".*.partial"))
    assert store.path(FILE).read_bytes() != b"half"


def test_failed_write_leaves_the_old_file(store: Store, write: Write) -> None:
    path = write(FILE, LONG.encode())
    store.path(f".{FILE}.verifier.partial").mkdir()
    with pytest.raises(OSError, match="partial"):
        make(store)
    assert path.read_bytes() == LONG.encode()
    assert not store.path(f"{FILE}.verifier").exists()


def test_link_to_nowhere_is_no_crash(store: Store) -> None:
    make(store)
    store.path(".#ca.crt").symlink_to("somebody@host.1")  # an editor's lock
    assert due(store) == []


@pytest.mark.usefixtures("open_umask")
def test_file_whose_name_begins_with_a_dot_is_left(store: Store, write: Write) -> None:
    make(store)
    path = write(".gitignore", b"*")
    path.chmod(0o644)
    make(store)
    assert due(store) == []
    assert mode(path) == 0o644


@pytest.mark.parametrize("run", [due, make])
@pytest.mark.parametrize("name", ["ca.key", "hosts", "hosts/db1.key", "notes"])
def test_link_is_refused(
    store: Store, tmp_path: Path, name: str, run: Callable[[Store], object]
) -> None:
    make(store)
    path, elsewhere = store.path(name), tmp_path / "elsewhere"
    if path.exists():
        path.rename(elsewhere)
    else:
        elsewhere.write_bytes(b"")
    elsewhere.chmod(0o755)
    path.symlink_to(elsewhere)
    with pytest.raises(SecretError, match="is a link; needs the file itself") as e:
        run(store)
    assert str(e.value).startswith(f"{path}: ")
    assert mode(elsewhere) == 0o755


def test_folder_of_the_store_may_be_a_link(store: Store, tmp_path: Path) -> None:
    make(store)
    store.folder.rename(tmp_path / "elsewhere")
    store.folder.symlink_to(tmp_path / "elsewhere")
    assert due(store) == []


@pytest.mark.usefixtures("open_umask")
def test_open_modes_are_repaired(store: Store) -> None:
    make(store)
    store.path(FILE).chmod(0o644)
    store.path("hosts").chmod(0o755)
    store.path("hosts/db1.key").chmod(0o640)
    assert sorted(due(store)) == sorted(
        [
            f"mode 0600 for {store.path(FILE)}",
            f"mode 0700 for {store.path('hosts')}",
            f"mode 0600 for {store.path('hosts/db1.key')}",
        ]
    )
    before = contents(store)
    make(store)
    assert contents(store) == before
    assert due(store) == []
    assert (mode(store.path(FILE)), mode(store.path("hosts"))) == (0o600, 0o700)


# -- Passwords (F11, F12) -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "password"),
    [
        (b"hunter2", "hunter2"),
        (b"hunter2\n", "hunter2"),
        (b"hunter2\r\n", "hunter2"),
        (b"hunter2\n\n", "hunter2\n"),
        (b"hunter2\r\n\r\n", "hunter2\r\n"),
        (b"hunter2\r", "hunter2\r"),
        (b" hunter2 ", " hunter2 "),
        (b"\nhunter2", "\nhunter2"),
        (b"\xef\xbb\xbfhunter2\n", "\ufeffhunter2"),
        (b"'hunter'\"2\"\n", "'hunter'\"2\""),
        ("žluťoučký кůň 🐘\n".encode(), "žluťoučký кůň 🐘"),
        (b"$(id) `id` $HOME ${x}\n", "$(id) `id` $HOME ${x}"),
        (b"a\\nb\\\n", "a\\nb\\"),
        (b"100%s%(x)s{}\n", "100%s%(x)s{}"),
        (b"x" * 1000 + b"\n", "x" * 1000),
        (b":app_role :'x'\n", ":app_role :'x'"),
    ],
)
def test_everything_but_one_line_end_is_the_password(
    lenient: Store, write: Write, raw: bytes, password: str
) -> None:
    path = write(FILE, raw)
    assert lenient.password(VARIABLE) == password
    make(lenient)
    assert path.read_bytes() == raw
    assert scram.matches(password, lenient.verifiers()[VARIABLE])
    assert due(lenient) == []


def test_missing_password_is_none(store: Store) -> None:
    assert store.password(VARIABLE) is None
    assert store.verifier(VARIABLE) is None


@pytest.mark.parametrize("raw", [b"hunter2\xff long enough to pass", b"\xff\xfeh\0u\0" * 9])
def test_password_that_is_not_utf_8_is_refused(store: Store, write: Write, raw: bytes) -> None:
    path = write(FILE, raw)
    with pytest.raises(SecretError, match="is not UTF-8") as e:
        due(store)
    assert str(e.value) == f"{path}: is not UTF-8"
    assert contents(store).keys() == {path}


@pytest.mark.parametrize(("raw", "count"), [(b"x", 1), (b"hunter2hunter2\n", 14), (b"x" * 15, 15)])
def test_short_password_is_refused_outside_of_development(
    store: Store, write: Write, raw: bytes, count: int
) -> None:
    path = write(FILE, raw)
    with pytest.raises(SecretError, match="characters; needs 16 or more") as e:
        due(store)
    assert str(e.value).startswith(f"{path}: {count} characters")
    assert "hunter2" not in str(e.value)


def test_sixteen_characters_are_enough(store: Store, write: Write) -> None:
    write(FILE, b"x" * 16)
    assert store.password(VARIABLE) == "x" * 16


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("run", [due, make])
@pytest.mark.parametrize(
    ("raw", "fault"),
    [(b"", "is empty or invisible"), (b"\n", "is empty or invisible"),
     (b"\r\n", "is empty or invisible"), ("\u00ad\n".encode(), "is empty or invisible"),
     (b"hunter2\0", "has a NUL"), (b"\0", "has a NUL"),
     (b"a long hunter2\0password\n", "has a NUL")],
)  # fmt: skip
def test_unusable_password_is_refused_before_anything_is_made(  # noqa: PLR0913, PLR0917
    store: Store, lenient: Store, write: Write, raw: bytes, fault: str,
    run: Callable[[Store], object], strict: bool,
) -> None:  # fmt: skip
    path = write(FILE, raw)
    with pytest.raises(SecretError, match=f"^{path}: password {fault}") as e:
        run(store if strict else lenient)
    assert "hunter2" not in str(e.value)
    assert contents(store).keys() == {path}


def test_password_file_that_cannot_be_read_is_told(store: Store) -> None:
    store.path(FILE).mkdir(parents=True)
    with pytest.raises(SecretError, match=f"{FILE}: Is a directory"):
        due(store)


# -- Verifiers (F13) -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["", "\n", "md5" + "0" * 32, LONG, "SCRAM-SHA-256$4096:c2FsdA==$short:short",
     scram.verifier(LONG).replace("$4096", "$1"), scram.verifier(LONG) + " x", "\0"],
)  # fmt: skip
def test_malformed_verifier_is_refused(store: Store, write: Write, text: str) -> None:
    write(FILE, LONG.encode())
    path = write(f"{FILE}.verifier", text.encode())
    with pytest.raises(SecretError, match="remove it, and the next deploy makes it anew") as e:
        due(store)
    assert str(e.value).startswith(f"{path}: verifier ")
    assert LONG not in str(e.value)
    assert path.read_text() == text


def test_verifier_that_is_not_text_is_refused(store: Store, write: Write) -> None:
    write(FILE, LONG.encode())
    write(f"{FILE}.verifier", b"\xff")
    with pytest.raises(SecretError, match=f"{FILE}.verifier: .*remove it"):
        due(store)


def test_verifier_of_a_replaced_password_is_due_again(store: Store, write: Write) -> None:
    make(store)
    before = store.verifiers()
    write(FILE, LONG.encode())
    assert due(store) == [f"make {store.path(FILE)}.verifier"]
    assert store.verifiers().keys() == PASSWORDS.keys() - {VARIABLE}
    make(store)
    assert due(store) == []
    assert store.verifiers()[VARIABLE] != before.pop(VARIABLE)
    assert before.items() <= store.verifiers().items()


def test_verifier_is_kept_with_its_salt(store: Store, write: Write) -> None:
    verifier = scram.verifier(LONG, salt=b"salt of its own")
    write(FILE, LONG.encode())
    write(f"{FILE}.verifier", f"{verifier}\n".encode())
    make(store)
    assert store.verifiers()[VARIABLE] == verifier


def test_verifier_without_its_password_is_not_used(store: Store) -> None:
    make(store)
    store.path(FILE).unlink()
    assert VARIABLE not in store.verifiers()
    assert due(store) == [f"make {store.path(FILE)}", f"make {store.path(FILE)}.verifier"]


def test_secrets_are_not_in_the_repr(store: Store) -> None:
    make(store)
    told = repr(store) + repr(store.ca()) + repr(store.leaf(HOST)) + str(due(store))
    assert "PRIVATE KEY" not in told
    assert all((store.password(v) or "") not in told for v in PASSWORDS)


# -- Certificates ----------------------------------------------------------------------------


def test_key_of_a_killed_first_run_is_made_anew(store: Store) -> None:
    make(store)
    for path in (store.path("ca.crt"), *store.path("hosts").iterdir()):
        path.unlink()
    before = store.path("ca.key").read_bytes()
    assert due(store) == [
        f"make {store.path('ca.crt')} and ca.key",
        f"make {store.path('hosts/db1.crt')} and .key: there is none",
    ]
    make(store)
    assert store.path("ca.key").read_bytes() != before
    assert due(store) == []


@pytest.mark.parametrize("run", [due, make])
def test_lost_authority_that_has_signed_is_refused(
    store: Store, run: Callable[[Store], object]
) -> None:
    make(store)
    store.path("ca.crt").unlink()
    before = contents(store)
    with pytest.raises(
        SecretError, match=r"ca\.crt is missing and has signed certificates; put it"
    ):
        run(store)
    assert contents(store) == before


def test_authoritys_key_may_be_kept_elsewhere(store: Store) -> None:
    make(store)
    store.path("ca.key").unlink()
    assert due(store) == []
    make(store)
    assert not store.path("ca.key").exists()


def test_authoritys_key_is_needed_to_sign(store: Store) -> None:
    make(store)
    store.path("ca.key").unlink()
    with pytest.raises(SecretError, match=r"ca\.key is missing, and a certificate has to be made"):
        due(store, [*NAMES, "other.example"])


def test_foreign_key_does_not_sign(store: Store, write: Write) -> None:
    """Told at once, not when the next certificate is due."""
    make(store)
    write("ca.key", x509.make_ca("other").key)
    with pytest.raises(SecretError, match=r"ca\.crt: CA key does not match the CA certificate"):
        due(store)
    with pytest.raises(SecretError, match=r"ca\.crt: CA key does not match the CA certificate"):
        due(store, ["other.example"])


@pytest.mark.parametrize("name", ["hosts/db1.crt", "hosts/db1.key"])
def test_half_a_pair_is_made_anew(store: Store, name: str) -> None:
    make(store)
    store.path(name).unlink()
    assert due(store) == [f"make {store.path('hosts/db1.crt')} and .key: there is none"]
    make(store)
    assert due(store) == []


def issue(write: Write, *, age: int, days: int = DAYS) -> None:
    """Put in place a host's certificate that was made ``age`` days ago."""
    now = datetime.now(UTC) - timedelta(days=age)
    ca = x509.make_ca("test", now=now)
    leaf = x509.make_leaf(ca, NAMES, days=days, now=now)
    for name, pair in (("ca", ca), ("hosts/db1", leaf)):
        write(f"{name}.crt", pair.certificate)
        write(f"{name}.key", pair.key)


@pytest.mark.parametrize(
    ("age", "fault"),
    [(0, ""), (59, ""), (61, "past two thirds of its life"), (91, "certificate expired at")],
)
def test_certificate_is_renewed_by_its_age(
    store: Store, write: Write, age: int, fault: str
) -> None:
    issue(write, age=age)
    lines = [line for line in due(store) if "hosts" in line]
    assert len(lines) == bool(fault)
    assert fault in "".join(lines)
    make(store)
    assert due(store) == []
    assert store.days_left(HOST)["certificate"] == (89 if fault else 89 - age)


def test_certificate_that_lasts_longer_than_asked_is_renewed(store: Store) -> None:
    make(store)
    (line,) = due(store, days=30)
    assert "30 days are asked for" in line


def test_certificate_for_other_names_is_renewed(store: Store) -> None:
    make(store)
    (line,) = due(store, ["db1.example", "10.0.0.5"])
    assert line.endswith("names are missing: 10.0.0.5; names are too many: 127.0.0.1")
    key = store.path("hosts/db1.key").read_bytes()
    make(store, ["db1.example", "10.0.0.5"])
    assert store.path("hosts/db1.key").read_bytes() != key
    assert due(store, ["db1.example", "10.0.0.5"]) == []


def test_expired_authority_is_refused(store: Store, write: Write) -> None:
    now = datetime.now(UTC) - timedelta(days=31)
    ca = x509.make_ca("test", days=30, now=now)
    write("ca.crt", ca.certificate)
    write("ca.key", ca.key)
    with pytest.raises(SecretError, match=r"ca\.crt: CA certificate expired at"):
        due(store)


def test_days_left_are_told_of_what_there_is(store: Store) -> None:
    assert store.days_left(HOST) == {}
    make(store)
    assert store.days_left(HOST) == {"certificate": 89, "CA": 3649}
    assert store.days_left("db2") == {"CA": 3649}
