"""The container file, without an engine: read, and its steps carried out in roots made by debootstrap.

What comes out is the image: its kaohe is run there as its user, with no compiler, no checkout, and nothing but what was
copied.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib

import pytest
import yaml

from tests.deploy.containerfile import ROOT, Lent, Root, build, stages, words
from tests.deploy.evidence import week

TEXT = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")


def test_only_the_first_stage_compiles_and_all_that_is_installed_is_locked():
    first, last = stages(TEXT)
    assert (first.name, first.base, last.base) == ("build", "debian:bookworm-slim", "debian:bookworm-slim")
    assert "build-essential" in str(first.steps)
    assert "build-essential" not in str(last.steps)
    installs = [said for _, said in first.steps if re.search(r"pip (install|wheel)", said)]
    assert installs
    for said in installs:
        assert "--require-hashes" in said or "--no-deps" in said


def test_the_image_is_nobody_special_keeps_utc_and_holds_no_secret():
    last = stages(TEXT)[-1]
    assert last.last("USER") == "kaohe"
    assert "TZ=UTC" in last.last("ENV")
    assert "tzdata" in str(last.steps)
    assert last.last("VOLUME") == "/var/lib/kaohe"
    assert words(last.last("HEALTHCHECK")) == ["kaohe", "status"]
    assert [*words(last.last("ENTRYPOINT")), *words(last.last("CMD"))] == ["kaohe", "worker"]
    assert not re.search(r"(?i)password|secret=|token", TEXT)


def test_nothing_but_what_is_copied_is_sent_to_the_engine():
    sent = (ROOT / "deploy" / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {
        name for instruction, said in stages(TEXT)[0].steps if instruction == "COPY" for name in said.split()[:-1]
    }
    assert sent[0] == "*"
    assert {line[1:] for line in sent if line.startswith("!")} == copied


def test_the_example_of_two_workers_shares_one_home_and_holds_no_password():
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    worker = compose["services"]["worker"]
    assert worker["deploy"]["replicas"] == 2
    assert worker["volumes"] == ["home:/var/lib/kaohe"]
    assert (ROOT / "deploy" / worker["build"]["context"] / worker["build"]["dockerfile"]).is_file()
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "://" in value:
                assert "${KAOHE_" in value


def test_the_callbacks_are_asked_for_by_name_reach_no_other_host_and_are_bound_like_the_worker():
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))["services"]
    ours, worker = services["callbacks"], services["worker"]
    assert ours["profiles"] == ["callbacks"]
    assert ours["ports"] == ["127.0.0.1:8025:8025"]
    assert ours["command"] == ["notices", "callbacks", "--listen", "0.0.0.0:8025"]
    for name in ("image", "volumes", "depends_on", "read_only", "tmpfs", "cap_drop", "security_opt", "restart"):
        assert ours[name] == worker[name]
    assert ours["environment"]["KAOHE_DATABASE_URL"] == worker["environment"]["KAOHE_DATABASE_URL"]
    assert ":?" not in ours["environment"]["KAOHE_CALLBACK_SECRET"]  # who has none starts the others all the same


def test_what_the_image_installs_is_what_is_tested_and_has_every_extra():
    def pinned(name):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", "")
        return {line.split("==")[0]: line for line in text.splitlines()}

    image, tested, needed = (pinned(f"requirements{which}.lock") for which in ("-extras", "-dev", ""))
    assert needed.items() <= image.items()
    for name in image.keys() & tested.keys():
        assert image[name] == tested[name]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    names = {re.split("[<>=]", wanted)[0] for extra in extras.values() for wanted in extra}
    assert {"waitress"} < names <= image.keys()


@pytest.fixture(scope="module")
def image(need, tmp_path_factory):
    """The root of the image."""
    if os.geteuid() != 0:
        pytest.fail("a clean root can be made and entered by root alone: run this test as root")
    bootstrap = need("debootstrap", "debootstrap")
    place = tmp_path_factory.mktemp("image")
    base = place / "base"
    made = subprocess.run(
        [bootstrap, "--variant=minbase", "bookworm", str(base)], check=False, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stdout[-2000:]
    lent, roots = Lent.by_this_machine(), {}
    for stage in stages(TEXT):
        path = place / stage.name
        subprocess.run(["cp", "-a", base, path], check=True)
        roots[stage.name] = Root(path, lent=lent)
        build(stage, roots[stage.name], ROOT, roots)
    final = list(roots.values())[-1]
    final.lent = Lent()
    yield final
    subprocess.run(["rm", "-rf", place], check=True)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # most of it is Debian's packages
def test_the_image_runs_as_its_user_with_all_its_data_and_no_compiler(image):
    assert "uid=10001(kaohe)" in image.run("id").stdout
    for tool in ("gcc", "make", "pip"):
        assert image.run("sh", "-c", f"command -v {tool}", check=False).returncode != 0
    assert image.run("kaohe", "rules", "check").stdout
    assert len(image.run("kaohe", "rules", "list", "--json").stdout.splitlines()) == len(
        list((ROOT / "rulesets").rglob("*.yaml"))
    )
    assert len(image.run("kaohe", "mappings", "list", "--json").stdout.splitlines()) == len(
        list((ROOT / "mappings").rglob("*.yaml"))
    )
    image.run("python3", "-c", "import waitress, alibabacloud_dysmsapi20170525.client, tencentcloud.sms")
    image.run("kaohe", "rules", "test")  # the rule engine, which was compiled
    evidence = image.inside("week.csv")
    evidence.write_text(week("a", 79, 100), encoding="utf-8")
    image.run("kaohe", "import", "week.csv", "--kind", "sessions")
    said = image.run("kaohe", "assess", "--as-of", "2026-03-10T10:05", "--json").stdout
    violation = json.loads(said.splitlines()[-1])["violation"]
    advice = yaml.safe_load((ROOT / "notifier/advice/xiaohongshu.reply-rate.zh-CN.yaml").read_text(encoding="utf-8"))
    assert advice["steps"][0][:12] in image.run("kaohe", "notices", "preview", violation).stdout
    image.run("kaohe", "worker", "--once")
    assert image.run("sh", "-c", "stat -c %a:%U /var/lib/kaohe").stdout.strip() == "700:kaohe"
    assert image.run("kaohe", "status", check=False).returncode in {0, 1}
    assert image.run("sh", "-c", "touch /opt/kaohe/x", check=False).returncode != 0
