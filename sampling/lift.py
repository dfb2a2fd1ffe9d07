"""How much more often the riskiest share of random-arm visits found a hazard than all of them did.

Both rates weigh each visit by the inverse of the probability with which the random arm drew it (Hájek); the standard
errors take joint probabilities as products, which Pareto sampling comes close to.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from sampling.population import Lift
from store import Queries
from store.database import Connection

q = Queries(__file__)

_Z95 = 1.959963984540054
_LIFT_DAYS = 365


@dataclass(frozen=True)
class Visit:
    """A finished visit: the probability it was drawn with, whether a hazard was found, the score it had then."""

    probability: float
    found: bool
    score: float | None = None


@dataclass(frozen=True)
class Rate:
    """A share of units with its standard error and 95 % interval; ``visits`` is what it rests on."""

    visits: int
    value: float
    error: float
    low: float
    high: float


def hajek(visits: Sequence[Visit]) -> Rate | None:
    """The rate of units with a hazard, or None without a visit. With fewer than two the interval is all of 0..1."""
    if not visits:
        return None
    for visit in visits:
        if not 0 < visit.probability <= 1:
            raise ValueError(f"{visit.probability} is not a probability with which a unit was drawn")
    whole = math.fsum(1 / visit.probability for visit in visits)
    value = math.fsum(visit.found / visit.probability for visit in visits) / whole
    if len(visits) < 2:
        return Rate(len(visits), value, math.inf, 0.0, 1.0)
    n = len(visits)
    squares = math.fsum((1 - visit.probability) * ((visit.found - value) / visit.probability) ** 2 for visit in visits)
    error = math.sqrt(n / (n - 1) * squares) / whole
    # A sample without any hazard, or with nothing else, has no spread: the rule of three bounds it instead.
    reach = max(_Z95 * error, 3 / n if value in (0, 1) and error == 0 and squares == 0 else 0.0)
    return Rate(n, value, error, max(0.0, value - reach), min(1.0, value + reach))


def lift(visits: Sequence[Visit], top_share: float) -> Lift | None:
    """How much more often the top share by score had a hazard than all; None without scored visits or any hazard."""
    scored = sorted((visit for visit in visits if visit.score is not None), key=lambda visit: -(visit.score or 0.0))
    top = hajek(scored[: math.ceil(len(scored) * top_share)])
    every = hajek(scored)
    if top is None or every is None or every.value == 0:
        return None
    if math.isinf(top.error):
        return Lift(len(scored), top.value / every.value, 0.0)
    return Lift(len(scored), top.value / every.value, max(0.0, top.value - top.error) / (every.value + every.error))


def lift_before(connection: Connection, day: dt.date, top_share: float) -> Lift | None:
    """The lift shown by the random arm's results of the year before ``day``."""
    rows = connection.execute(q["random_results"], {"first": day - dt.timedelta(days=_LIFT_DAYS), "day": day})
    return lift([Visit(row["probability"], row["found"], row["score"]) for row in rows], top_share)
