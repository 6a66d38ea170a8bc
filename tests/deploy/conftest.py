"""For deployment: the tools that a fresh Debian lacks are installed, and what cannot be is told, never passed over."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def need():
    """The path of a program, installed with apt if it is missing; a failure that says so where that is impossible."""

    def find(program: str, package: str) -> str:
        if shutil.which(program) is None and os.geteuid() == 0 and shutil.which("apt-get"):
            subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True)
            subprocess.run(
                ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
                check=False,
                capture_output=True,
            )
        found = shutil.which(program)
        if found is None:
            pytest.fail(f"{program} is needed: apt-get install {package}")
        return found

    return find
