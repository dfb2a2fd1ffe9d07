"""The world of a simulated year as the register has it: units, officers with leave and certificates, finds."""

from __future__ import annotations

import datetime as dt

import numpy as np

from policy import rules
from sampling import freeze
from sampling.errors import YearError
from sampling.parameters import CLASSES, Parameters
from sampling.population import Officer
from sampling.years.world import Member, World
from store import Queries
from store.database import Connection

q = Queries(__file__)


def read(connection: Connection, first: dt.date, last: dt.date, parameters: Parameters) -> World:
    """The world on the eve of ``first``; visits still planned are taken for made."""
    situation = freeze.read(connection, first, parameters)
    population = situation.population()
    if not len(population):
        raise YearError("there are no active units to simulate: import units, or say --units for a made city")
    if situation.scores_as_of is None:
        raise YearError(f"there are no scores as of {first} or before: run huoyan run score, or "
                        f"say --from a later day")
    assumed = rules().value("draw.year", first)
    leave: dict[str, list[tuple[dt.date, dt.date]]] = {}
    for row in connection.execute(q["leave"], {"first": first, "last": last}):
        leave.setdefault(row["officer_no"], []).append((row["from_day"], row["to_day"]))
    staff = [Member(Officer(row["officer_no"], row["body"], tuple(row["area_codes"]), row["can_lead"],
                            row["has_certificate"], row["daily_visits"]),
                    row["certificate_from"] or dt.date.min, row["certificate_to"] or dt.date.max,
                    tuple(leave.get(row["officer_no"], ())))
             for row in connection.execute(q["officers"])]
    since = first - dt.timedelta(days=round(365.25 * assumed["years"]))
    record = {row["risk_class"]: (row["visits"], row["hazards"]) for row in connection.execute(
        q["found_by_class"], {"kinds": parameters.counted_kinds, "as_of": situation.scores_as_of, "since": since,
                              "first": first})}
    by_class = found_by_class(record, assumed["by_class"], assumed["prior"])
    classes = np.where(population.risk_class < 0, CLASSES.index(parameters.class_without_score), population.risk_class)
    shown = ", ".join(f"{c} {value:.2f}" for c, value in zip(CLASSES, by_class, strict=True))
    visits = sum(many for many, _ in record.values())
    years, scored = f"{assumed['years']:g}", situation.scores_as_of
    told = (f"登记数据（评分截至{scored}）：各类单位平均存在的隐患取自近{years}年{visits}次检查（不足时补以假设）："
            f"{shown}；同类单位之间另有无人知晓的差异",
            f"the register (scores as of {scored}): hazards that stand in a unit of a class are what {visits} visits "
            f"of {years} years found, with assumptions where they are few: {shown}; units of a class differ by "
            f"a factor that nobody knows")
    return World(population, situation.parents, staff, situation.recusals, np.array(by_class)[classes],
                 float(assumed["hidden"]), float(assumed["stay_days"]), told, situation.lift)


def found_by_class(record: dict[str, tuple[int, int]], assumed: dict[str, float], prior: float) -> list[float]:
    """Hazards a visit of each class finds: the record's, drawn towards what is assumed where it is short, not falling
    from A to D."""
    out: list[float] = []
    for c in CLASSES:
        visits, hazards = record.get(c, (0, 0))
        out.append(max((hazards + prior * assumed[c]) / (visits + prior), *out, 0.0))
    return out
