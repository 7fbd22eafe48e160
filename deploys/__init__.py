"""pyinfra's side: what deploy.py calls, one module per line of it."""

import atexit
import gc

# The last garbage collections of a process that ends anyway: a tenth of a converged run.
atexit.register(gc.freeze)
