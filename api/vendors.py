"""What is known of a vendor: devices, what it sent, what was refused, limits. For itself and for administrators.

Nothing here reads a score, a class, an inspection or a penalty: a vendor sees what its own devices do, and no more.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

from api.quarantine import readable
from api.refusals import Absent
from api.viewer import Viewer
from ingest import quarantine
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from registry import vendor_limits, vendors
from registry.cells import guard
from registry.paging import pattern
from registry.vendors import Vendor
from store import Database, Queries
from store.database import Connection

_SQL = Queries(__file__)
DAYS, HOURS = 14, 24
_EVENTS_SINCE = dt.timedelta(days=2)
_MOST = 1000
_MOST_IN_FILE = 10_000
_COUNTS = ("messages", "bytes", "readings", "events", "refused")
_HEAD = ("number", "received_at", "topic", "reason_code", "reason", "times", "bytes", "form", "payload")


def own(viewer: Viewer, code: str) -> str:
    """The vendor a viewer asks for; another vendor's is to a vendor as if it did not exist."""
    if viewer.role == "vendor" and viewer.vendor_code != code:
        raise Absent("refusal.no_vendor", vendor=code)
    return code


def find(connection: Connection, viewer: Viewer, code: str) -> Vendor:
    """The vendor; :class:`Absent` where there is none, or none for this account."""
    return vendors.get(connection, own(viewer, code))


def listing(db: Database, now: dt.datetime) -> list[dict[str, Any]]:
    """Every vendor with its devices, keys and the counts of the last 24 hours."""
    return db.rows(_SQL["listing"], {"now": now, "limit": _MOST})


def overview(db: Database, viewer: Viewer, code: str, now: dt.datetime) -> dict[str, Any]:
    """How a vendor stands: devices, counts of today, what is in quarantine, limits."""
    with db.connection() as connection:
        vendor = find(connection, viewer, code)
        state = connection.execute(_SQL["state"], {"vendor": code}).fetchone()
        usual = vendor_limits.of_policy(rules(), legal_day(now))
        limits = vendor_limits.shown(vendor_limits.get(connection, code, usual))
        own_limits = vendor_limits.own(connection, code)
    return {"vendor_code": code, "name": vendor.name, "status": vendor.status, "state": state, "limits": limits,
            "own_limits": own_limits, "quarantine": quarantine.counts(db, vendor=code)}


def sent(db: Database, viewer: Viewer, code: str, now: dt.datetime, *, days: int = DAYS,
         hours: int = HOURS) -> dict[str, Any]:
    """What a vendor sent, by legal day and by hour, as a whole and by form; those without a message are there too."""
    with db.connection() as connection:
        find(connection, viewer, code)
        today = legal_day(now)
        first = dt.datetime.combine(today - dt.timedelta(days=days - 1), dt.time(), SHANGHAI)
        this_hour = now.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
        by_day = connection.execute(_SQL["days"], {"vendor": code, "since": first, "limit": _MOST}).fetchall()
        by_hour = connection.execute(_SQL["hours"], {
            "vendor": code, "since": this_hour - dt.timedelta(hours=hours - 1), "limit": _MOST}).fetchall()
    return {"days": _whole(by_day, "day", [today - dt.timedelta(days=n) for n in range(days)]),
            "hours": _whole(by_hour, "hour", [this_hour - dt.timedelta(hours=n) for n in range(hours)]),
            "forms": _forms(by_day)}


def devices(db: Database, viewer: Viewer, code: str, *, q: str, limit: int, offset: int) -> dict[str, Any]:
    """A page of a vendor's devices with when each was heard and what it said last."""
    with db.connection() as connection:
        find(connection, viewer, code)
        rows = connection.execute(_SQL["devices"], {"vendor": code, "text": pattern(q),
                                                    "limit": limit, "offset": offset}).fetchall()
    total = rows[0]["total"] if rows else 0
    for row in rows:
        del row["total"]
    reached = offset + len(rows)
    return {"total": total, "rows": rows, "next": reached if rows and reached < total else None}


def events(db: Database, viewer: Viewer, code: str, now: dt.datetime, limit: int) -> list[dict[str, Any]]:
    """What a vendor's devices told of in the last two days, the newest first: that it came, not what became of it."""
    with db.connection() as connection:
        find(connection, viewer, code)
        return connection.execute(_SQL["events"], {"vendor": code, "since": now - _EVENTS_SINCE, "now": now,
                                                   "limit": limit}).fetchall()


def numbers(db: Database, code: str) -> list[str]:
    """Numbers of a vendor's active devices, to choose from."""
    return [row["device_no"] for row in db.rows(_SQL["numbers"], {"vendor": code, "limit": _MOST})]


def refused_file(db: Database, viewer: Viewer, code: str, reason: str | None) -> str:
    """What of a vendor is in quarantine, the newest first, as CSV: payloads as text or hex, cut to 2 KiB."""
    with db.connection() as connection:
        find(connection, viewer, code)
        rows = connection.execute(_SQL["refused"], {"vendor": code, "reason": reason,
                                                    "limit": _MOST_IN_FILE}).fetchall()
    file = io.StringIO()
    # A spreadsheet takes UTF-8 only where the file says so at its start.
    file.write("\ufeff")
    writer = csv.writer(file)
    writer.writerow(_HEAD)
    for row in rows:
        shown, form = readable(bytes(row["payload"]))
        writer.writerow([row["quarantine_id"], row["received_at"].astimezone(SHANGHAI).isoformat(timespec="seconds"),
                         guard(row["topic"]), row["reason_code"], guard(row["reason"]), row["times"],
                         row["payload_bytes"], form, guard(shown)])
    return file.getvalue()


def _whole(rows: list[dict[str, Any]], key: str, wanted: list[Any]) -> list[dict[str, Any]]:
    """One row for each of ``wanted``, with the sum over forms and the forms."""
    found: dict[Any, dict[str, Any]] = {one: {key: one, **dict.fromkeys(_COUNTS, 0), "forms": {}} for one in wanted}
    for row in rows:
        one = found.get(row[key])
        if one is None:
            continue
        for name in _COUNTS:
            one[name] += row[name]
        one["forms"][row["form"]] = {name: row[name] for name in _COUNTS}
    return list(found.values())


def _forms(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    forms: dict[str, dict[str, Any]] = {}
    for row in rows:
        one = forms.setdefault(row["form"], {"form": row["form"], **dict.fromkeys(_COUNTS, 0)})
        for name in _COUNTS:
            one[name] += row[name]
    return sorted(forms.values(), key=lambda one: (-one["messages"], one["form"]))
