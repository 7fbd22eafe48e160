"""Versions against lost updates; the issuer by its name in OpenID Connect."""

import sqlalchemy as sa
from alembic import op

from app_db.touch import touch

revision = "app_db_0002"
down_revision = "app_db_0001"

TABLES = ("users", "user_identities")
OLD, NEW = "uq_user_identities_provider_subject", "uq_user_identities_issuer_subject"


def upgrade() -> None:
    for table in TABLES:
        op.add_column(
            table,
            sa.Column("version", sa.BigInteger(), server_default="1", nullable=False),
            schema="app",
        )
    _rename("provider", "issuer", OLD, NEW)
    touch(*TABLES)


def downgrade() -> None:
    for table in TABLES:
        if _of_sqlite():
            op.execute(f"DROP TRIGGER app.touch_{table}")
        else:
            op.execute(f"DROP TRIGGER touch ON app.{table}")
    _rename("issuer", "provider", NEW, OLD)
    for table in TABLES:
        op.drop_column(table, "version", schema="app")
    if not _of_sqlite():
        op.execute("DROP FUNCTION app.touch()")


def _rename(column: str, wanted: str, constraint: str, wanted_constraint: str) -> None:
    if _of_sqlite():
        with op.batch_alter_table("user_identities", schema="app") as table:
            table.drop_constraint(constraint, type_="unique")
            table.alter_column(column, new_column_name=wanted)
        # By itself, for the first batch does not know the new name yet.
        with op.batch_alter_table("user_identities", schema="app") as table:
            table.create_unique_constraint(wanted_constraint, [wanted, "subject"])
        return
    alter = "ALTER TABLE app.user_identities RENAME"
    # Nothing has read or written the column yet: this revision is the first with a repository.
    for rule, what in (
        ("renaming-column", f"COLUMN {column} TO {wanted}"),
        ("renaming-object", f"CONSTRAINT {constraint} TO {wanted_constraint}"),
    ):
        op.execute(f"-- squawk-ignore {rule}\n{alter} {what}")


def _of_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"
