"""Benchmarks: `python -m bench --size N` prints the figures of docs/performance.md. Nothing here is asserted."""
