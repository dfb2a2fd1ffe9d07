"""Does the ranking find what visits then find? A split in time on the record, and a comparison with a known truth.

Everything an order uses is known strictly before ``as_of``; what it is judged by happens from ``as_of`` on. Only units
that were visited have a result: the measures say how the visits that took place could have been ordered better, not
what unvisited units would have shown. Each order stands beside those that need no model: random, the last result
first, and what really happened.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring import features, scorecard
from scoring.card import Card
from scoring.errors import ScoringError
from scoring.measures import (
    Measured,
    Visits,
    half_bounds,
    judge,
    judge_actual,
    tenth_share,
    tied_share,
)
from scoring.scorecard import Scored
from store import Database, Queries

q = Queries(__file__)

Floats = npt.NDArray[np.float64]

OUTCOMES = ("critical", "serious", "any", "major")
SHUFFLES = 30
SAMPLES = 500
LONGEST_HORIZON_DAYS = 1096
_TRUTH_ROWS = 1_000_000
_TRUTH_BYTES = 100_000_000

ORDERS = {
    "scorecard": ("评分卡", "scorecard"), "record": ("仅检查执法记录", "violations alone"),
    "credit": ("仅信用", "credit alone"), "telemetry": ("仅物联监测", "telemetry alone"),
    "last_result": ("上次结果优先", "last result first"), "random": ("随机", "random"),
    "actual": ("实际次序", "actual order")}


@dataclass(frozen=True)
class Judged:
    """One order of visits: its measures, and how much of it hangs on how ties are broken."""

    order: str
    measures: Mapping[str, Measured]
    tied: float
    first_half_bounds: tuple[float, float]


@dataclass(frozen=True)
class Evaluation:
    """A window of visits and how each order would have met its findings."""

    as_of: dt.date
    until: dt.date
    outcome: str
    visits: int
    units: int
    positives: int
    teams: int
    policy_version: str
    seed: int
    orders: tuple[Judged, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return asdict(self) | {"as_of": str(self.as_of), "until": str(self.until)}


@dataclass(frozen=True)
class TruthCheck:
    """Share of the truly risky units that each ranking has in its first tenth."""

    as_of: dt.date
    units: int
    risky: int
    unknown_units: int
    shares: Mapping[str, Measured]

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON."""
        return asdict(self) | {"as_of": str(self.as_of)}


@dataclass(frozen=True)
class Truth:
    """The known true risk of units, and which of them count as truly risky."""

    risk: Mapping[str, float]
    risky: frozenset[str]


def evaluate(db: Database, as_of: dt.date, horizon_days: int, *, outcome: str = "critical", seed: int = 1,
             samples: int = SAMPLES) -> Evaluation:
    """Judge every order on the full visits of ``[as_of, as_of + horizon_days)``; re-inspections are no such visits.

    ``outcome`` is what counts as a positive visit: a critical hazard, a serious or critical one, any, or a major one.
    """
    if outcome not in OUTCOMES:
        raise ScoringError(f"{outcome!r} is no outcome: say one of {', '.join(OUTCOMES)}")
    if not 1 <= horizon_days <= LONGEST_HORIZON_DAYS:
        raise ScoringError(f"a horizon of {horizon_days} days can't be used: say 1 to {LONGEST_HORIZON_DAYS}")
    until = as_of + dt.timedelta(days=horizon_days)
    with db.connection() as connection:
        rows = connection.execute(q["visits"], {"as_of": as_of, "until": until}).fetchall()
        positives = sum(row[outcome] > 0 for row in rows)
        if not rows:
            raise ScoringError(f"no unit was inspected from {as_of} to {until - dt.timedelta(days=1)}: choose a window "
                               f"that has inspections")
        if positives in (0, len(rows)):
            raise ScoringError(f"{positives} of the {len(rows)} visits from {as_of} on had the outcome {outcome}: "
                               f"there is nothing to tell apart")
        scored = scorecard.score(features.load(connection, as_of, sorted({row["unit_id"] for row in rows})),
                                 Card.on(as_of))
    place = {int(unit): at for at, unit in enumerate(scored.table.unit_id)}
    of_row = np.array([place[row["unit_id"]] for row in rows], dtype=np.intp)
    teams = {team: number for number, team in enumerate(dict.fromkeys(row["team"] for row in rows))}
    visits = Visits(np.array([row["inspected_on"].toordinal() for row in rows], dtype=np.int64),
                    np.array([row[outcome] > 0 for row in rows], dtype=bool),
                    np.array([teams[row["team"]] for row in rows], dtype=np.intp))
    return Evaluation(as_of, until, outcome, len(rows), len(place), positives, len(teams), scored.card.version, seed,
                      tuple(_judge(name, visits, priority, seed, samples)
                            for name, priority in _priorities(scored, of_row).items()))


def check_truth(db: Database, as_of: dt.date, truth: Truth, *, seed: int = 1, samples: int = SAMPLES) -> TruthCheck:
    """Compare the rankings of all active units as of a day with what is known of them."""
    with db.connection() as connection:
        scored = scorecard.score(features.load(connection, as_of), Card.on(as_of))
    here = np.array([at for at, number in enumerate(scored.table.unit_no) if number in truth.risk], dtype=np.intp)
    risky = np.array([scored.table.unit_no[at] in truth.risky for at in here], dtype=bool)
    if not risky.any():
        raise ScoringError("none of the truly risky units of the file is an active unit of the register: it must list "
                           "units by their unit_no")
    shares = {name: tenth_share(risky, priority, np.random.default_rng(seed), breaks=SHUFFLES, samples=samples)
              for name, priority in _priorities(scored, here).items() if name not in ("actual", "last_result")}
    return TruthCheck(as_of, len(here), int(risky.sum()), len(truth.risk) - len(here), shares)


def read_truth(path: Path) -> Truth:
    """Read a CSV with unit_no and true_risk, and perhaps truly_risky (0 or 1); else the top tenth is truly risky."""
    if not path.is_file():
        raise ScoringError(f"{path} is not a file")
    if path.stat().st_size > _TRUTH_BYTES:
        raise ScoringError(f"{path.name} is larger than {_TRUTH_BYTES // 1_000_000} MB")
    risk: dict[str, float] = {}
    risky: set[str] = set()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = reader.fieldnames or []
            for name in ("unit_no", "true_risk"):
                if name not in columns:
                    raise ScoringError(f"{path.name} has no column {name}: it needs unit_no and true_risk")
            for row in reader:
                number, value = row["unit_no"] or "", row["true_risk"] or ""
                if number in risk:
                    raise ScoringError(f"{path.name} line {reader.line_num}: unit {number} stands twice")
                risk[number] = _number(value, path.name, reader.line_num)
                if _is_risky(row.get("truly_risky"), path.name, reader.line_num):
                    risky.add(number)
                if len(risk) > _TRUTH_ROWS:
                    raise ScoringError(f"{path.name} has more than {_TRUTH_ROWS} rows")
    except (UnicodeDecodeError, csv.Error) as error:
        raise ScoringError(f"{path.name} can't be read as CSV in UTF-8: {error}") from None
    if not risk:
        raise ScoringError(f"{path.name} has no rows")
    if "truly_risky" not in columns:
        ranked = sorted(risk, key=lambda number: (-risk[number], number))
        risky = set(ranked[:max(1, round(len(ranked) * 0.1))])
    return Truth(risk, frozenset(risky))


def _priorities(scored: Scored, of_row: npt.NDArray[np.intp]) -> dict[str, Floats | None]:
    """For each order the priority of every row, None for a random one; the actual order is that of the rows."""
    numbers = scored.table.numbers
    critical, serious = (np.nan_to_num(numbers[name]) > 0 for name in ("last_critical", "last_serious"))
    return {
        "scorecard": scored.standing()[of_row],
        "record": scored.side_points("record")[of_row], "credit": scored.side_points("credit")[of_row],
        "telemetry": scored.side_points("telemetry")[of_row],
        "last_result": (2.0 * critical + serious).astype(np.float64)[of_row], "random": None,
        "actual": -np.arange(len(of_row), dtype=np.float64)}


def _judge(name: str, visits: Visits, priority: Floats | None, seed: int, samples: int) -> Judged:
    rng = np.random.default_rng(seed)
    if name == "actual" and priority is not None:
        measures = judge_actual(visits, rng, samples=samples)
    else:
        measures = judge(visits, priority, rng, breaks=SHUFFLES, samples=samples)
    flat = np.zeros(len(visits)) if priority is None else priority
    return Judged(name, measures, tied_share(flat), half_bounds(visits, flat))


def _number(text: str, file: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise ScoringError(f"{file} line {line}: true_risk {text[:40]!r} is not a number")
    return value


def _is_risky(text: str | None, file: str, line: int) -> bool:
    if text is None or text.strip().lower() in ("", "0", "false", "no"):
        return False
    if text.strip().lower() in ("1", "true", "yes"):
        return True
    raise ScoringError(f"{file} line {line}: truly_risky {text[:40]!r} is neither 0 nor 1")
