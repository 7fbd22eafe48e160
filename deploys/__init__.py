"""pyinfra's side: what deploy.py calls, one module per line of it."""

import atexit
import gc
from pathlib import Path

ROOT = Path(__file__).parent.parent  # the checkout

# The last garbage collections of a process that ends anyway: a tenth of a converged run.
atexit.register(gc.freeze)
