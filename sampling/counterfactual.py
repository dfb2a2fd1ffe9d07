"""What other probabilities of being drawn would have found, from visits whose recorded probability is known. Pure.

A visit that was drawn with probability p and would have been drawn with q counts q / p times (Horvitz-Thompson). The
sum of these weights is known beforehand from the frames, so the *self-normalised* sum (Hájek) puts what each visit
found, on weighted average, against the visits asked for; it varies less and is the figure to go by. Both give what was
found, exactly, where q = p everywhere.

A weight is bounded at ``most`` times the mean weight of its draw. That cuts part of what is asked: units that the
record never drew, or much too seldom. The share that is left is the *support*, known from the frames and not from luck.

Draws of different days are independent given what came before them, visits of one day are not: whole draws are
resampled for the interval. Their sizes are known, so a resample is put against the visits it should have had.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SAMPLES = 2000
_BLOCK = 200
_TAIL = 0.025


@dataclass(frozen=True)
class Draw:
    """One draw: the probabilities of all its units (``recorded``, ``asked``), and its visits with a result.

    ``visited`` are places in those; ``found`` has a row for each visit and a column for each kind of finding.
    """

    recorded: Floats
    asked: Floats
    visited: Sequence[int]
    found: Floats


@dataclass(frozen=True)
class Between:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Finding:
    """One kind of finding: ``found`` in the record, ``expected`` by the rules asked (self-normalised), the difference
    of the two, the plain Horvitz-Thompson sum, and both per 100 visits. ``visits``: those that found such a thing."""

    visits: int
    found: float
    expected: Between
    difference: Between
    plain: Between
    found_per_100: float
    expected_per_100: Between


@dataclass(frozen=True)
class Weighed:
    """What the record says about the rules asked.

    ``visits`` have a result; ``drawn`` and ``asked`` are visits in expectation. ``support``: share of those asked that
    the record speaks for; ``never``: share that it never drew; ``cut``: visits whose weight was bounded; ``effective``:
    so many visits drawn by the rules asked would say as much, by the frames (expected) or by the visits (Kish),
    whichever is fewer.
    """

    draws: int
    visits: int
    drawn: float
    asked: float
    support: float
    never: float
    cut: int
    effective: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Sums:
    """Visits, weights and visits expected (as recorded, as asked) of each draw; findings as they are and weighted, of
    visits that count more by the rules asked (``up``) and of those that count less (``down``)."""

    visits: Floats
    weights: Floats
    drawn: Floats
    asked: Floats
    up: Floats
    up_weighted: Floats
    down: Floats
    down_weighted: Floats

    def of(self, times: Floats) -> _Sums:
        """The sums of resamples; ``times``: how often each draw is in each."""
        return _Sums(*(times @ getattr(self, each.name) for each in fields(self)))


def weigh(draws: Sequence[Draw], *, most: float, seed: int) -> Weighed:
    """The record of ``draws`` weighed for the rules asked; needs a visit with a result and something asked."""
    cut = 0
    asked = squares = never = 0.0
    weights, drawn, supported = [], [], []
    for draw in draws:
        before, after = float(draw.recorded.sum()), float(draw.asked.sum())
        bound = most * after / before if before else 0.0
        # What a bounded weight lets through of what is asked: nothing where the record could not draw.
        through = np.minimum(draw.asked, bound * draw.recorded)
        weight = np.divide(through, draw.recorded, out=np.zeros_like(through), where=draw.recorded > 0)
        squares += float((weight * through).sum())
        asked += after
        never += float(draw.asked[draw.recorded == 0].sum())
        at = np.asarray(draw.visited, dtype=np.intp)
        cut += int((through[at] < draw.asked[at]).sum())
        weights.append(weight[at])
        drawn.append(before)
        supported.append(float(through.sum()))
    visits, kept = sum(len(each) for each in weights), float(np.sum(supported))
    flat = np.concatenate(weights)
    if not flat.sum():
        return Weighed(len(draws), visits, float(np.sum(drawn)), asked, kept / asked, never / asked, cut, 0.0, ())
    effective = min(visits / float(np.sum(drawn)) * kept**2 / squares, float(flat.sum() ** 2 / (flat**2).sum()))
    return Weighed(len(draws), visits, float(np.sum(drawn)), asked, kept / asked, never / asked, cut, effective,
                   _findings(draws, weights, np.array(drawn), np.array(supported), seed))


def _findings(draws: Sequence[Draw], weights: Sequence[Floats], drawn: Floats, asked: Floats,
              seed: int) -> tuple[Finding, ...]:
    flat = np.concatenate(weights)
    scale = asked.sum() / drawn.sum() * (len(flat) / flat.sum())
    rows = []
    for draw, weight in zip(draws, weights, strict=True):
        up = scale * weight >= 1
        rows.append([part for side in (up, ~up)
                     for part in (draw.found[side].sum(axis=0), weight[side] @ draw.found[side])])
    sums = _Sums(np.array([len(each) for each in weights], dtype=np.float64),
                 np.array([each.sum() for each in weights]), drawn, asked,
                 *(np.array(column) for column in zip(*rows, strict=True)))
    once = sums.of(np.ones((1, len(draws))))
    value = _figures(once, once)[:, 0]
    variance, together = _spread(sums, once, seed)
    # What one visit more that finds such a thing would add, on average: few findings tell little of their spread.
    shift = scale * flat - 1
    more = [scale * flat, flat, 100 * flat / flat.sum(), shift[shift >= 0], -shift[shift < 0]]
    out = []
    for kind in range(value.shape[1]):
        found = float(once.up[0, kind] + once.down[0, kind])
        having = sum(int((draw.found[:, kind] > 0).sum()) for draw in draws)
        told = [gamma(float(value[f, kind]), float(variance[f, kind]), more[f] * (found / having if having else 1))
                for f in range(5)]
        out.append(Finding(having, found, told[0], _difference(told[3], told[4], float(together[kind])), told[1],
                           100 * found / len(flat), told[2]))
    return tuple(out)


def _figures(picked: _Sums, once: _Sums) -> Floats:
    """By resample and kind of finding: expected, plain, expected per 100 visits, what visits that count more add to the
    record's findings, what those that count less take from them."""
    weighted = picked.up_weighted + picked.down_weighted
    drawn = (once.drawn / picked.drawn)[:, None]
    scale = (once.asked / picked.drawn * (picked.visits / picked.weights))[:, None]
    return np.array([scale * weighted, (once.asked / picked.asked)[:, None] * weighted,
                     100 * weighted / picked.weights[:, None], scale * picked.up_weighted - drawn * picked.up,
                     drawn * picked.down - scale * picked.down_weighted])


def _spread(sums: _Sums, once: _Sums, seed: int) -> tuple[Floats, Floats]:
    """Variance of each figure over resampled draws, and the correlation of what is added with what is taken."""
    rng = np.random.default_rng(seed)
    count = len(sums.visits)
    samples = []
    for _ in range(0, _SAMPLES, _BLOCK):
        picked = sums.of(rng.multinomial(count, np.full(count, 1 / count), _BLOCK).astype(np.float64))
        with np.errstate(divide="ignore", invalid="ignore"):
            samples.append(_figures(picked, once))
    held = np.concatenate(samples, axis=1)
    # A resample without a visit says nothing.
    held = held[:, np.isfinite(held).all(axis=(0, 2))]
    variance = held.var(axis=1, ddof=1) * count / (count - 1)
    off = held - held.mean(axis=1, keepdims=True)
    both = np.sqrt((off[3] ** 2).mean(axis=0) * (off[4] ** 2).mean(axis=0))
    return variance, np.divide((off[3] * off[4]).mean(axis=0), both, out=np.zeros_like(both), where=both > 0)


def gamma(value: float, variance: float, more: Floats) -> Between:
    """The interval of a weighted count that may be small: gamma limits (Fay and Feuer 1997), the upper one with what
    one finding more would add on average (Tiwari, Clegg and Zou 2006). For many findings it is the usual one."""
    low = _quantile(_TAIL, value, variance)
    if len(more) == 0:
        return Between(value, low, _quantile(1 - _TAIL, value, variance))
    return Between(value, low, _quantile(1 - _TAIL, value + float(more.mean()), variance + float((more**2).mean())))


def _quantile(share: float, mean: float, variance: float) -> float:
    # Loaded only where it is needed: it takes longer than most commands do.
    from scipy.special import gammaincinv

    if mean <= 0 or variance <= 0:
        return max(0.0, mean)
    return float(gammaincinv(mean * mean / variance, share)) * variance / mean


def _difference(added: Between, taken: Between, together: float) -> Between:
    """The interval of a difference from those of its parts, which need not be symmetric (Zou and Donner 2008)."""
    value = added.value - taken.value

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one * one + other * other - 2 * together * one * other))

    return Between(value, value - reach(added.value - added.low, taken.high - taken.value),
                   value + reach(added.high - added.value, taken.value - taken.low))
