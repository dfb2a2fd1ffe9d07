"""Does the ranking find what visits then find? Rolling origins on the record, each with a closed horizon.

Everything an order uses is known strictly before its window; what it is judged by happens in the window; a model
learns only from stretches that had ended before it. Only visited units have a result: the measures say how the visits
that took place could have been ordered better, not what unvisited units would have shown. The visits of the random arm
alone are free of that. Each order stands beside those that need no model.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from policy import rules
from scoring import calibration, cohorts, leaks, learning
from scoring.additive import Floats
from scoring.calibration import Calibration
from scoring.cohorts import OUTCOMES, Cohort
from scoring.errors import ScoringError
from scoring.leaks import Suspect
from scoring.learning import Trained
from scoring.measures import Draws, Measured, Visits, draws, half_bounds, tied_share
from scoring.orders import ORDERS, SHUFFLES, combined, without_model
from store import Database

SAMPLES = 500
LONGEST_HORIZON_DAYS = 1096
MOST_WINDOWS = 60
_LEAST_RANDOM = 20
_LEAST_LEAK = 10


@dataclass(frozen=True)
class Judged:
    """One order of visits, the mean over the windows: its measures, and how much of it hangs on how ties are broken."""

    order: str
    measures: Mapping[str, Measured]
    tied: float
    first_half_bounds: tuple[float, float]
    random_arm_auc: Measured | None


@dataclass(frozen=True)
class Window:
    """One window: its visits, the AUC of each order, and what the model of its first day had learnt from."""

    as_of: dt.date
    until: dt.date
    visits: int
    positives: int
    auc: Mapping[str, float]
    days_earlier: Mapping[str, float]
    learnt_from: int
    trimmed: int
    trimmed_share: float
    slope: float


@dataclass(frozen=True)
class Evaluation:
    """Windows of visits and how each order would have met their findings."""

    as_of: dt.date
    until: dt.date
    outcome: str
    visits: int
    units: int
    positives: int
    teams: int
    capacity: float
    policy_version: str
    seed: int
    shuffled: bool
    orders: tuple[Judged, ...]
    windows: tuple[Window, ...]
    random_arm: int
    calibration: Calibration | None
    gains: Mapping[str, tuple[float, ...]]
    suspects: tuple[Suspect, ...]
    note: str

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        windows = [asdict(window) | {"as_of": str(window.as_of), "until": str(window.until)} for window in self.windows]
        return asdict(self) | {"as_of": str(self.as_of), "until": str(self.until), "windows": windows}


def evaluate(db: Database, as_of: dt.date, horizon_days: int, *, outcome: str = "critical", windows: int = 1,
             capacity: float = 0.1, seed: int = 1, samples: int = SAMPLES, shuffled: bool = False) -> Evaluation:
    """Judge every order on the full visits of ``windows`` windows of ``horizon_days``, the last of which begins on
    ``as_of``; re-inspections are no such visits.

    ``outcome`` is what counts as a positive visit: a critical hazard, a serious or critical one, any, or a major one.
    ``capacity`` is the share of a window's visits that precision and recall look at. ``shuffled`` deals out again at
    random what visits found: whatever an order then seems to know is chance.
    """
    if outcome not in OUTCOMES:
        raise ScoringError(f"{outcome!r} is no outcome: say one of {', '.join(OUTCOMES)}")
    if not 1 <= horizon_days <= LONGEST_HORIZON_DAYS:
        raise ScoringError(f"a horizon of {horizon_days} days can't be used: say 1 to {LONGEST_HORIZON_DAYS}")
    if not 1 <= windows <= MOST_WINDOWS or not 0 < capacity <= 1:
        raise ScoringError(f"say 1 to {MOST_WINDOWS} windows, and a capacity above 0 and up to 1")
    until = as_of + dt.timedelta(days=horizon_days)
    most = int(rules().value("model.cohorts", as_of)["most"]) + windows
    with db.connection() as connection:
        stretches = cohorts.before(connection, until, days=horizon_days, most=most)
        found = cohorts.load_all(connection, stretches, outcome)
    if shuffled:
        found = [cohort and replace(cohort, positive=np.random.default_rng([seed, number]).permutation(cohort.positive))
                 for number, cohort in enumerate(found)]
    known = [cohort for cohort in found if cohort]
    first = until - dt.timedelta(days=horizon_days * windows)
    return judge(known, [cohort for cohort in known if cohort.as_of >= first], outcome, as_of=as_of, until=until,
                 capacity=capacity, seed=seed, samples=samples, shuffled=shuffled)


def judge(stretches: Sequence[Cohort], windows: Sequence[Cohort], outcome: str, *, as_of: dt.date, until: dt.date,
          capacity: float = 0.1, seed: int = 1, samples: int = SAMPLES, shuffled: bool = False) -> Evaluation:
    """Judge every order on windows of visits; past of each are the stretches that ended before it. Pure."""
    _check(windows, outcome, as_of, until)
    judged = [_Window(stretches, window, outcome, seed, capacity, samples) for window in windows
              if window.positive.any() and not window.positive.all()]
    names = [name for name in ORDERS if all(name in window.priorities for window in judged)]
    learnt = [window for window in judged if window.trained]
    note = "" if "model" in names else next(window.note for window in judged if window.note)
    last = judged[-1].visits
    return Evaluation(
        judged[0].cohort.as_of, until, outcome, sum(len(window.cohort) for window in judged),
        len({int(unit) for window in judged for unit in window.cohort.table.unit_id}),
        sum(int(window.cohort.positive.sum()) for window in judged),
        len({team for window in judged for team in window.cohort.team}), last.capacity, rules().version(as_of), seed,
        shuffled, tuple(_order(name, judged, seed, samples) for name in names),
        tuple(window.told() for window in judged), sum(int(window.random.sum()) for window in judged),
        _calibrated(learnt, seed, samples), {name: _gain(name, judged) for name in names},
        tuple(learnt[-1].suspects()) if learnt and "model" in names else (), note)


class _Window:
    """One window with its model, where there is enough past for one, and the priorities of every order."""

    def __init__(self, stretches: Sequence[Cohort], cohort: Cohort, outcome: str, seed: int, capacity: float,
                 samples: int) -> None:
        self.cohort, self.past = cohort, [stretch for stretch in stretches if stretch.until <= cohort.as_of]
        self.trained: Trained | None = None
        self.note = ""
        team_prior = float(rules().value("risk.record", cohort.as_of)["prior_team_visits"])
        self.priorities: dict[str, Floats | None] = {}
        try:
            self.trained = learning.train(self.past, cohort.as_of, outcome)
            self.priorities["model"] = self.trained.model.log_odds(cohort.inputs())
            self.priorities["combined"] = combined(cohort, self.past, self.trained.model)
        except ScoringError as error:
            self.note = str(error)
        self.priorities |= without_model(cohort, self.past, team_prior)
        teams = {team: number for number, team in enumerate(dict.fromkeys(cohort.team))}
        self.visits = Visits(cohort.day, cohort.positive,
                             np.array([teams[team] for team in cohort.team], dtype=np.intp), capacity)
        self.random = np.array([arm == "random" for arm in cohort.arm], dtype=bool)
        self.draws = {name: draws(self.visits, priority, np.random.default_rng(seed),
                                  breaks=1 if name == "actual" else SHUFFLES, samples=samples)
                      for name, priority in self.priorities.items()}

    def told(self) -> Window:
        measured = {name: part.measured() for name, part in self.draws.items()}
        weighting = self.trained.weighting if self.trained else None
        return Window(self.cohort.as_of, self.cohort.until, len(self.cohort), int(self.cohort.positive.sum()),
                      {name: told["auc"].value for name, told in measured.items()},
                      {name: told["days_earlier"].value for name, told in measured.items()},
                      self.trained.visits if self.trained else 0, weighting.trimmed if weighting else 0,
                      weighting.trimmed_share if weighting else 0.0, self.trained.slope if self.trained else 1.0)

    def probability(self) -> Floats:
        assert self.trained is not None  # noqa: S101
        return self.trained.model.probability(self.cohort.inputs())

    def suspects(self) -> list[Suspect]:
        assert self.trained is not None  # noqa: S101
        limits = rules().value("model.leak", self.cohort.as_of)
        if min(self.cohort.positive.sum(), (~self.cohort.positive).sum()) < _LEAST_LEAK:
            return []
        return leaks.suspects(self.trained.model, self.cohort.inputs(), self.cohort.positive,
                              cohorts.joined([cohort.inputs() for cohort in self.past]),
                              np.concatenate([cohort.positive for cohort in self.past]), limits)


def _check(windows: Sequence[Cohort], outcome: str, as_of: dt.date, until: dt.date) -> None:
    visits, positives = sum(map(len, windows)), sum(int(window.positive.sum()) for window in windows)
    if not visits:
        raise ScoringError(f"no unit was inspected from {as_of} to {until - dt.timedelta(days=1)}: choose a window "
                           f"that has inspections")
    if not any(window.positive.any() and not window.positive.all() for window in windows):
        raise ScoringError(f"{positives} of the {visits} visits from {as_of} on had the outcome {outcome}: "
                           f"there is nothing to tell apart")


def _order(name: str, judged: Sequence[_Window], seed: int, samples: int) -> Judged:
    flat = [np.zeros(len(window.cohort)) if window.priorities[name] is None else np.asarray(window.priorities[name])
            for window in judged]
    bounds = np.mean([half_bounds(window.visits, told) for window, told in zip(judged, flat, strict=True)], axis=0)
    return Judged(name, Draws.mean([window.draws[name] for window in judged]).measured(),
                  float(np.average([tied_share(told) for told in flat], weights=[len(told) for told in flat])),
                  (float(bounds[0]), float(bounds[1])), _random_arm(judged, flat, seed, samples))


def _random_arm(judged: Sequence[_Window], flat: Sequence[Floats], seed: int, samples: int) -> Measured | None:
    """The area on the visits of the random arm of all windows, each order standing by its place in its window."""
    place = np.concatenate([np.argsort(np.argsort(told, kind="stable"), kind="stable") / len(told) for told in flat]
                           if all(tied_share(told) < 1 for told in flat) else flat)
    kept = np.concatenate([window.random for window in judged])
    priority, positive = place[kept], np.concatenate([window.cohort.positive for window in judged])[kept]
    if min(int(positive.sum()), int((~positive).sum())) < _LEAST_RANDOM:
        return None
    rng, size = np.random.default_rng(seed), len(priority)
    drawn = [leaks.auc(priority[at], positive[at]) for at in (rng.integers(0, size, size) for _ in range(samples))]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Measured(leaks.auc(priority, positive), float(low), float(high))


def _calibrated(learnt: Sequence[_Window], seed: int, samples: int) -> Calibration | None:
    if not learnt:
        return None
    return calibration.calibration(np.concatenate([window.probability() for window in learnt]),
                                   np.concatenate([window.cohort.positive for window in learnt]),
                                   np.random.default_rng(seed), samples=samples)


def _gain(name: str, judged: Sequence[_Window], points: int = 20) -> tuple[float, ...]:
    """Share of the positives met after each twentieth of the visits, the mean over the windows."""
    curves = []
    for window in judged:
        rng, size = np.random.default_rng(1), len(window.cohort)
        told = window.priorities[name]
        order = np.lexsort((rng.random(size), -(np.zeros(size) if told is None else told)))
        seen = np.concatenate(([0], np.cumsum(window.cohort.positive[order]))) / window.cohort.positive.sum()
        curves.append(seen[np.round(np.linspace(0, size, points + 1)).astype(int)])
    return tuple(float(value) for value in np.mean(curves, axis=0))
