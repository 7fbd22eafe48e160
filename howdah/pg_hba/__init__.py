"""pg_hba.conf: its records, and which logins they allow."""
