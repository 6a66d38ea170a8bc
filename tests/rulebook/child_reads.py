"""Reads rule files in a process of its own, so that its peak of memory is theirs: prints one JSON line a file."""

import json
import resource
import sys
from pathlib import Path

from engine.rulebook.book import check_paths

check_paths([Path(sys.argv[1])])  # what reading needs anyway, whatever is read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in sys.argv[2:]:
    faults = check_paths([Path(path)])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # KiB; the peak so far, never less than before
    sys.stdout.write(json.dumps({"faults": [fault.what for fault in faults], "grown": grown}) + "\n")
