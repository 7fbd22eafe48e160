"""Which account of which OpenID Connect provider belongs to which user."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from app_db.entity import Entity, EntityTable


class UserIdentity(Entity):
    """A subject that a provider vouches for; a user may have several."""

    # Without an index, deleting one user would read every identity.
    user_id: UUID = Field(foreign_key="app.users.id", ondelete="CASCADE", index=True)
    provider: str
    # OpenID Connect Core 2: `sub` must not exceed 255 characters.
    subject: str = Field(max_length=255)


class UserIdentityTable(EntityTable, UserIdentity, table=True):
    """One row per login that is linked to a user."""

    __tablename__ = "user_identities"
    __table_args__: ClassVar[tuple[UniqueConstraint]] = (UniqueConstraint("provider", "subject"),)
