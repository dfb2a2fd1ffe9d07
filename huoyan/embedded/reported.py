"""Load a reported district through the same bulk doors that a real past uses."""

from __future__ import annotations

import casework.bulk
import casework.past
import registry.bulk
from casework.reports import ledgers
from simulators.reported import ReportedDistrict
from store import Database


def load_reported(db: Database, district: ReportedDistrict) -> dict[str, int]:
    """Load registers and record in one transaction; returns rows by kind. Nothing is left behind when it fails."""
    with db.connection() as connection:
        for noun, load in (("areas", registry.bulk.load_areas), ("units", registry.bulk.load_units),
                           ("officers", registry.bulk.load_officers), ("items", registry.bulk.load_items)):
            load(connection, getattr(district, noun))
        for noun, load_record in (
                ("inspections", casework.bulk.load_inspections), ("hazards", casework.bulk.load_hazards),
                ("orders", casework.bulk.load_orders), ("penalties", casework.bulk.load_penalties),
                ("complaints", casework.bulk.load_complaints), ("fires", casework.bulk.load_fires)):
            load_record(connection, getattr(district, noun))
        for noun in casework.past.NOUNS:
            casework.past.load(connection, noun, getattr(district, noun), "simulator")
        for noun in ledgers.LEDGERS:
            ledgers.load(connection, noun, getattr(district, noun), "simulator")
        # A table loaded just now has no statistics yet, and a report reads most of it.
        connection.execute("analyze")
    return {noun: len(rows) for noun, rows in vars(district).items()}
