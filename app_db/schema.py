"""The one word that engine, entities and migrations share; it imports nothing."""

SCHEMA = "app"  # the specification's, and of roles-sql
