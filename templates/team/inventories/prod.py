"""Production: hosts, by the names that their clients use."""

hosts = [
    (
        "db1.example.internal",
        {
            "ssh_user": "root",  # or another one, with "_sudo": True
            "listen_addresses": ["0.0.0.0"],
            "allowed_networks": ["10.20.0.0/24"],  # the application's
        },
    ),
]
