"""`make verify` of an embedded server: each change by hand fails the check that is for it."""

import os
import subprocess

import pytest

from tests import mutations
from tests.mutations import EVERY_TIME, MUTATIONS, NO_DRIFT, VERIFY
from tests.server.checkout import AS_HOWDAH, Checkout

ROUNDS = mutations.rounds("embedded")


class Local:
    """The converged server of a checkout."""

    name = "@local"

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        home = checkout.home
        become = " ".join(AS_HOWDAH) if os.geteuid() == 0 else ""
        pg_ctl = f"{become} {checkout.bin}/pg_ctl -D {home}/data -w -m fast"
        self.names = {"etc": f"{home}/etc", "data": f"{home}/data", "log": f"{home}/log",
                      "file_owner": "root:howdah", "unit": "", "debian": "",
                      "restart": f"{pg_ctl} -l {home}/log/restarted restart"}  # fmt: skip

    def sql(self, text: str, base: str) -> str:
        return self._checkout.ask(text, base)

    def sh(self, script: str) -> None:
        subprocess.run(["sh", "-ec", script], check=True, cwd=self._checkout.home / "etc/current",
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # fmt: skip

    def verify(self) -> str:
        return self._checkout.verify(*VERIFY).stdout


@pytest.fixture(scope="module")
def local(deployed: Checkout) -> Local:
    return Local(deployed)


@pytest.mark.parametrize("turn", [
    turn if turn in EVERY_TIME else pytest.param(turn, marks=pytest.mark.all) for turn in ROUNDS
])  # fmt: skip
def test_each_is_caught_by_its_check(converged: Checkout, local: Local, turn: str) -> None:
    missed = mutations.missed(local, ROUNDS[turn])
    if any("{restart}" in mutation.shell for mutation in ROUNDS[turn]):
        converged.pyinfra("-y", "deploys.local.stop")
    assert missed == []


@pytest.mark.all
def test_all_is_well_again(converged: Checkout) -> None:
    """What the rounds have left, one deploy has put right."""
    assert converged.deploy().changed == []
    verified = converged.verify()
    assert verified.returncode == 0, verified.stdout


def test_every_check_has_a_mutation() -> None:
    names = {mutation.check.partition("[")[0] for mutation in MUTATIONS}
    assert sorted({*mutations.checks()} - names) == sorted(NO_DRIFT)
    assert sorted(names - {*mutations.checks()}) == []
    each_time = {m.check for turn in EVERY_TIME for m in ROUNDS[turn]}
    assert {m.check for m in MUTATIONS if m.only != "package"} == each_time
