"""Pages of the documentation, typed line by line: as much of a shell as they need, and files that they show."""

from __future__ import annotations

import os
import pwd
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.cli.main import run

CONSOLE = re.compile(r"^ *```console\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
DATE = re.compile(r"\$\(date -d \+([0-9]+)days \+%F\)")


class Shell:
    """Understands `export`, `chmod`, `$(date -d +7days +%F)`, `NAME=value command`, `NAME=$(command)` and `$NAME`."""

    def __init__(self, monkeypatch, capsys):
        self.environment, self.capsys = monkeypatch, capsys
        self.variables = {"USER": pwd.getpwuid(os.getuid()).pw_name}

    def type_in(self, line):
        """The exit code that the line promises and the one that it had, and what it printed."""
        assignment = re.match(r"(\w+)=\$\((.*)\)$", line)
        if assignment:
            code, wanted, out = self.type_in(assignment[2])
            self.variables[assignment[1]] = out.strip()
            return code, wanted, out
        line, _, promised = line.partition("   # ")
        line = DATE.sub(lambda m: f"{datetime.now(UTC) + timedelta(int(m[1])):%Y-%m-%d}", line)
        words = [re.sub(r"\$(\w+)", lambda m: self.variables[m[1]], word) for word in shlex.split(line)]
        if words[0] == "export":
            name, value = words[1].split("=")
            self.environment.setenv(name, value)
            return 0, 0, ""
        if words[0] == "chmod":
            Path(words[2]).chmod(int(words[1], 8))
            return 0, 0, ""
        with self.environment.context() as for_this:
            while "=" in words[0]:
                for_this.setenv(*words.pop(0).split("=", 1))
            assert words.pop(0) == "kaohe"
            self.capsys.readouterr()
            return run(words), int(promised or 0), self.capsys.readouterr().out
