"""Good rows of a kind into the database: by COPY, what stands merged by one statement, what differs named.

Visits, hazards, orders, penalties, complaints, fires and listings may be brought in again with other facts and are then
updated. Cases, measures, major hazards, agreements, referrals, training, guidance and the ledger are not: a row that
differs from what stands is rejected, since a person's acts may hang on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from casework import bulk, clock_filling, past, record_loading, visit_loading
from casework.named import NamedVisit
from casework.record_import.columns import OURS, columns
from casework.record_import.kinds import Kind
from casework.record_loading import Records
from casework.visit_loading import Visits
from policy.clocks import SHANGHAI
from registry.validating import Candidate, check_references, keys_of, named_keys
from store import Queries, copy_rows, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Counts = dict[str, int]
Laid = Visits | Records | list[Any]
"""Rows of a kind as they will be stored: visits or records, rows on the wire, or rows by column."""
_BULK = {"listings": "listings", "credit-entries": "credit"}
_PAST = {"cases": "cases", "measures": "measures", "major-hazards": "major_hazards", "agreements": "agreements"}
_DIFFER = {**_PAST, "credit-entries": "credit", "training": "training", "guidance": "guidance",
           "referrals": "referrals"}
_CLOCKED: dict[str, Callable[[Connection], object]] = {"orders": clock_filling.orders,
                                                       "complaints": clock_filling.complaints,
                                                       "measures": clock_filling.seals}
_TABLES: dict[str, tuple[str, ...]] = {
    "inspections": ("inspections", "inspection_officers"), "hazards": ("hazards",), "orders": ("orders", "clocks"),
    "penalties": ("penalties",), "complaints": ("complaints", "clocks"), "cases": ("cases",)}
_NOT_BEFORE = ("due_on", "corrected_on", "served_on", "decided_on")
_MUCH = 0.25  # of the rows that a table has: less moves no plan, and autovacuum sees to it within minutes


@dataclass(frozen=True)
class Batch:
    """Rows of a file that are stored together: all of them, and those without faults as they will be stored."""

    candidates: list[Candidate]
    good: list[Candidate]
    laid: Laid

    def kept(self) -> Laid:
        """What is left to store when the register has been asked too."""
        if not any(one.faults for one in self.good):
            return self.laid
        places = [place for place, one in enumerate(self.good) if not one.faults]
        if isinstance(self.laid, list):
            return [self.laid[place] for place in places]
        return self.laid.those(places)


def ready(kind: Kind, candidates: list[Candidate]) -> Batch:
    """A batch of some rows, without a database: it is made while the one before is stored."""
    good = [one for one in candidates if not one.faults]
    if kind.code == "inspections":
        return Batch(candidates, good, visit_loading.ready(columns(kind, good), len(good)))
    if kind.code in record_loading.NAMES:
        return Batch(candidates, good, record_loading.ready(kind.code, columns(kind, good), len(good)))
    if kind.code in _BULK:
        return Batch(candidates, good, bulk.ready(_BULK[kind.code], columns(kind, good), len(good)))
    return Batch(candidates, good, [_prepared(kind, one.row) for one in good])


class Storing:
    """The rows of one file on their way into the caller's transaction; what they name is looked up once."""

    def __init__(self, connection: Connection, kind: Kind, actor: str) -> None:
        self._connection, self._kind, self._actor = connection, kind, actor
        self._known: dict[str, set[str]] = {}
        lock_for_transaction(connection, f"casework.record.{kind.code}")
        self._visits = visit_loading.Loading(connection) if kind.code == "inspections" else None
        self._records = record_loading.Loading(connection, kind.code, OURS) if (
            kind.code in record_loading.NAMES) else None

    def take(self, batch: Batch) -> Counts:
        """Store the rows without faults; counts of inserted, updated and unchanged. A fault for every other row."""
        check_references(self._connection, self._kind.table, batch.candidates, self._known)
        refuse(self._connection, self._kind, batch.candidates)
        if self._records is not None and self._kind.inspection:
            _refuse_by_visit(self._records, self._kind, self._kind.inspection, batch.candidates)
        counts = self._put(batch.kept())
        counts["unchanged"] -= _elsewhere(self._kind, self._standing_elsewhere(), batch.good)
        if self._kind.code in _DIFFER:
            counts["unchanged"] -= _differing(self._connection, self._kind, batch.good)
        return {name: counts[name] for name in ("inserted", "updated", "unchanged")}

    def _standing_elsewhere(self) -> Container[Any]:
        if self._visits is not None:
            return self._visits.standing_elsewhere(OURS)
        return () if self._records is None else self._records.standing_elsewhere()

    def _put(self, laid: Laid) -> Counts:
        if isinstance(laid, Visits):
            return self._visits.put(laid) if self._visits is not None else {}
        if isinstance(laid, Records):
            return self._records.put(laid) if self._records is not None else {}
        if self._kind.code in _BULK:
            counts = bulk.put(self._connection, _BULK[self._kind.code], laid)
            if self._kind.code == "listings":
                bulk.refuse_both(self._connection)
            return counts
        inserted = _load(self._connection, self._kind, laid, self._actor)
        return {"inserted": inserted, "updated": 0, "unchanged": len(laid) - inserted}


def refuse(connection: Connection, kind: Kind, candidates: Sequence[Candidate]) -> None:
    """Add a fault to every row that names what is not there, or whose number a person has entered."""
    if kind.items:
        asked = _named(candidates, kind.items)
        stray = asked - _keys(connection, "items", asked)
        for one in candidates if stray else ():
            for item in keys_of(one.row.get(kind.items)):
                if item in stray:
                    one.faults.append((kind.items, item, f"there is no item {item} in the catalogue of items"))
    if "town_code" in kind.table.codes:
        _refuse_no_town(connection, candidates)


def finish(connection: Connection, kind: Kind) -> None:
    """What is done once for a file whose rows are in: clocks of what is open."""
    if kind.code in _CLOCKED:
        _CLOCKED[kind.code](connection)


def analyze(connection: Connection, kind: Kind, changed: int) -> None:
    """Fresh figures for the planner, where much came in beside what there was: pages and scores read right after."""
    for table in _TABLES.get(kind.code, ()) if changed else ():
        held = connection.execute(q["size"], [table]).fetchone() or {"rows": 0}
        if changed >= held["rows"] * _MUCH:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))


def _refuse_by_visit(records: record_loading.Loading, kind: Kind, column: str,
                     candidates: Sequence[Candidate]) -> None:
    """A fault for every row whose visit is not there or says otherwise."""
    visits = records.visits.find(_named(candidates, column))
    if "unit_no" in kind.table.codes:
        records.units.find({one.row["unit_no"] for one in candidates if not one.faults}, kind.table.entity)
    for place in sorted(_odd(records, kind, column, candidates, visits)):
        one = candidates[place]
        row, number = one.row, one.row[column]
        visit = visits.get(number)
        if visit is None:
            one.faults.append((column, number, f"there is no inspection {number}: bring it in first"))
        elif _with_visit(kind) and not visit.brought_in:
            one.faults.append((column, number, f"inspection {number} was entered by a person: "
                                                f"its {kind.code} are entered with it"))
        elif not one.faults:
            if "unit_no" in row and records.units[row["unit_no"]] != visit.unit:
                one.faults.append((column, number, f"inspection {number} is not one of unit {row['unit_no']}"))
            for name in _NOT_BEFORE:
                day = row.get(name)
                if day is not None and visit.day is not None and day < visit.day:
                    one.faults.append((name, day, f"it lies before inspection {number} on {visit.day}"))


def _odd(records: record_loading.Loading, kind: Kind, column: str, candidates: Sequence[Candidate],
         visits: Mapping[str, NamedVisit]) -> set[int]:
    """The places of rows that may not fit their visit, found column by column: of a long file they are few."""
    rows = [one.row for one in candidates]
    numbers: list[Any] = [row.get(column) for row in rows]
    fit = {number for number, visit in visits.items() if visit.brought_in or not _with_visit(kind)}
    odd = {place for place, number in enumerate(numbers) if number is not None and number not in fit}
    since = {number: visit.day or dt.date.min for number, visit in visits.items()}
    for name in set(_NOT_BEFORE).intersection(kind.table.codes):
        odd.update(place for place, (row, number) in enumerate(zip(rows, numbers, strict=True))
                   if number in since and (row.get(name) or dt.date.max) < since[number])
    if "unit_no" in kind.table.codes:
        odd.update(place for place, (one, number) in enumerate(zip(candidates, numbers, strict=True))
                   if number in visits and not one.faults and records.units[one.row["unit_no"]] != visits[number].unit)
    return odd


def _with_visit(kind: Kind) -> bool:
    """Whether a person enters records of the kind with their visit."""
    return kind.code in ("hazards", "orders")


def _refuse_no_town(connection: Connection, candidates: Sequence[Candidate]) -> None:
    towns = {row["key"] for row in connection.execute(q["towns"], [list(_named(candidates, "town_code"))])}
    for one in candidates:
        if not one.faults and one.row["town_code"] not in towns:
            one.faults.append(("town_code", one.row["town_code"], f"{one.row['town_code']} is not a town"))


def _entered(kind: Kind, number: str) -> str:
    return f"the {kind.table.entity} {number} was entered by a person and stays as it is"


def _elsewhere(kind: Kind, taken: Container[Any], good: Sequence[Candidate]) -> int:
    """A fault for every row just put that stands from elsewhere; looked up with the load, since a million are."""
    key, found = kind.table.key[0], 0
    for one in good if taken else ():
        if not one.faults and one.row[key] in taken:
            one.faults.append((key, one.row[key], _entered(kind, one.row[key])))
            found += 1
    return found


def _load(connection: Connection, kind: Kind, rows: Sequence[dict[str, Any]], actor: str) -> int:
    if kind.code in _PAST:
        return past.load(connection, _PAST[kind.code], rows, actor)
    connection.execute(q[f"stage_{kind.code}"])
    columns = kind.table.columns
    copy_rows(connection, f"stage_{kind.code}", [one.code for one in columns], [one.stored for one in columns],
              ([row.get(one.code) for one in columns] for row in rows))
    return connection.execute(q[f"merge_{kind.code}"], {"actor": actor}).rowcount


def _differing(connection: Connection, kind: Kind, candidates: Sequence[Candidate]) -> int:
    differ = {row["number"] for row in connection.execute(q[f"differ_{_DIFFER[kind.code]}"])}
    if not differ:
        return 0
    separator, found = "/" if kind.code == "credit-entries" else " ", 0
    for one in candidates:
        if one.faults:
            continue
        number = separator.join(str(one.row[code]) for code in kind.table.key)
        if number in differ:
            one.faults.append((kind.table.key[0], number, f"the {kind.table.entity} {number} stands with other facts "
                                                          "and stays as it is"))
            found += 1
    return found


def _prepared(kind: Kind, row: dict[str, Any]) -> dict[str, Any]:
    made = {**kind.defaults, **row}
    name = {"cases": "filed", "measures": "began", "major-hazards": "found"}.get(kind.code)
    if name is not None:
        made[f"{name}_at"] = dt.datetime.combine(row[f"{name}_on"], dt.time(), SHANGHAI)
    return made


def _keys(connection: Connection, name: str, asked: Iterable[str]) -> set[str]:
    return {row["key"] for row in connection.execute(q[name], [list(asked)])}


def _named(candidates: Sequence[Candidate], column: str) -> set[str]:
    return named_keys([one.row.get(column) for one in candidates])
