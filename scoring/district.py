"""The record of a whole district, read once and told as of any day.

The past visits that a model learns from lie in thirty stretches, and each needs what was known of everybody before its
first day. Asked thirty times, the database would add up the same visits thirty times; here they are arrays. The answers
are those of the queries of the same names, row for row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from policy import rules
from scoring import facts, peers
from scoring.asking import Asking, Coded, Coding, Rows, block
from scoring.history import Floats, sums
from store import Queries
from store.database import Connection

q = Queries(__file__)

_START = dt.date(2000, 1, 1)
_SEVERITIES = ("critical", "serious", "minor")
# Groups are counted in a table of all that there could be, as long as it holds no more than so many for each visit.
_ROOM = 4

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class District:
    """Visits by unit and day, what each found, and what their units have in common.

    ``unit`` and ``hazard_visit`` are places; ``facets`` has the word of each unit for each key that units are alike by.
    """

    unit: Ints
    day: Ints
    failed: Floats
    team: Coded
    hazard_visit: Ints
    hazard_day: Ints
    severity: Coded
    item: Coded
    facets: Mapping[str, Coded]
    operator: Coded
    squares: Ints
    attribute_kinds: Rows

    @cached_property
    def operator_place(self) -> dict[str, int]:
        return {word: code for code, word in enumerate(self.operator.words)}

    def answers(self, name: str, parameters: Mapping[str, Any]) -> Rows | None:
        """The rows of a query, None of one that must be asked."""
        if name == "attribute_kinds":
            return self.attribute_kinds
        answer: Callable[[_Known, Mapping[str, Any]], Iterator[tuple[Any, ...]]] | None = {
            "teams": _teams, "operators": _operators, "peers": _peers, "cells": _cells, "followed": _followed}.get(name)
        return None if answer is None else list(answer(_Known(self, parameters), parameters))


def read(connection: Connection, as_of: dt.date) -> District:
    """The record as it stands in the database; ``as_of`` says by which rules attributes are taken."""
    asking = Asking(connection, {"units": None, "as_of": as_of}, asks_many=True)
    with asking.settings():
        unit_id, lon, lat, words = _units(asking)
        asking = replace(asking, units=unit_id)
        inspection, unit, day, failed, team = _visits(asking)
        order = np.argsort(inspection)
        hazard_visit, hazard_day, severity, item = _hazards(asking, inspection[order], order)
        held = facts.attributes(asking, as_of)
        _, kinds = asking.ask(facts.q, "attribute_kinds")
    size = float(rules().value("risk.peers", as_of)["cell_metres"])
    facets = {"kind": words["kind"], "area": words["area"],
              **{f"attribute:{key}": column for key, column in held.words.items()}}
    return District(unit, day, failed, team, hazard_visit, hazard_day, severity, item, facets, words["operator"],
                    peers.squares(lon, lat, size), kinds)


class _Known:
    """The visits that were known before a day, by place, with what they weigh and what was found at each by then."""

    def __init__(self, of: District, parameters: Mapping[str, Any]) -> None:
        as_of = (parameters["as_of"] - _START).days
        self.of, self._most = of, parameters
        self.visit = np.flatnonzero((of.day < as_of) & (of.day >= as_of - parameters["memory"]))
        self.weight = 0.5 ** ((as_of - of.day[self.visit]) / parameters["half_life"])
        self.team = of.team.codes[self.visit].astype(np.int64) + 1
        self.hazard = of.hazard_day < as_of
        self.critical = self.weight * self.found("critical")

    def found(self, severity: str) -> Floats:
        """How many of a severity each visit found, up to the most that count."""
        of = self.of
        code = of.severity.words.index(severity) if severity in of.severity.words else -2
        kept = self.hazard & (of.severity.codes == code)
        counted = np.bincount(of.hazard_visit[kept], minlength=len(of.day))[self.visit]
        return np.asarray(np.minimum(counted, self._most[f"most_{severity}"]), dtype=np.float64)

    def by(self, key: Ints, *values: Floats) -> Iterator[tuple[Any, ...]]:
        """The sums of ``values`` over visits with the same key and team; a negative key is none."""
        many = len(self.of.team.words) + 1
        names = [None, *self.of.team.words]
        kept = key >= 0
        found, told = _sums((key * many + self.team)[kept], [value[kept] for value in values])
        team = [names[code] for code in (found % many).tolist()]
        return zip((found // many).tolist(), team, *(column.tolist() for column in told), strict=True)


def _teams(known: _Known, parameters: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    values = [known.weight, *(known.weight * known.found(severity) for severity in _SEVERITIES),
              known.weight * known.of.failed[known.visit]]
    rows = known.by(np.zeros(len(known.visit), dtype=np.int64), *values)
    return iter(sorted((row[1:] for row in rows), key=lambda row: (row[0] is None, row[0] or "")))


def _peers(known: _Known, parameters: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    unit = known.of.unit[known.visit]
    for key, column in known.of.facets.items():
        for code, *told in known.by(column.codes[unit].astype(np.int64), known.weight, known.critical):
            if column.words[code] or not key.startswith("attribute:"):
                yield key, column.words[code], *told


def _operators(known: _Known, parameters: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    of, wanted = known.of, parameters["operators"]
    place = of.operator_place
    kept = np.bincount(of.operator.codes[of.operator.codes >= 0], minlength=len(place)) > 1
    if wanted is not None:
        asked = np.zeros(len(kept), dtype=bool)
        asked[[place[word] for word in wanted if word in place]] = True
        kept &= asked
    code = of.operator.codes[of.unit[known.visit]].astype(np.int64)
    code = np.where(np.append(kept, False)[code], code, -1)
    for operator, *told in known.by(code, known.weight, known.critical):
        yield of.operator.words[operator], *told


def _cells(known: _Known, parameters: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    squares = known.of.squares[known.of.unit[known.visit]]
    if parameters["xs"] is not None:
        asked = peers.joined(np.array(parameters["xs"], dtype=np.int64), np.array(parameters["ys"], dtype=np.int64))
        squares = np.where(np.isin(squares, asked), squares, peers.NOWHERE)
    seen, place = np.unique(squares, return_inverse=True)
    x, y = (column.tolist() for column in peers.parted(seen))
    for code, *told in known.by(np.where(squares == peers.NOWHERE, -1, place), known.weight, known.critical):
        yield x[code], y[code], *told


def _followed(known: _Known, parameters: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    of, many = known.of, len(known.of.team.words) + 1
    unit, visits = of.unit[known.visit], len(known.visit)
    # Where each visit's next one stands among those known; -1 where there is none.
    following = np.full(len(of.day), -1)
    again = np.flatnonzero(unit[1:] == unit[:-1])
    following[known.visit[again]] = again + 1
    after = following[of.hazard_visit]
    kept = known.hazard & (after >= 0)
    critical = known.found("critical") if visits else np.empty(0)
    item, after = of.item.codes[kept].astype(np.int64), after[kept]
    names = [None, *of.team.words]
    found, (count, told) = _sums(item * many + known.team[after], [np.ones(len(item)), critical[after]])
    for key, times, sum_of in zip(found.tolist(), count.tolist(), told.tolist(), strict=True):
        yield of.item.words[key // many], names[key % many], times, sum_of


def _sums(key: Ints, values: list[Floats]) -> tuple[Ints, list[Floats]]:
    """The different keys, and for each the sums of ``values``."""
    if len(key) and int(key.max()) < _ROOM * len(key):
        found = np.flatnonzero(np.bincount(key))
        return found, [sums(key, value, 0)[found] for value in values]
    found, group = np.unique(key, return_inverse=True)
    return found, [sums(group, value, len(found)) for value in values]


def _units(asking: Asking) -> tuple[Ints, Floats, Floats, dict[str, Coded]]:
    numbers: list[Floats] = []
    words = {"kind": Coding(), "area": Coding(), "operator": Coding()}
    for _, rows in asking.batches(q, "units"):
        numbers.append(block([row[:3] for row in rows], 3))
        for place, coding in enumerate(words.values(), start=3):
            coding.add(row[place] for row in rows)
    unit_id, lon, lat = np.concatenate(numbers).T
    return unit_id.astype(np.int64), lon, lat, {name: coding.coded() for name, coding in words.items()}


def _visits(asking: Asking) -> tuple[Ints, Ints, Ints, Floats, Coded]:
    numbers: list[Floats] = []
    team = Coding()
    for _, rows in asking.batches(q, "visits"):
        numbers.append(block([row[:4] for row in rows], 4))
        team.add(row[4] for row in rows)
    inspection, unit, day, failed = np.concatenate(numbers).T
    place, _ = asking.places(unit.astype(np.int64))
    return inspection.astype(np.int64), place.astype(np.int64), day.astype(np.int64), failed, team.coded()


def _hazards(asking: Asking, inspection: Ints, place: Ints) -> tuple[Ints, Ints, Coded, Coded]:
    """``inspection`` in rising order, each with its ``place`` among the visits."""
    numbers: list[Floats] = []
    severity, item = Coding(), Coding()
    for _, rows in asking.batches(q, "hazards"):
        numbers.append(block([row[:2] for row in rows], 2))
        severity.add(row[2] for row in rows)
        item.add(row[3] for row in rows)
    found, day = np.concatenate(numbers).T
    return (place[np.searchsorted(inspection, found.astype(np.int64))], day.astype(np.int64), severity.coded(),
            item.coded())
