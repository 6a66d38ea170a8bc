"""What is due → measure → judge → record, once."""
