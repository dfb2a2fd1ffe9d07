"""Visits of the past, with who made them, straight into their tables: numbers of their own are reserved beforehand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from casework import staging
from casework.named import Units
from casework.new_rows import NewRows
from casework.staging import Column, Row, Values
from casework.visit_teams import Team, Teams
from store import Queries, lock_for_transaction, wire
from store.database import Connection

q = Queries(__file__)

_SOURCE = "import"
_COLUMNS = (
    Column("inspection_no"), Column("kind"), Column("arm"), Column("draw_no"), Column("draw_probability", "float8"),
    Column("planned_on", "date"), Column("started_at", "timestamptz"), Column("ended_at", "timestamptz"),
    Column("inspected_on", "date"), Column("status", "text", "done"), Column("result"), Column("team"), Column("note"),
    Column("source", "text", _SOURCE), Column("entered_by"))
_VISIT = ("inspection_id", "unit_id", "staff", "staff_bodies", "staff_body", *(one.name for one in _COLUMNS))
_OFFICER = ("inspection_id", "officer_no", "role")


@dataclass(frozen=True)
class Visits:
    """Visits on their way in: what is looked up of them, and the rest of each as binary COPY has it."""

    numbers: Sequence[str]
    units: Sequence[str]
    sources: Sequence[str]
    days: Sequence[dt.date | None]
    teams: Sequence[Team]
    told: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.numbers)

    def those(self, places: Sequence[int]) -> Visits:
        """Some of them, in the order of the places."""
        def some(values: Sequence[Any]) -> list[Any]:
            return [values[place] for place in places]
        return Visits(some(self.numbers), some(self.units), some(self.sources), some(self.days), some(self.teams),
                      some(self.told))


def ready(values: Values, count: int) -> Visits:
    """Visits laid out from their columns; of ``officers`` each has a tuple of (officer_no, role) or nothing."""
    told = list(map(b"".join, zip(*staging.fields(_COLUMNS, values, count), strict=True)))
    sources = [source or _SOURCE for source in values.get("source") or [None] * count]
    teams = [team or () for team in values.get("officers") or [None] * count]
    return Visits(values["inspection_no"], values["unit_no"], sources, values.get("inspected_on") or [None] * count,
                  teams, told)


def load(connection: Connection, rows: Iterable[Row]) -> dict[str, int]:
    """Load inspections by ``inspection_no``; ``officers`` of a row is a list of (officer_no, role) or absent.

    A record of the same number from another source is left as it is and counted as unchanged. Of a number that comes
    twice in a load, one row is taken.
    """
    loading, told = Loading(connection), dict.fromkeys(("rows", "inserted", "updated", "unchanged"), 0)
    for part in staging.parts(rows):
        values = {**staging.columns_of((*_COLUMNS, Column("unit_no")), part),
                  "officers": [tuple(map(tuple, row.get("officers") or ())) for row in part]}
        for name, count in loading.put(ready(values, len(part))).items():
            told[name] = told.get(name, 0) + count
    return told


class Loading:
    """One load in the caller's transaction; units and officers are looked up once for all of it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._units, self._teams = Units(connection), Teams(connection)
        self._new = NewRows(connection, "inspections", "inspections_number")
        self._elsewhere: dict[str, str] = {}
        # Two loads of one table in another order of rows would wait for each other's row locks for ever.
        lock_for_transaction(connection, "casework.load.inspections")

    def put(self, visits: Visits) -> dict[str, int]:
        """Store visits; how many are new, were brought up to date, and stood."""
        self._units.find(visits.units, "an inspection")
        self._teams.find(set(visits.teams))
        places = {number: place for place, number in enumerate(visits.numbers)}

        def stands() -> dict[str, tuple[int, str]]:
            found = self._connection.execute(q["standing"], [list(places)]).fetchall()
            return {row["inspection_no"]: (row["inspection_id"], row["source"]) for row in found}

        def write(standing: dict[str, tuple[int, str]]) -> tuple[int, int]:
            fresh = visits.those(self._by_day(visits, [place for number, place in places.items()
                                                       if number not in standing]))
            return len(fresh), self._insert(fresh)

        standing, (inserted, officers) = self._new.write(stands, write)
        self._elsewhere = {number: source for number, (_, source) in standing.items()}
        ours = [places[number] for number, (_, source) in standing.items() if visits.sources[places[number]] == source]
        updated = joined = 0
        if ours:
            updated, joined = self._update(visits.those(ours), [standing[visits.numbers[place]][0] for place in ours])
        counts = {"rows": len(visits), "inserted": inserted, "updated": updated,
                  "unchanged": len(visits) - inserted - updated}
        return counts | ({"officers": officers + joined} if any(visits.teams) else {})

    def standing_elsewhere(self, source: str) -> set[str]:
        """The numbers of the last :meth:`put` that stand from another source."""
        return {number for number, other in self._elsewhere.items() if other != source}

    @staticmethod
    def _by_day(visits: Visits, places: list[int]) -> list[int]:
        """Days are neighbours in the indexes: in their order visits are written to few pages."""
        return sorted(places, key=lambda place: visits.days[place] or dt.date.max)

    def _insert(self, fresh: Visits) -> int:
        """New visits, and who made them; how many officers they have."""
        if not len(fresh):
            return 0
        row = self._connection.execute(q["reserve"], [len(fresh)]).fetchone() or {}
        identities = wire.fields("int8", row["numbers"])
        wire.copy_wired(self._connection, "inspections", _VISIT, self._visits(fresh, identities))
        officers = sum(map(self._teams.size, fresh.teams))
        if officers:
            # The visits are written with whose they are: nothing is left to tell.
            self._connection.execute(q["staff_told"], ["on"])
            wire.copy_wired(self._connection, "inspection_officers", _OFFICER, self._officers(fresh, identities))
            self._connection.execute(q["staff_told"], ["off"])
        return officers

    def _update(self, ours: Visits, numbers: Sequence[int]) -> tuple[int, int]:
        """Visits that stand brought up to date; how many differed, and how many officers joined them."""
        identities = wire.fields("int8", numbers)
        self._connection.execute(q["stage"])
        wire.copy_wired(self._connection, "stage_visits", _VISIT, self._visits(ours, identities))
        differing = [row["inspection_id"] for row in self._connection.execute(q["differing"])]
        if differing:
            self._connection.execute(q["change"], [differing])
        wire.copy_wired(self._connection, "stage_visit_officers", _OFFICER, self._officers(ours, identities))
        return len(differing), self._connection.execute(q["join"]).rowcount

    def _visits(self, visits: Visits, identities: Sequence[bytes]) -> list[bytes]:
        return wire.rows([identities, map(self._units.__getitem__, visits.units), map(self._teams.staff, visits.teams),
                          visits.told], len(visits), len(_VISIT))

    def _officers(self, visits: Visits, identities: Sequence[bytes]) -> list[bytes]:
        # A number joins what stands between the numbers of its team: the rows of its officers.
        return list(map(bytes.join, identities, map(self._teams.between, visits.teams)))
