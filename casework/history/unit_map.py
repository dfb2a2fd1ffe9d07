"""Which unit a row is about, and its facts: the part ``unit`` of a map."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from casework.history.fields import Spec, check_texts, spec
from casework.history.keys import MapError, choice, table, whole
from casework.history.moments import MomentSpec, moment_spec
from registry.columns import TABLES

COLUMNS = tuple(code for code in TABLES["units"].codes if code not in ("attributes", "source"))
_ANY_DAY = dt.date(2026, 1, 1)


@dataclass(frozen=True)
class Find:
    """How to know a registered unit that the file has no number of: by ``texts`` that must agree in letters and
    digits (name, address), by the place within ``metres``, or by both."""

    texts: Mapping[str, Spec]
    place: Mapping[str, Spec]
    metres: int
    several: str


@dataclass(frozen=True)
class Unit:
    """``specs`` are the number and the facts, without those that are days or attributes."""

    specs: Mapping[str, Spec]
    registered_on: MomentSpec | None
    attributes: Mapping[str, Spec]
    keeps_attributes: bool
    """The map names no attributes at all: those that are stored stay."""
    find: Find | None
    skips_unknown: bool
    """A row about a unit that is not registered is left out instead of rejected."""

    @property
    def registers(self) -> bool:
        """Whether a row says enough of its unit to register it."""
        return "name" in self.specs


def unit(raw: Any) -> Unit:
    """Check the part ``unit``."""
    if raw is None:
        raise MapError("unit is missing: it says which unit a row is about")
    entry = dict(table("unit", raw, (*COLUMNS, "attributes", "unknown", "find")))
    unknown = choice("unit.unknown", entry.pop("unknown", "reject"), ("reject", "skip"))
    find = _find(entry.pop("find")) if "find" in entry else None
    facts = [code for code in entry if code != "unit_no"]
    if "unit_no" not in entry and (facts or find is None):
        raise MapError("unit.unit_no is missing: it says which unit a row is about")
    if facts and not {"name", "kind", "area_code"} <= set(entry):
        raise MapError("unit must name all of name, kind and area_code, or nothing but unit_no or find for units that "
                       "are registered already")
    specs = {code: spec(f"unit.{code}", value) for code, value in entry.items()
             if code not in ("attributes", "registered_on")}
    for code, one in specs.items():
        check_texts(one, partial(_read, code))
    if unknown == "skip" and facts:
        raise MapError("unit.unknown belongs to a unit with nothing but unit_no or find: this map registers what is "
                       "unknown")
    attributes = entry.get("attributes", {})
    if not isinstance(attributes, dict) or len(attributes) > 50:
        raise MapError("unit.attributes must be a table of at most 50 fields")
    return Unit(specs, moment_spec("unit.registered_on", entry["registered_on"]) if "registered_on" in entry else None,
                {name: spec(f"unit.attributes.{name}", value) for name, value in attributes.items()},
                "attributes" not in entry, find, unknown == "skip")


def _read(code: str, word: str) -> Any:
    return TABLES["units"].column(code).read(word, _ANY_DAY)


def _find(raw: Any) -> Find:
    entry = table("unit.find", raw, ("name", "address", "lon", "lat", "within_m", "several"))
    specs = {code: spec(f"unit.find.{code}", value) for code, value in entry.items()
             if code not in ("within_m", "several")}
    texts = {code: one for code, one in specs.items() if code in ("name", "address")}
    place = {code: one for code, one in specs.items() if code in ("lon", "lat")}
    if len(place) == 1 or ("within_m" in entry) != bool(place):
        raise MapError("unit.find needs lon, lat and within_m together")
    if not texts and not place:
        raise MapError("unit.find needs name or address, or lon, lat and within_m")
    return Find(texts, place, whole("unit.find.within_m", entry.get("within_m", "1"), 1, 5000),
                choice("unit.find.several", entry.get("several", "reject"), ("reject", "skip")))
