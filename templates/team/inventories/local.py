"""This machine: a PostgreSQL of this folder's own, on 127.0.0.1:5433."""

hosts = [
    (
        "@local",
        {
            "runtime": "embedded",
            "stage": "development",
            "port": 5433,
            "memory": "1GB",
        },
    )
]
