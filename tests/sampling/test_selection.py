"""The draw itself: empirical probabilities, independence of the arms, canonical JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from sampling import verify
from sampling.bundle import seal
from sampling.frames import View
from sampling.selection import select
from sampling.tickets import canonical, digest
from tests.sampling.city import city, frame_of, town, unit

DRAWS = 12_000


def _small_frame():
    """Few units, small sizes, very unequal weights: where plain Pareto odds are furthest off."""
    units = [unit(n, area=town(1), risk_class="ABCD"[n % 4], score=10.0 + 20 * (n % 5)) for n in range(24)]
    units += [replace(unit(n, risk_class="ABCD"[n % 4]), is_key=True, is_crowded=n % 2 == 0) for n in range(24, 36)]
    units += [unit(n, risk_class="D", score=90.0, visits=1) for n in range(36, 40)]
    return json.loads(canonical(frame_of(replace(city(1, units=0), units=units,
                                                 day=city(1, units=0).day.replace(month=12, day=14)))))


def test_units_are_drawn_with_the_probabilities_that_were_committed_to():
    frame = _small_frame()
    view = View(frame)
    place = {name: n for n, name in enumerate(view.unit_no)}
    hits = {name: np.zeros(len(place)) for name in ("total", "duty", "random", "targeted")}
    for number in range(DRAWS):
        _, drawn = select(frame, digest(number), view)
        for visit in drawn:
            hits["total"][place[visit.unit_no]] += 1
            for arm in (visit.arm, *visit.also):
                hits[arm][place[visit.unit_no]] += 1
    scores = []
    for name, found in hits.items():
        p = view.chance(f"p_{name}")
        assert (found[p == 0] == 0).all()
        assert (found[p == 1] == DRAWS).all()
        inside = (p > 0) & (p < 1)
        chance = p[inside]
        scores.extend((found[inside] / DRAWS - chance) / np.sqrt(chance * (1 - chance) / DRAWS))
    assert len(scores) > 60
    # Some 120 comparisons, of which each total repeats its arms: beyond three standard errors a third of one is
    # expected, beyond four none in a hundred runs. The seeds are 0, 1, 2, ... and not chosen.
    assert sum(abs(score) > 3 for score in scores) <= 2, sorted(scores, key=abs)[-4:]
    assert max(map(abs, scores)) < 4
    assert abs(float(np.mean(np.square(scores))) - 1) < 0.5


def test_the_wanted_sizes_are_always_taken():
    frame = _small_frame()
    for number in range(300):
        sizes, drawn = select(frame, digest(number))
        by_stratum: dict[str, int] = {}
        for visit in drawn:
            for arm in (visit.arm, *visit.also):
                name = visit.stratum.replace(f"/{visit.arm}/", f"/{arm}/")
                by_stratum[name] = by_stratum.get(name, 0) + 1
        for held, size in zip(frame["strata"], sizes, strict=True):
            assert by_stratum.get(held["stratum"], 0) == size


def test_a_unit_that_two_arms_take_is_visited_once():
    frame = _small_frame()
    twice = [visit for number in range(300) for visit in select(frame, digest(number))[1] if visit.also]
    assert twice
    assert all(visit.also == ("targeted",) for visit in twice)


def test_canonical_json_of_the_second_implementation_is_that_of_the_first():
    values = [0.1, 1e21, 1e-7, 123456789012345680000.0, 5e-324, 1.7976931348623157e308, -0.0, 1e20, 0.000001, 4.35, 2.0,
              100, "\u2028\x7f\x00\"\\/é𝄞", {"\u20ac": 1, "\r": 2, "𝄞": 3, "ﬀ": 4, "1": 5}, [None, True, False, []], {}]
    for value in [*values, values]:
        assert verify.canonical(value) == canonical(value)
    for bits in np.random.default_rng(1).integers(0, 2**63, 3000):
        number = float(np.array([bits]).view(np.float64)[0])
        if np.isfinite(number):
            assert verify.canonical(number) == canonical(number)


def test_the_same_frame_and_entropy_give_the_same_bundle_again():
    content = canonical(frame_of(city(7)))
    entropy = [{"source": "witness", "value": "1 2 3"}]
    assert canonical(seal(content, entropy)) == canonical(seal(content, entropy))
