"""Which cycle, which assessment day: pure functions of days and instants. Nothing here reads a clock."""
