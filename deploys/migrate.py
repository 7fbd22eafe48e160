"""The application's schema, brought to the head of its Alembic environment."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from deploys.convergent import convergent
from deploys.snapshot import snapshot
from deploys.sql import connect, superuser
from deploys.target import Target
from deploys.tell import would
from howdah import revisions
from howdah.found import Found
from howdah.names import identifier, literal
from howdah.revisions import SchemaError
from howdah.rights.catalog import Object
from howdah.team import CHECKOUT


@convergent
def migrate(target: Target) -> Iterator[PyinfraCommand]:
    """From the revision that the server reports to the head, as the owner of the schema."""
    if not target.leads:
        host.noop("the schema is the leader's")
        return
    found = snapshot(target)
    cluster = target.cluster
    head = revisions.head(cluster.bootstrap)
    rows = _rows(found, cluster.bootstrap)
    if not found.known:
        host.log("the server is down: its schema is compared once it runs")
        return
    if rows == [head]:
        host.noop(f"the schema is at {head}")
        return
    _check_owners(target, found)
    sql = _render(cluster.bootstrap, _start(rows))
    now = " and ".join(rows) or "base"
    step = f"{cluster.bootstrap}: from {now} to {head}"
    lines = sql.splitlines()
    brief = []
    if found.first:
        brief.append(f"{step} ({len(lines)} lines of SQL)")
    would([step, *lines], brief)
    guarded = GUARDED.format(
        connect=connect(cluster.app_database),
        owner=identifier(cluster.owner_role),
        now=literal(",".join(rows)),
        sql=sql,
    )
    yield superuser(target.runtime, found, f"bring the schema to {head}", guarded)


def check_schema(target: Target, found: Found) -> None:
    """What `migrate` rejects of the history, before anything is touched. Raises SchemaError."""
    if not found.known:
        return  # how far its schema has come is not known
    package = target.cluster.bootstrap
    rows = _rows(found, package)
    if rows != [revisions.head(package)]:
        _render(package, _start(rows))


def _check_owners(target: Target, found: Found) -> None:
    """Raises SchemaError for what `grant` has left alone."""
    name = target.cluster.app_database
    owners = found.catalog().owners
    database = Object(name, "database", "", name)
    schema = Object(name, "schema", "", "app")
    for obj in (database, schema):
        wanted = target.want.owners.get(obj)
        owner = owners.get(obj, wanted)
        if wanted and owner != wanted:
            raise SchemaError(
                f"{obj.kind} {obj.name} belongs to {owner}, not {wanted}: it was left alone, "
                f"and so is its schema; ALTER {obj.kind.upper()} … OWNER TO {wanted}, or set "
                "another app_database"
            )


def _rows(found: Found, package: str) -> list[str]:
    """Several where an earlier run was interrupted between two branches."""
    rows = [row for row in found.revisions if row is not None]
    if len(rows) < len(found.revisions):
        raise SchemaError("app.alembic_version is not a plain table; make it one")
    return revisions.reached(package, rows)


def _start(rows: Sequence[str]) -> str:
    return ",".join(rows) or "base"


@cache
def _render(package: str, start: str) -> str:
    """In a process of its own, for it imports Alembic and the application."""
    path = f"{CHECKOUT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    done = subprocess.run(  # noqa: S603 our own module
        [sys.executable, "-m", "howdah.render_revisions", package, start],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        errors = done.stderr.decode(errors="replace")
        lines = errors.strip().splitlines() or ["rendering failed"]
        raise SchemaError(lines[-1])
    # Not as text, which would make one line end of every other.
    return done.stdout.decode()


# No transaction around it: Alembic writes its own, and an index may be built concurrently.
# A lock is tried, not waited for: a waiting session would block that index for ever. Then the
# revision is looked at again, for somebody may have migrated since the snapshot. All of it as the
# owner, as an operator's alembic does it: of roles-sql's roles only the owner may take the lock.
GUARDED = """{connect}
SET ROLE {owner};
SELECT pg_try_advisory_lock(hashtext('howdah.migrate')) AS locked \\gset
\\if :locked
\\else
    DO $$ BEGIN RAISE 'another session migrates this database; run the deploy again'; END $$;
\\endif
SELECT coalesce(bool_and(relkind = 'r'), FALSE) AS plain FROM pg_class
WHERE oid = to_regclass('app.alembic_version') \\gset
\\if :plain
    SELECT coalesce(string_agg(version_num, ',' ORDER BY version_num COLLATE "C"), '') = {now}
    AS same FROM app.alembic_version \\gset
\\else
    \\set same false
\\endif
\\if :same
\\else
    DO $$ BEGIN RAISE 'the schema has moved since it was read; run the deploy again'; END $$;
\\endif
SET search_path = app, extensions;
SET lock_timeout = '10s';
SET timezone = 'UTC';
SET datestyle = 'ISO, MDY';
SET intervalstyle = 'postgres';
{sql}
"""
