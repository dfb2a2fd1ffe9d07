"""Is what a model tells kept for every group of units, also where it sees little risk? Over closed stretches. Pure.

Three questions for each group: is what was told what visits then found; is it so among the lowest deciles of the
ranking; and which share of its hazards stood low. A calm group has more of its few hazards standing low, and rightly:
that share alone is never a fault. Only what was told can be wrong, so only gaps are marked.

Where a visit stood is a share of its stretch: 0 the lowest risk, 1 the highest, visits counted by their weights.
Weighted by the inverse of the probability with which they were drawn, visits stand for the register; visits of the
random arm, each counted once, need no weights, and are shown beside them.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring import intervals, weighting
from scoring.measures import Measured

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_BINS = 10


@dataclass(frozen=True)
class Stretch:
    """Visits of a closed stretch, and what was told of each before its first day.

    ``probability`` is that of a finding by the team that went, ``usual`` by one of usual strictness; both are None
    where an order tells none. ``groups`` has, for each way to divide units, the group of each visit. ``teller`` says
    who told: the model itself, a stand-in fitted to what came before, or the scorecard.
    """

    as_of: dt.date
    until: dt.date
    teller: str
    unit: npt.NDArray[np.int64]
    positive: Flags
    random: Flags
    drawn: Floats
    priority: Floats
    probability: Floats | None
    usual: Floats | None
    groups: Mapping[str, Sequence[str]]

    def __len__(self) -> int:
        return len(self.unit)


@dataclass(frozen=True)
class Gap:
    """Found less told, with its interval. ``marked``: it stands out though many gaps were looked at."""

    visits: int
    told: float
    found: float
    gap: Measured
    chance: float
    marked: bool = False


@dataclass(frozen=True)
class Judged:
    """A group: ``usual`` is what a team of usual strictness would find, as told; ``low`` its lowest deciles;
    ``missed`` the shares of its positive visits that stood in the lower half and in the lowest deciles.

    None stands for too few visits to say.
    """

    whole: Gap | None
    usual: float | None
    low: Gap | None
    missed_half: Measured | None
    missed_low: Measured | None


@dataclass(frozen=True)
class Group:
    """One group of units: all its visits, weighted, and those of the random arm alone."""

    by: str
    code: str
    visits: int
    positives: int
    random_visits: int
    all: Judged
    random: Judged


@dataclass(frozen=True)
class Audit:
    """Every group of every way that divides the units; ``overall`` is all visits together."""

    windows: tuple[Mapping[str, Any], ...]
    visits: int
    positives: int
    recorded: int
    random_visits: int
    trimmed: int
    trimmed_share: float
    told: bool
    overall: Group
    groups: tuple[Group, ...]

    def marked(self) -> list[Group]:
        """Groups in which what was told is not what was found."""
        return [group for group in self.groups
                if any(gap and gap.marked for part in (group.all, group.random) for gap in (part.whole, part.low))]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def audit(stretches: Sequence[Stretch], limits: Mapping[str, Any], weights: Mapping[str, Any]) -> Audit:
    """Audit by the limits of ``model.audit`` and the weights of ``model.weights``."""
    weighed = weighting.weigh(np.concatenate([part.drawn for part in stretches]),
                              unrecorded=float(weights["unrecorded"]), most=float(weights["most"]))
    ends = np.cumsum([len(part) for part in stretches])[:-1]
    place = np.concatenate([placed(part.priority, weight)
                            for part, weight in zip(stretches, np.split(weighed.weight, ends), strict=True)])
    visits = _Visits.of(stretches, weighed.weight, place)
    everyone = np.ones(len(place), dtype=bool)
    found = [_group(visits, by, code, flags, limits) for by in stretches[0].groups
             for code, flags in _divided(visits.groups[by]) if not flags.all()]
    overall, *groups = _marked([_group(visits, "", "", everyone, limits), *found], float(limits["level"]))
    return Audit(
        tuple({"as_of": str(part.as_of), "until": str(part.until), "visits": len(part), "teller": part.teller}
              for part in stretches), len(place), int(visits.positive.sum()), weighed.recorded,
        int(visits.random.sum()), weighed.trimmed, weighed.trimmed_share,
        all(part.probability is not None for part in stretches), overall, tuple(groups))


def placed(priority: Floats, weight: Floats) -> Floats:
    """Where each visit stands among all: 0 the lowest risk, 1 the highest, those that tie in the middle of theirs."""
    values, at = np.unique(priority, return_inverse=True)
    heavy = np.bincount(at, weights=weight, minlength=len(values))
    return np.asarray(((np.cumsum(heavy) - heavy / 2) / heavy.sum())[at])


@dataclass(frozen=True)
class _Visits:
    """The visits of all stretches."""

    unit: npt.NDArray[np.int64]
    positive: Flags
    random: Flags
    weight: Floats
    place: Floats
    told: Floats
    usual: Floats
    groups: Mapping[str, npt.NDArray[np.str_]]

    @classmethod
    def of(cls, stretches: Sequence[Stretch], weight: Floats, place: Floats) -> _Visits:
        positive = np.concatenate([part.positive for part in stretches])
        told = [part.probability for part in stretches if part.probability is not None]
        usual = [part.usual for part in stretches if part.usual is not None]
        # An order without probabilities is held against what all visits at the same place found.
        known = len(told) == len(stretches)
        at_place = np.concatenate(told) if known else _rates(place, positive, weight)
        return cls(np.concatenate([part.unit for part in stretches]), positive,
                   np.concatenate([part.random for part in stretches]), weight, place, at_place,
                   np.concatenate(usual) if known else at_place,
                   {by: np.array([code for part in stretches for code in part.groups[by]])
                    for by in stretches[0].groups})


def _rates(place: Floats, positive: Flags, weight: Floats) -> Floats:
    tenth = np.minimum((place * _BINS).astype(np.intp), _BINS - 1)
    heavy = np.bincount(tenth, weights=weight, minlength=_BINS)
    found = np.bincount(tenth, weights=weight * positive, minlength=_BINS)
    return np.asarray((found / np.maximum(heavy, 1e-12))[tenth])


def _divided(codes: npt.NDArray[np.str_]) -> list[tuple[str, Flags]]:
    """Groups by the number that their code begins with, the others after them by how many visits they have."""
    found = [(str(code), codes == code) for code in np.unique(codes)]
    return sorted(found, key=lambda pair: (int(head), 0) if (head := pair[0].split("-")[0]).isdigit()
                  else (sys.maxsize, -int(pair[1].sum())))


def _group(visits: _Visits, by: str, code: str, flags: Flags, limits: Mapping[str, Any]) -> Group:
    drawn = flags & visits.random
    return Group(by, code, int(flags.sum()), int(visits.positive[flags].sum()), int(drawn.sum()),
                 _judge(visits, flags, visits.weight, limits), _judge(visits, drawn, np.ones(len(flags)), limits))


def _judge(visits: _Visits, flags: Flags, weight: Floats, limits: Mapping[str, Any]) -> Judged:
    whole = _gap(visits, flags, weight, int(limits["least_visits"]))
    if whole is None:
        return Judged(None, None, None, None, None)
    low = flags & (visits.place < limits["low"])
    found = flags & visits.positive
    return Judged(whole, float(np.average(visits.usual[flags], weights=weight[flags])),
                  _gap(visits, low, weight, int(limits["least_low"])),
                  _missed(visits, found, weight, limits["half"], int(limits["least_found"])),
                  _missed(visits, found, weight, limits["low"], int(limits["least_found"])))


def _gap(visits: _Visits, flags: Flags, weight: Floats, least: int) -> Gap | None:
    count = int(flags.sum())
    if count < least:
        return None
    heavy = weight[flags]
    told, found = (float(np.average(column[flags], weights=heavy)) for column in (visits.told, visits.positive))
    worth = intervals.effective(heavy, visits.unit[flags])
    range_ = intervals.wilson(found, worth)
    return Gap(count, told, found, Measured(found - told, range_.low - told, range_.high - told),
               intervals.chance(found, told, worth))


def _missed(visits: _Visits, found: Flags, weight: Floats, below: float, least: int) -> Measured | None:
    """Share of the positive visits that stood below a place."""
    if int(found.sum()) < least:
        return None
    heavy = weight[found]
    share = float(np.average(visits.place[found] < below, weights=heavy))
    return intervals.wilson(share, intervals.effective(heavy, visits.unit[found]))


def _marked(groups: Sequence[Group], level: float) -> list[Group]:
    """Mark the gaps to believe, each arm for itself: all gaps that the table shows were looked at."""
    for arm in ("all", "random"):
        shown = [(at, part) for at, group in enumerate(groups) for part in ("whole", "low")
                 if getattr(getattr(group, arm), part) is not None]
        gaps = [getattr(getattr(groups[at], arm), part) for at, part in shown]
        found = list(groups)
        for (at, part), gap, marked in zip(shown, gaps, intervals.believed([gap.chance for gap in gaps], level),
                                           strict=True):
            judged = replace(getattr(found[at], arm), **{part: replace(gap, marked=marked)})
            found[at] = replace(found[at], **{arm: judged})
        groups = found
    return list(groups)
