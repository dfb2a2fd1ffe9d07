"""Other rules of the draw to try in a simulated year, in the terms of ``draw.*`` of policy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from sampling.asked import Asked
from sampling.errors import RatioError, YearError
from sampling.parameters import Parameters

#: Rules of one number that may be tried by name.
NUMBERS = ("buffer_days", "again_factor", "stretch", "floor_share", "precision")


@dataclass(frozen=True)
class Variant:
    """Rules to simulate with; ``changes`` says what is other than in the rules in force, nothing for those."""

    name: str
    parameters: Parameters
    changes: tuple[str, ...] = ()


def variant(name: str, recorded: Parameters, ratios: Sequence[str] = (), weights: Sequence[str] = (),
            tau: float | None = None, **numbers: float | None) -> Variant:
    """The rules in force with what is asked laid over; refused where they could not be put in force."""
    asked = Asked.of(ratios, weights, tau=tau)
    given = {key: value for key, value in numbers.items() if value is not None}
    if given.get("buffer_days", 0) % 1:
        raise YearError(f"buffer_days {given['buffer_days']:g} is not a whole number of days")
    if "buffer_days" in given:
        given["buffer_days"] = int(given["buffer_days"])
    changed: dict[str, Any] = {**given}
    rules = replace(asked.rules(recorded), **changed)
    try:
        rules.check()
    except RatioError as error:
        raise YearError(f"what is to be tried could not be put in force: {error}") from None
    return Variant(name, rules, (*asked.words(), *(f"draw.{key} {value:g}" for key, value in given.items())))


def read(text: str, recorded: Parameters) -> Variant:
    """A variant as it is written: ``tau=0.4,C=0.5,key.B=0.9,general=0.3,weight.D=2,buffer-days=30``."""
    ratios, weights, numbers, tau = [], [], {}, None
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, number = part.partition("=")
        key = name.strip().replace("-", "_")
        if key == "tau":
            tau = _number(part, number)
        elif key in NUMBERS:
            numbers[key] = _number(part, number)
        elif key.startswith("weight."):
            weights.append(f"{key.removeprefix('weight.')}={number}")
        else:
            ratios.append(part)
    if not (ratios or weights or numbers or tau is not None):
        raise YearError(f"{text!r} asks for nothing: say for instance tau=0.4,C=0.5,buffer-days=30")
    return variant(text, recorded, ratios, weights, tau, **numbers)


def _number(part: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise YearError(f"{part} is not a rule with a number, such as tau=0.4")
    return value


assert set(NUMBERS) <= {one.name for one in fields(Parameters)}  # noqa: S101  the names are those of policy
