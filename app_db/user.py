"""A person who uses the application."""

from app_db.entity import Entity, EntityTable


class User(Entity):
    """A person, whichever provider vouches for them."""

    first_name: str
    last_name: str
    # Not unique: an address may be reassigned, and two providers may state the same one. OpenID
    # Connect Core 5.7 forbids it as an identifier; (provider, subject) identifies.
    email: str | None = None


class UserTable(EntityTable, User, table=True):
    """Plural, because `SELECT * FROM user` calls PostgreSQL's current_user and reads no table."""

    __tablename__ = "users"
