"""What is the same on several hosts is read once."""

from howdah.plan import WIDTH, groups, text, wrapped

OPERATIONS = ["Install", "Configure", "Grant"]
SAME = {"Configure": ["release r-2", "+work_mem = 3MB"]}


def test_equal_hosts_are_one_group() -> None:
    hosts = {"db1": SAME, "db2": SAME, "db3": {"Configure": ["release r-7", "+work_mem = 3MB"]}}
    assert list(text(groups(OPERATIONS, hosts))) == [
        "    Configure [db1, db2]",
        "        release r-2",
        "        +work_mem = 3MB",
        "    Configure [db3]",
        "        release r-7",
        "        +work_mem = 3MB",
    ]


def test_order_is_the_operations() -> None:
    """Also where the first host has less to do than the second."""
    hosts = {"db1": {"Grant": ["x"]}, "db2": {"Grant": ["x"], "Install": ["y"]}}
    found = groups(OPERATIONS, hosts)
    assert [(g.operation, g.hosts) for g in found] == [
        ("Install", ["db2"]),
        ("Grant", ["db1", "db2"]),
    ]


def test_many_hosts_are_wrapped() -> None:
    hosts = {f"db{n}.example.internal": SAME for n in range(10)}
    lines = list(text(groups(OPERATIONS, hosts)))
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith("            db")
    assert "".join(lines).count("+work_mem") == 1


def test_what_is_pasted_stays_whole() -> None:
    words = ["failed:", "--data", "new_data=yes", "/var/lib/some-where/with-hyphens-in-it"] * 9
    lines = wrapped(" ".join(words), indent=8)
    assert len(lines) > 1
    assert " ".join(lines).split() == words
    assert max(map(len, lines)) <= WIDTH
