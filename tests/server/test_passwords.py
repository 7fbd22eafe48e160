"""Passwords that somebody brings along, and verifiers that somebody has touched."""

from pathlib import Path

import pytest

from howdah.secrets import scram
from tests.matrix import sampled
from tests.server.checkout import Checkout

FILES = {
    "appuser": "postgres_app_user_pw",
    "backupuser": "postgres_app_ro_pw",
    "temporaluser": "postgres_temporal_pw",
}
DATABASES = {"appuser": "appdb", "backupuser": "temporal", "temporaluser": "temporal"}


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def verifiers(checkout: Checkout) -> dict[str, str]:
    """What the server has: also of a role whose password was cleared."""
    names = ", ".join(f"'{role}'" for role in FILES)
    sql = f"SELECT rolname, rolpassword FROM pg_authid WHERE rolname IN ({names})"
    return dict(line.split("|") for line in checkout.ask(sql).splitlines())


# -- Passwords -------------------------------------------------------------------------------

UNUSABLE = [
    b"", b"\n", b"\r\n", b"\0", b"hunter2\0", b"a long hunter2\0password\n", b"hunter2 \xff\xfe\n",
    "\u00ad\n".encode(), "\u00ad\u1806\ufeff\u2060".encode(),
]  # fmt: skip


@pytest.mark.parametrize("raw", sampled(UNUSABLE, UNUSABLE[-3:]))
def test_unusable_password_stops_before_any_change(
    converged: Checkout, store: Path, raw: bytes
) -> None:
    """F11, F12. Also one that SASLprep maps to nothing: the server would store NULL."""
    path = store / FILES["appuser"]
    path.write_bytes(raw)
    before, kept, link = verifiers(converged), contents(store), converged.link("current")
    converged.inventory(work_mem="9MB")
    said = converged.refused()
    assert f"{path}: " in said
    assert "hunter2" not in said
    assert verifiers(converged) == before
    assert all(verifier.startswith("SCRAM-SHA-256$4096:") for verifier in before.values())
    assert (contents(store), converged.link("current")) == (kept, link)
    assert converged.ask("SHOW work_mem") != "9MB"


def test_unusable_password_makes_no_server(bare: Checkout) -> None:
    """F11, F12."""
    bare.secrets.mkdir(parents=True)
    for raw in UNUSABLE:
        (bare.secrets / FILES["backupuser"]).write_bytes(raw)
        assert f"{FILES['backupuser']}: " in bare.refused()
        assert contents(bare.secrets) == {bare.secrets / FILES["backupuser"]: raw}
    assert not bare.home.exists()


USABLE = [
    ("hunter2", "hunter2"),
    ("hunter2\n", "hunter2"),
    ("hunter2\r\n", "hunter2"),
    ("hunter2\n\n", "hunter2\n"),
    ("hunter2\r\n\r\n", "hunter2\r\n"),
    ("hunter2\r", "hunter2\r"),
    ("\nhunter2", "\nhunter2"),
    ("  hunter2\t ", "  hunter2\t "),
    ("\ufeffhunter2\n", "\ufeffhunter2"),  # a BOM
    ("'hunter'\"2\";--\n", "'hunter'\"2\";--"),
    ("$(id) `id` $HOME ${x}\n", "$(id) `id` $HOME ${x}"),
    ("a\\nb\\\n", "a\\nb\\"),
    ("100%s%(x)s{}\n", "100%s%(x)s{}"),
    ("x" * 1000 + "\n", "x" * 1000),
    (":app_role :'x' $1\n", ":app_role :'x' $1"),
    ("-c --help\n", "-c --help"),
    ("<app_verifier>\n", "<app_verifier>"),
    ("SCRAM-SHA-256$4096:a\n", "SCRAM-SHA-256$4096:a"),
    ("md5" + "0" * 32 + "\n", "md5" + "0" * 32),
    ("žluťoučký kůň 🐘👩‍👩‍👧\n", "žluťoučký kůň 🐘👩‍👩‍👧"),
    ("e\u0301a\u0323\u0302\n", "e\u0301a\u0323\u0302"),  # combining
    ("ﬁⅨª\u00a0x\u00ady\n", "ﬁⅨª\u00a0x\u00ady"),  # SASLprep: fiIXa x, xy
    ("שלום a\n", "שלום a"),  # in no direction: taken as it stands
    ("\u0007\x7f\n", "\u0007\x7f"),
]


def test_every_other_byte_is_the_password(converged: Checkout, store: Path) -> None:
    """F11. Three at a time, one for each role."""
    for at in range(0, len(USABLE), 3):
        given = dict(zip(FILES, USABLE[at : at + 3], strict=True))
        for role, (raw, _) in given.items():
            (store / FILES[role]).write_bytes(raw.encode())
        converged.deploy()
        for role, (_, password) in given.items():
            entered = converged.login(role, DATABASES[role], password=password)
            assert entered.returncode == 0, (password, entered.stderr)
    other = converged.login(role, DATABASES[role], password=f"{password}\n")
    assert "password authentication failed" in other.stderr
    assert converged.deploy().changed == []


# -- Verifiers -------------------------------------------------------------------------------

OF_ANOTHER = scram.verifier("the password of somebody else")


def iterations(verifier: str, count: int) -> str:
    return verifier.replace("$4096:", f"${count}:")


MALFORMED = {
    "empty": "",
    "plain": "hunter2hunter2",
    "md5": "md5" + "0" * 32,
    "truncated": OF_ANOTHER[:-6],
    "base64": OF_ANOTHER.replace("=", "*"),
    "too few iterations": iterations(OF_ANOTHER, 1),
    "too many iterations": iterations(OF_ANOTHER, 2**31),
    "more behind it": f"{OF_ANOTHER} x",
    "small letters": OF_ANOTHER.lower(),
    "BOM": "\ufeff" + OF_ANOTHER,
}


@pytest.mark.parametrize("what", sampled(MALFORMED, ["plain", "truncated", "BOM"]))
def test_malformed_verifier_is_never_sent(converged: Checkout, store: Path, what: str) -> None:
    """F13. The server would hash it as if it were a password."""
    text = MALFORMED[what]
    path, before = store / f"{FILES['appuser']}.verifier", verifiers(converged)
    path.write_text(text)
    said = converged.refused()
    assert f"{path}: verifier " in said
    assert "remove it, and the next deploy makes it anew" in said
    assert not text or text not in said
    assert OF_ANOTHER[30:50] not in said
    assert verifiers(converged) == before
    path.unlink()
    converged.deploy()
    assert verifiers(converged) != before
    assert converged.login("appuser", "appdb").returncode == 0


@pytest.mark.parametrize("text", [OF_ANOTHER, iterations(OF_ANOTHER, 8192)])
def test_verifier_of_another_password_is_made_anew(
    converged: Checkout, store: Path, text: str
) -> None:
    """F13."""
    path = store / f"{FILES['appuser']}.verifier"
    path.write_text(text)
    converged.deploy()
    assert path.read_text().strip() == verifiers(converged)["appuser"] != text
    assert converged.login("appuser", "appdb").returncode == 0
    assert converged.deploy().changed == []


def test_verifier_with_more_iterations_is_kept(converged: Checkout, store: Path) -> None:
    """F13. Whoever wants to spend more may."""
    text = scram.verifier(converged.password("appuser"), iterations=8192)
    (store / f"{FILES['appuser']}.verifier").write_text(text)
    converged.deploy()
    assert verifiers(converged)["appuser"] == text
    assert converged.login("appuser", "appdb").returncode == 0
    assert converged.deploy().changed == []
