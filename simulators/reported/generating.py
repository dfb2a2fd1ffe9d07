"""Makes a reported district: the registers, then the record of the year, part by part, each to its number."""

from __future__ import annotations

import dataclasses
import random

from simulators.reported import enforcing, places, visiting
from simulators.reported.model import ReportedDistrict
from simulators.reported.targets import Targets


def generate(seed: int, targets: Targets | None = None, *, year: int = 2024,
             before: Targets | None = None) -> ReportedDistrict:
    """The district of ``seed`` whose report of ``year`` gives ``targets``, and that of the year before ``before``.

    What is carried over adds the visits that found it to the year before.
    """
    wanted = targets or Targets()
    district = ReportedDistrict()
    wide = wanted if before is None else dataclasses.replace(
        wanted, town_units=max(wanted.town_units, before.town_units),
        town_hazards_found=0, town_hazards_corrected=0, town_carried=0)
    places.fill(district, wide, year)
    for rng, told, day in [(random.Random(f"{seed} {year}"), wanted, year)] + (
            [(random.Random(f"{seed} {year - 1}"), before, year - 1)] if before else []):
        visiting.fill(district, rng, told, day, places.town_codes(wanted))
        enforcing.fill(district, rng, told, day, places.town_codes(wanted))
    enforcing.hold(district, wanted, year, places.town_codes(wanted))
    return district
