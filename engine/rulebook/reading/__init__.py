"""Readers of the parts of a rule file: each takes a place in it and gives a value, or notes what is wrong."""
