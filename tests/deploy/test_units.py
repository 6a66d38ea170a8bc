"""The units of systemd: read by systemd itself, and held against what the documentation promises."""

from __future__ import annotations

import configparser
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.deploy.containerfile import ROOT

UNITS = ROOT / "deploy" / "systemd"
WORKER = UNITS / "kaohe-worker.service"
CALLBACKS = UNITS / "kaohe-callbacks.service"
SERVICES = pytest.mark.parametrize("unit", [WORKER, CALLBACKS], ids=lambda unit: unit.stem)


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


@pytest.mark.parametrize("name", sorted(unit.name for unit in UNITS.glob("*.[st][ei]*")))
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


@SERVICES
def test_a_service_is_exposed_to_little(need, units, unit):
    """systemd's own reckoning, from 0 (nothing) to 10; a service that says nothing has 9.6."""
    command = [
        need("systemd-analyze", "systemd"),
        "security",
        "--offline=true",
        "--threshold=20",
        str(units / unit.name),
    ]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout[-500:]


@SERVICES
def test_a_service_is_nobody_special_keeps_its_secrets_elsewhere_and_comes_back(unit):
    service = read(unit)["Service"]
    assert service["User"] == "kaohe"
    assert (UNITS / "kaohe.sysusers.conf").read_text(encoding="utf-8").startswith("u kaohe ")
    assert service["EnvironmentFile"].lstrip("-").startswith("/etc/kaohe/")
    assert not re.search("PASSWORD|SECRET|://", service["Environment"])
    assert (service["Restart"], service["KillMode"]) == ("on-failure", "mixed")
    assert int(service["TimeoutStopSec"]) >= 60
    assert read(unit)["Unit"]["StartLimitIntervalSec"] == "0"  # it never gives up


def test_what_is_called_from_outside_is_hardened_like_the_worker_and_knows_none_of_its_secrets():
    ours, workers = read(CALLBACKS)["Service"], read(WORKER)["Service"]
    kept = {name for name in workers if re.match("Protect|Private|Restrict|System|Capab|NoNew|Lock|Remove|UMask", name)}
    assert len(kept) > 15
    assert {name: ours[name] for name in kept} == {name: workers[name] for name in kept}
    assert ours["EnvironmentFile"] != workers["EnvironmentFile"].lstrip("-")


def test_the_callbacks_start_by_their_unit_and_environment_once_a_secret_is_set(tmp_path):
    """The unit's command, with the shipped file of settings: refused as it is shipped, serving once a secret is set."""
    service = read(CALLBACKS)["Service"]
    settings = dict(pair.split("=", 1) for pair in service["Environment"].split())
    shipped = (UNITS / "kaohe-callbacks.environment").read_text(encoding="utf-8")
    settings |= dict(line.split("=", 1) for line in shipped.splitlines() if line and not line.startswith("#"))
    assert settings.pop("LISTEN") == "127.0.0.1:8025"
    assert settings["KAOHE_CALLBACK_SECRET"] == ""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = service["ExecStart"].replace("${LISTEN}", f"127.0.0.1:{port}").split()
    command[0] = str(Path(sys.executable).parent / "kaohe")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAOHE_")} | settings
    kept |= {"KAOHE_HOME": str(tmp_path / "home"), "KAOHE_LANGUAGE": "en"}
    made = [command[0], "shops", "add", "xiaohongshu", "s1"]
    subprocess.run(made, env=kept, check=True, capture_output=True)
    refused = subprocess.run(command, env=kept, check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "openssl rand -hex 32" in refused.stderr
    with subprocess.Popen(
        command, env=kept | {"KAOHE_CALLBACK_SECRET": "a" * 64}, stderr=subprocess.DEVNULL
    ) as serving:
        try:
            while serving.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), 5).close()
                    break
                except OSError:
                    time.sleep(0.1)
        finally:
            serving.terminate()
        assert serving.wait(60) == 0
