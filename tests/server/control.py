"""The server of a checkout, stopped and started as its admin would."""

import os
import subprocess

from tests.server.checkout import AS_HOWDAH, Checkout


def stopped(checkout: Checkout) -> None:
    """Fast: sessions are ended, data are safe."""
    _pg_ctl(checkout, "stop", "-m", "fast")


def started(checkout: Checkout) -> None:
    """As it was."""
    options = (checkout.home / "data" / "postmaster.opts").read_text().split(" ", 1)[1].strip()
    _pg_ctl(checkout, "start", "-l", str(checkout.home / "log" / "started"), "-o", options)


def _pg_ctl(checkout: Checkout, *words: str) -> None:
    become = AS_HOWDAH if os.geteuid() == 0 else []
    command = [*become, str(checkout.bin / "pg_ctl"), "-D", str(checkout.home / "data"), "-w"]
    done = subprocess.run([*command, *words], cwd="/", check=False, timeout=60, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
    assert done.returncode == 0, done.stdout
