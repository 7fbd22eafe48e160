"""pyinfra's side: what deploy.py calls, one module per line of it."""
