"""The ways out: one folder a channel, each of which says what its provider really answered."""
