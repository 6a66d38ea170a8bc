"""Is this installation in order? One module a subject; every check says how to mend what it finds."""
