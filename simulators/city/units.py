"""The register of units: kinds, names, sizes, flags, places."""

from __future__ import annotations

import datetime as dt

import numpy as np

from simulators.city import uscc
from simulators.city.areas import DISTRICT_CODE, TOWN_CODES
from simulators.city.kinds import DANGEROUS, KINDS, SLEEPING, KindProfile
from simulators.city.model import Row
from simulators.city.names import BRAND_FIRST, BRAND_SECOND, CENTRE, STREETS, TOWNS

REGISTER_ORIGIN = dt.date(1998, 1, 1)


def unit_rows(rng: np.random.Generator, count: int, until: dt.date) -> list[Row]:
    """Rows of ``units``; every unit was registered at least three years before ``until``, so the record is whole."""
    shares = np.array([profile.share for profile in KINDS])
    kinds = rng.choice(len(KINDS), size=count, p=shares / shares.sum())
    town_shares = np.array([town[2] for town in TOWNS])
    towns = rng.choice(len(TOWNS), size=count, p=town_shares / town_shares.sum())
    spread = rng.normal(size=(count, 2))
    used: dict[str, int] = {}
    rows = []
    for number in range(count):
        profile, town = KINDS[kinds[number]], int(towns[number])
        row = _unit(rng, profile, until)
        name = _name(rng, profile, TOWNS[town][0])
        used[name] = used.get(name, 0) + 1
        if used[name] > 1:
            name += f"({used[name]}号店)" if profile.code in ("restaurant", "small_place") else f"({used[name]}期)"
        has_code = profile.code != "small_place" or rng.random() < .8
        row.update(
            unit_no=f"U{number + 1:06d}", name=name, area_code=TOWN_CODES[town],
            uscc=uscc.make(profile.register, DISTRICT_CODE, int(number * 7919 + 104729)) if has_code else None,
            address=f"{TOWNS[town][0]}{STREETS[int(rng.integers(len(STREETS)))]}{int(rng.integers(1, 480))}号",
            lon=round(CENTRE[0] + TOWNS[town][3] + .012 * float(spread[number, 0]), 6),
            lat=round(CENTRE[1] + TOWNS[town][4] + .010 * float(spread[number, 1]), 6),
            attributes={}, status="active", source="simulator")
        rows.append(row)
    return rows


def _unit(rng: np.random.Generator, profile: KindProfile, until: dt.date) -> Row:
    area = float(np.clip(profile.area_m2 * np.exp(profile.area_sigma * rng.normal()), 15, 180_000))
    size = np.log(area / profile.area_m2) / profile.area_sigma
    low, high = profile.storeys
    storeys = int(np.clip(round(low + (high - low) * rng.beta(1.4, 2.2 - .5 * np.tanh(size))), low, high))
    crowded = bool(rng.random() < profile.crowded)
    # Larger places are filed as key units far more often than small ones of the same kind.
    key = bool(rng.random() < profile.key * np.clip(1 + .8 * size, .05, 2.0))
    built = int(np.clip(until.year - 4 - rng.gamma(2.0, 7.0), 1958, until.year - 3))
    oldest = max(dt.date(built, 1, 1), REGISTER_ORIGIN)
    newest = until - dt.timedelta(days=3 * 366)
    registered = oldest + dt.timedelta(days=int(rng.random() * max(0, (newest - oldest).days)))
    return {
        "kind": profile.code, "is_key": key, "is_crowded": crowded,
        "is_high_hazard": bool(rng.random() < profile.high_hazard * (2.0 if size > .8 else .6)),
        "floor_area_m2": round(area, 1), "storeys": storeys, "height_m": round(storeys * 3.3 + float(rng.random()), 1),
        "occupants": int(area * profile.people_m2 * np.exp(.3 * rng.normal())) + 1,
        "sleeping": bool(rng.random() < SLEEPING.get(profile.code, 0.0)),
        "dangerous_goods": bool(rng.random() < DANGEROUS.get(profile.code, 0.0)),
        "built_year": built, "registered_on": min(registered, newest),
    }


def _name(rng: np.random.Generator, profile: KindProfile, town: str) -> str:
    brand = BRAND_FIRST[int(rng.integers(len(BRAND_FIRST)))] + BRAND_SECOND[int(rng.integers(len(BRAND_SECOND)))]
    suffix = profile.suffixes[int(rng.integers(len(profile.suffixes)))]
    return f"{town[:2]}{brand}{suffix}"
