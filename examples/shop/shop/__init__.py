"""An example of an application: what it sells."""
