"""A ranking compared with a known truth: do the truly risky units stand in its first tenth?"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scoring import features, scorecard
from scoring.card import Card
from scoring.errors import ScoringError
from scoring.measures import Measured, tenth_share
from scoring.orders import SHUFFLES, sides
from store import Database

SAMPLES = 500
_TRUTH_ROWS = 1_000_000
_TRUTH_BYTES = 100_000_000


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
              for name, priority in {**sides(scored, here), "random": None}.items()}
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
