"""The evidence of a storm: most of it in time, some of it late, some of it never."""

from datetime import timedelta

from tests.chaos.world import DAWN, PLATFORMS, SHOPS, World, midnight


def test_of_a_storm_s_evidence_some_comes_late_and_some_never():
    world = World(20260615, 29)
    came = {}
    for load in world.loads:
        for shop, day, _ in load.parts:
            came.setdefault((load.kind, shop, day), load.at)
    late = [key for key, at in came.items() if at > midnight(key[2] + timedelta(days=2))]
    every = {(k, s, DAWN + timedelta(days=n)) for k in PLATFORMS for s in SHOPS for n in range(world.days - 6)}
    never = every - came.keys()
    assert 0.05 < len(late) / len(every) < 0.15
    assert 0.01 < len(never) / len(every) < 0.06
