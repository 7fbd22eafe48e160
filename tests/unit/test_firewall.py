"""The firewall's rule in docs/security.md is one that nft takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

TEXT = Path(__file__).parents[2].joinpath("docs", "security.md").read_text()
NFT = shutil.which("nft", path="/usr/sbin:/usr/bin")


@pytest.fixture(scope="module")
def rule() -> str:
    [found] = re.findall(r"^```nft\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    return str(found)


def checked(rule: str) -> subprocess.CompletedProcess[str]:
    """In a network of its own, which a check needs the right to look at."""
    command = ["unshare", "--net", str(NFT), "-c", "-f", "-"]
    return subprocess.run(command, input=rule, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not NFT, reason="needs nft")
def test_firewall_rule_is_one(rule: str) -> None:
    if "Operation not permitted" in checked("table inet x {}").stderr:
        pytest.skip("needs root, or the right to make a network")
    done = checked(rule)
    assert done.returncode == 0, done.stderr
    assert checked(rule.replace("ct count over", "ct number over")).returncode != 0


def test_firewall_rule_is_of_the_port(rule: str) -> None:
    assert rule.count("tcp dport 5432 ct state new") == 2
