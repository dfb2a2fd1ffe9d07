"""Rows of a kind as columns, with what follows from their other cells: as the loaders of many rows take them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from casework.deadlines import recheck_by
from casework.kept_tables import midnights
from casework.record_import.kinds import Kind
from casework.visit_teams import Team
from registry.validating import Candidate

OURS = "import"
_ENTERED = {"inspections": "entered_by", "orders": "created_by", "penalties": "entered_by", "complaints": "entered_by"}
_BEGUN = {"cases": "filed", "measures": "began", "major-hazards": "found"}
Values = dict[str, list[Any]]


def columns(kind: Kind, good: Sequence[Candidate]) -> Values:
    """Columns of rows without faults, all of one file; a column that it has not stands there where it has a default."""
    rows, count = [one.row for one in good], len(good)
    given = rows[0] if rows else kind.defaults
    values: Values = {code: [default] * count for code, default in kind.defaults.items()
                      if code not in given and default is not None}
    # A row without faults has every column of its file; a row is taken to hand once, since many are far apart.
    values |= zip(given, map(list, zip(*map(dict.values, rows), strict=True)) if rows else ([] for _ in given),
                  strict=True)
    if kind.code in _ENTERED:
        values[_ENTERED[kind.code]] = [OURS] * count
    if kind.code == "inspections":
        values["officers"] = [_team(tuple(numbers or ())) for numbers in values.get("officers", [()] * count)]
    elif kind.code == "orders":
        ends = {day: recheck_by(day) for day in set(values["correct_by"])}
        values["recheck_by"] = [day or ends[corrected] for day, corrected in zip(
            values.get("recheck_by") or [None] * count, values["correct_by"], strict=True)]
    elif kind.code in _BEGUN:
        values[f"{_BEGUN[kind.code]}_at"] = midnights(values[f"{_BEGUN[kind.code]}_on"])
    elif kind.code == "complaints":
        checked, found = values.get("checked_at"), values.get("verified") or [None] * count
        values["verified"] = found if checked is None else [
            False if at is not None and true is None else true for at, true in zip(checked, found, strict=True)]
    return values


@lru_cache(10_000)
def _team(numbers: tuple[str, ...]) -> Team:
    return tuple((number, "member" if place else "lead") for place, number in enumerate(numbers))
