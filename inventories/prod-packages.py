"""Production on Debian's packages, by the names that clients use. group_data has the rest."""

hosts = ["db1.example.internal", "db2.example.internal"]
