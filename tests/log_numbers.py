"""Watches what is logged for whole mobile numbers, which no log may hold, however talkative it is told to be."""

import logging
import re
from contextlib import contextmanager

# Of the mainland, as people and providers write them; not the digits within a longer number or a digest.
WHOLE_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:\+|%2B)?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9A-Za-z])", re.IGNORECASE
)
# Our own, those of the providers' libraries, and of what these speak through.
WATCHED = ("kaohe", "engine", "notifier", "console", "darabonba-core", "tencentcloud_sdk_common", "alibabacloud")
WATCHED += ("Tea", "urllib3", "requests", "http.client", "waitress", "apscheduler")


class Watch(logging.Handler):
    """Keeps each record, as it would be written down, that holds a whole number."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        self.found = []

    def emit(self, record):
        line = self.format(record)
        if WHOLE_NUMBER.search(line):
            self.found.append(line)


@contextmanager
def watched():
    """All that is logged meanwhile, down to the smallest remark; answers the lines that hold a whole number."""
    root, watch = logging.getLogger(), Watch()
    # Libraries give some of the loggers below theirs a level of their own once they are imported.
    below = [name for name in root.manager.loggerDict if name.startswith(tuple(f"{top}." for top in WATCHED))]
    before = {name: logging.getLogger(name).level for name in (*WATCHED, *below)}
    root.addHandler(watch)
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        yield watch.found
    finally:
        root.removeHandler(watch)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
