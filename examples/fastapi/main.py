"""Users over HTTP: what an application does with app_db, and what its probes ask."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from metrics import PoolMetrics
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel, Field

from app_db import DbSessionService, Duplicate, Stale, Unavailable, User, UserRepository


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


class NewUser(BaseModel):
    """What a client may say of a user; id, times and version are ours."""

    first_name: str = Field(min_length=1)
    last_name: str = Field(min_length=1)
    email: str | None = Field(default=None, min_length=3)


class ChangedUser(NewUser):
    """The version is the one that the client has read."""

    version: int


# Plain functions, for sessions block: FastAPI runs them in threads.


@app.post("/users", status_code=201)
def create(new: NewUser, users: Users) -> User:
    return users.create(User(**new.model_dump()))


@app.get("/users")
def page(
    users: Users, limit: int = 100, after: UUID | None = None, since: datetime | None = None
) -> list[User]:
    """The next page begins after the last user of this one: `after` its id, `since` its time."""
    last = (since, after) if since and after else None
    return list(users.list(limit=limit, after=last))


@app.get("/users/{user_id}")
def read(user_id: UUID, users: Users) -> User:
    if (user := users.get(user_id)) is None:
        raise HTTPException(404, f"no user {user_id}")
    return user


@app.put("/users/{user_id}")
def change(user_id: UUID, changed: ChangedUser, users: Users) -> User:
    user = read(user_id, users)
    return users.update(user.model_copy(update=changed.model_dump()))


@app.delete("/users/{user_id}", status_code=204)
def delete(user_id: UUID, users: Users) -> None:
    if not users.delete(user_id):
        raise HTTPException(404, f"no user {user_id}")


@app.exception_handler(Duplicate)
@app.exception_handler(Stale)
def conflict(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 409)


@app.exception_handler(Unavailable)
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
