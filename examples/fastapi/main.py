"""Users over HTTP: what an application does with app_db, and what its probes ask."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from metrics import PoolMetrics
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from app_db import (
    DbSessionService,
    DuplicateError,
    StaleError,
    UnavailableError,
    User,
    UserRepository,
)
from app_db.repository import LONGEST_PAGE


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """A mistake in the settings is told at the start, not by the first request."""
    DbSessionService()
    yield
    DbSessionService.reset()


app = FastAPI(title="users", lifespan=lifespan)
registry = CollectorRegistry()
registry.register(PoolMetrics())


def repository() -> Iterator[UserRepository]:
    with DbSessionService().session_scope() as session:
        yield UserRepository(session)


# scope="function": the commit comes before the response, so that its failure can still be told.
Users = Annotated[UserRepository, Depends(repository, scope="function")]


# PostgreSQL's text has every character but one.
Text = Annotated[str, Field(min_length=1, max_length=254, pattern=r"^[^\x00]*$")]
# A year's distance from the ends: UTC may be a day away.
EARLIEST = datetime(2, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 1, 1, tzinfo=UTC)
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]


class NewUser(BaseModel):
    """What a client may say of a user; id, times and version are ours."""

    first_name: Text
    last_name: Text
    email: Text | None = None


class ChangedUser(NewUser):
    """The version is the one that the client has read."""

    version: int


# Plain functions, for sessions block: FastAPI runs them in threads.


@app.post("/users", status_code=201)
def create(new: NewUser, users: Users) -> User:
    user = User(**new.model_dump())
    return users.create(user)


class Page(BaseModel):
    """The next one begins after the last user of this one: `after` its id, `since` its time."""

    limit: int = Field(default=100, ge=1, le=LONGEST_PAGE)
    since: Moment | None = None
    after: UUID | None = None

    @model_validator(mode="after")
    def _both_or_none(self) -> "Page":
        if (self.since is None) != (self.after is None):
            raise ValueError("since and after belong together")
        return self


@app.get("/users")
def page(users: Users, asked: Annotated[Page, Query()]) -> list[User]:
    last = None
    if asked.since and asked.after:
        last = (asked.since, asked.after)
    found = users.list(limit=asked.limit, after=last)
    return list(found)


@app.get("/users/{user_id}")
def read(user_id: UUID, users: Users) -> User:
    user = users.get(user_id)
    if user is None:
        raise HTTPException(404, f"no user {user_id}")
    return user


@app.put("/users/{user_id}")
def change(user_id: UUID, changed: ChangedUser, users: Users) -> User:
    user = read(user_id, users)
    wanted = user.model_copy(update=changed.model_dump())
    return users.update(wanted)


@app.delete("/users/{user_id}", status_code=204)
def delete(user_id: UUID, users: Users) -> None:
    if not users.delete(user_id):
        raise HTTPException(404, f"no user {user_id}")


@app.exception_handler(DuplicateError)
@app.exception_handler(StaleError)
def conflict(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)


@app.exception_handler(UnavailableError)
def unavailable(_request: Request, _error: Exception) -> JSONResponse:
    # Not the error: it names hosts and roles, and is in the log.
    return JSONResponse({"detail": "database unavailable"}, 503, {"Retry-After": "5"})


@app.get("/livez")
async def alive() -> str:
    """Whether the process answers. A restart would not mend a database: it is not asked."""
    return "ok"


@app.get("/readyz")
def ready(response: Response) -> str:
    """Whether to send requests here."""
    if DbSessionService().health_check():
        return "ok"
    response.status_code = 503
    return "database unavailable"


@app.get("/metrics")
def metrics() -> Response:
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
