"""From a committed frame and a seed to the day's visits: sizes, tickets, Pareto order. A pure function of the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sampling.quotas import targeted_weight
from sampling.strata import rounded
from sampling.tickets import order_of, sizes_uniform, unit_ticket

ARMS = ("duty", "random", "targeted")


@dataclass(frozen=True)
class Drawn:
    """One unit that an arm took. ``key`` None: it was certain (probability 1) and no key was looked at."""

    unit_no: str
    arm: str
    stratum: str
    ticket: int
    key: float | None
    probability: float
    also: tuple[str, ...] = ()


def sizes(frame: Mapping[str, Any], seed: str) -> list[int]:
    """How many units each stratum takes, in the order of the frame's strata."""
    uniform = sizes_uniform(seed)
    start = 0.0
    out = []
    for held in frame["strata"]:
        out.append(rounded(start, held["expected"], uniform))
        start += held["expected"]
    return out


def select(frame: Mapping[str, Any], seed: str) -> tuple[list[int], list[Drawn]]:
    """The sizes and the units drawn, in the order of visits: duties, then the random arm, then the targeted arm.

    Each arm has tickets of its own, so the arms are independent. A unit that two arms take is visited once, under the
    earlier arm; the later arm's place is not filled again, since that would change the probabilities of the others.
    """
    taken = sizes(frame, seed)
    members = _members(frame)
    drawn: dict[str, Drawn] = {}
    for arm in ARMS:
        for held, size in zip(frame["strata"], taken, strict=True):
            if held["arm"] != arm or size == 0:
                continue
            for unit, ticket, key in _of_stratum(held, size, members.get((held["desk"], arm, held["group"]), []), seed):
                before = drawn.get(unit["unit_no"])
                if before is not None:
                    drawn[unit["unit_no"]] = Drawn(**{**before.__dict__, "also": (*before.also, arm)})
                else:
                    drawn[unit["unit_no"]] = Drawn(unit["unit_no"], arm, held["stratum"], ticket, key, unit["p_total"])
    return taken, list(drawn.values())


def _of_stratum(held: Mapping[str, Any], size: int, units: list[tuple[Mapping[str, Any], float]],
                seed: str) -> list[tuple[Mapping[str, Any], int, float | None]]:
    """The units of one stratum that are taken: the certain ones by number, then those with the smallest keys."""
    upper = size > int(held["expected"])
    chance, odds = ("high", "odds_high") if upper else ("low", "odds_low")
    steps = {step["weight"]: step for step in held["steps"]}
    certain: list[tuple[Mapping[str, Any], int, float | None]] = []
    rest: list[tuple[float, bytes, Mapping[str, Any], int]] = []
    for unit, weight in units:
        step = steps[weight]
        number = unit_ticket(seed, held["arm"], unit["unit_no"])
        if step[chance] == 1:
            certain.append((unit, number, None))
        elif step[chance] > 0:
            u = number / 9007199254740992
            rest.append(((u / (1 - u)) / step[odds], order_of(unit["unit_no"]), unit, number))
    rest.sort(key=lambda row: row[:2])
    certain.sort(key=lambda row: order_of(row[0]["unit_no"]))
    return certain + [(unit, number, key) for key, _, unit, number in rest[: size - len(certain)]]


def _members(frame: Mapping[str, Any]) -> dict[tuple[str, str, str], list[tuple[Mapping[str, Any], float]]]:
    """Units by (desk, arm, group) with the weight that each has there."""
    parameters = _Weights(frame)
    members: dict[tuple[str, str, str], list[tuple[Mapping[str, Any], float]]] = {}
    for unit in frame["units"]:
        if unit["excluded"] is not None:
            continue
        desk, group = unit["stratum"].rsplit("/", 1)
        for arm, weight in parameters.of(unit).items():
            members.setdefault((desk, arm, group), []).append((unit, weight))
    return members


class _Weights:
    """The weight of a unit in each of its arms, read back from the frame."""

    def __init__(self, frame: Mapping[str, Any]) -> None:
        self._parameters = frame["policy"]["parameters"]
        self._quotas = {(row["group"], row["risk_class"]): row for row in frame["quotas"]}
        self._view = _View(self._parameters["weight_targeted"], self._parameters["score_band"])

    def of(self, unit: Mapping[str, Any]) -> dict[str, float]:
        group = ("duty" if unit["crowded"] else "key") if unit["key"] else "general"
        weights: dict[str, float] = {}
        if group == "duty" and unit["visits"] == 0:
            weights["duty"] = self._parameters["weight_duty"][unit["class"]]
        else:
            weights["random"] = self._quotas[group, unit["class"]]["again" if unit["visits"] else "first"]
        weights["targeted"] = targeted_weight(unit["class"], unit["score"], self._view)
        return weights


@dataclass(frozen=True)
class _View:
    """The two numbers of the rules that a targeted weight needs, as the frame carries them."""

    weight_targeted: Mapping[str, float]
    score_band: float
