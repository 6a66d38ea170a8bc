"""The units of systemd: read by systemd itself, and held against what the documentation promises."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.containerfile import ROOT

UNITS = ROOT / "deploy" / "systemd"
WORKER = UNITS / "kaohe-worker.service"


def read(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


@pytest.fixture
def units(tmp_path):
    """Copies of all units whose programs are there: systemd checks that they are."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("kaohe", "kaohe-backup"):
        (programs / name).symlink_to(sys.executable)
    for unit in UNITS.glob("*.[st]*"):
        text = unit.read_text(encoding="utf-8").replace("/opt/kaohe/bin", str(programs))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["kaohe-worker.service", "kaohe-backup.service", "kaohe-backup.timer"])
def test_systemd_finds_nothing_wrong_with_a_unit(need, units, name):
    verify = [need("systemd-analyze", "systemd"), "verify", "--man=no", str(units / name)]
    said = subprocess.run(verify, check=False, capture_output=True, text=True)
    about_ours = [line for line in said.stderr.splitlines() if "kaohe" in line]
    assert (said.returncode, about_ours) == (0, [])


def test_a_fault_in_a_unit_would_be_found(need, units):
    unit = units / WORKER.name
    unit.write_text(unit.read_text(encoding="utf-8").replace("Restart=on-failure", "Restart=sometimes\nRestat=no"))
    said = subprocess.run(
        [need("systemd-analyze", "systemd"), "verify", str(unit)], check=False, capture_output=True, text=True
    )
    assert "sometimes" in said.stderr
    assert "Restat" in said.stderr


def test_the_worker_is_exposed_to_little(need, units):
    """systemd's own reckoning, from 0 (nothing) to 10; a service that says nothing has 9.6."""
    command = [
        need("systemd-analyze", "systemd"),
        "security",
        "--offline=true",
        "--threshold=20",
        str(units / WORKER.name),
    ]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout[-500:]


def test_the_worker_is_nobody_special_keeps_its_secrets_elsewhere_and_comes_back():
    service = read(WORKER)["Service"]
    assert service["User"] == "kaohe"
    assert (UNITS / "kaohe.sysusers.conf").read_text(encoding="utf-8").startswith("u kaohe ")
    assert service["EnvironmentFile"] == "-/etc/kaohe/environment"
    assert "PASSWORD" not in service["Environment"]
    assert (service["Restart"], service["KillMode"]) == ("on-failure", "mixed")
    assert int(service["TimeoutStopSec"]) >= 60
    assert read(WORKER)["Unit"]["StartLimitIntervalSec"] == "0"  # it never gives up
