"""What a file holds, in a few sentences, so that a wrong map shows before anything is stored. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Any

from casework.history.findings import merged
from casework.history.gathering import Gathered, Visit, inspections
from registry.cells import shown

_EXAMPLES = 3


def outline(noun: str, gathered: Gathered) -> list[str]:
    """Units, visits or other records, their days, results and findings, and what stands out."""
    told = [f"{len(gathered.units)} units"]
    if noun == "inspections":
        told += _visits(gathered.visits)
    elif gathered.records:
        told.append(f"{len(gathered.records)} {noun} {_span(_days(gathered.records.values()))}")
    if gathered.unknown:
        told.append(f"{gathered.unknown} of the rows left out are about no unit, or no single one, of the register")
    if gathered.repeated:
        told.append(f"{gathered.repeated} rows repeat an earlier row and count once")
    return told


def examples(noun: str, gathered: Gathered) -> list[str]:
    """The first records as they would be stored."""
    if noun != "inspections":
        return [" ".join(f"{code}={_said(value)}" for code, value in row.items() if value is not None)
                for row in islice(gathered.records.values(), _EXAMPLES)]
    first = dict(islice(gathered.visits.items(), _EXAMPLES))
    told = []
    for row in inspections(first):
        visit = first[row["inspection_no"]]
        name = gathered.units.get(visit.unit_no, (None, {}))[1].get("name", "")
        found = ", ".join(f"{one.item_code} {one.severity}" for one in islice(merged(visit.found), 8))
        told.append(f"line {visit.line}: {row['inspection_no']}, unit {visit.unit_no} {shown(name)}".rstrip()
                    + f", {visit.day}, {row['result'] or row['status']}, {row['team'] or 'no team'}: "
                    + (found or "nothing found"))
    return told


def _visits(visits: dict[str, Visit]) -> list[str]:
    if not visits:
        return ["no visits"]
    results = Counter(row["result"] or row["status"] for row in inspections(visits))
    severities = Counter(one.severity for visit in visits.values() for one in merged(visit.found))
    teams = Counter(visit.values.get("team") for visit in visits.values())
    without = teams.pop(None, 0)
    found = ", ".join(f"{severities[one]} {one}" for one in ("critical", "serious", "minor") if severities[one])
    return [f"{len(visits)} visits {_span(visit.day for visit in visits.values())}: "
            + ", ".join(f"{count} {word}" for word, count in results.most_common()),
            f"{found or 'no'} findings",
            f"{len(teams)} teams" + (f", {without} visits without a team" if teams and without else "")]


def _days(records: Iterable[dict[str, Any]]) -> Iterable[dt.date]:
    for row in records:
        yield next(value.date() if isinstance(value, dt.datetime) else value
                   for value in row.values() if isinstance(value, dt.date))


def _span(days: Iterable[dt.date]) -> str:
    known = sorted({min(found), max(found)}) if (found := set(days)) else []
    return " to ".join(day.isoformat() for day in known)


def _said(value: Any) -> str:
    return value.isoformat(timespec="minutes") if isinstance(value, dt.datetime) else shown(value)
