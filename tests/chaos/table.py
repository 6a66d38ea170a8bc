"""What a test of this room tells whoever runs it with -s, and the seed that all of them take."""

import os
import sys

SEED = int(os.environ.get("CHAOS_SEED", "20260615"))


def tell(request, table):
    """Print a table under the name of the test."""
    width = max(map(len, table))
    lines = [f"  {name:<{width}}  {value}" for name, value in table.items()]
    sys.stdout.write("\n".join(["", request.node.name, *lines, ""]))
