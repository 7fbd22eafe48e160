"""`make verify` of a real host: each change by hand fails the check that is for it."""

import pytest

from tests import mutations
from tests.fleet.single import Single
from tests.mutations import VERIFY

ROUNDS = mutations.rounds("package")
pytestmark = pytest.mark.all


class Remote:
    """The host of a fleet of one."""

    def __init__(self, single: Single) -> None:
        self._single, self.name = single, single.machine.name
        self.names = {"etc": single.etc, "data": single.data, "unit": single.unit,
                      "log": f"/var/log/postgresql/{single.version}-main",
                      "debian": single.debian, "file_owner": "root:postgres",
                      "restart": f"systemctl restart {single.unit}"}  # fmt: skip

    def sql(self, text: str, base: str) -> str:
        return self._single.ask(text, base)

    def sh(self, script: str) -> None:
        self._single.machine.sh(f"set -e; cd {self._single.etc}/current; {script}")

    def verify(self) -> str:
        return self._single.verify(*VERIFY).stdout


@pytest.mark.parametrize("turn", ROUNDS)
def test_each_is_caught_by_its_check(converged: Single, turn: str) -> None:
    assert mutations.missed(Remote(converged), ROUNDS[turn]) == []


def test_all_is_well_again(converged: Single) -> None:
    """What the rounds have left, one deploy has put right."""
    assert converged.deploy().changed == []
    verified = converged.verify()
    assert verified.returncode == 0, verified.stdout
