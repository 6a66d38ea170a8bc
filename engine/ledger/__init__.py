"""What was decided: all tables, the one migration history, the journal."""
