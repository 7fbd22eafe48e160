"""Which account of which OpenID Connect provider belongs to which user."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, col

from app_db.entity import Entity, EntityTable
from app_db.repository import Repository
from app_db.rows import fetched, selected
from app_db.user import User, UserTable


class UserIdentity(Entity):
    """A subject that an issuer vouches for; a user may have several.

    The issuer is the ID token's `iss`: `https://accounts.google.com` is Google's,
    `https://login.microsoftonline.com/<tenant>/v2.0` Microsoft's, `https://<host>/realms/<realm>`
    Keycloak's. The subject is its `sub`, which is unique at that issuer only.
    """

    # Without an index, deleting one user would read every identity.
    user_id: UUID = Field(foreign_key="app.users.id", ondelete="CASCADE", index=True)
    issuer: str = Field(min_length=1)
    # OpenID Connect Core 2: `sub` must not exceed 255 characters.
    subject: str = Field(min_length=1, max_length=255)


class UserIdentityTable(EntityTable, UserIdentity, table=True):
    """One row per login that is linked to a user."""

    __tablename__ = "user_identities"
    __table_args__: ClassVar[tuple[UniqueConstraint]] = (UniqueConstraint("issuer", "subject"),)


class UserIdentityRepository(Repository[UserIdentity, UserIdentityTable]):
    """Identities, and the user that one belongs to."""

    entity = UserIdentity
    table = UserIdentityTable

    def find_user(self, issuer: str, subject: str) -> User | None:
        """Whose login this is, in one statement."""
        is_theirs = col(UserIdentityTable.user_id) == col(UserTable.id)
        has_issuer = col(UserIdentityTable.issuer) == issuer
        has_subject = col(UserIdentityTable.subject) == subject
        statement = selected(UserTable)
        statement = statement.join(UserIdentityTable, is_theirs)
        statement = statement.where(has_issuer, has_subject)
        found = fetched(self._session, User, statement)
        if not found:
            return None
        return found[0]
