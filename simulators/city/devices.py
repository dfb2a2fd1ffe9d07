"""Vendors and the devices that units carry."""

from __future__ import annotations

import datetime as dt

import numpy as np

from simulators.city.kinds import BY_CODE
from simulators.city.model import Row
from simulators.city.names import LOCATIONS, VENDORS

MAINS = frozenset({"uitd", "electrical", "gas"})
"""Kinds that run from the mains and report several times a day; the others run on batteries and report once."""


def vendor_rows() -> list[Row]:
    """Rows of ``vendors``."""
    return [{"vendor_code": code, "name": name, "status": "active"} for code, name, _ in VENDORS]


def device_rows(rng: np.random.Generator, units: list[Row], count: int, until: dt.date) -> list[Row]:
    """Rows of ``devices``; larger places have more, about a fifth of the units has none."""
    size = np.array([np.clip(np.log(unit["floor_area_m2"] / BY_CODE[unit["kind"]].area_m2) * .4, -1, 1.2)
                     for unit in units])
    weight = np.array([BY_CODE[unit["kind"]].devices * (1.5 if unit["is_key"] else .9) for unit in units])
    weight = weight * np.exp(size) * rng.gamma(2.0, .5, size=len(units))
    weight[rng.random(len(units)) < np.where(weight > 1.5, .02, .22)] = 0.0
    if count and not weight.any():
        weight[:] = 1.0
    per_unit = rng.multinomial(count, weight / weight.sum()) if count else np.zeros(len(units), dtype=np.int64)
    shares = np.array([share for _, _, share in VENDORS])
    vendor_of = rng.choice(len(VENDORS), size=len(units), p=shares / shares.sum())
    rows: list[Row] = []
    for unit, wanted, vendor in zip(units, per_unit, vendor_of, strict=True):
        for position, kind in enumerate(_kinds(rng, unit, int(wanted))):
            other = rng.random() < .08
            code = VENDORS[int(rng.integers(len(VENDORS)))][0] if other else VENDORS[int(vendor)][0]
            age = int(rng.integers(20, 1300))
            rows.append({
                "vendor_code": code, "device_no": _number(code, len(rows) + 1), "unit_no": unit["unit_no"],
                "kind": kind, "location": LOCATIONS[kind][position % len(LOCATIONS[kind])],
                "installed_on": until - dt.timedelta(days=age), "settings": {},
                "status": "retired" if rng.random() < .008 else "active"})
    return rows


def _kinds(rng: np.random.Generator, unit: Row, wanted: int) -> list[str]:
    """What a unit buys first: a panel link where it has a fire alarm system, then water, then electrical sensors."""
    if unit["kind"] == "small_place" or unit["floor_area_m2"] < 300:
        basic: tuple[str, ...] = ("smoke", "electrical")
        rest: tuple[str, ...] = ("smoke", "smoke", "gas" if "gas" in BY_CODE[unit["kind"]].extra_devices else "smoke")
    else:
        basic = ("uitd", "water_pressure", "electrical", "water_level")
        rest = ("smoke", "smoke", "smoke", "water_pressure", "electrical", *BY_CODE[unit["kind"]].extra_devices)
        if not (unit["is_key"] or unit["floor_area_m2"] > 1500) and rng.random() < .5:
            basic = ("smoke", "water_pressure", "electrical")
    kinds = list(basic[:wanted])
    kinds += [rest[int(index)] for index in rng.integers(len(rest), size=wanted - len(kinds))]
    return kinds


def _number(vendor: str, serial: int) -> str:
    """Each vendor numbers in its own way."""
    if vendor == "xunjie":
        return f"86{4217000000000 + serial * 37:013d}"
    if vendor == "tianshui":
        return f"TS{23000000 + serial}"
    if vendor == "hongyan":
        return f"{serial * 65537 % 0xFFFFFF:012X}"
    return f"AN-{serial:06d}"
