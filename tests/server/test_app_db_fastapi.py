"""examples/fastapi, run by uvicorn, asked by an HTTP client, on a real server."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.server.application import environment
from tests.server.checkout import ROOT, Checkout, free_port
from tests.server.control import started, stopped

ANN = {"first_name": "Ann", "last_name": "Smith", "email": "ann@example.com"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fastapi")


@pytest.fixture(scope="module")
def client(deployed: Checkout, folder: Path) -> Iterator[httpx.Client]:
    port = free_port()
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment(deployed),
           "DATABASE_CONNECT_TIMEOUT": "2", "DATABASE_POOL_TIMEOUT": "1"}  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "--port", str(port), "main:app"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT / "examples" / "fastapi", env=env, stdout=log,
                                  stderr=log)  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait(client)
            yield client
    finally:
        server.terminate()
        server.wait(timeout=30)
    assert "Application shutdown complete" in (folder / "log").read_text()


def _wait(client: httpx.Client) -> None:
    for _ in range(200):
        try:
            client.get("/livez")
        except httpx.ConnectError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("uvicorn does not answer")


@pytest.fixture(autouse=True)
def no_users(deployed: Checkout) -> None:
    deployed.ask("DELETE FROM app.users", "appdb")


def metric(client: httpx.Client, name: str) -> float:
    families = text_string_to_metric_families(client.get("/metrics").text)
    found = {s.name: s.value for family in families for s in family.samples}
    return found[f"app_db_pool_{name}"]


def test_a_user_is_created_read_changed_and_deleted(client: httpx.Client) -> None:
    created = client.post("/users", json=ANN)
    assert created.status_code == 201
    user = created.json()
    path = f"/users/{user['id']}"
    assert client.get(path).json() == user
    changed = client.put(path, json={**ANN, "first_name": "Anna", "version": 1})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert client.delete(path).status_code == 204
    assert [client.delete(path).status_code, client.get(path).status_code] == [404, 404]


def test_a_created_user_is_there_before_the_answer(
    client: httpx.Client, deployed: Checkout
) -> None:
    for number in range(20):
        client.post("/users", json={**ANN, "email": f"{number}@example.com"})
        assert deployed.ask("SELECT count(*) FROM app.users", "appdb") == str(number + 1)


def test_what_is_taken_is_a_conflict(client: httpx.Client) -> None:
    assert client.post("/users", json=ANN).status_code == 201
    refused = client.post("/users", json={**ANN, "email": "ANN@example.com"})
    assert refused.status_code == 409
    said = "duplicate key value violates unique constraint 'uq_users_email_lower'"
    assert refused.json() == {"detail": said}
    assert len(client.get("/users").json()) == 1


def test_a_lost_update_is_a_conflict(client: httpx.Client) -> None:
    path = f"/users/{client.post('/users', json=ANN).json()['id']}"
    assert client.put(path, json={**ANN, "last_name": "Jones", "version": 1}).status_code == 200
    refused = client.put(path, json={**ANN, "last_name": "Brown", "version": 1})
    assert refused.status_code == 409
    assert "was changed or deleted since its version 1 was read" in refused.json()["detail"]
    assert client.get(path).json()["last_name"] == "Jones"


def test_pages(client: httpx.Client) -> None:
    for number in range(5):
        client.post("/users", json={**ANN, "email": f"{number}@example.com"})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        page = client.get("/users", params={"limit": 2, **cursor}).json()
        seen += [user["email"] for user in page]
        cursor = {"after": page[-1]["id"], "since": page[-1]["created_at"]}
    assert seen == [f"{number}@example.com" for number in range(5)]


def test_what_is_not_there_or_wrong(client: httpx.Client) -> None:
    assert client.get(f"/users/{uuid4()}").status_code == 404
    assert client.get("/users/nonsense").status_code == 422
    assert client.post("/users", json={"first_name": ""}).status_code == 422


@pytest.mark.parametrize("wrong", [
    {"limit": 0}, {"limit": 1001}, {"after": str(uuid4())}, {"since": "2026-01-01T00:00:00Z"},
    {"after": str(uuid4()), "since": "2026-01-01T00:00:00"},
    {"after": str(uuid4()), "since": "0001-01-01T00:00:00+14:00"},
])  # fmt: skip
def test_page_that_cannot_be(client: httpx.Client, wrong: dict[str, str]) -> None:
    assert client.get("/users", params=wrong).status_code == 422


@pytest.mark.parametrize("wrong", ["", "A\0nn", 300 * "A"])
def test_name_that_cannot_be_stored(client: httpx.Client, wrong: str) -> None:
    refused = client.post("/users", json={**ANN, "first_name": wrong})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "first_name"]


def test_metrics_are_the_pools(client: httpx.Client) -> None:
    client.get("/users")
    assert metric(client, "size") == 20
    assert metric(client, "checked_out") == 0
    assert metric(client, "checked_in") >= 1
    assert metric(client, "saturation") == 0
    assert metric(client, "consecutive_health_failures") == 0


def test_without_a_server_the_process_lives_and_is_not_ready(
    client: httpx.Client, converged: Checkout, folder: Path
) -> None:
    client.get("/users")
    assert client.get("/readyz").status_code == 200
    broken = metric(client, "invalid_total")
    stopped(converged)
    try:
        failed = client.get("/users")
        assert (failed.status_code, failed.headers["Retry-After"]) == (503, "5")
        assert failed.json() == {"detail": "database unavailable"}
        assert client.post("/users", json=ANN).status_code == 503
        assert (client.get("/readyz").status_code, client.get("/livez").status_code) == (503, 200)
        assert metric(client, "consecutive_health_failures") == 1
        assert metric(client, "invalid_total") > broken
    finally:
        started(converged)
    assert client.get("/readyz").status_code == 200
    assert client.post("/users", json=ANN).status_code == 201
    assert metric(client, "consecutive_health_failures") == 0
    assert converged.password("appuser") not in (folder / "log").read_text()


def test_a_commit_that_fails_is_told(client: httpx.Client, deployed: Checkout) -> None:
    """What only a commit finds out: here, a deferred check by a trigger."""
    deployed.ask("""
        CREATE FUNCTION app.refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE unique_violation USING CONSTRAINT = 'at_commit'; END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON app.users DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION app.refuse();""", "appdb")  # fmt: skip
    try:
        refused = client.post("/users", json=ANN)
    finally:
        deployed.ask("DROP FUNCTION app.refuse() CASCADE", "appdb")
    assert (refused.status_code, "at_commit" in refused.text) == (409, True)


def test_a_pool_that_is_exhausted_is_unavailable_but_ready(
    client: httpx.Client, deployed: Checkout
) -> None:
    """Thirty requests hold a connection each, for a lock; the pool waits 1 s for another."""
    created = client.post("/users", json=ANN).json()
    changed = {**ANN, "version": 1}
    with psycopg.connect(
        host="127.0.0.1", port=deployed.port, dbname="appdb", user="appuser",
        password=deployed.password("appuser"), sslmode="require",
    ) as holder, ThreadPoolExecutor(36) as threads:  # fmt: skip
        holder.execute("SELECT 1 FROM app.users FOR UPDATE")
        asked = [
            threads.submit(client.put, f"/users/{created['id']}",
                           json={**changed, "first_name": str(number)})
            for number in range(36)
        ]  # fmt: skip
        for _ in range(100):
            if sum(one.done() for one in asked) >= 6:
                break
            time.sleep(0.1)
        assert {one.result().status_code for one in asked if one.done()} == {503}
        assert client.get("/livez").status_code == 200
        holder.rollback()
        codes = [one.result().status_code for one in asked]
    assert codes.count(200) == 1
    assert codes.count(409) >= 1
    assert set(codes) == {200, 409, 503}
    assert metric(client, "checked_out") == 0
