"""Development in Docker: the specification's, without TLS, on this machine's own engine."""

import os

hosts = [
    (
        "@local",
        {
            "runtime": "docker",
            "stage": "development",
            "_sudo": os.geteuid() != 0,
            "port": 5433,
            "tls": False,
            "password": "devpass",
            "docker_network": "dev-network",
            "docker_subnet": "10.78.0.0/24",
            "docker_volume": "postgres_data_dev",
            "memory": "1GB",
            "pool_size": 5,
        },
    )
]
