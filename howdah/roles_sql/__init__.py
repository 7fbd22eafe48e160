"""roles-sql/: read, statement by statement, into the catalog that it asks for."""
