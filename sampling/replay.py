"""Past frames made again by other rules: with which probability each unit would have been drawn that day.

A frame holds all that its probabilities were made from, so the rules asked can be laid over it and the same code can
make it again. Two things are carried forward instead of taken from the record:

- **The year's account.** Quotas pace what is left of the year. Under other ratios other visits would have been made
  before; the difference, in expectation, is counted as made. Without that each day would try to make up for all days
  before it, on which the record went by its own rules.
- **The day's size**, where a capacity is asked: that many times the visits of the recorded frame, desk by desk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sampling.asked import Asked
from sampling.errors import WhatIfError
from sampling.frame import Days, Header, Maker, Split
from sampling.frames import EXCLUSIONS, View
from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.population import Floats, Ints, Lift, Officer, Population, Situation
from sampling.profiles import Paces, Profile
from sampling.quotas import Counted
from sampling.tickets import GENESIS

GROUPED = tuple((group, c) for group in GROUPS for c in CLASSES)
Account = dict[tuple[str, str], float]

_HEADER = Header("what-if", 1, GENESIS, "", "", [])
# Frames hold doubles in full, so that only another way of computing could differ, never a rounding of the file.
_SAME = 1e-9


@dataclass(frozen=True)
class Replayed:
    """One draw by both rules, unit by unit: ``recorded`` and ``asked`` are probabilities of being drawn by any arm.

    ``kind`` is the group and class of each unit, as a position in
    ``GROUPED``; ``ratios`` the yearly ratios in force by group and class, and
    ``short`` whether officers were too few for some desk, each as recorded and as asked.
    """

    day: dt.date
    unit_no: list[str]
    kind: Ints
    recorded: Floats
    asked: Floats
    ratios: dict[tuple[str, str], tuple[float, float]]
    short: tuple[bool, bool]


class Replay:
    """Makes the frames of a period again, one after the other; the account starts anew with each legal year."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._account: Account = {}
        self._year = 0

    def of(self, frame: Mapping[str, Any]) -> Replayed:
        """The draw of ``frame`` by the rules asked; frames come in the order of their days."""
        view = View(frame)
        situation = _situation(view)
        if situation.day.year != self._year:
            self._account, self._year = {}, situation.day.year
        try:
            rules = Parameters(**frame["policy"]["parameters"])
        except TypeError:
            raise WhatIfError(f"the frame of {frame['draw_no']} has not the rules that this program knows: "
                              f"leave its day out of the period") from None
        days = Days(**frame["days"])
        _same(view, Maker(situation, rules, days, tune=False).frame(_HEADER))
        made = _Other(situation, self._asked.rules(rules), days, self._asked, self._account,
                      _visits(frame)).frame(_HEADER)
        found = Replayed(situation.day, view.unit_no, view.group * len(CLASSES) + view.risk_class,
                         view.chance("p_total"), View(made).chance("p_total"), _ratios(frame, made),
                         (_short(frame), _short(made)))
        self._carry(view, found)
        return found

    def _carry(self, view: View, found: Replayed) -> None:
        """Count first visits of the year that the rules asked would have made more, or fewer, than the record's."""
        more = np.where(view.visits == 0, found.asked - found.recorded, 0.0)
        for kind, difference in zip(GROUPED, np.bincount(found.kind, weights=more, minlength=len(GROUPED)).tolist(),
                                    strict=True):
            if difference:
                self._account[kind] = self._account.get(kind, 0.0) + difference


class _Other(Maker):
    """A frame by the rules asked."""

    def __init__(self, situation: Situation, rules: Parameters, days: Days, asked: Asked, account: Account,
                 visits: Mapping[str, float]) -> None:
        # Before the frame's own steps, which use them.
        self._asked, self._account, self._recorded = asked, account, visits
        super().__init__(situation, rules, days, tune=False)

    def _counted(self) -> dict[tuple[str, str], Counted]:
        return {key: Counted(held.units, min(held.units, max(0.0, held.visited + self._account.get(key, 0.0))),
                             held.eligible) for key, held in super()._counted().items()}

    def _due(self) -> list[float]:
        due = super()._due()
        whole = sum(due)
        more = sum(number for (group, _), number in self._account.items() if group == "duty")
        return [one * max(0.0, whole - more) / whole if whole else 0.0 for one in due]

    def _weights(self, profile: Profile, paces: Paces) -> dict[str, float]:
        weights = super()._weights(profile, paces)
        if "targeted" in weights:
            weights["targeted"] = weights["targeted"] ** self._asked.steepness
        return weights

    def _day(self, d: int, duty: float, split: Split, whole: float) -> tuple[float, float]:
        if self._asked.capacity is None:
            return super()._day(d, duty, split, whole)
        visits = self._asked.capacity * self._recorded.get(self.desks[d].name, 0.0)
        first = min(duty, visits)
        return first, visits - first


def _situation(view: View) -> Situation:
    """What a frame was made from, read back from it. Recusals are left out: they move no probability."""
    frame = view.frame
    ago = np.array([-1 if days is None else days for days in view.columns["ago"]], dtype=np.int32)
    units = Population(view.unit_no, view.areas, view.area, view.group, view.risk_class, view.score, view.visits, ago,
                       view.excluded == EXCLUSIONS.index("planned"))
    officers = [Officer(o["officer_no"], o["body"], tuple(o["areas"]), o["can_lead"], o["certificate_valid"],
                        o["load"]) for o in frame["officers"]]
    lift = frame["tau"]["lift"]
    return Situation(view.day, units, officers, {row["area"]: row["parent"] for row in frame["areas"]},
                     lift=Lift(**lift) if lift else None)


def _visits(frame: Mapping[str, Any]) -> dict[str, float]:
    """Visits that the recorded frame expected, by desk."""
    visits: dict[str, float] = {}
    for held in frame["strata"]:
        visits[held["desk"]] = visits.get(held["desk"], 0.0) + held["expected"]
    return visits


def _ratios(frame: Mapping[str, Any], made: Mapping[str, Any]) -> dict[tuple[str, str], tuple[float, float]]:
    return {(one["group"], one["risk_class"]): (one["ratio"], other["ratio"])
            for one, other in zip(frame["quotas"], made["quotas"], strict=True)}


def _short(frame: Mapping[str, Any]) -> bool:
    return any(desk["note"] in ("short", "away") for desk in frame["desks"])


def _same(view: View, again: Mapping[str, Any]) -> None:
    """Refuse a record whose probabilities are not those that its own rules give here: nothing else would hold then."""
    held, made = view.chance("p_total"), View(again).chance("p_total")
    for n in np.flatnonzero(np.abs(held - made) > _SAME * held)[:1].tolist():
        raise WhatIfError(f"the frame of {view.frame['draw_no']} can't be made again: {view.unit_no[n]} was drawn with "
                          f"a probability of {held[n]:.6g} and would have {made[n]:.6g} by the same rules; leave its "
                          f"day out of the period")
