"""What a rule says: load, check, version. Rules are dated, cited data; nothing here decides anything."""
