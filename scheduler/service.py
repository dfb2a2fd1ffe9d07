"""The process that wakes up at the hour of each job, and sweeps for what was missed.

APScheduler strikes the hours; the sweep, on start and every few minutes, runs whatever is due and not settled. Both go
through the ledger, so a strike and a sweep, or two processes, end in one run.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import psycopg
import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

import ingest.offline
import ingest.replay
from policy import rules
from policy.clocks import SHANGHAI, legal_day
from scheduler import jobs, ledger
from scheduler.jobs import JOBS, Job
from scheduler.ledger import Outcome, run_once
from store import Database, HuoyanError

_log = structlog.get_logger(__name__)
# A failed job is tried again at the next sweep; shorter would hammer a database that is down.
_SWEEP_SECONDS = 120
_OFFLINE_SECONDS = 60
# A person who asked for a replay on a page is waiting for it.
_REPLAY_SECONDS = 5


class SchedulerService:
    """Runs until :meth:`stop`. ``now`` gives the moment (UTC): tests hand in a clock of their own."""

    def __init__(self, db: Database, now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)) -> None:
        self._db, self._now = db, now
        self._stopped = threading.Event()
        # One worker: jobs of a night build on each other and must not overtake.
        self._clock = BackgroundScheduler(
            timezone=SHANGHAI, executors={name: ThreadPoolExecutor(1) for name in ("default", "watch", "replay")},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None})

    def run(self) -> None:
        """Strike hours and sweep until :meth:`stop` is called."""
        today = legal_day(self._now())
        for job in JOBS:
            at = dt.time.fromisoformat(rules().value(f"schedule.{job.name}", today))
            self._clock.add_job(self.sweep, CronTrigger(hour=at.hour, minute=at.minute, timezone=SHANGHAI),
                                id=job.name, name=job.en)
        self._clock.add_job(self.sweep, IntervalTrigger(seconds=_SWEEP_SECONDS), id="sweep",
                            next_run_time=dt.datetime.now(SHANGHAI))
        self._clock.add_job(self._mark_offline, IntervalTrigger(seconds=_OFFLINE_SECONDS), id="offline",
                            executor="watch")
        self._clock.add_job(self._replay, IntervalTrigger(seconds=_REPLAY_SECONDS), id="replay", executor="replay")
        self._clock.add_job(self._look_for_findings, IntervalTrigger(
            minutes=rules().value("schedule.findings_minutes", today)), id="findings watch", executor="watch")
        self._clock.start()
        self._stopped.wait()
        # A job under way is let finish: its transaction would only be done again.
        self._clock.shutdown(wait=True)

    def stop(self) -> None:
        self._stopped.set()

    def ready(self) -> bool:
        """Whether the clock runs and the database answers."""
        try:
            return self._clock.running and self._db.row("select 1 as one") is not None
        except HuoyanError:
            return False

    def sweep(self) -> list[Outcome]:
        """Run everything that is due and not settled, in the order the clock struck."""
        now = self._now()
        try:
            return [outcome for job, day in self._due(now) if (outcome := self._settle(job, day, now))]
        except HuoyanError as error:
            _log.error("sweep failed", error=str(error))
            return []

    def _due(self, now: dt.datetime) -> list[tuple[Job, dt.date]]:
        today = legal_day(now)
        reach = today - dt.timedelta(days=rules().value("schedule.catch_up", today))
        # A new installation owes nothing for the days before it stood.
        since = max(reach, ledger.first_date(self._db) or today)
        attempts = rules().value("schedule.attempts", today)
        due = []
        for job in JOBS:
            settled = ledger.settled(self._db, job, since, attempts)
            due += [(job, day) for day in job.due_dates(now, since) if day not in settled]
        return sorted(due, key=lambda pair: pair[0].due_at(pair[1]))

    def _settle(self, job: Job, day: dt.date, now: dt.datetime) -> Outcome | None:
        if self._stopped.is_set():
            return None
        if job.perishable and job.is_over(day, now):
            ledger.skip(self._db, job, day, now, "the day was over when the scheduler came to it")
            return None
        return run_once(self._db, job, day, now)

    def _mark_offline(self) -> None:
        try:
            ingest.offline.run(self._db, self._now())
        except HuoyanError as error:
            _log.error("offline check failed", error=str(error))

    def _look_for_findings(self) -> None:
        """Between two dates of the job; its daily run in the ledger says that none was missed."""
        now = self._now()
        try:
            told = jobs.findings(self._db, legal_day(now), now)
        except HuoyanError as error:
            _log.error("findings failed", error=str(error))
            return
        if any(told.get(what) for what in ("raised", "lapsed", "judged", "taken_back")):
            _log.info("findings", **told)

    def _replay(self) -> None:
        """Bring the replays of quarantine that were asked for to their end; on a stop, after the piece in hand."""
        try:
            ingest.replay.serve(self._db, rules(), self._now(), lambda: not self._stopped.is_set())
        except (HuoyanError, psycopg.OperationalError) as error:
            _log.error("replay interrupted, it goes on later", error=" ".join(str(error).split())[:300])
