"""Where settings come from, which win, and what is refused in which words."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app_db.errors import BadSettingsError
from app_db.settings import DatabaseSettings, read_settings

URL = "postgresql://appuser@db1/appdb"


def configure(text: str, file: str = "config.yaml") -> None:
    Path(file).write_text(text)


def test_defaults_are_the_specifications(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    found = read_settings()
    assert (found.pool_size, found.max_overflow, found.pool_timeout) == (20, 10, 30)
    assert (found.pool_recycle, found.pool_pre_ping, found.echo) == (1800, True, False)
    assert str(found.password_file) == "/run/secrets/postgres_app_user_pw"


def test_development_has_a_smaller_pool_and_echoes() -> None:
    configure(f"stage: development\ndatabase:\n  url: {URL}\n")
    assert (read_settings().pool_size, read_settings().echo) == (5, True)
    configure(f"stage: development\ndatabase:\n  url: {URL}\n  pool_size: 7\n  echo: false\n")
    assert (read_settings().pool_size, read_settings().echo) == (7, False)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(f"database:\n  url: {URL}\n  pool_size: 30\n  max_overflow: 3\n")
    monkeypatch.setenv("DATABASE_POOL_SIZE", "40")
    monkeypatch.setenv("DATABASE_POOL_TIMEOUT", "")  # Compose sets what it does not know to this
    found = read_settings()
    assert (found.pool_size, found.max_overflow, found.pool_timeout) == (40, 3, 30)
    assert read_settings(pool_size=50).pool_size == 50


def test_app_config_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(f"database:\n  url: {URL}\n  pool_size: 1\n")
    configure(f"database:\n  url: {URL}\n  pool_size: 2\n", "other.yaml")
    monkeypatch.setenv("APP_CONFIG", str(tmp_path / "other.yaml"))
    assert read_settings().pool_size == 2
    monkeypatch.setenv("APP_CONFIG", "missing.yaml")
    with pytest.raises(BadSettingsError, match=r"^missing\.yaml cannot be read: No such file"):
        read_settings()


def test_an_applications_own_blocks_are_its_own() -> None:
    configure(f"redis:\n  url: x\nstorage: here\ndatabase:\n  url: {URL}\n")
    assert read_settings().url.host == "db1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "database:\n  pool_szie: 5\n",
            "unknown key 'database.pool_szie' in config.yaml; did you mean 'pool_size'?",
        ),
        (
            "database:\n  colour: red\n",
            "unknown key 'database.colour' in config.yaml; known are connect_timeout, echo",
        ),
        ("database:\n  stage: development\n", "unknown key 'database.stage' in config.yaml"),
        (
            "databse:\n  pool_size: 5\n",
            "unknown key 'databse' in config.yaml; did you mean 'database'?",
        ),
        ("database: 5\n", "database in config.yaml is int; a mapping is needed"),
        ("- database\n", "config.yaml is list; a mapping is needed"),
        ("a: 1\ndatabase: {\n", "config.yaml:3 is no YAML; a mapping is needed"),
        (
            "stage: devel\n",
            "stage in config.yaml is 'devel': input should be 'production', "
            "'staging' or 'development'",
        ),
        (
            f"database:\n  url: {URL}\n  pool_size: 0\n",
            "database.pool_size in config.yaml is 0: input should be greater than or equal to 1",
        ),
        (
            f"database:\n  url: {URL}\n  max_overflow: -1\n",
            "database.max_overflow in config.yaml "
            "is -1: input should be greater than or equal to 0",
        ),
        (
            "database:\n  url: mysql://db/app\n",
            "database.url in config.yaml: driver 'mysql'; "
            "needs postgresql://appuser@host/appdb or sqlite:///./database.db",
        ),
        ("database:\n  url: nonsense\n", "database.url in config.yaml: no database URL; needs"),
        ("", "no database is named; set DATABASE_URL, or database.url in config.yaml"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, said: str) -> None:
    configure(text)
    with pytest.raises(BadSettingsError) as refused:
        read_settings()
    assert str(refused.value).startswith(said)


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    configure("database:\n  pool_size: many\n")
    monkeypatch.setenv("DATABASE_POOL_TIMEOUT", "0")
    with pytest.raises(BadSettingsError) as refused:
        read_settings()
    assert str(refused.value).split("; ") == [
        "no database is named",
        "set DATABASE_URL, or database.url in config.yaml",
        "database.pool_size in config.yaml is 'many': input should be a valid integer, unable to "
        "parse string as an integer",
        "DATABASE_POOL_TIMEOUT is '0': input should be greater than 0",
    ]


def test_a_slip_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("DATABASE_PUBLIC_URL", "a platform's own")
    read_settings()
    monkeypatch.setenv("DATABASE_POOLSIZE", "5")
    said = "unknown variable DATABASE_POOLSIZE in the environment; did you mean .*POOL_SIZE"
    with pytest.raises(BadSettingsError, match=said):
        read_settings()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://appuser:s3cret@db1/appdb",
        "postgresql://appuser@db1/appdb?password=s3cret",
        "postgresql://appuser:@db1/appdb",
    ],
)
def test_a_password_in_a_url_needs_the_files_word(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("DATABASE_STAGE", "development")
    monkeypatch.setenv("STAGE", "development")
    for stage in ("", "stage: production\n", "stage: staging\n"):
        configure(stage)
        with pytest.raises(
            BadSettingsError, match="a password is in the URL; write it into the"
        ) as e:
            read_settings()
        assert "s3cret" not in repr(e.value)
        assert e.value.__context__ is None
    configure("stage: development\n")
    assert "s3cret" not in repr(read_settings()) + str(read_settings().url.set(query={}))


def test_a_key_that_is_there_twice_is_refused() -> None:
    configure("stage: production\ndatabase:\n  url: sqlite://\nstage: development\n")
    with pytest.raises(BadSettingsError, match=r"^config\.yaml:4: 'stage' is there twice$"):
        read_settings()


def test_a_broken_url_or_file_does_not_show_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://appuser:s3cret@db1:port/appdb")
    with pytest.raises(BadSettingsError) as refused:
        read_settings()
    assert "s3cret" not in repr(refused.value)
    configure("database:\n  url: postgresql://a:s3cret@b\n :")
    with pytest.raises(BadSettingsError) as refused:
        read_settings()
    assert "s3cret" not in repr(refused.value)


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://db1/appdb", "postgresql+psycopg"),
        ("postgresql+psycopg://db1/appdb", "postgresql+psycopg"),
        ("sqlite:///./database.db", "sqlite"),
    ],
)
def test_postgresql_means_psycopg_3(url: str, driver: str) -> None:
    assert read_settings(url=url).url.drivername == driver


@pytest.mark.parametrize("driver", ["postgresql+psycopg2", "postgresql+asyncpg", "oracle"])
def test_other_drivers_are_refused(driver: str) -> None:
    with pytest.raises(BadSettingsError, match=r"^url: driver .*; needs postgresql://"):
        read_settings(url=f"{driver}://db1/appdb")


def test_pydantics_own_error_does_not_show_it_either() -> None:
    values: dict[str, Any] = {"url": "postgresql://appuser:s3cret@db1/appdb"}
    with pytest.raises(ValidationError) as refused:
        DatabaseSettings(**values)
    assert "s3cret" not in repr(refused.value)


def test_settings_are_not_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings(url=URL).pool_size = 5
