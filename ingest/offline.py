"""Devices that have gone silent: marked offline, with an event, until they are heard again."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from ingest.casebook import Casebook
from ingest.judge import EventRow
from ingest.vocabulary import vocabulary
from policy import rules
from policy.clocks import legal_day
from store import Database, Queries

_q = Queries(__file__)


def run(db: Database, now: dt.datetime) -> dict[str, Any]:
    """Mark the devices offline that policy says have been silent too long; run twice it changes nothing.

    The event's time is when the allowed silence ended, so a late run comes to the same. The writer stores the restore
    with the next message of the device.
    """
    day = legal_day(now)
    book = rules()
    minutes = book.value("devices.offline_after_minutes", day)
    with db.connection() as connection:
        rows = connection.execute(_q["silent"], {"minutes": json.dumps(minutes), "now": now}).fetchall()
        if rows:
            connection.execute(_q["mark_offline"], {"devices": [row["device_id"] for row in rows],
                                                    "since": [row["since"] for row in rows]})
            units = {row["device_id"]: row["unit_id"] for row in rows}
            events = [EventRow(row["device_id"], row["since"], "offline", "", True, "{}", None, now, "offline")
                      for row in rows]
            Casebook().take(connection, events, vocabulary(book, day), units)
    return {"offline": len(rows)}
