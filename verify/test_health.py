"""What will stop the server one day, if nobody looks."""

from howdah.found import Found


def test_there_is_room(found: Found) -> None:
    """Of the data, the log and pg_wal: a tenth of the file system, and of its inodes."""
    assert list(found.health.full()) == []


def test_no_checksum_has_failed(found: Found) -> None:
    assert list(found.health.broken()) == []


def test_indexes_are_sorted_as_the_system_sorts(found: Found) -> None:
    """By the collations' versions, which a new image or a new Debian changes."""
    assert list(found.health.missorted()) == []


def test_no_transaction_is_old(found: Found) -> None:
    assert [*found.health.old(), *found.health.unwrapped()] == []


def test_what_was_notified_is_read(found: Found) -> None:
    assert list(found.health.unread()) == []
