"""Who is told of what, when, and why: contacts, routes and mutes."""
