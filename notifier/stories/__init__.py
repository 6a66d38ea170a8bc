"""What each kind of news says: one module a family, each a function from what the journal told to finished words."""
