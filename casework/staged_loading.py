"""Records that land in a stage and are merged: cases, measures and the like, of which one that stands is left as it is.

Listings alone are brought up to date. What rows name is looked up once for all of a load, so that a merge joins
nothing: a stage has no statistics, and a join with the units of a city would be planned over all of them, for every
part of a file.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from psycopg import sql

from casework import staging
from casework.errors import CaseworkError
from casework.named import Units
from casework.staging import Column, Values
from store import Queries, lock_for_transaction, wire
from store.database import Connection

q = Queries(__file__)


@dataclass(frozen=True)
class _Table:
    """One kind of record, whose name picks its queries: a row of it in a sentence, its columns, what it is staged with.
    """

    noun: str
    columns: tuple[Column, ...]
    unit: bool = True
    area: bool = False

    @property
    def staged(self) -> tuple[str, ...]:
        """The columns of its stage: what is looked up first, then those that come in."""
        return (*(("unit_id",) if self.unit else ()), *(("area_code",) if self.area else ()),
                *(one.name for one in self.columns))


def _columns(text: str) -> tuple[Column, ...]:
    """Columns from words such as ``case_no offence_on:date``; a word without a type is text."""
    return tuple(Column(name, kind or "text") for name, _, kind in (word.partition(":") for word in text.split()))


_TABLES = {
    "cases": _Table("a case", _columns(
        "case_no inspection_no party regime procedure article facts items:text[] officers:text[] offence_on:date "
        "life_safety:bool filed_at:timestamptz filed_on:date standing decided_on:date closed_on:date"), area=True),
    "measures": _Table("a measure", _columns(
        "measure_no kind path ground scope officers:text[] began_at:timestamptz began_on:date until_on:date standing "
        "ended_on:date"), area=True),
    "major_hazards": _Table("a major hazard", _columns(
        "major_hazard_no way elements:text[] officers:text[] found_at:timestamptz found_on:date standing level "
        "notice_on:date ended_on:date"), area=True),
    "steps": _Table("a step", (*_columns("noun ref step at:timestamptz officers:text[]"),
                               Column("details", "jsonb", {})), unit=False),
    "evidence": _Table("evidence", _columns("noun ref step at:timestamptz kind uri sha256 seconds:int4"), unit=False),
    "agreements": _Table("an agreement", _columns(
        "agreement_no regime town_code principal_code powers:text[] from_day:date to_day:date signed_on:date"),
        unit=False),
    "credit_entries": _Table("a credit entry", _columns(
        "occurred_on:date points:float8 event_kind event_ref article")),
    "listings": _Table("a credit listing", _columns("list from_day:date to_day:date basis")),
    "training": _Table("a training day", _columns("officer_no kind held_on:date hours:float8 days:float8 topic"),
                       unit=False),
    "guidance": _Table("a visit of guidance", _columns("town_code visited_on:date officers:text[] note"), unit=False),
    "referrals": _Table("a referral", _columns(
        "referral_no reason from_code from_body to_code item_codes:text[] found_on:date state outcome note"))}
NAMES = frozenset(_TABLES)


@dataclass(frozen=True)
class Rows:
    """Rows on their way in: the units that they name, and the rest of each as binary COPY has it."""

    units: Sequence[str]
    told: Sequence[bytes]

    def __len__(self) -> int:
        return len(self.told)

    def those(self, places: Sequence[int]) -> Rows:
        """Some of them, in the order of the places."""
        return Rows([self.units[place] for place in places] if self.units else (),
                    [self.told[place] for place in places])


def columns(name: str) -> tuple[Column, ...]:
    """The columns of a kind of record, as its rows come in."""
    return (*((Column("unit_no"),) if _TABLES[name].unit else ()), *_TABLES[name].columns)


def ready(name: str, values: Values, count: int) -> Rows:
    """``count`` rows of one of :data:`NAMES`, laid out from their columns."""
    table = _TABLES[name]
    told = list(map(b"".join, zip(*staging.fields(table.columns, values, count), strict=True)))
    return Rows(values["unit_no"] if table.unit else (), told)


class Loading:
    """One load of a kind in the caller's transaction; units are looked up once for all of it.

    Looking up and writing need the database, the step between them does not: of a long file one part is laid out while
    another is written.
    """

    def __init__(self, connection: Connection, name: str, actor: str) -> None:
        self._connection, self._name, self._table, self._actor = connection, name, _TABLES[name], actor
        self._units = Units(connection)
        # Two loads of one table in another order of rows would wait for each other's row locks for ever.
        lock_for_transaction(connection, f"casework.load.{name}")

    def put(self, rows: Rows) -> dict[str, int]:
        """Store rows; how many are new, were updated, and stood."""
        self.look(rows.units)
        return self.write(self.lay(rows))

    def look(self, units: Collection[str]) -> None:
        """Look up units by their numbers."""
        self._units.look(units)

    def lay(self, rows: Rows) -> list[bytes]:
        """Rows whole, as binary COPY has them; one sentence where one names a unit that is not there."""
        self._units.require(rows.units, self._table.noun)
        looked = [map(self._units.__getitem__, rows.units)] if self._table.unit else []
        areas = [map(self._units.area, rows.units)] if self._table.area else []
        return wire.rows([*looked, *areas, rows.told], len(rows), len(self._table.staged))

    def write(self, lines: Sequence[bytes]) -> dict[str, int]:
        """Store what :meth:`lay` laid out, counted as by :meth:`put`."""
        stage = f"stage_{self._name}"
        self._connection.execute(sql.SQL("drop table if exists pg_temp.{}").format(sql.Identifier(stage)))
        self._connection.execute(q[stage])
        wire.copy_wired(self._connection, stage, self._table.staged, lines)
        merged = self._connection.execute(q[f"merge_{self._name}"], {"actor": self._actor})
        counts = merged.fetchone() if merged.description else None
        inserted, updated = (counts["inserted"], counts["updated"]) if counts else (merged.rowcount, 0)
        if self._name == "listings":
            self._refuse_both()
        return {"rows": len(lines), "inserted": inserted, "updated": updated,
                "unchanged": len(lines) - inserted - updated}

    def differing(self) -> set[str]:
        """The keys of the last :meth:`write` that stand with other facts, each in one text."""
        return {row["number"] for row in self._connection.execute(q[f"differ_{self._name}"])}

    def _refuse_both(self) -> None:
        """Refuse listings just written that leave a unit on both discredit lists at once."""
        both = self._connection.execute(q["listed_twice"]).fetchone()
        if both:
            raise CaseworkError(f"unit {both['unit_no']} would be on the general and the serious list at once from "
                                f"{both['day']}: end one before the other begins")
