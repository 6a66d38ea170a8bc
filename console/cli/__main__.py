"""`python -m console.cli`: the same as `kaohe`."""

from console.cli.main import main

main()
