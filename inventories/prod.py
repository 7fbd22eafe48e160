"""Production: hosts, by the names that their clients use. group_data/prod.py has the rest."""

hosts = ["db1.example.internal", "db2.example.internal"]
