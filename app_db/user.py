"""A person who uses the application."""

from typing import ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field

from app_db.entity import Entity, EntityTable
from app_db.repository import Repository


class User(Entity):
    """A person, whichever provider vouches for them."""

    first_name: str
    last_name: str
    # Unique where given, in whichever case it is written. No key: an address may be reassigned,
    # OpenID Connect Core 5.7; (issuer, subject) identifies.
    email: str | None = Field(default=None, min_length=1)


class UserTable(EntityTable, User, table=True):
    """Plural, because `SELECT * FROM user` calls PostgreSQL's current_user and reads no table."""

    __tablename__ = "users"
    __table_args__: ClassVar[tuple[Index]] = (
        Index("uq_users_email_lower", text("lower(email)"), unique=True),
    )


class UserRepository(Repository[User, UserTable]):
    """Users by id, and in the order of their creation."""

    entity = User
    table = UserTable
