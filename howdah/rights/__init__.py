"""Roles, databases and rights: a catalog of them, and what turns one into another."""
