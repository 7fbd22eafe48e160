"""Production, as the specification has it: in Docker. group_data/prod.py has the rest.

prod-packages.py is the same on Debian's packages.
"""

hosts = ["db1.example.internal"]
