"""How the additive model is fitted: penalised logistic regression over steps, monotone where the direction is known.

Each feature gets a slope over its range and a step at each edge, both penalised, and a cell of its own for "not known".
Where a direction is known, slope and steps may only go that way. What is penalised is the distance from a multiple of
the scorecard, which is fitted too: with few visits the model is the card at its best scale, with many what they show.
Which team made a visit is part of the fit and no part of the model: what a strict team finds more is its strictness.
The problem is convex: the same rows give the same model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.additive import AdditiveModel, Codes, Floats, Inputs, Shape, steps
from scoring.crossing import crossed

Flags = npt.NDArray[np.bool_]
Points = Callable[[str, Inputs], Floats | None]
"""What a scorecard gives each row for a feature, None where it has none."""

_ROUNDS = 300
_LEAST_POSITIVE = 1e-12
# Places of the parameters before those of the terms: the base, and log-odds for ten points of the scorecard.
_BASE, _CARD, _TERMS = 0, 1, 2
_POINTS = 10.0


@dataclass(frozen=True)
class Penalties:
    """``bins`` is the most steps of a feature; the others are in visits' worth of evidence."""

    bins: int
    step: float
    slope: float
    unknown: float
    team: float
    card: float


@dataclass(frozen=True)
class Rows:
    """Past visits: what was known before each, what it found, by whom, and what it weighs."""

    inputs: Inputs
    positive: Flags
    team: Sequence[str]
    weight: Floats

    def __len__(self) -> int:
        return len(self.positive)


@dataclass(frozen=True)
class _Term:
    """One feature in the fit: its cells, and where its parameters (slope, then one for each cell) begin."""

    feature: str
    edges: tuple[float, ...]
    words: tuple[str, ...]
    codes: Codes
    share: Floats
    height: Floats
    card: Floats
    direction: int
    start: int

    @property
    def cells(self) -> int:
        return len(self.share)

    def table(self, parameters: Floats) -> Floats:
        """Log-odds of each cell, 0 on average over the rows."""
        slope, own = parameters[self.start], parameters[self.start + 1:self.start + 1 + self.cells]
        table = own if self.words else np.concatenate((own[:1], np.cumsum(own[1:]) + slope * self.height[1:]))
        return np.asarray(table - self.share @ table + parameters[_CARD] * self.card)

    def gradient(self, by_cell: Floats, total: float, into: Floats) -> None:
        into[_CARD] += by_cell @ self.card
        by_cell = by_cell - self.share * total
        place = self.start + 1
        if self.words:
            into[place:place + self.cells] = by_cell
            return
        into[self.start] = by_cell[1:] @ self.height[1:]
        into[place] = by_cell[0]
        into[place + 1:place + self.cells] = np.cumsum(by_cell[:0:-1])[::-1]


def fit(rows: Rows, directions: Mapping[str, int], penalties: Penalties,
        points: Points = lambda feature, inputs: None) -> AdditiveModel:
    """The model of ``rows``; a feature that never varies has no shape. ``directions``: 1 up, -1 down, else free.

    ``points`` are those of the scorecard; left out, the fit starts from nothing.
    """
    weight = rows.weight / rows.weight.mean()
    terms = _terms(rows.inputs, weight, directions, penalties.bins, points)
    names = sorted(set(rows.team))
    of_name = {name: number for number, name in enumerate(names)}
    team = np.array([of_name[name] for name in rows.team], dtype=np.intp)
    team_share = np.bincount(team, weight, len(names)) / weight.sum()
    first = _TERMS + sum(term.cells + 1 for term in terms)
    penalty, bounds = _penalty(terms, penalties, len(names))
    positive = rows.positive.astype(np.float64)
    looked_up = crossed([*(term.codes for term in terms), team], [*(term.cells for term in terms), len(names)])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        strict = parameters[first:] - team_share @ parameters[first:]
        eta = looked_up.sums([*(term.table(parameters) for term in terms), strict], parameters[_BASE])
        small = np.exp(-np.abs(eta))
        residual = weight * (np.where(eta > 0, 1.0, small) / (1.0 + small) - positive)
        gradient, total = np.zeros_like(parameters), float(residual.sum())
        gradient[_BASE] = total
        *by_term, by_team = looked_up.counts(residual)
        for term, by_cell in zip(terms, by_term, strict=True):
            term.gradient(by_cell, total, gradient)
        gradient[first:] = by_team - team_share * total
        value = float((weight * (np.log1p(small) + np.maximum(eta, 0.0) - positive * eta)).sum())
        return value + 0.5 * float(penalty @ parameters**2), gradient + penalty * parameters

    rate = float(np.clip(np.average(positive, weights=weight), 1e-6, 1 - 1e-6))
    start = np.zeros(first + len(names))
    start[_BASE] = np.log(rate / (1 - rate))
    # Loaded only where it is needed: it takes longer than most commands do.
    from scipy.optimize import minimize

    found = np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds,
                                options={"maxiter": _ROUNDS, "maxfun": 2 * _ROUNDS}).x)
    strict = found[first:] - team_share @ found[first:]
    return AdditiveModel(float(found[_BASE]), tuple(Shape(term.feature, term.edges, term.words, term.table(found))
                                                for term in terms),
                         {name: float(strict[number]) for name, number in of_name.items()})


def scaled(model: AdditiveModel, slope: float, shift: float) -> AdditiveModel:
    """The model with every contribution times ``slope`` and ``shift`` more at the base."""
    return AdditiveModel(model.base + shift, tuple(
        Shape(shape.feature, shape.edges, shape.words, shape.table * slope) for shape in model.shapes), model.teams)


def edges_of(values: Floats, bins: int) -> tuple[float, ...]:
    """Edges between the values where they are few, else at quantiles, so that each step has its share of rows."""
    known = values[~np.isnan(values)]
    apart = np.unique(known)
    if len(apart) <= bins:
        return tuple(((apart[1:] + apart[:-1]) / 2).tolist())
    return tuple(np.unique(np.quantile(known, np.arange(1, bins) / bins)).tolist())


def _terms(inputs: Inputs, weight: Floats, directions: Mapping[str, int], bins: int, points: Points) -> list[_Term]:
    terms: list[_Term] = []
    start = _TERMS
    for name in sorted([*inputs.numbers, *inputs.words]):
        words: tuple[str, ...] = ()
        if name in inputs.numbers:
            values = inputs.numbers[name]
            edges = edges_of(values, bins)
            codes = steps(values, edges)
            cells, height = len(edges) + 2, _height(values, codes, weight, len(edges) + 2)
        else:
            words, edges = tuple(sorted(set(inputs.words[name]))), ()
            codes = Shape(name, (), words, np.zeros(len(words) + 1)).codes(inputs)
            cells, height = len(words) + 1, np.zeros(len(words) + 1)
        share = np.bincount(codes, weight, cells) / weight.sum()
        if np.count_nonzero(share) > 1:
            way = directions.get(name, 0)
            card = _card(points(name, inputs), codes, weight, share, 0 if words else way)
            terms.append(_Term(name, edges, words, codes, share, height, card, way, start))
            start += cells + 1
    return terms


def _height(values: Floats, codes: Codes, weight: Floats, cells: int) -> Floats:
    """The mean of each step, on a logarithmic scale where nothing is negative, in standard deviations."""
    low = float(np.nanmin(values)) if (codes > 0).any() else 0.0
    if low > 0:
        values = np.log(np.maximum(values, _LEAST_POSITIVE))
    elif low == 0:
        values = np.log1p(values)
    share = np.bincount(codes, weight, cells).astype(np.float64)
    height = _means(np.nan_to_num(values), codes, weight, cells)
    share[0] = 0.0
    if share.sum() == 0:
        return np.zeros(cells)
    share = share / share.sum()
    centred = height - share @ height
    spread = float(np.sqrt(share @ centred**2))
    return np.asarray(centred / spread if spread > _LEAST_POSITIVE else np.zeros(cells))


def _means(values: Floats, codes: Codes, weight: Floats, cells: int) -> Floats:
    """The mean of ``values`` in each cell, 0 where there are none."""
    return np.asarray(np.bincount(codes, values * weight, cells)
                      / np.maximum(np.bincount(codes, weight, cells), _LEAST_POSITIVE))


def _card(points: Floats | None, codes: Codes, weight: Floats, share: Floats, way: int) -> Floats:
    """The scorecard's points of each cell in tens, 0 on average; none where they go against the known direction."""
    if points is None:
        return np.zeros(len(share))
    mean = _means(points, codes, weight, len(share))
    found = np.where(share > 0, mean - share @ mean, 0.0) / _POINTS
    if way and (way * np.diff(found[1:]) < -_LEAST_POSITIVE).any():
        return np.zeros(len(share))
    return np.asarray(found)


def _penalty(terms: Sequence[_Term], penalties: Penalties, teams: int,
             ) -> tuple[Floats, list[tuple[float | None, float | None]]]:
    """What each parameter costs, and between which bounds it may lie."""
    costs = [0.0, penalties.card]
    found: list[tuple[float | None, float | None]] = [(None, None), (0.0, None)]
    for term in terms:
        way: tuple[float | None, float | None] = (
            (0.0, None) if term.direction > 0 else (None, 0.0) if term.direction < 0 else (None, None))
        if term.words:
            costs += [1.0] + [penalties.unknown] * term.cells
            found += [(0.0, 0.0)] + [(None, None)] * term.cells
        else:
            # The first step is where the others start from.
            costs += [penalties.slope, penalties.unknown, 1.0] + [penalties.step] * (term.cells - 2)
            found += [way, (None, None), (0.0, 0.0)] + [way] * (term.cells - 2)
    return np.array(costs + [penalties.team] * teams), found + [(None, None)] * teams
