"""Good rows of a kind into the database: by COPY, what stands merged by one statement, what differs named.

Visits, hazards, orders, penalties, complaints, fires and listings may be brought in again with other facts and are then
updated. Cases, measures, major hazards, agreements, referrals, training, guidance and the ledger are not: a row that
differs from what stands is rejected, since a person's acts may hang on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter, lt
from typing import Any, cast

from psycopg import sql

from casework import clock_filling, kept_loading, record_loading, visit_loading
from casework.kept_loading import Rows
from casework.named import NamedVisit, Units, visits_of
from casework.record_import.columns import OURS, columns
from casework.record_import.kinds import Kind
from casework.record_loading import Records
from casework.visit_loading import Visits
from registry.validating import Candidate, Named, keys_of, named_in, named_keys, refuse_strangers, registered
from store import Queries, lock_for_transaction
from store.database import Connection

q = Queries(__file__)

Counts = dict[str, int]
Ready = Visits | Records | Rows
"""Rows of a kind on their way in: visits, records, or rows of which those that stand are left."""
Laid = visit_loading.Laid | record_loading.Laid | kept_loading.Laid
"""The same as they are written, with what they name."""
_CLOCKED: dict[str, tuple[str, Callable[..., object]]] = {"orders": ("closed_on", clock_filling.orders),
                                                          "complaints": ("checked_at", clock_filling.complaints)}
"""Kinds with clocks, by the column that says that one is over."""
_TABLES: dict[str, tuple[str, ...]] = {
    "inspections": ("inspections", "inspection_officers"), "hazards": ("hazards",), "orders": ("orders", "clocks"),
    "penalties": ("penalties",), "complaints": ("complaints", "clocks"), "cases": ("cases",)}
_NOT_BEFORE = ("due_on", "corrected_on", "served_on", "decided_on")
_OURS = ("items", "towns")  # what rows name that is looked up here; for registers their own room does
_MUCH = 0.25  # of the rows that a table has: less moves no plan, and autovacuum sees to it within minutes


@dataclass(frozen=True)
class Batch:
    """Rows of a file that are stored together: all of them, those without faults as they will be stored, and whom and
    what they name by its register."""

    candidates: list[Candidate]
    good: list[Candidate]
    ready: Ready
    named: Named

    def kept(self) -> Ready:
        """What is left to store when the registers have been asked too."""
        if not any(one.faults for one in self.good):
            return self.ready
        places = [place for place, one in enumerate(self.good) if not one.faults]
        return self.ready.those(places)


def ready(kind: Kind, candidates: list[Candidate]) -> Batch:
    """A batch of some rows, without a database."""
    good = [one for one in candidates if not one.faults]
    named = named_in(kind.table, candidates)
    if kind.items:
        named["items"] = _named(candidates, kind.items)
    if kind.inspection and kind.code in record_loading.NAMES:
        named["visits"] = _named(candidates, kind.inspection)
    if "town_code" in kind.table.codes:
        named["towns"] = _named(candidates, "town_code")
    return Batch(candidates, good, _ready(kind, good), named)


def _ready(kind: Kind, good: Sequence[Candidate]) -> Ready:
    if kind.code == "inspections":
        return visit_loading.ready(columns(kind, good), len(good))
    if kind.code in record_loading.NAMES:
        return record_loading.ready(kind.code, columns(kind, good), len(good))
    return kept_loading.ready(_noun(kind), columns(kind, good), len(good))


def _noun(kind: Kind) -> str:
    return kind.code.replace("-", "_")


class Storing:
    """The rows of one file on their way into the caller's transaction; what they name is looked up once.

    A batch is looked up, laid out and written. Laying out needs no database and may be done by another thread.
    """

    def __init__(self, connection: Connection, kind: Kind, actor: str) -> None:
        self._connection, self._kind = connection, kind
        self._known: Named = {}
        self._clocked: list[str] = []
        lock_for_transaction(connection, f"casework.record.{kind.code}")
        self._visits = visit_loading.Loading(connection) if kind.code == "inspections" else None
        self._records = record_loading.Loading(connection, kind.code, OURS) if (
            kind.code in record_loading.NAMES) else None
        self._rows = kept_loading.Loading(connection, _noun(kind), actor) if (
            self._visits is None and self._records is None) else None

    def look(self, batch: Batch) -> Sequence[Any]:
        """Ask the registers for what the rows name; what :meth:`lay` needs of the answer."""
        for noun, keys in batch.named.items():
            known = self._known.setdefault(noun, set())
            asked = keys - known
            if asked and noun in _OURS:
                known |= _keys(self._connection, noun, asked)
            elif asked and noun != "visits":
                known |= registered(self._connection, {noun: asked})[noun]
        if self._visits is not None and isinstance(batch.ready, Visits):
            return self._visits.look(batch.ready)
        if self._records is not None and isinstance(batch.ready, Records):
            return self._records.look(batch.ready.units, batch.named.get("visits", ()))
        if self._rows is not None and isinstance(batch.ready, Rows):
            return self._rows.look(batch.ready)
        return ()

    def lay(self, batch: Batch, found: Sequence[Any]) -> Laid:
        """The rows that can be stored, as they are written; a fault for every row that names what is not there."""
        refuse_strangers(self._kind.table, batch.candidates, batch.named, self._known)
        _refuse_others(self._kind, batch, self._known)
        if self._visits is not None and isinstance(batch.ready, Visits):
            return self._visits.lay(cast(Visits, batch.kept()), found)
        if self._records is not None and isinstance(batch.ready, Records):
            visits = visits_of(found)
            if self._kind.inspection:
                _refuse_by_visit(self._records.units, self._kind, self._kind.inspection, batch, visits)
            return self._records.lay(cast(Records, batch.kept()), visits)
        if self._rows is None:
            raise TypeError(f"{self._kind.code} are laid out as another kind")
        return self._rows.lay(cast(Rows, batch.kept()), found)

    def write(self, batch: Batch, laid: Laid) -> Counts:
        """Store the rows; counts of inserted, updated and unchanged. A fault for every row that stands otherwise."""
        counts = self._put(laid)
        if self._kind.code in _CLOCKED:
            ended, key = _CLOCKED[self._kind.code][0], self._kind.table.key[0]
            # A record that is new and over never had a clock that ran.
            stood = counts["inserted"] < counts["rows"]
            self._clocked += [one.row[key] for one in batch.good
                              if not one.faults and (stood or one.row.get(ended) is None)]
        counts["unchanged"] -= _elsewhere(self._kind, self._standing_elsewhere(), batch.good)
        if self._rows is not None:
            counts["unchanged"] -= _differing(self._kind, self._rows.differing(), batch.good)
        return {name: counts[name] for name in ("inserted", "updated", "unchanged")}

    def finish(self) -> None:
        """What is done once for a file whose rows are in: clocks of what is open start, of what is over they end."""
        if self._clocked:
            _CLOCKED[self._kind.code][1](self._connection, numbers=self._clocked)
        elif self._kind.code == "measures":
            clock_filling.seals(self._connection)
        if self._rows is not None:
            self._rows.finish()

    def _standing_elsewhere(self) -> Container[Any]:
        if self._visits is not None:
            return self._visits.standing_elsewhere(OURS)
        return () if self._records is None else self._records.standing_elsewhere()

    def _put(self, laid: Laid) -> Counts:
        if isinstance(laid, visit_loading.Laid):
            return self._visits.write(laid) if self._visits is not None else {}
        if isinstance(laid, record_loading.Laid):
            return self._records.write(laid) if self._records is not None else {}
        return self._rows.write(laid) if self._rows is not None else {}


def _refuse_others(kind: Kind, batch: Batch, known: Named) -> None:
    """Add a fault to every row that names an item or a town that is not there."""
    if kind.items and not batch.named["items"] <= known["items"]:
        for one in batch.candidates:
            for item in keys_of(one.row.get(kind.items)):
                if item not in known["items"]:
                    one.faults.append((kind.items, item, f"there is no item {item} in the catalogue of items"))
    if "towns" in batch.named and not batch.named["towns"] <= known["towns"]:
        for one in batch.candidates:
            if not one.faults and one.row["town_code"] not in known["towns"]:
                one.faults.append(("town_code", one.row["town_code"], f"{one.row['town_code']} is not a town"))


def analyze(connection: Connection, kind: Kind, changed: int) -> None:
    """Fresh figures for the planner, where much came in beside what there was: pages and scores read right after."""
    for table in _TABLES.get(kind.code, ()) if changed else ():
        held = connection.execute(q["size"], [table]).fetchone() or {"rows": 0}
        if changed >= held["rows"] * _MUCH:
            connection.execute(sql.SQL("analyze {}").format(sql.Identifier(table)))


def _refuse_by_visit(units: Units, kind: Kind, column: str, batch: Batch, visits: Mapping[str, NamedVisit]) -> None:
    """A fault for every row whose visit is not there or says otherwise."""
    for one in [one for one in batch.candidates if one.faults] + _odd(units, kind, column, batch.good, visits):
        row, number = one.row, one.row.get(column)
        visit = visits.get(number or "")
        if number is None:
            continue
        if visit is None:
            one.faults.append((column, number, f"there is no inspection {number}: bring it in first"))
        elif _with_visit(kind) and not visit.brought_in:
            one.faults.append((column, number, f"inspection {number} was entered by a person: "
                                                f"its {kind.code} are entered with it"))
        elif not one.faults:
            if "unit_no" in row and units.get(row["unit_no"]) != visit.unit:
                one.faults.append((column, number, f"inspection {number} is not one of unit {row['unit_no']}"))
            for name in _NOT_BEFORE:
                day = row.get(name)
                if day is not None and visit.day is not None and day < visit.day:
                    one.faults.append((name, day, f"it lies before inspection {number} on {visit.day}"))


def _odd(units: Units, kind: Kind, column: str, good: Sequence[Candidate],
         visits: Mapping[str, NamedVisit]) -> list[Candidate]:
    """The rows without faults that may not fit their visit, found column by column: of a long file they are few."""
    candidates = [one for one in good if not one.faults and one.row[column] is not None]
    rows = [one.row for one in candidates]
    named = [visits.get(row[column]) for row in rows]
    held = [visit for visit in named if visit is not None]
    if len(held) < len(named) or (_with_visit(kind) and not all(visit.brought_in for visit in held)):
        return candidates
    since, fits = [visit.day or dt.date.min for visit in held], True
    for name in _NOT_BEFORE:
        if rows and name in rows[0]:
            fits = fits and not any(map(lt, (row[name] or dt.date.max for row in rows), since))
    if rows and "unit_no" in rows[0]:
        fits = fits and [units.get(row["unit_no"]) for row in rows] == [visit.unit for visit in held]
    return [] if fits else candidates


def _with_visit(kind: Kind) -> bool:
    """Whether a person enters records of the kind with their visit."""
    return kind.code in ("hazards", "orders")


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


def _differing(kind: Kind, differ: Container[Any], candidates: Sequence[Candidate]) -> int:
    """A fault for every row just put that stands with other facts."""
    separator, found, key_of = "/" if kind.code == "credit-entries" else " ", 0, itemgetter(*kind.table.key)
    for one in candidates if differ else ():
        if not one.faults and key_of(one.row) in differ:
            number = separator.join(str(one.row[code]) for code in kind.table.key)
            one.faults.append((kind.table.key[0], number, f"the {kind.table.entity} {number} stands with other facts "
                                                          "and stays as it is"))
            found += 1
    return found


def _keys(connection: Connection, name: str, asked: Iterable[str]) -> set[str]:
    return {row["key"] for row in connection.execute(q[name], [list(asked)])}


def _named(candidates: Sequence[Candidate], column: str) -> set[str]:
    return named_keys([one.row.get(column) for one in candidates])
