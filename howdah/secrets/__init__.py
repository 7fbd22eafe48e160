"""Passwords, certificates and the store that keeps them, on the controller."""
