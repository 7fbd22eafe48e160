"""Pure code: what is wanted, as data. It imports no pyinfra and touches no host."""
