"""What an application imports to keep its data in PostgreSQL: one module per noun."""
