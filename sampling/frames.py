"""A frame read: its units by number, with all that follows for each from the columns and the profiles."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson

from sampling import first_protocol, profiles
from sampling.errors import DrawError
from sampling.parameters import CLASSES, GROUPS
from sampling.population import Flags, Floats, Ints
from sampling.tickets import PROTOCOL

Row = dict[str, Any]

# What the column ``excluded`` numbers.
EXCLUSIONS = (None, "no_officers", "planned", "cap", "recent", "capacity")
CAPACITY = EXCLUSIONS.index("capacity")


def read(content: bytes) -> Row:
    """A frame from its bytes, one of the protocol before in the columns of this one; :class:`DrawError` of others."""
    frame: Row = orjson.loads(content)
    try:
        if frame["protocol"] == first_protocol.PROTOCOL:
            return first_protocol.in_columns(frame, EXCLUSIONS, profiles.TURNS)
    except (KeyError, TypeError, ValueError):
        raise DrawError(f"the frame of {frame.get('draw_no')} has a form that this program does not know") from None
    if frame["protocol"] != PROTOCOL:
        raise DrawError(f"the frame of {frame.get('draw_no')} is of the protocol {frame['protocol']}: this program "
                        f"reads {PROTOCOL}")
    return frame


class View:
    """The units of a frame. Positions are those of its columns, which stand in the order of the units' numbers.

    ``place`` (:attr:`place`) is the position of a unit's profile in the frame's ``profiles``, -1 where the unit is left
    out for another reason than capacity.
    """

    def __init__(self, frame: Mapping[str, Any]) -> None:
        self.frame = frame
        self.columns: Mapping[str, list[Any]] = frame["units"]
        self.unit_no: list[str] = self.columns["unit_no"]
        self.area = _ints(self.columns["area"])
        self.group = _ints(self.columns["group"])
        self.risk_class = _ints(self.columns["class"])
        self.excluded = _ints(self.columns["excluded"])
        self.visits = _ints(self.columns["visits"])
        self.areas: list[str] = [row["area"] for row in frame["areas"]]
        self.day = dt.date.fromisoformat(frame["draw_date"])

    def __len__(self) -> int:
        return len(self.unit_no)

    @property
    def _parameters(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.frame["policy"]["parameters"]
        return found

    @cached_property
    def score(self) -> Floats:
        return np.array(self.columns["score"], dtype=np.float64)

    @cached_property
    def turn(self) -> Ints:
        return profiles.turns(self.group, self.visits)

    @cached_property
    def desk(self) -> Ints:
        """The position of each unit's desk."""
        place = {area: n for n, area in enumerate(self.areas)}
        table = np.full((len(self.areas), 2), -1, dtype=np.int32)
        for d, desk in enumerate(self.frame["desks"]):
            table[[place[area] for area in desk["covers"]], int(desk["kind"] == "key")] = d
        found: Ints = table[self.area, (self.group < 2).astype(np.int32)]
        return found

    @cached_property
    def place(self) -> Ints:
        width = float(self._parameters["score_band"])
        code, many = profiles.codes(self.desk, self.turn, self.risk_class, profiles.bands(self.score, width), width)
        names = {desk["desk"]: d for d, desk in enumerate(self.frame["desks"])}
        known = []
        for row in self.frame["profiles"]:
            desk, turn = row["stratum"].rsplit("/", 1)
            band = -1 if row["band"] is None else row["band"]
            known.append(((names[desk] * len(profiles.TURNS) + profiles.TURNS.index(turn)) * len(CLASSES)
                          + CLASSES.index(row["class"])) * many + band + 1)
        where = np.searchsorted(_ints(known), code).astype(np.int32)
        return np.where((self.excluded == 0) | (self.excluded == CAPACITY), where, -1).astype(np.int32)

    @cached_property
    def weights(self) -> list[dict[str, float]]:
        """The weights of each profile in its arms, as the frame's own rules give them."""
        rule = _Rule(self._parameters["weight_targeted"], self._parameters["score_band"])
        paces = {(row["group"], row["risk_class"]): (row["first"], row["again"]) for row in self.frame["quotas"]}
        return [profiles.Profile(0, profiles.TURNS.index(row["stratum"].rsplit("/", 1)[1]), CLASSES.index(row["class"]),
                                 row["band"], row["units"]).weights(paces, self._parameters["weight_duty"], rule)
                for row in self.frame["profiles"]]

    def within(self, areas: Collection[str] | None) -> Flags:
        """Which units lie in these areas; None: everywhere."""
        wanted = np.array([areas is None or area in areas for area in self.areas], dtype=np.bool_)
        found: Flags = wanted[self.area]
        return found

    def chance(self, name: str) -> Floats:
        """``p_duty``, ``p_random``, ``p_targeted`` or ``p_total`` of each unit, 0 where it takes no part."""
        by_profile = np.array([*(row[name] for row in self.frame["profiles"]), 0.0])
        found: Floats = by_profile[self.place]
        return found

    def find(self, unit_no: str) -> int | None:
        """The position of a unit, or None."""
        at = bisect_left(self.unit_no, unit_no)
        return at if at < len(self) and self.unit_no[at] == unit_no else None

    def at(self, unit_no: str) -> int:
        """The position of a unit that the frame has."""
        return bisect_left(self.unit_no, unit_no)

    def row(self, at: int) -> Row:
        """One unit as an object: its own data, its stratum, its probabilities, and why it was left out or None."""
        held = {name: self.columns[name][at] for name in ("unit_no", "score", "visits", "ago")}
        group, c, place = GROUPS[self.group[at]], CLASSES[self.risk_class[at]], int(self.place[at])
        found = self.frame["profiles"][place] if place >= 0 else {}
        last = None if held["ago"] is None else self.day - dt.timedelta(days=held["ago"])
        return {"unit_no": held["unit_no"], "area": self.areas[self.area[at]], "group": group, "class": c,
                "score": held["score"], "visits": held["visits"], "last": last.isoformat() if last else None,
                "stratum": self.stratum(at), "excluded": self.exclusion(int(self.excluded[at]), c, last),
                **{name: found.get(name, 0.0) for name in ("p_duty", "p_random", "p_targeted", "p_total")}}

    def rows(self) -> Iterator[Row]:
        """All units as objects, for frames of a town."""
        return (self.row(at) for at in range(len(self)))

    def stratum(self, at: int) -> str:
        """The desk and the turn of a unit."""
        return f"{self.frame['desks'][self.desk[at]]['desk']}/{profiles.TURNS[self.turn[at]]}"

    def exclusion(self, code: int, risk_class: str, last: dt.date | None) -> Row | None:
        """Why a unit could not be drawn, with what that rests on."""
        name = EXCLUSIONS[code]
        if name == "cap":
            return {"code": name, "cap": self._parameters["cap"][risk_class]}
        if name == "recent" and last is not None:
            until = last + dt.timedelta(days=self._parameters["exclusion_days"][risk_class])
            return {"code": name, "until": until.isoformat()}
        return None if name is None else {"code": name}


@dataclass(frozen=True)
class _Rule:
    """The two numbers of the rules that a targeted weight needs, as the frame carries them."""

    weight_targeted: Mapping[str, float]
    score_band: float


def _ints(values: Any) -> Ints:
    return np.array(values, dtype=np.int32)
