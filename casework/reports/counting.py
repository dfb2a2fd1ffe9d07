"""Adds up the rows of statements over a period, once for each statement whatever number of figures rests on it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg import sql

from casework.reports.figures import STATEMENTS, Figure
from casework.reports.period import Period
from policy import rules
from store import Queries
from store.database import Connection

q = Queries(__file__)


@dataclass
class Counted:
    """One figure over one period: the number, the rows it rests on, and how both split."""

    value: int = 0
    rows: int = 0
    forms: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    months: dict[dt.date, int] = field(default_factory=lambda: defaultdict(int))
    areas: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def parameters(period: Period, areas: Sequence[str] | None, as_of: dt.date) -> dict[str, Any]:
    """What every statement of figures is given."""
    often = rules().value("reports.offenders", period.last)
    return {"first": period.first, "last": period.last, "begins": period.begins, "ends": period.ends, "as_of": as_of,
            "areas": None if areas is None else list(areas), "least": often["least"], "months": often["months"]}


def count(connection: Connection, figures: Iterable[Figure], period: Period, areas: Sequence[str] | None,
          as_of: dt.date, *, by_area: bool = False) -> dict[str, Counted]:
    """Each figure over the period. The number is the sum of the weights of its rows, nothing else."""
    wanted: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        wanted[figure.rows].append(figure)
    told = {figure.code: Counted() for group in wanted.values() for figure in group}
    given = parameters(period, areas, as_of)
    for statement, group in wanted.items():
        weights = sorted({figure.weight for figure in group})
        # A statement is text of our own, and so are the names of weights; what people gave is in the parameters.
        query = sql.SQL(q["by_area" if by_area else "by_day"]).format(
            rows=sql.SQL(STATEMENTS[statement]), sums=sql.SQL(", ").join(map(_sums, weights)))
        parts = sorted({figure.part for figure in group if figure.part is not None})
        every = any(figure.part is None for figure in group)
        for row in connection.execute(query, {**given, "parts": None if every else parts}):
            for figure in group:
                if figure.takes(row["part"], row["form"]) and row[f"rows_{figure.weight}"]:
                    _add(told[figure.code], row, figure.weight)
    return told


def _sums(weight: str) -> sql.Composable:
    return sql.SQL("sum(r.{weight}) as {value}, count(r.{weight}) as {rows}").format(
        weight=sql.Identifier(weight), value=sql.Identifier(f"sum_{weight}"), rows=sql.Identifier(f"rows_{weight}"))


def _add(counted: Counted, row: dict[str, Any], weight: str) -> None:
    value = int(row[f"sum_{weight}"])
    counted.value += value
    counted.rows += row[f"rows_{weight}"]
    if row["form"] is not None:
        counted.forms[row["form"]] += value
    if row.get("day") is not None:
        counted.months[row["day"].replace(day=1)] += value
    if row.get("area_code") is not None:
        counted.areas[row["area_code"]] += value
