"""A home that was copied for a test is as good as the one that was built: tests/ready.py."""

from dataclasses import replace

from tests.ready import ready_home

built_in = []


@ready_home
def one_breach(kaohe, sessions):
    built_in.append(kaohe.home)
    assert kaohe("import", str(sessions(79, 100)), "--kind", "sessions").code == 0
    assert kaohe("assess", "--as-of", "2026-03-10T10:05+08:00").code == 0
    return kaohe("violations", "list", "--json").rows[0]["violation"]


def test_a_copied_home_says_and_takes_what_the_built_one_does(kaohe, sessions, tmp_path):
    homes = [replace(kaohe, home=tmp_path / place / "home") for place in ("built", "copied")]
    for one in homes:
        one.home.parent.mkdir()
    first, second = (one_breach(kaohe=one, sessions=sessions) for one in homes)
    assert first == second
    assert built_in == [homes[0].home]
    for words in (("journal", "verify"), ("violations", "list"), ("violations", "show", first), ("explain", first)):
        built, copied = (one(*words) for one in homes)
        assert (copied.code, copied) == (0, built)
    for one in homes:
        assert one("import", str(sessions(80, 100)), "--kind", "sessions").code == 0
        assert one("assess", "--as-of", "2026-03-10T10:05+08:00").code == 0
        assert "verdict" in one("violations", "show", first, "--json").out
        assert one("journal", "verify").code == 0
