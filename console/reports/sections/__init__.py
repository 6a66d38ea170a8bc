"""Sections of reports, one module a subject: pure functions from what a use case found to a sheet."""
