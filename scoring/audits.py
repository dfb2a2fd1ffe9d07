"""Audits of what ranks: made from the record, kept as they were made, shown as they were kept."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from policy import rules
from scoring import churn, cohorts, learning, models, scorecard, standing
from scoring.additive import AdditiveModel, Floats, sigmoid
from scoring.audit import Audit, Stretch, audit
from scoring.card import Card
from scoring.churn import Kept
from scoring.cohorts import Cohort
from scoring.errors import ScoringError
from store import Database, Queries
from store.database import Connection

q = Queries(__file__)

SCORECARD = "scorecard"
UNKNOWN = "unknown"
WAYS = ("area", "kind", "floor_area_m2", "occupants")
MOST_WINDOWS = 30
_MEASURES = {"floor_area_m2": ("平方米", "m²"), "occupants": ("人", "people")}


class UnknownAudit(ScoringError):
    """There is no such audit."""

    status = 404


def make(db: Database, as_of: dt.date, outcome: str, by: str, *, model_no: str | None = None,
         windows: int | None = None, tell: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Audit the champion of an outcome, else its newest model, else the scorecard, and keep what was found.

    ``tell`` hears how far it is. A stretch that the model has learnt from is told by a stand-in, fitted to what came
    before the stretch: nothing is judged on what it has seen.
    """
    if outcome not in cohorts.OUTCOMES:
        raise ScoringError(f"{outcome!r} is no outcome: say one of {', '.join(cohorts.OUTCOMES)}")
    limits = rules().value("model.audit", as_of)
    with db.connection() as connection:
        row = _chosen(connection, outcome, as_of, model_no)
        past = _past(connection, as_of, outcome, windows or int(limits["windows"]), row, tell)
        divided = _divided(connection, past[1], limits)
        stretches, notes = _stretches(connection, past, row, divided, tell)
        found = audit(stretches, limits, rules().value("model.weights", as_of))
        tell("churn of the kept rankings")
        content = found.as_dict() | {
            "limits": dict(limits), "notes": notes, "standing": row["standing"] if row else None,
            "names": _names(connection, found, as_of),
            "churn": [asdict(week) | {"before": str(week.before), "as_of": str(week.as_of)}
                      for week in _churn(connection, as_of, limits)], "drift": None}
        if row and row["standing"] == "champion":
            tell("drift of the champion")
            content["drift"] = standing.measured(connection, as_of, row).as_dict() | {
                "limits": dict(rules().value("model.drift", as_of))}
        kept = connection.execute(q["store"], {
            "as_of": as_of, "model_no": row["model_no"] if row else SCORECARD, "outcome": outcome, "by": by,
            "version": rules().version(as_of), "content": Jsonb(content)}).fetchone()
        assert kept is not None  # noqa: S101
        return one(connection, kept["audit_id"])


def one(connection: Connection, audit_id: int | None = None) -> dict[str, Any]:
    """An audit as it was kept, the one of the latest day if none is named."""
    row = connection.execute(q["one"], {"audit": audit_id}).fetchone()
    if row is None:
        raise UnknownAudit("there is no audit yet: huoyan audit makes one" if audit_id is None
                           else f"there is no audit {audit_id}")
    return dict(row)


def listed(connection: Connection, most: int = 24) -> list[dict[str, Any]]:
    """Which audits there are, the latest day first."""
    return [dict(row) for row in connection.execute(q["listed"], {"most": most})]


def of_model(connection: Connection, model_no: str) -> dict[str, Any] | None:
    """The latest audit of a model, where there is one."""
    return connection.execute(q["of_model"], {"model_no": model_no}).fetchone()


def size_group(value: float | None, ends: Sequence[float]) -> str:
    """The group of a size: ``0-300``, ``300-1000``, ``1000-``; the lower end belongs to it."""
    if value is None:
        return UNKNOWN
    at = bisect_right(ends, value)
    return f"{ends[at - 1] if at else 0}-{ends[at] if at < len(ends) else ''}"


def _chosen(connection: Connection, outcome: str, as_of: dt.date, model_no: str | None) -> dict[str, Any] | None:
    if model_no == SCORECARD:
        return None
    if model_no:
        row = models.one(connection, model_no)
        if row["outcome"] != outcome:
            raise ScoringError(f"{model_no} was taught {row['outcome']}, not {outcome}")
        return row
    known = [row for row in models.listed(connection) if row["outcome"] == outcome and row["trained_for"] <= as_of]
    champions = [row for row in known if row["standing"] == "champion"]
    return next(iter(champions or known), None)


def _past(connection: Connection, as_of: dt.date, outcome: str, windows: int, row: Mapping[str, Any] | None,
          tell: Callable[[str], None]) -> tuple[list[Cohort], list[Cohort]]:
    """Every closed stretch that a stand-in may need, and those that are audited, the oldest first."""
    settings = rules().value("model.cohorts", as_of)
    asked = cohorts.before(connection, as_of, days=settings["days"], most=settings["most"] + windows)
    alone = row is None or all(first >= row["until_day"] for first, _ in asked[-windows:])
    asked_for = asked if not alone else asked[-windows:]
    known = cohorts.record(connection, asked_for)
    found: dict[dt.date, Cohort] = {}
    for number, (first, until) in enumerate(asked_for, 1):
        tell(f"visits of {first} to {until - dt.timedelta(days=1)} ({number})")
        cohort = cohorts.load(connection, first, until, outcome, until, known)
        if cohort:
            found[first] = cohort
    judged = [found[first] for first, _ in asked[-windows:] if first in found]
    if not judged:
        raise ScoringError(f"no unit was inspected in the {windows} stretches before {as_of}: there is nothing to "
                           f"audit")
    return list(found.values()), judged


def _stretches(connection: Connection, past: tuple[list[Cohort], list[Cohort]], row: Mapping[str, Any] | None,
               divided: Mapping[int, Mapping[str, str]], tell: Callable[[str], None],
               ) -> tuple[list[Stretch], list[str]]:
    found, notes = [], []
    model = models.tables(connection, row["model_no"]) if row else None
    for cohort in past[1]:
        teller, told = SCORECARD, None
        if row and model and row["until_day"] <= cohort.as_of:
            teller, told = "itself", model
        elif row:
            tell(f"a stand-in for {cohort.as_of}")
            teller = "stand-in"
            try:
                told = learning.train([older for older in past[0] if older.until <= cohort.as_of], cohort.as_of,
                                      row["outcome"]).model
            except ScoringError as error:
                notes.append(f"{cohort.as_of} is left out: {error}")
                continue
        found.append(_stretch(cohort, teller, told, divided))
    if not found:
        raise ScoringError("; ".join(notes))
    return found, notes


def _stretch(cohort: Cohort, teller: str, model: AdditiveModel | None, divided: Mapping[int, Mapping[str, str]],
             ) -> Stretch:
    unit = cohort.table.unit_id[cohort.place]
    groups = {way: [divided[number][way] for number in unit.tolist()] for way in WAYS}
    priority, probability, usual = _told(cohort, model)
    return Stretch(cohort.as_of, cohort.until, teller, unit, cohort.positive,
                   np.array([arm == "random" for arm in cohort.arm], dtype=bool), cohort.probability, priority,
                   probability, usual, groups)


def _told(cohort: Cohort, model: AdditiveModel | None) -> tuple[Floats, Floats | None, Floats | None]:
    if model is None:
        scored = scorecard.score(cohort.table, Card.on(cohort.as_of))
        return scored.standing()[cohort.place], None, None
    log_odds = model.log_odds(cohort.inputs())
    # Held against what this team finds where the model knows it: a strict team makes no district risky.
    return log_odds, sigmoid(log_odds + model.strictness(cohort.team)), sigmoid(log_odds)


def _divided(connection: Connection, judged: Sequence[Cohort], limits: Mapping[str, Any],
             ) -> dict[int, dict[str, str]]:
    units = sorted({int(unit) for cohort in judged for unit in cohort.table.unit_id})
    return {row["unit_id"]: {
        "area": row["district"], "kind": row["kind"],
        **{size: size_group(row[size], limits[size]) for size in ("floor_area_m2", "occupants")}}
        for row in connection.execute(q["divided"], {"units": units})}


def _names(connection: Connection, found: Audit, day: dt.date) -> dict[str, dict[str, list[str]]]:
    """What each group is called in Chinese and English, as it was when the audit was made."""
    codes = {way: [group.code for group in found.groups if group.by == way] for way in WAYS}
    kinds = {entry["code"]: [entry["zh"], entry["en"]] for entry in rules().value("kinds.units", day)}
    areas = {row["area_code"]: [row["name_zh"], row["name_en"]]
             for row in connection.execute(q["districts"], {"codes": codes["area"]})}
    return {"area": {code: areas.get(code, [code, code]) for code in codes["area"]},
            "kind": {code: kinds.get(code, [code, code]) for code in codes["kind"]},
            **{way: {code: _size_name(code, *_MEASURES[way]) for code in codes[way]} for way in _MEASURES}}


def _size_name(code: str, zh: str, en: str) -> list[str]:
    if code == UNKNOWN:
        return ["未登记", "not registered"]
    low, high = code.split("-")
    return [f"{low}–{high} {zh}", f"{low}–{high} {en}"] if high else [f"{low} {zh}以上", f"{low} {en} and more"]


def _churn(connection: Connection, as_of: dt.date, limits: Mapping[str, Any]) -> list[churn.Week]:
    kept: list[Kept] = []
    for run in connection.execute(q["weeks"], {"as_of": as_of, "weeks": limits["weeks"]}).fetchall():
        row = connection.execute(q["ranking"], {"as_of": run["as_of"]}).fetchone()
        if row and row["unit"]:
            kept.append(Kept(run["as_of"], run["model"], np.array(row["unit"], dtype=np.int64),
                             np.array(row["rank"], dtype=np.int64), np.array(row["risk_class"])))
    return [churn.week(before, after, float(limits["top"])) for before, after in pairwise(kept)]
