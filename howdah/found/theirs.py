"""The container that `adopt_container` names, and its data directory on the host."""

from dataclasses import dataclass

from howdah.found.lines import Lines


@dataclass(frozen=True)
class Theirs:
    """Empty where nothing is to be adopted, or has been already."""

    state: str  # exited, running …; empty: there is no such container
    image: str  # its name, as the project has it
    restart: str  # its policy
    superuser: str  # POSTGRES_USER
    data: str  # empty: in none of its mounts
    version: str  # empty: there is no data directory
    uid: str
    shut_down: bool  # its server, in order
    links: bool  # a tablespace, or pg_wal, is elsewhere
    size: int  # bytes
    room: int  # bytes that are free where the copy goes

    @property
    def there(self) -> bool:
        """Whether there is such a container."""
        return bool(self.state)


def read(lines: Lines) -> Theirs:
    """Raises AnswerError."""
    return Theirs(
        state=lines.text("their_state"),
        image=lines.text("their_image"),
        restart=lines.text("their_restart"),
        superuser=lines.text("their_superuser"),
        data=lines.text("their_data"),
        version=lines.text("their_version"),
        uid=lines.text("their_uid"),
        shut_down=lines.is_there("their_shut_down"),
        links=lines.is_there("their_links"),
        size=lines.number("their_size") or 0,
        room=lines.number("their_room") or 0,
    )
