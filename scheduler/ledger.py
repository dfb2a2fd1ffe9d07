"""The ledger of runs: the database, not the process, says whether a job has run for its date."""

from __future__ import annotations

import datetime as dt
import os
import socket
import time
from dataclasses import dataclass, field
from typing import Any

import structlog
from psycopg.types.json import Jsonb

from scheduler import metrics
from scheduler.jobs import Job, JobError
from store import Database, HuoyanError, Queries, try_lock_for_session, unlock_session

_SQL = Queries(__file__)
_log = structlog.get_logger(__name__)
RUNNER = f"{socket.gethostname()}:{os.getpid()}"


@dataclass(frozen=True)
class Outcome:
    """How a call for a job and date ended.

    ``status`` is done, failed, skipped, or elsewhere (another process is at it now); ``fresh`` is False where an
    earlier run had done the work already.
    """

    job: str
    day: dt.date
    status: str
    fresh: bool
    detail: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    seconds: float = 0.0


def run_once(db: Database, job: Job, day: dt.date, now: dt.datetime, *, again: bool = False) -> Outcome:
    """Run ``job`` for ``day`` unless it is done; the same from the clock, a catch-up, or a person's hand.

    The advisory lock is held on a connection of its own: it goes when the process dies, however it dies, so a row left
    at ``running`` without a holder is an attempt that crashed and may be made again. ``again`` repeats a finished job
    that is not perishable (a draw happens once).
    """
    if not job.has(day):
        raise JobError(f"{day} is not a working day, so it has no {job.name}")
    if again and job.perishable:
        raise JobError(f"a {job.name} happens once for its date: {day} can't be repeated")
    name = f"job {job.name} {day}"
    with db.connection() as holder:
        holder.autocommit = True
        try:
            if not try_lock_for_session(holder, name):
                return Outcome(job.name, day, "elsewhere", False)
            try:
                return _attempt(db, job, day, now, again)
            finally:
                unlock_session(holder, name)
        finally:
            holder.autocommit = False


def skip(db: Database, job: Job, day: dt.date, now: dt.datetime, reason: str) -> None:
    """Write down that a date is let go."""
    with db.connection() as connection:
        connection.execute(_SQL["skip"], {"job": job.name, "day": day, "now": now, "runner": RUNNER,
                                          "detail": Jsonb({"reason": reason})})
    _log.warning("job skipped", job=job.name, day=str(day), reason=reason)


def settled(db: Database, job: Job, since: dt.date, attempts: int) -> set[dt.date]:
    """The dates from ``since`` on that are done, skipped, or failed ``attempts`` times."""
    rows = db.rows(_SQL["settled"], {"job": job.name, "since": since, "attempts": attempts})
    return {row["logical_date"] for row in rows}


def first_date(db: Database) -> dt.date | None:
    """The first date with a run; None where nothing ever ran."""
    row = db.row(_SQL["first_date"])
    return row["day"] if row else None


def recent(db: Database, limit: int) -> list[dict[str, Any]]:
    """The latest runs, newest first."""
    return db.rows(_SQL["recent"], {"limit": limit})


def _attempt(db: Database, job: Job, day: dt.date, now: dt.datetime, again: bool) -> Outcome:
    key = {"job": job.name, "day": day}
    before = db.row(_SQL["read"], key)
    if before and before["status"] == "done" and not again:
        return Outcome(job.name, day, "done", False, before["detail"])
    row = db.row(_SQL["begin"], {**key, "now": now, "runner": RUNNER})
    attempt = row["attempt"] if row else 1
    started = time.monotonic()
    status, detail, error = "done", dict[str, Any](), None
    try:
        detail = job.run(db, day, now)
        if detail.get("skipped"):
            status = "skipped"
    # A job that fails must be written down and must not take the scheduler with it, whatever it raised.
    except Exception as problem:
        status, error = "failed", str(problem) or type(problem).__name__
        _log.error("job failed", job=job.name, day=str(day), attempt=attempt, error=error,
                   exc_info=not isinstance(problem, HuoyanError))
    seconds = time.monotonic() - started
    with db.connection() as connection:
        connection.execute(_SQL["finish"], {**key, "status": status, "detail": Jsonb(detail), "error": error})
    metrics.observe(job.name, status, seconds)
    if status != "failed":
        _log.info("job ran", job=job.name, day=str(day), status=status, seconds=round(seconds, 3))
    return Outcome(job.name, day, status, True, detail, error, seconds)
