"""What happened: files are read, cleaned and merged into immutable day files, and only then counted."""
