"""The learned model on 27,600 real inspections, by the windows of a published comparison.

Settings were chosen on windows before 2014-09 alone; the window of 2014-09 was judged with them once they stood.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Table
from scoring import cohorts, evaluate
from scoring.cohorts import Cohort
from scoring.evaluate import Evaluation
from scoring.orders import ORDERS
from store import Database

CONFIGURATIONS = 83
"""Ways of fitting, penalties and choices of features that were compared on the windows before 2014-09."""
OUTCOME = "critical"
# The first days of the stretches: those that are judged, in the published comparison, begin on 2012-08-30.
_FIRST_DAYS = ("2011-09-02", "2011-11-03", "2012-01-02", "2012-03-02", "2012-05-01", "2012-06-30", "2012-08-30",
               "2012-10-30", "2012-12-31", "2013-03-01", "2013-05-01", "2013-07-01", "2013-09-03", "2013-10-31",
               "2013-12-31", "2014-03-04", "2014-05-04", "2014-07-04", "2014-09-02", "2014-11-01")
_NOT_JUDGED = ("2014-05-04", "2014-07-04", "2014-11-01")
_LAST = dt.date(2014, 9, 2)
_MEASURES = {"auc": ("AUC", ".3f"), "days_earlier": ("days earlier", ".1f"), "first_half": ("first half", ".1%"),
             "precision_k": ("precision at 10 %", ".1%"), "own_auc": ("AUC, own caseload", ".3f"),
             "own_days_earlier": ("days earlier, own caseload", ".1f")}
# What a published forward baseline reached, and what was to be reached: the lower bounds.
_GOALS = {"last": {"auc": (0.628, 0.64), "days_earlier": (5.2, 6.0), "first_half": (0.674, 0.69),
                   "own_days_earlier": (4.6, 5.0)},
          "rolling": {"auc": (0.612, 0.62), "own_days_earlier": (4.5, 5.0)}}


def judged(db: Database, folder: Path, samples: int) -> dict[str, Any]:
    """Every window, and the last one on the visits of the published split where its file is in ``folder``."""
    days = [dt.date.fromisoformat(day) for day in _FIRST_DAYS]
    with db.connection() as connection:
        loaded = [cohorts.load(connection, first, until, OUTCOME, until)
                  for first, until in zip(days, [*days[1:], dt.date(2015, 1, 1)], strict=True)]
    stretches = [cohort for cohort in loaded if cohort]
    windows = [_of_teams(cohort) for cohort in stretches
               if days[6] <= cohort.as_of and str(cohort.as_of) not in _NOT_JUDGED]
    split = _split(folder / "chicago_food_anchor_2014.csv")
    last = [_among(cohort, split) if split else _of_teams(cohort) for cohort in stretches if cohort.as_of == _LAST]
    return {"rolling": _judge(stretches, windows, samples).as_dict(),
            "last": _judge(stretches, last, samples).as_dict(), "split": len(split),
            "gap": _gap(stretches, windows), "configurations": CONFIGURATIONS}


def tables(found: dict[str, Any]) -> list[Table]:
    """Each order on the last window and on all of them, and what was to be reached."""
    told = []
    titles = {"last": "the window of 2014-09-02" + (", the visits of the published split" if found["split"] else ""),
              "rolling": f"means of {len(found['rolling']['windows'])} windows of two months, 2012-08 to 2014-10"}
    for key, title in titles.items():
        evaluation = found[key]
        rows = [[ORDERS[order["order"]][1], *(_cell(order["measures"][name], form)
                                              for name, (_, form) in _MEASURES.items())]
                for order in evaluation["orders"] if order["order"] not in ("credit", "telemetry")]
        rows += [[label, *(format(_GOALS[key][name][at], form) if name in _GOALS[key] else ""
                           for name, (_, form) in _MEASURES.items())]
                 for at, label in enumerate(("published baseline", "to reach"))]
        told.append(Table(f"{title}: {evaluation['visits']} visits, {evaluation['positives']} found something critical",
                          ["", *(label for label, _ in _MEASURES.values())], rows))
    return told


def notes(found: dict[str, Any]) -> list[str]:
    """What a reader must know beside the figures."""
    suspects = [suspect["feature"] for key in ("last", "rolling") for suspect in found[key]["suspects"]]
    return [f"the model has no inspector and no weather, and only what was known before each window; "
            f"{found['configurations']} configurations were compared, on windows before 2014-09 alone",
            f"largest gap between a log-odds and the sum of its contributions, all visits judged: {found['gap']:.1e}",
            f"features that seem to know the result: {', '.join(suspects) or 'none'}"]


def _judge(stretches: Sequence[Cohort], windows: Sequence[Cohort], samples: int) -> Evaluation:
    return evaluate.judge(stretches, windows, OUTCOME, as_of=windows[-1].as_of, until=windows[-1].until,
                          samples=samples)


def _gap(stretches: Sequence[Cohort], windows: Sequence[Cohort]) -> float:
    """How far contributions and base are from the log-odds, at worst."""
    gaps = []
    for window in windows:
        model = evaluate.learning.train([cohort for cohort in stretches if cohort.until <= window.as_of], window.as_of,
                                        OUTCOME).model
        parts = model.contributions(window.inputs()).sum(axis=1) + model.base
        gaps.append(float(np.abs(parts - model.log_odds(window.inputs())).max()))
    return max(gaps)


def _of_teams(cohort: Cohort) -> Cohort:
    """The visits whose inspector group is known: the published comparison has only those."""
    return cohort.sample(np.array([bool(team) for team in cohort.team], dtype=bool))


def _among(cohort: Cohort, numbers: frozenset[str]) -> Cohort:
    return cohort.sample(np.array([number in numbers for number in cohort.number], dtype=bool))


def _split(file: Path) -> frozenset[str]:
    if not file.is_file():
        return frozenset()
    with file.open(newline="", encoding="utf-8") as lines:
        return frozenset(f"CHI-{row['inspection_id']}" for row in csv.DictReader(lines) if row["split"] == "test")


def _cell(measured: dict[str, float], form: str) -> str:
    return f"{measured['value']:{form}} ({measured['low']:{form}} to {measured['high']:{form}})"
