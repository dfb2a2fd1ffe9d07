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
from store import Queries, joined, lock_for_transaction, wire
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
    told = staging.joined(_COLUMNS, values, count)
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


@dataclass(frozen=True)
class Laid:
    """Visits of different numbers as they are written, under identities of their own: the rows, and their officers'."""

    visits: Visits
    lines: Sequence[bytes]
    crews: Sequence[bytes]
    told: int
    """Rows that came in: of a number that came twice one is here."""


class Loading:
    """One load in the caller's transaction; units and officers are looked up once for all of it.

    What is looked up and written needs the database, the step between them does not: of a long file one part is laid
    out while another is written.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._units, self._teams = Units(connection), Teams(connection)
        self._new = NewRows(connection, "inspections", "inspections_number")
        self._elsewhere: dict[str, str] = {}
        # Two loads of one table in another order of rows would wait for each other's row locks for ever.
        lock_for_transaction(connection, "casework.load.inspections")

    def put(self, visits: Visits) -> dict[str, int]:
        """Store visits; how many are new, were brought up to date, and stood."""
        return self.write(self.lay(visits, self.look(visits)))

    def look(self, visits: Visits) -> Sequence[int]:
        """Look up what they name; identities for as many are reserved and returned."""
        self._units.look(visits.units)
        self._teams.look(set(visits.teams))
        row = self._connection.execute(q["reserve"], [len(visits)]).fetchone()
        return row["numbers"] if row else ()

    def lay(self, visits: Visits, identities: Sequence[int]) -> Laid:
        """Visits whole; one sentence where one names what is not there."""
        self._units.require(visits.units, "an inspection")
        self._teams.lay(set(visits.teams))
        places = {number: place for place, number in enumerate(visits.numbers)}
        # Days are neighbours in the indexes: in their order visits are written to few pages.
        one_each = visits.those(sorted(places.values(), key=lambda place: visits.days[place] or dt.date.max))
        wired = wire.fields("int8", identities[:len(one_each)])
        return Laid(one_each, self._visits(one_each, wired), self._officers(one_each, wired), len(visits))

    def write(self, laid: Laid) -> dict[str, int]:
        """Store what :meth:`lay` laid out, counted as by :meth:`put`."""
        visits = laid.visits

        def stands() -> dict[str, tuple[int, str]]:
            found = self._connection.execute(q["standing"], [joined(visits.numbers)]).fetchall()
            return {row["inspection_no"]: (row["inspection_id"], row["source"]) for row in found}

        def write(standing: dict[str, tuple[int, str]]) -> tuple[int, int]:
            fresh = [place for place, number in enumerate(visits.numbers) if number not in standing]
            return len(fresh), self._insert(laid, fresh)

        standing, (inserted, officers) = self._new.write(stands, write)
        self._elsewhere = {number: source for number, (_, source) in standing.items()}
        ours = [place for place, number in enumerate(visits.numbers)
                if standing.get(number, (0, None))[1] == visits.sources[place]] if standing else []
        updated = members = 0
        if ours:
            updated, members = self._update(visits.those(ours), [standing[visits.numbers[place]][0] for place in ours])
        counts = {"rows": laid.told, "inserted": inserted, "updated": updated,
                  "unchanged": laid.told - inserted - updated}
        return counts | ({"officers": officers + members} if any(visits.teams) else {})

    def standing_elsewhere(self, source: str) -> set[str]:
        """The numbers of the last :meth:`write` that stand from another source."""
        return {number for number, other in self._elsewhere.items() if other != source}

    def _insert(self, laid: Laid, fresh: Sequence[int]) -> int:
        """New visits, and who made them; how many officers they have."""
        if not fresh:
            return 0
        wire.copy_wired(self._connection, "inspections", _VISIT, [laid.lines[place] for place in fresh])
        officers = sum(self._teams.size(laid.visits.teams[place]) for place in fresh)
        if officers:
            # The visits are written with whose they are: nothing is left to tell.
            self._connection.execute(q["staff_told"], ["on"])
            wire.copy_wired(self._connection, "inspection_officers", _OFFICER, [laid.crews[place] for place in fresh])
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
