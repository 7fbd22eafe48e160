"""pyinfra reads this first: the config.py of the Howdah that howdah.toml names."""

import sys
import tomllib
from pathlib import Path

folder = Path(__file__).parent
said = tomllib.loads((folder / "howdah.toml").read_text())
howdah = (folder / str(said.get("howdah"))).resolve()
if not (howdah / "deploys").is_dir():
    sys.exit(f"howdah.toml: there is no Howdah in {howdah}; clone it there")
sys.path.insert(0, str(howdah))
exec((howdah / "config.py").read_text())  # noqa: S102 it is ours
