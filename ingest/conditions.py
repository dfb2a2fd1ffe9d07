"""What reports say of the conditions of points: events, and what becomes one only where it is news. Pure.

A status report tells the whole state of a point. Each kind it sets is an event. Each kind it leaves clear is over, if
it held; whether it did is known only when nothing earlier can come any more, since a report may be late, or another
process may have taken it. So what is said is kept (:mod:`ingest.statuses`), and :mod:`ingest.casebook` makes an event
of it where it ended something.

A reset (复位) ends the alarms of every point of its system, and what followed from them: a panel that is reset forgets
them and tells again, within seconds, those that persist. Faults and shields it keeps, and so does this.

Of a packet that its device sent again nothing is an event by itself. Some devices never change their serial number,
and a second fire within the resend window must not be taken for the first; where the first still burns it is no news.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ingest.rows import EventRow, Parcel, ResetRow, StatusRow


@dataclass(slots=True)
class Said:
    """A row of ``point_statuses``: ``row`` is the event to copy for a kind of ``holds`` or ``ends`` that it changes.

    ``packet`` tells a reset that its device sent again from the first; None where its own time does.
    """

    row: EventRow
    holds: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    is_reset: bool = False
    packet: int | None = None


@dataclass(slots=True)
class Told:
    """What parcels tell of conditions."""

    events: list[EventRow] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    @property
    def rows(self) -> list[EventRow]:
        """All that was told, whether an event or not."""
        return self.events + [one.row for one in self.said]


def told_by(parcels: Iterable[tuple[Parcel, bool]], lasting: Collection[str]) -> Told:
    """What parcels tell, in order of arrival; the flag says that a parcel is a GB/T packet sent again.

    ``lasting`` are the kinds that last: of the others it is no news that they do not hold.
    """
    told = Told()
    for parcel, is_resend in parcels:
        for report in parcel.reports:
            one: Said | None = None
            row = report if isinstance(report, EventRow) else report.row
            row.is_redelivery = parcel.redelivered
            if isinstance(report, ResetRow):
                packet = int.from_bytes(parcel.resend_key[:8], "big", signed=True) if parcel.resend_key else None
                one = Said(row, (), _among(report.ends, lasting), True, packet)
            elif isinstance(report, StatusRow):
                clear = tuple(kind for kind in _among(report.covers, lasting) if kind not in report.on)
                one = Said(row, _among(report.on, lasting) if is_resend else (), clear)
                if not is_resend:
                    told.events += [event_of(row, kind, row.point, active=True) for kind in report.on]
            elif not is_resend:
                told.events.append(row)
            else:
                one = said_of(row, lasting)
            if one is not None and (one.holds or one.ends):
                told.said.append(one)
    return told


def said_of(row: EventRow, lasting: Collection[str]) -> Said:
    """What an event says, where it shall be one only if it is news."""
    kinds = _among((row.kind,), lasting)
    return Said(row, kinds, ()) if row.active else Said(row, (), kinds)


def event_of(said: EventRow, kind: str, point: str, *, active: bool) -> EventRow:
    """The event that a report of more comes to for one kind at one point."""
    return EventRow(said.device_id, said.ts, kind, point, active, said.detail, said.device_ts, said.received_at,
                    said.source, said.is_redelivery)


def system_of(point: str) -> str:
    """The system of a point: the first two parts of ``1/3/40/5-6`` and of ``1/3/manual``, '' of the device's own."""
    if point == "manual":
        return ""
    parts = point.split("/", 2)
    return "/".join(parts[:2])


def _among(kinds: Iterable[str], lasting: Collection[str]) -> tuple[str, ...]:
    return tuple(kind for kind in kinds if kind in lasting)
