"""A container file, read into its stages and carried out in directories: what an engine would do, without one.

Only the instructions that ours uses are known; any other is an error, so that nothing is passed over.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]  # of the checkout
LENT = "/lent"
INDEX_SETTINGS = {"cert", "default-timeout", "extra-index-url", "find-links", "index-url", "proxy", "trusted-host"}
TOLD_ONLY = {"VOLUME", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


@dataclass
class Stage:
    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        """What the last such instruction says."""
        return [said for found, said in self.steps if found == instruction][-1]


def stages(text: str) -> list[Stage]:
    """The stages of a container file, in order."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        instruction, _, said = line.strip().partition(" ")
        if instruction == "FROM":
            base, _, name = said.partition(" AS ")
            found.append(Stage(base, name or str(len(found))))
        elif instruction:
            found[-1].steps.append((instruction, said.strip()))
    return found


@dataclass
class Lent:
    """How this machine reaches a package index: settings of pip, and the files they name, below LENT in a root."""

    settings: dict[str, str] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)

    @staticmethod
    def by_this_machine() -> Lent:
        """What `pip config list` says here, and the proxies in the environment."""
        lent = Lent({name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")})
        listed = subprocess.run(
            [sys.executable, "-m", "pip", "config", "list"], check=True, stdout=subprocess.PIPE, text=True
        )
        for name, said in re.findall(r"^\S*\.([a-z-]+)='(.*)'$", listed.stdout, re.MULTILINE):
            if name in INDEX_SETTINGS:
                told = [lent.lend(word) for word in said.replace("\\n", " ").split()]
                lent.settings["PIP_" + name.upper().replace("-", "_")] = " ".join(told)
        return lent

    def lend(self, word: str) -> str:
        """A word of a setting as it stands in the root: a path of this machine is lent under another name."""
        path = Path(word.removeprefix("file://"))
        if not path.is_absolute() or not path.exists():
            return word
        whole = path.parent if path.is_dir() else path  # an index names files beside itself
        if whole not in self.paths:
            self.paths.append(whole)
        return word.replace(str(path), f"{LENT}{path}")


@dataclass
class Root:
    """The root directory of a stage, and what holds for its next step."""

    path: Path
    directory: str = "/"
    user: str = "root"
    lent: Lent = field(default_factory=Lent)
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/"})

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command in this root, with /proc and /dev, as the user of the moment; all it says is in `stdout`."""
        mounts = ['mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc"']
        for outside in self.lent.paths:
            target = shlex.quote(f"{self.path}{LENT}{outside}")
            made = f"mkdir -p {target}" if outside.is_dir() else f"mkdir -p $(dirname {target}) && touch {target}"
            mounts.append(f"{made} && mount --bind {shlex.quote(str(outside))} {target}")
        entered = ["chroot", f"--userspec={self.user}:{self.user}", str(self.path), "env", "-i"]
        entered += [f"{name}={value}" for name, value in (self.environment | self.lent.settings).items()]
        entered += ["sh", "-c", 'cd "$0" && exec "$@"', self.directory, *command]
        done = subprocess.run(
            [
                "unshare",
                "--mount",
                "--fork",
                "--pid",
                "sh",
                "-c",
                " && ".join([*mounts, 'exec "$@"']),
                self.path,
                *entered,
            ],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if check and done.returncode:
            raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout[-4000:]}")
        return done

    def inside(self, path: str) -> Path:
        """Where a path of this root is outside of it."""
        return self.path / os.path.normpath(Path(self.directory) / path).lstrip("/")


def build(stage: Stage, root: Root, context: Path, earlier: dict[str, Root]) -> None:
    """Carry out the steps of `stage` in `root`, which holds its base. `context` is what may be copied from."""
    known: dict[str, Callable[[str], object]] = {
        "RUN": lambda said: root.run("sh", "-c", said),
        "COPY": lambda said: _copy(said.split(), root, context, earlier),
        "ENV": lambda said: root.environment.update(pair.split("=", 1) for pair in said.split()),
        "WORKDIR": lambda said: (
            setattr(root, "directory", said),
            root.inside(said).mkdir(parents=True, exist_ok=True),
        ),
        "USER": lambda said: setattr(root, "user", said),
    }
    for instruction, said in stage.steps:
        if instruction not in TOLD_ONLY:
            known[instruction](said)


def words(said: str) -> list[str]:
    """The words of an instruction in its JSON form."""
    return json.loads(said[said.index("[") :])


def _copy(arguments: list[str], root: Root, context: Path, earlier: dict[str, Root]) -> None:
    source = context
    if arguments[0].startswith("--from="):
        source = earlier[arguments.pop(0).removeprefix("--from=")].path
    *names, target = arguments
    into = root.inside(target)
    for name in names:
        found = source / name.lstrip("/")
        if found.is_dir():
            shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(found, into / Path(name).name if target.endswith("/") else into)
