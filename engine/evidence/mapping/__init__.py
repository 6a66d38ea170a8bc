"""Mappings: files as the back offices give them, read by what a YAML file says of their columns."""
