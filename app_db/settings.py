"""What the application says of its database: the environment over config.yaml over defaults."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, InstanceOf, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy import URL
from typing_extensions import override

from app_db import config_file, urls
from app_db.errors import BadSettingsError

SECRETS = Path("/run/secrets")  # where Docker and `make bundle` put them
# The specification's table "Development | Production".
DEVELOPMENT = {"pool_size": 5, "echo": True}


class DatabaseSettings(BaseSettings):
    """The keys of `database:` in config.yaml; each is DATABASE_<KEY> in the environment too.

    `stage` is a key beside `database:`, and only there: no variable can turn a guard off.
    Defaults without a note are the specification's.
    """

    model_config = SettingsConfigDict(
        env_prefix=config_file.PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    stage: Literal["production", "staging", "development"] = "production"
    url: Annotated[InstanceOf[URL], NoDecode, BeforeValidator(urls.read)] = Field(repr=False)
    # Read for every new connection. `null`: libpq's own ways (passfile, certificate, peer).
    password_file: Path | None = SECRETS / "postgres_app_user_pw"
    sslrootcert: Path = SECRETS / "ca.crt"  # of the CA that signs the server's certificate
    pool_size: int = Field(20, ge=1, le=1000)  # SQLAlchemy takes 0 for "no limit"
    max_overflow: int = Field(10, ge=0, le=1000)  # and -1
    pool_timeout: float = Field(30, gt=0, le=3600)  # seconds
    pool_recycle: int = Field(1800, ge=1, le=86400)  # seconds
    pool_pre_ping: bool = True
    # Seconds; libpq takes less than 2 for 2. A restart of the server fits into 10.
    connect_timeout: int = Field(10, ge=2, le=300)
    echo: bool = False
    # The package with the Alembic environment; the inventory's option `schema`.
    migrations: str = "app_db.migrations"

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Ours instead of pydantic's: constructor, environment, config.yaml."""
        keys = cls.model_fields.keys() - {"stage"}
        config_file.check_environment(keys)
        of_environment = _Environment(settings_cls)
        of_file = InitSettingsSource(settings_cls, config_file.read(keys))
        return init_settings, of_environment, of_file

    @model_validator(mode="before")
    @classmethod
    def _of_the_stage(cls, found: dict[str, Any]) -> dict[str, Any]:
        if found.get("stage") != "development":
            return found
        return {**DEVELOPMENT, **found}

    @model_validator(mode="after")
    def _keep_passwords_out(self) -> "DatabaseSettings":
        is_public = self.stage == "development" or urls.is_sqlite(self.url)
        if urls.has_password(self.url) and not is_public:
            raise ValueError(
                "a password is in the URL; write it into the file that database.password_file "
                f"names ({self.password_file}), or say `stage: development` in config.yaml"
            )
        return self


class _Environment(EnvSettingsSource):
    """DATABASE_URL, DATABASE_POOL_SIZE …, but no stage."""

    @override
    def __call__(self) -> dict[str, Any]:
        found = super().__call__()
        found.pop("stage", None)
        return found


def read_settings(**given: Any) -> DatabaseSettings:
    """The settings; ``given`` wins over all.

    Raises BadSettingsError, which says all that is wrong.
    """
    try:
        return DatabaseSettings(**given)
    except ValidationError as e:
        found = [_told(error, given) for error in e.errors(include_url=False)]
    # Outside of the handler: pydantic's error has the values, and one may be a password.
    raise BadSettingsError("; ".join(found))


def _told(error: Any, given: dict[str, Any]) -> str:
    location = error["loc"]
    if location == ("url",) and error["type"] == "missing":
        return f"no database is named; set DATABASE_URL, or database.url in {config_file.DEFAULT}"
    said = str(error["msg"]).removeprefix("Value error, ")
    if not location:
        return said
    key = str(location[0])
    what = _where(key, given)
    if key != "url":  # which may hold a password
        value = error["input"]
        what = f"{what} is {value!r}"
    first = said[0].lower()
    rest = said[1:]
    return f"{what}: {first}{rest}"


def _where(key: str, given: dict[str, Any]) -> str:
    if key in given:
        return key
    file = config_file.path()
    if key == "stage":
        return f"stage in {file}"
    variable = config_file.PREFIX + key.upper()
    if os.environ.get(variable):
        return variable
    return f"database.{key} in {file}"
