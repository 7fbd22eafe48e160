"""What holds for every inventory, unless it says otherwise."""

# A host whose key is not in known_hosts is refused: `ssh HOST` once, and compare the fingerprint.
ssh_strict_host_key_checking = "yes"
