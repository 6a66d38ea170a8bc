"""What `pip install .` installs: the package of a checkout, not editable, holds all data files and works without it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile

import pytest

from tests.deploy.containerfile import ROOT

PARTS = ("engine", "notifier", "console", "rulesets", "mappings")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", str(ROOT)]
    made = subprocess.run([*command, "--wheel-dir", str(place)], check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    [found] = place.glob("kaohe-*.whl")
    return found


def test_the_package_holds_every_file_of_the_checkout_s_parts_and_nothing_else(wheel):
    wanted = {
        path.relative_to(ROOT).as_posix()
        for part in PARTS
        for path in (ROOT / part).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == wanted
    assert {name.rpartition(".")[2] for name in names} >= {"yaml", "txt", "html", "mako", "py"}


@pytest.mark.slow
def test_what_is_installed_works_from_an_empty_directory_without_the_checkout(wheel, tmp_path):
    target, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(target)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAOHE_")}
    kept |= {"PYTHONPATH": str(target), "PYTHONSAFEPATH": "1", "KAOHE_HOME": str(tmp_path / "home")}

    def run(*words):
        said = subprocess.run(words, check=False, capture_output=True, text=True, env=kept, cwd=empty)
        assert said.returncode == 0, said.stderr
        return said.stdout

    places = "import console.settings as c, engine.evidence.mapping.shelf as m; print(c.SHIPPED_RULESETS, m.SHIPPED)"
    assert run(sys.executable, "-c", places).split() == [str(target / "rulesets"), str(target / "mappings")]
    kaohe = [sys.executable, "-m", "console.cli"]
    assert len(run(*kaohe, "rules", "list", "--json").splitlines()) == len(list((ROOT / "rulesets").rglob("*.yaml")))
    run(*kaohe, "mappings", "check")
    run(*kaohe, "worker", "--once")  # the migrations
