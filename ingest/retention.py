"""How long telemetry is kept, and what is kept of it for ever.

Readings, texts of devices, and the kinds of event that policy names go when they are old; alarms, faults and their
cases never do. A day goes only when it has been rolled up, and once it may be gone ``retention_marks`` says so: from
then on nobody computes that day from what is left of it.

Where the server has chunks, whole ones are dropped, and old ones compressed where its edition can. Else rows are
deleted in slices of time, each a transaction of its own, so that no writer waits long and a run that is killed has
lost nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import psycopg
import structlog

from ingest import quarantine
from ingest.errors import IngestError
from ingest.vocabulary import vocabulary
from policy import PolicyError, RuleBook
from policy.clocks import SHANGHAI, legal_day, months_before
from store import Database, Queries, capabilities
from store.database import Connection

_log = structlog.get_logger(__name__)
_q = Queries(__file__)
_ONE_DAY = dt.timedelta(days=1)
Edition = Literal["plain", "apache", "community"]
#: A slice of time to delete grows and shrinks until it holds about so many rows.
_SLICE_ROWS = 50_000
_NARROWEST, _WIDEST = dt.timedelta(minutes=1), dt.timedelta(days=7)
#: Kinds of one table go at different ages: each night looks back so far, for nights on which nothing ran.
_REACH_BACK = dt.timedelta(days=40)
#: Beyond what may still come in by its own time, so that days are dropped some time after the last of their data.
_SLACK_DAYS = 7
# Compressing waits for writers of its chunk and holds up those that come: rather tomorrow than for long.
_LOCK_WAIT = "10s"


@dataclass(frozen=True)
class Ages:
    """From which day on what is kept, as policy says on one day."""

    readings: dt.date
    states: dt.date
    #: By the first day kept: the kinds of event that go before it.
    events: dict[dt.date, tuple[str, ...]]
    #: Kinds that last: the last event of each point stays, since it says how things stand.
    lasting: tuple[str, ...]
    quarantine: dt.date
    summary: dt.date
    compress_before: dt.date
    chunk_hours: int
    #: The first day of which a device whose setting ``clock`` is trust may still bring readings.
    trusted: dt.date

    @classmethod
    def on(cls, book: RuleBook, day: dt.date) -> Ages:
        """The ages that hold on ``day``; :class:`PolicyError` where a rule would lose what must not be lost."""
        kinds = vocabulary(book, day).kinds
        events: dict[dt.date, tuple[str, ...]] = {}
        for kind, months in book.value("retention.events_months", day).items():
            if kind not in kinds:
                raise PolicyError(f"retention.events_months: there is no event kind {kind}: see events.kinds")
            if kinds[kind].is_case:
                raise PolicyError(f"retention.events_months: {kind} opens cases, and cases are kept for ever: take it "
                                  "out")
            since = months_before(day, months)
            events[since] = (*events.get(since, ()), kind)
        ages = cls(
            months_before(day, book.value("retention.readings_months", day)),
            months_before(day, book.value("retention.states_months", day)), events,
            tuple(kind.code for kind in kinds.values() if kind.lasts),
            day - dt.timedelta(days=book.value("retention.quarantine_days", day)),
            months_before(day, book.value("retention.quarantine_summary_months", day)),
            day - dt.timedelta(days=book.value("retention.compress_after_days", day)),
            book.value("retention.chunk_hours", day), day)
        ages = replace(ages, trusted=ages.quarantine - dt.timedelta(
            days=book.value("clock.trusted_days", day) + _SLACK_DAYS))
        # What quarantine still holds may be replayed, and bring data as old as a device clock is believed.
        reach = ages.quarantine - dt.timedelta(days=book.value("clock.oldest_reading_days", day) + _SLACK_DAYS)
        for name, since in (("readings", ages.readings), ("states", ages.states), *(("events", day) for day in events)):
            if since > reach:
                raise PolicyError(
                    f"retention.{name}_months keeps nothing before {since}, but data from {reach} on can still come in "
                    "(retention.quarantine_days and clock.oldest_reading_days): keep it longer")
        return ages


@dataclass(frozen=True)
class Held:
    """Why less goes than policy allows: ``units`` of ``day`` wait for their roll-up, it never was rolled up, or devices
    whose clock is trusted may still bring readings from it on."""

    day: dt.date
    why: Literal["waiting", "never", "trusted"]
    units: int = 0

    def __str__(self) -> str:
        return {"waiting": f"{self.units} units of {self.day} wait for their roll-up",
                "never": f"{self.day} was never rolled up",
                "trusted": f"devices whose clock is trusted may bring readings from {self.day} on "
                           "(clock.trusted_days)"}[self.why]


@dataclass(frozen=True)
class Line:
    """What of one kind would go: everything before ``kept_from``, ``rows`` and ``bytes`` of it (estimates).

    ``chunks`` is None where rows are deleted.
    """

    noun: str
    kept_from: dt.date
    rows: int
    bytes: int
    held: Held | None = None
    chunks: int | None = None


@dataclass(frozen=True)
class TelemetryPlan:
    """What of the telemetry and of quarantine would go, and how many chunks would be compressed.

    ``edition`` is that of TimescaleDB: plain is a server without it.
    """

    ages: Ages
    lines: tuple[Line, ...]
    to_compress: int
    edition: Edition

    def line(self, noun: str) -> Line:
        """The line of one kind."""
        return next(line for line in self.lines if line.noun == noun)


def plan(db: Database, book: RuleBook, day: dt.date, bytes_a_row: dict[str, float]) -> TelemetryPlan:
    """What policy lets go on ``day``. ``bytes_a_row`` by table turns rows into bytes. Changes nothing."""
    ages = Ages.on(book, day)
    with db.connection() as connection:
        able = capabilities(connection)
        readings = _readings(connection, ages, able.timescaledb is not None, bytes_a_row.get("readings", 0.0))
        states = _rows(connection, "count_states", {"ends": midnight(ages.states)})
        events = sum(_rows(connection, "count_events", {"ends": midnight(since), "kinds": list(kinds),
                                                        "lasting": list(ages.lasting)})
                     for since, kinds in ages.events.items())
        held = connection.execute(_q["count_quarantine"], {"before": midnight(ages.quarantine)}).fetchone() or {}
        summed = connection.execute(_q["count_summary"], {"before": ages.summary}).fetchone() or {}
        to_compress = _rows(connection, "to_compress", {"older": midnight(ages.compress_before)},
                            "chunks") if able.compression else 0
    return TelemetryPlan(ages, (
        readings, Line("states", ages.states, states, round(states * bytes_a_row.get("states", 0.0))),
        Line("events", max(ages.events, default=day), events, round(events * bytes_a_row.get("events", 0.0))),
        Line("quarantine", ages.quarantine, held["rows"], held["bytes"]),
        Line("summary", ages.summary, summed["rows"], summed["bytes"])), to_compress,
        "plain" if able.timescaledb is None else "community" if able.compression else "apache")


def run(db: Database, chosen: TelemetryPlan) -> dict[str, Any]:
    """Let go what the plan says, and compress what is old enough; safe to run again, also after it was killed."""
    ages = chosen.ages
    done: dict[str, Any] = {
        "quarantine_summed_up": quarantine.expire(db, midnight(ages.quarantine)),
        "readings": _drop_readings(db, ages),
        "states": _delete(db, "states", {ages.states: ("delete_states", {})}),
        "events": _delete(db, "events", {
            since: ("delete_events", {"kinds": list(kinds), "lasting": list(ages.lasting)})
            for since, kinds in ages.events.items()})}
    with db.connection() as connection:
        connection.execute(_q["delete_summary"], {"before": ages.summary})
        if not capabilities(connection).timescaledb and ages.readings.day == 1:
            # Space that was freed is used again: what the index says of old blocks has grown too wide to help.
            connection.execute(_q["refresh_time_indexes"])
    held = chosen.line("readings").held
    return done | _compress(db, ages) | ({"held": str(held)} if held else {})


def midnight(day: dt.date) -> dt.datetime:
    """The moment at which a legal day begins."""
    return dt.datetime.combine(day, dt.time(), SHANGHAI).astimezone(dt.UTC)


def _readings(connection: Connection, ages: Ages, has_chunks: bool, each: float) -> Line:
    cutoff, held, first = _readings_cutoff(connection, ages)
    if first is None or first >= cutoff:
        return Line("readings", cutoff, 0, 0, held, 0 if has_chunks else None)
    if not has_chunks:
        rows = _rows(connection, "rolled_up", {"first": first, "before": cutoff})
        return Line("readings", cutoff, rows, round(rows * each), held)
    chunks = connection.execute(_q["chunks"], {"before": midnight(cutoff)}).fetchone() or {}
    span = connection.execute(_q["chunk_days"], {"before": midnight(cutoff)}).fetchone() or {}
    rows = _rows(connection, "rolled_up", {"first": max(first, legal_day(span["starts"])),
                                           "before": legal_day(span["ends"])}) if chunks["chunks"] else 0
    return Line("readings", cutoff, rows, chunks["bytes"], held, chunks["chunks"])


def _cutoff(connection: Connection, relation: str, since: dt.date) -> tuple[dt.date, Held | None, dt.date | None]:
    """From which day on a kind is kept, why that is not ``since``, and the first day that may have readings."""
    mark = connection.execute(_q["mark"], {"relation": relation}).fetchone() or {}
    first = mark["kept_from"]
    if first is None:
        row = connection.execute(_q["first_day"]).fetchone() or {}
        first = row["day"]
        # Before the first roll-up: a history whose days nobody marked.
        earlier = connection.execute(_q["earlier_reading"], {"before": midnight(first or since)}).fetchone() or {}
        first = legal_day(earlier["ts"]) if earlier["ts"] else first
    cutoff = since
    held: Held | None = None
    waiting = connection.execute(_q["waiting"], {"before": since, "since": mark["closed_before"]}).fetchone()
    if waiting is not None:
        cutoff, held = waiting["day"], Held(waiting["day"], "waiting", waiting["units"])
    gap = connection.execute(_q["never_rolled_up"], {"first": first, "last": cutoff - _ONE_DAY}).fetchone() \
        if first and first < cutoff else None
    if gap is not None:
        cutoff, held = gap["day"], Held(gap["day"], "never")
    return cutoff, held, first


def _readings_cutoff(connection: Connection, ages: Ages) -> tuple[dt.date, Held | None, dt.date | None]:
    since = ages.readings
    if ages.trusted < since and _rows(connection, "trusting", {}):
        since = ages.trusted
    cutoff, held, first = _cutoff(connection, "readings", since)
    return cutoff, held or (Held(since, "trusted") if since < ages.readings else None), first


def _close(db: Database, relation: str, cutoff: dt.date) -> dt.date:
    """Write down that telemetry before ``cutoff`` may be gone, or before an earlier day that was marked meanwhile."""
    with db.connection() as connection:
        # From here to the commit no roll-up reads and no mark is made: what is not marked now was rolled up.
        connection.execute(_q["hold_marks"])
        mark = connection.execute(_q["mark"], {"relation": relation}).fetchone() or {}
        waiting = connection.execute(_q["waiting"], {"before": cutoff, "since": mark["closed_before"]}).fetchone()
        cutoff = waiting["day"] if waiting else cutoff
        connection.execute(_q["set_mark"], {"relation": relation, "day": cutoff})
        return cutoff


def _drop_readings(db: Database, ages: Ages) -> int:
    """Drop the readings that may go; returns how many rows, or chunks where there are some."""
    with db.connection() as connection:
        has_chunks = capabilities(connection).timescaledb is not None
        cutoff, held, first = _readings_cutoff(connection, ages)
        if held is not None and held.why == "never":
            # The next roll-up sees to it, and the day after that it may go.
            connection.execute(_q["mark_day"], {"day": cutoff, "starts": midnight(cutoff),
                                                "ends": midnight(cutoff + _ONE_DAY)})
        if first is None or first >= cutoff:
            return 0
        if has_chunks and not _rows(connection, "chunks", {"before": midnight(cutoff)}, "chunks"):
            return 0
        starts = _from(connection, "readings", first, cutoff)
    cutoff = _close(db, "readings", cutoff)
    if not has_chunks:
        return sum(_slices(db, "delete_readings", starts, midnight(cutoff), {}))
    with db.connection() as connection:
        return _rows(connection, "drop_chunks", {"before": midnight(cutoff)}, "chunks")


def _delete(db: Database, relation: str, queries: dict[dt.date, tuple[str, dict[str, Any]]]) -> int:
    """Delete by each query what is older than its day, or than an earlier day that was not rolled up yet."""
    gone = 0
    with db.connection() as connection:
        mark = connection.execute(_q["mark"], {"relation": relation}).fetchone() or {}
    for since, (query, parameters) in queries.items():
        with db.connection() as connection:
            cutoff, _, _ = _cutoff(connection, relation, since)
            starts = _from(connection, relation, cutoff - _REACH_BACK if mark["kept_from"] else None, cutoff)
        if starts < midnight(cutoff):
            gone += sum(_slices(db, query, starts, midnight(_close(db, relation, cutoff)), parameters))
    return gone


def _from(connection: Connection, relation: str, first: dt.date | None, cutoff: dt.date) -> dt.datetime:
    """Where to begin to delete: at ``first``; once a month, and where there is no such day, at the very first row.

    Looking for the very first reads much of the table. What it finds then is what was the last of its point when its
    time came, and has been followed since.
    """
    if first is not None and cutoff.day != 1:
        return midnight(first)
    row = connection.execute(_q["earliest"], {"relation": relation, "before": midnight(cutoff)}).fetchone() or {}
    return row["ts"] or midnight(cutoff)


def _slices(db: Database, query: str, starts: dt.datetime, ends: dt.datetime,
            parameters: dict[str, Any]) -> Iterator[int]:
    """Delete from ``starts`` to ``ends`` in slices of time; yields how many rows went with each."""
    width = _ONE_DAY
    while starts < ends:
        until = min(starts + width, ends)
        with db.connection() as connection:
            gone = max(connection.execute(_q[query], {"starts": starts, "ends": until, **parameters}).rowcount, 0)
        yield gone
        starts = until
        if gone > _SLICE_ROWS:
            width = max(width / 2, _NARROWEST)
        elif gone < _SLICE_ROWS / 4:
            width = min(width * 2, _WIDEST)


def _compress(db: Database, ages: Ages) -> dict[str, Any]:
    with db.connection() as connection:
        able = capabilities(connection)
        if able.timescaledb is None:
            return {}
        if _rows(connection, "chunk_hours", {}, "hours") != ages.chunk_hours:
            connection.execute(_q["set_chunk_hours"], {"hours": ages.chunk_hours})
    if not able.compression:
        return {}
    done = 0
    while True:
        try:
            with db.connection() as connection:
                connection.execute("select set_config('lock_timeout', %s, true)", [_LOCK_WAIT])
                row = connection.execute(_q["compress_chunk"], {"older": midnight(ages.compress_before)}).fetchone()
        except psycopg.errors.LockNotAvailable:
            _log.warning("a chunk is being written to and was not compressed, trying again tomorrow")
            return {"compressed": done, "compression": "stopped: a chunk was being written to"}
        if row is None or row["chunk"] is None:
            return {"compressed": done}
        done += 1


def _rows(connection: Connection, query: str, parameters: dict[str, Any], column: str = "rows") -> int:
    row = connection.execute(_q[query], parameters).fetchone()
    if row is None:
        raise IngestError(f"the server did not answer {query}")
    return int(row[column] or 0)
