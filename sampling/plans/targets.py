"""The rows of a plan: how many units of each area, group and class the year asks for, and in which month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sampling.parameters import CLASSES, GROUPS, Parameters
from sampling.plans.shares import apportion, whole
from sampling.quotas import effective

# The riskiest first: where a fraction has to wait for a later month or goes to another area, it is not theirs.
_RISKIEST_FIRST = tuple(reversed(CLASSES))
NONE = (0,) * 12

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Held:
    """What the register has of one area, group and class: units, those visited this year, those planned by month.

    A unit counts once: visited ones are not ``booked``, and one with two planned visits is booked for the first.
    """

    units: int
    done: int = 0
    booked: tuple[int, ...] = NONE


@dataclass(frozen=True)
class Row:
    """What the plan asks of one area, group and class.

    ``quota`` units of the year; of these ``done`` were visited when the plan was made and ``booked`` had a visit
    planned; ``months`` spreads what then remains, and is what draws still have to bring.
    """

    area: str
    group: str
    risk_class: str
    units: int
    ratio: float
    quota: int
    done: int
    booked: tuple[int, ...]
    months: tuple[int, ...] = field(default=NONE)

    @property
    def left(self) -> int:
        """What neither visits made nor visits planned have met."""
        return max(0, self.quota - self.done - sum(self.booked))


def quotas(held: Mapping[Key, Held], parameters: Parameters) -> list[Row]:
    """The yearly quotas, by area, group and class, before they are spread over months.

    The ratios are those of the daily draw, raised by the same rule until a group reaches its total. The group's quota
    is rounded up; classes share it by largest remainder, areas share each class's by largest remainder, and what an
    area was given too much or too little in one class is set off in the next.
    """
    areas = sorted({area for area, _, _ in held})
    rows = []
    for group in GROUPS:
        units = {c: sum(held[a, group, c].units for a in areas if (a, group, c) in held) for c in CLASSES}
        ratio = effective(parameters.ratio[group], units, parameters.total[group])
        wants = [ratio[c] * units[c] for c in CLASSES]
        by_class = dict(zip(CLASSES, apportion(whole(sum(wants)), wants, [units[c] for c in CLASSES]), strict=True))
        carried = dict.fromkeys(areas, 0.0)
        for c in _RISKIEST_FIRST:
            there = [a for a in areas if (a, group, c) in held]
            found = apportion(by_class[c], [ratio[c] * held[a, group, c].units + carried[a] for a in there],
                              [held[a, group, c].units for a in there])
            for a, quota in zip(there, found, strict=True):
                one = held[a, group, c]
                carried[a] += ratio[c] * one.units - quota
                rows.append(Row(a, group, c, one.units, ratio[c], quota, one.done, one.booked))
    return ordered(rows)


def ordered(rows: Sequence[Row]) -> list[Row]:
    """Rows by area, group and class, as every plan has them."""
    return sorted(rows, key=lambda row: (row.area, GROUPS.index(row.group), row.risk_class))


def spread(rows: Sequence[Row], pace: Sequence[float]) -> list[Row]:
    """The rows with what is left of each quota laid into months by ``pace`` (12 shares that sum to 1; 0: a month gone).

    Areas one after another, each setting off what those before it brought too much or too little into a month, so that
    the months of a group stay in proportion; an area with as much left as there are months has something in each.
    """
    out: list[Row] = []
    for group in GROUPS:
        drift = [0.0] * 12
        mine = [row for row in rows if row.group == group]
        for area in sorted({row.area for row in mine}):
            there = [row for row in mine if row.area == area]
            total = sum(row.left for row in there)
            even = [total * share for share in pace]
            if not any(pace):
                out += there
                continue
            open_months = [10**9 if share else 0 for share in pace]
            wants = [want + carried for want, carried in zip(even, drift, strict=True)]
            months = _never_empty(apportion(total, wants, open_months), pace)
            drift = [d + e - m for d, e, m in zip(drift, even, months, strict=True)]
            out += _by_class(there, months, total)
    return ordered(out)


def _never_empty(months: list[int], pace: Sequence[float]) -> list[int]:
    """Each open month with at least one visit where there are enough for that, taken from the fullest."""
    there = [m for m in range(12) if pace[m]]
    if sum(months) >= len(there):
        for empty in (m for m in there if months[m] == 0):
            fullest = max(there, key=lambda m: (months[m], -m))
            months[fullest] -= 1
            months[empty] += 1
    return months


def _by_class(rows: Sequence[Row], months: Sequence[int], total: int) -> list[Row]:
    """The months of one area and group shared among its classes in step with what each has left."""
    rows = sorted(rows, key=lambda row: _RISKIEST_FIRST.index(row.risk_class))
    given = [[0] * 12 for _ in rows]
    laid = 0
    for month, seats in enumerate(months):
        laid += seats
        before = [sum(one) for one in given]
        wants = [row.left * laid / total - gone if total else 0.0 for row, gone in zip(rows, before, strict=True)]
        found = apportion(seats, wants, [row.left - gone for row, gone in zip(rows, before, strict=True)])
        for one, visits in zip(given, found, strict=True):
            one[month] = visits
    return [Row(row.area, row.group, row.risk_class, row.units, row.ratio, row.quota, row.done, row.booked, tuple(one))
            for row, one in zip(rows, given, strict=True)]
