"""What keeps a worker honest while nobody looks: its clocks, its outages, its self-check, its figures."""
