"""The drop-in of a packaged cluster's unit."""

import re
from typing import Any

from deploys.runtime import unit
from howdah.host_data import read
from tests.unit.test_render import LAYOUT as ANY

LAYOUT = ANY.__class__(**{**vars(ANY), "data": "/data", "log": "/log", "socket": "/run/pg"})
OWN = ["/data", "/log", "/run/pg"]
NOBODY: tuple[str, ...] = ()


def drop_in(places: tuple[str, ...] = NOBODY, **options: Any) -> str:
    given: dict[str, Any] = {"environment": "test", "backup": "off", **options}
    return unit.drop_in(read(given), LAYOUT, "/etc/pg", places)


def line(text: str, name: str) -> str:
    (its,) = re.findall(f"^{name}=(.*)$", text, flags=re.MULTILINE)
    return str(its)


def test_server_writes_to_its_own_folders() -> None:
    text = drop_in()
    assert line(text, "ReadWritePaths") == "-/data -/log -/run/pg"
    assert line(text, "RequiresMountsFor") == "/data /log /run/pg"
    assert line(text, "ProtectSystem") == "strict"


def test_what_is_found_and_what_is_asked_for_is_written_to_as_well() -> None:
    text = drop_in(("/wal", "/a/space"), read_write_paths=["/srv/archive", "/wal"])
    assert line(text, "RequiresMountsFor") == "/data /log /run/pg /srv/archive /wal /a/space"


def test_what_is_below_a_folder_is_not_listed() -> None:
    """Its owner, the server, could put a link to anywhere in its place."""
    text = drop_in(("/data/own", "/run/pg/own", "/srv/a/b", "/srv/ab"), read_write_paths=["/srv/a"])
    assert line(text, "RequiresMountsFor") == "/data /log /run/pg /srv/a /srv/ab"


def test_path_is_one_word_and_names_no_specifier() -> None:
    text = drop_in(('/srv/100% "new" \\disk',))
    assert line(text, "RequiresMountsFor").endswith(' "/srv/100%% \\"new\\" \\\\disk"')
    assert line(text, "ReadWritePaths").endswith(' "-/srv/100%% \\"new\\" \\\\disk"')


def test_home_is_hidden_unless_something_of_the_cluster_is_there() -> None:
    assert line(drop_in(), "ProtectHome") == "yes"
    assert line(drop_in(("/homes/a",)), "ProtectHome") == "yes"
    assert line(drop_in(("/home/ops/space",)), "ProtectHome") == "read-only"


def test_code_made_at_run_time_is_for_jit() -> None:
    """The server's own command line agrees, so that nothing is between the two."""
    without, with_jit = drop_in(), drop_in(jit=True)
    assert line(without, "MemoryDenyWriteExecute") == "yes"
    assert " -c jit_provider=none " in without
    assert "MemoryDenyWriteExecute" not in with_jit
    assert "jit_provider" not in with_jit


def test_without_a_sandbox() -> None:
    text = drop_in(sandbox=False)
    assert not re.search("Protect|Private|MemoryDeny|jit_provider|ReadWritePaths", text)
    assert text.endswith("OOMPolicy=continue\n")


def test_mark_is_of_the_whole_text() -> None:
    texts = [drop_in(), drop_in(("/srv",)), drop_in(jit=True), drop_in(sandbox=False)]
    marks = {unit.mark_of(text) for text in texts}
    assert len(marks) == len(texts)
    assert unit.mark_of(drop_in()) == unit.mark_of(texts[0])
    assert unit.mark_of("") == ""
