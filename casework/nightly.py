"""What happens to clocks by night: parts of casework start what came in without one and end what ends by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import casework.credit_record.nightly
import casework.delegation.nightly
import casework.enforcement.nightly
from casework import announced, clock_filling, complainants
from store import Database

#: Each is called with the day that begins; what it returns is counts, shown on the job page. Set-based SQL only: a city
#: has a million inspections and the scores wait for this.
PARTS: tuple[Callable[[Database, dt.date], dict[str, Any]], ...] = (
    announced.run, clock_filling.run, complainants.clear, casework.enforcement.nightly.run,
    casework.delegation.nightly.run, casework.credit_record.nightly.run)


def run(db: Database, day: dt.date) -> dict[str, Any]:
    """Run every part for ``day``; the counts of all."""
    told: dict[str, Any] = {}
    for part in PARTS:
        told |= part(db, day)
    return told
