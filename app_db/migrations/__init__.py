"""The history of the library's own tables; an application may name its own package instead."""
