# What the server answers to the question that with_sql has, in a database.
cd /
with_sql ask -d "$DATABASE"
