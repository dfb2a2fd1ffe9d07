"""How many units have a hazard, and how many hazards there are: all units, from the drawn visits of a period.

Visits of all arms count, each with ``p_total``, the probability of any arm. The random arm alone would leave out
crowded key units, which only the duty arm draws until they are visited, and most of what was found. What makes that
right is in :mod:`sampling.survey`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np

from policy import rules
from sampling import frames
from sampling.average_day import AverageDay
from sampling.counterfactual import Between
from sampling.errors import EstimateError
from sampling.parameters import GROUPS, Parameters
from sampling.period import Period
from sampling.survey import Estimate, Floats, Known, Results, effective, rate, total, wilson
from store import Queries
from store.database import Connection

q = Queries(__file__)

By = Literal["area", "kind", "group"]
WAYS: Final[tuple[By, ...]] = ("area", "kind", "group")
Row = dict[str, Any]


@dataclass(frozen=True)
class Figures:
    """What is estimated of some units. ``few``: too few results for any figure.

    ``substantive`` and ``anything`` are rates of units with a serious or critical hazard, and with any; ``hazards`` how
    many a visit to each of them would find, ``still_open`` how many stand on an average day; ``naive`` is the plain
    share of visits that found something substantive. ``visits`` are ``drawn``, ``done`` with a result, ``closed``,
    ``waiting`` for a result, or ``lapsed``; ``units`` of an average day are drawable, known, or ``outside`` what is
    estimated.
    """

    code: str
    units: float
    known: float
    outside: float
    visits: Mapping[str, int]
    found: Mapping[str, int]
    effective: float
    few: bool
    substantive: Estimate | None
    anything: Estimate | None
    hazards: Estimate | None
    still_open: Estimate | None
    naive: Between | None
    naive_anything: Between | None


@dataclass(frozen=True)
class Estimates:
    """The figures of a period: of all units asked for, and of each part of them. ``draws`` made them."""

    period: Period
    draws: int
    needs: Mapping[str, float]
    city: Figures
    by: By | None
    parts: tuple[Figures, ...]
    names: Mapping[str, tuple[str, str]]

    def as_dict(self) -> Row:
        """Plain values for JSON."""
        return asdict(self)


def estimate(connection: Connection, period: Period, by: By | None = None, *, area: str | None = None,
             areas: Sequence[str] | None = None) -> Estimates:
    """The estimates of a period, of the units in ``area`` and beneath it and in ``areas``, where these are named.

    ``by`` area divides by the areas next beneath. Where nothing was drawn there are no figures, and it says so.
    """
    tree = {row["area_code"]: row for row in connection.execute(q["areas"])}
    if area is not None and area not in tree:
        raise EstimateError(f"there is no area {area}")
    needs: dict[str, float] = rules().value("draw.estimates", period.last)
    record = _Record(connection, period)
    lines = {code: _line(code, tree) for code in tree}
    limit = None if areas is None else set(areas)

    def inside(row: Row) -> bool:
        return ((limit is None or row["area_code"] in limit)
                and (area is None or area in lines.get(row["area_code"], ())))

    record.keep(inside)
    city = record.figures("", lambda row: True, needs)
    codes, belongs, names = _division(by, record, tree, lines, area)
    return Estimates(period, record.draws, needs, city, by,
                     tuple(record.figures(code, belongs(code), needs) for code in codes), names)


def _division(by: By | None, record: _Record, tree: Mapping[str, Row], lines: Mapping[str, Sequence[str]],
              area: str | None) -> tuple[list[str], Callable[[str], Callable[[Row], bool]], dict[str, tuple[str, str]]]:
    """The codes of the parts, which rows belong to each, and their names where they have any."""
    if by == "area":
        codes = _beneath(area, {row["area_code"] for row in record.cells}, tree, lines)
        return (codes, lambda code: lambda row: code in lines.get(row["area_code"], ()),
                {code: (tree[code]["name_zh"], tree[code]["name_en"] or code) for code in codes})
    if by == "kind":
        return sorted({row["kind"] for row in record.cells}), lambda code: lambda row: row["kind"] == code, {}
    if by == "group":
        return list(GROUPS), lambda code: lambda row: group_of(row) == code, {}
    return [], lambda code: lambda row: False, {}


def _beneath(area: str | None, used: set[str], tree: Mapping[str, Row],
             lines: Mapping[str, Sequence[str]]) -> list[str]:
    """The areas next beneath ``area`` that have units; from the top, the first level at which there are several."""
    above = {code for one in used for code in lines.get(one, (one,))}
    here = area
    while True:
        found = sorted(code for code in above & set(tree) if tree[code]["parent_code"] == here)
        if len(found) != 1 or area is not None:
            return found or ([here] if here else [])
        if not any(tree[code]["parent_code"] == found[0] for code in above & set(tree)):
            return found
        here = found[0]


def _line(code: str, tree: Mapping[str, Row]) -> tuple[str, ...]:
    """An area and all above it."""
    found: list[str] = []
    here: str | None = code
    while here is not None and here in tree and here not in found:
        found.append(here)
        here = tree[here]["parent_code"]
    return tuple(found)


def group_of(row: Mapping[str, Any]) -> str:
    """``duty`` crowded key unit, ``key`` other key unit, ``general`` the rest."""
    return ("duty" if row["is_crowded"] else "key") if row["is_key"] else "general"


class _Record:
    """The draws of a period: units by area, kind and group on an average day, and the visits."""

    def __init__(self, connection: Connection, period: Period) -> None:
        held = connection.execute(q["draws"], {"first": period.first, "last": period.last}).fetchall()
        whole = sum(row["expected"] for row in held)
        self.draws = len(held)
        self._place = {row["draw_id"]: n for n, row in enumerate(held)}
        self._share = [row["expected"] / whole for row in held]
        self.cells: list[Row] = self._cells(connection, period, held) if held else []
        self.visits: list[Row] = connection.execute(q["visits"], {"draws": list(self._place)}).fetchall()

    def _cells(self, connection: Connection, period: Period, held: Sequence[Row]) -> list[Row]:
        rules_then = Parameters.on(period.last)
        # A cap reaches back to the year's beginning, an interval further.
        since = dt.date(period.first.year, 1, 1) - dt.timedelta(days=max(rules_then.exclusion_days.values()))
        day = AverageDay(connection.execute(q["told"], {"kinds": rules_then.counted_kinds, "last": period.last,
                                                        "since": since}))
        for row, share in zip(held, self._share, strict=True):
            frame = connection.execute(q["frame"], [row["draw_id"]]).fetchone()
            assert frame is not None  # noqa: S101  a draw keeps its frame
            day.add(frames.read(frame["frame"]), share)
        return day.cells({row["unit_no"]: row for row in connection.execute(q["units"])})

    def keep(self, inside: Callable[[Row], bool]) -> None:
        self.cells = [row for row in self.cells if inside(row)]
        self.visits = [row for row in self.visits if inside(row)]

    def figures(self, code: str, belongs: Callable[[Row], bool], needs: Mapping[str, float]) -> Figures:
        """The figures of the cells and visits that belong."""
        cells = [row for row in self.cells if belongs(row)]
        visits = [row for row in self.visits if belongs(row)]
        done = [row for row in visits if row["status"] == "done" and row["result"] != "closed"]
        results = Results(np.array([self._place[row["draw_id"]] for row in done], dtype=np.int64),
                          np.array([self._share[self._place[row["draw_id"]]] for row in done], dtype=np.float64),
                          np.array([row["probability"] for row in done], dtype=np.float64))
        sums = {name: sum(float(row[name]) for row in cells)
                for name in ("drawable", "known", "outside", "substantive", "anything", "hazards", "still_open")}
        counts = {name: np.array([row[name] for row in done], dtype=np.float64) for name in ("hazards", "substantive")}
        told = effective(results.weights)
        few = len(done) < needs["least_results"] or told < needs["least_effective"] or not sums["drawable"]

        def known(name: str) -> Known:
            return Known(sums["drawable"], sums["known"], sums[name])

        return Figures(
            code, sums["drawable"] + sums["known"], sums["known"], sums["outside"], _became(visits),
            {"units": sum(row["substantive"] > 0 for row in done), "hazards": sum(row["hazards"] for row in done)},
            told, few,
            None if few else rate(results, counts["substantive"] > 0, known("substantive")),
            None if few else rate(results, counts["hazards"] > 0, known("anything")),
            None if few else total(results, counts["hazards"], known("hazards")),
            None if few else total(results, counts["hazards"], known("still_open")),
            _plain(counts["substantive"]), _plain(counts["hazards"]))


def _became(visits: Sequence[Row]) -> dict[str, int]:
    closed = sum(row["status"] == "done" and row["result"] == "closed" for row in visits)
    return {"drawn": len(visits), "done": sum(row["status"] == "done" for row in visits) - closed, "closed": closed,
            "waiting": sum(row["status"] == "planned" for row in visits),
            "lapsed": sum(row["status"] not in ("done", "planned") for row in visits)}


def _plain(counts: Floats) -> Between | None:
    """The plain share of visits, with the interval that it would have if visits were drawn alike."""
    if not len(counts):
        return None
    share = float((counts > 0).mean())
    return Between(share, *wilson(share, len(counts)))
