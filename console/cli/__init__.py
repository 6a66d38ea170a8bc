"""`kaohe`: every command is thin: read options, call one use case, print. Exit codes stand in `console.cli.main`."""

from console.cli.main import main

__all__ = ["main"]
