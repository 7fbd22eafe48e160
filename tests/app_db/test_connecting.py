"""How a connection is tried: which password, how often, for how long."""

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app_db.engine import make_engine
from app_db.errors import ConnectionFailedError, UnavailableError
from app_db.passwords import Password, taken_out
from app_db.settings import DatabaseSettings, read_settings
from app_db.urls import verified


class Refusing:
    """A server that hangs up on everybody, and counts them."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port, self.count = self.socket.getsockname()[1], 0
        self.thread = threading.Thread(target=self._hang_up)
        self.thread.start()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.socket.accept()[0].close()
                self.count += 1

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def refusing() -> Iterator[Refusing]:
    server = Refusing()
    yield server
    server.close()


@pytest.fixture
def settings(refusing: Refusing, tmp_path: Path) -> DatabaseSettings:
    (tmp_path / "password").write_text("s3cret\n")
    return read_settings(
        url=f"postgresql://appuser@127.0.0.1:{refusing.port}/appdb?sslmode=disable",
        password_file=tmp_path / "password",
        connect_timeout=2,
    )


def test_a_short_outage_is_waited_for_and_a_long_one_told_at_once(
    refusing: Refusing, settings: DatabaseSettings, caplog: pytest.LogCaptureFixture
) -> None:
    engine = make_engine(settings)
    with pytest.raises(ConnectionFailedError):
        engine.connect()
    first = refusing.count
    assert first > 3
    with pytest.raises(ConnectionFailedError):
        engine.connect()
    assert refusing.count == first + 1
    told = [r for r in caplog.records if r.message == "Database connection failed, trying again"]
    assert [r.levelno for r in told] == [logging.WARNING]


def test_what_succeeds_ends_an_outage(
    refusing: Refusing, settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(settings)
    with pytest.raises(ConnectionFailedError):
        engine.connect()
    with monkeypatch.context() as patch:
        patch.setattr(engine.dialect, "connect", lambda *_, **__: object())
        create: Callable[..., object] = engine.pool._creator
        create(None)
    before = refusing.count
    with pytest.raises(ConnectionFailedError):
        engine.connect()
    assert refusing.count > before + 3


def test_no_frame_of_a_traceback_has_the_password(settings: DatabaseSettings) -> None:
    with pytest.raises(UnavailableError) as failed:
        make_engine(settings).connect()
    assert "s3cret" not in "".join(_locals(failed.value))


def test_neither_has_one_where_the_url_had_it(refusing: Refusing) -> None:
    Path("config.yaml").write_text("stage: development\n")
    url = f"postgresql://appuser:s3cret@127.0.0.1:{refusing.port}/appdb?sslmode=disable"
    engine = make_engine(read_settings(url=url, connect_timeout=2))
    with pytest.raises(UnavailableError) as failed:
        engine.connect()
    assert "s3cret" not in "".join(_locals(failed.value)) + repr(engine)


def _locals(error: BaseException | None) -> Iterator[str]:
    """All that a tool which shows variables would show."""
    while error is not None:
        yield f"{error!r} {error} {vars(error)!r}"
        trace = error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename != __file__:
                yield f"{trace.tb_frame.f_code} {trace.tb_frame.f_locals!r}"
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


def test_a_missing_password_file_is_named(settings: DatabaseSettings) -> None:
    assert settings.password_file
    settings.password_file.unlink()
    said = (
        r"password file '.*/password' cannot be used: No such file or directory; "
        "write the password into it, or name"
    )
    with pytest.raises(ConnectionFailedError, match=said):
        make_engine(settings).connect()


@pytest.mark.parametrize(
    ("content", "password"),
    [(b"a\n", "a"), (b"a\r\n", "a"), (b"a\n\n", "a\n"), (b" a ", " a "), ("ä€".encode(), "ä€")],
)
def test_one_line_end_is_not_part_of_a_password(
    content: bytes, password: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(content)
    assert Password(tmp_path / "file").read() == password


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n", b"a\0b", b"\xff"])
def test_what_is_no_password_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=r"no password is in it|a NUL is in it|utf-8"):
        Password(tmp_path / "file").read()


@pytest.mark.parametrize(
    "url", ["postgresql://u:s3cret@db1/appdb", "postgresql://u@db1/appdb?password=s3cret"]
)
def test_a_password_of_the_url_does_not_stay_in_it(url: str) -> None:
    Path("config.yaml").write_text("stage: development\n")
    bare, password = taken_out(read_settings(url=url))
    assert password.read() == "s3cret"
    assert bare.render_as_string(hide_password=False) == "postgresql+psycopg://u@db1/appdb"


def test_no_password_file_leaves_it_to_libpq() -> None:
    Path("config.yaml").write_text("database:\n  url: postgresql://db1/appdb\n  password_file:\n")
    _, password = taken_out(read_settings())
    assert password.read() is None


@pytest.mark.parametrize(
    ("query", "sslmode", "sslrootcert"),
    [
        ("", "verify-full", "/ca.crt"),
        ("?sslmode=verify-ca", "verify-ca", "/ca.crt"),
        ("?sslrootcert=/mine.crt", "verify-full", "/mine.crt"),
        ("?sslmode=require", "require", None),
        ("?sslmode=disable", "disable", None),
    ],
)
def test_weaker_modes_are_by_name(query: str, sslmode: str, sslrootcert: str | None) -> None:
    found = verified(read_settings(url=f"postgresql://db1/appdb{query}").url, "/ca.crt")
    assert found.query.get("sslmode") == sslmode
    assert found.query.get("sslrootcert") == sslrootcert
