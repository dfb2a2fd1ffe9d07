"""At most once a day, at least once a day: the database decides."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from scheduler import JobError, run_once
from scheduler.jobs import Job
from scheduler.service import SchedulerService
from store import Database, HuoyanError

DAY = dt.date(2026, 11, 23)
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


class Counted:
    """A job's work that counts its runs and can be told to fail or to take its time."""

    def __init__(self, *, failures: int = 0, seconds: float = 0) -> None:
        self.runs: list[dt.date] = []
        self.failures, self.seconds = failures, seconds
        self._lock = threading.Lock()

    def __call__(self, db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
        with self._lock:
            self.runs.append(day)
            failing = len(self.runs) <= self.failures
        time.sleep(self.seconds)
        if failing:
            raise HuoyanError("the district is closed")
        return {"n": len(self.runs)}


def job(work: Counted, **more: Any) -> Job:
    return Job("rollup", "日汇总", "roll-up", work, **more)


def test_a_job_runs_once_for_its_date(db: Database) -> None:
    work = Counted()
    first = run_once(db, job(work), DAY, NOW)
    second = run_once(db, job(work), DAY, NOW)
    assert (first.status, first.fresh, second.status, second.fresh) == ("done", True, "done", False)
    assert second.detail == {"n": 1}
    assert work.runs == [DAY]


def test_a_job_by_hand_may_be_repeated_only_when_told_so(db: Database) -> None:
    work = Counted()
    run_once(db, job(work), DAY, NOW)
    assert run_once(db, job(work), DAY, NOW, again=True).fresh
    with pytest.raises(JobError, match="happens once"):
        run_once(db, job(work, perishable=True), DAY, NOW, again=True)


def test_two_callers_at_once_end_in_one_run(db: Database) -> None:
    work = Counted(seconds=0.3)
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(run_once(db, job(work), DAY, NOW))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert work.runs == [DAY]
    assert sorted(outcome.status for outcome in outcomes) == ["done", "elsewhere"]


def test_a_failure_is_written_down_and_tried_again(db: Database) -> None:
    work = Counted(failures=1)
    failed = run_once(db, job(work), DAY, NOW)
    assert (failed.status, failed.error) == ("failed", "the district is closed")
    assert run_once(db, job(work), DAY, NOW).status == "done"
    row = db.row("select status, attempt, error from job_runs")
    assert row == {"status": "done", "attempt": 2, "error": None}


def test_a_date_that_is_no_working_day_is_refused(db: Database) -> None:
    with pytest.raises(JobError, match="2026-11-22 is not a working day"):
        run_once(db, job(Counted(), working_days_only=True), dt.date(2026, 11, 22), NOW)


def test_a_run_that_was_killed_is_made_again(db: Database, dsn: str) -> None:
    script = textwrap.dedent("""
        import datetime as dt, sys, time
        from scheduler import run_once
        from scheduler.jobs import Job
        from store import Database

        def work(db, day, now):
            print("begun", flush=True)
            time.sleep(60)
            return {}

        with Database(sys.argv[1], max_size=3) as db:
            run_once(db, Job("rollup", "", "", work), dt.date(2026, 11, 23), dt.datetime.now(dt.UTC))
    """)
    victim = subprocess.Popen([sys.executable, "-c", script, dsn], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "begun\n"
    assert run_once(db, job(Counted()), DAY, NOW).status == "elsewhere"
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait()
    victim.stdout.close()
    deadline = time.monotonic() + 10
    while (outcome := run_once(db, job(Counted()), DAY, NOW)).status == "elsewhere" and time.monotonic() < deadline:
        time.sleep(0.05)  # the server needs a moment to see that the client is gone
    assert outcome.status == "done"
    row = db.row("select attempt from job_runs")
    assert row is not None
    assert row["attempt"] == 2


class Clock:
    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> dict[str, Counted]:
    """The calendar of the product, with work that only counts."""
    from scheduler import jobs, service

    counted = {item.name: Counted() for item in jobs.JOBS}
    replaced = tuple(replace(item, run=counted[item.name]) for item in jobs.JOBS)
    monkeypatch.setattr(service, "JOBS", replaced)
    return counted


def test_a_new_installation_owes_nothing_for_the_past(db: Database, work: dict[str, Counted]) -> None:
    SchedulerService(db, Clock(NOW)).sweep()
    assert {name: item.runs for name, item in work.items()} == {
        "rollup": [DAY], "findings": [DAY], "credit": [DAY], "deadlines": [DAY], "score": [DAY], "retention": [DAY],
        "supervision": [DAY], "review_sample": [DAY], "model": [], "plan": [], "tau": [],
        "draw": [DAY], "freeze": [DAY, dt.date(2026, 11, 24)]}


def test_missed_dates_are_caught_up_and_a_missed_draw_is_let_go(db: Database, work: dict[str, Counted]) -> None:
    clock = Clock(NOW)
    service = SchedulerService(db, clock)
    service.sweep()
    clock.now = NOW + dt.timedelta(days=3)
    service.sweep()
    assert [day.day for day in work["rollup"].runs] == [23, 24, 25, 26]
    assert [day.day for day in work["score"].runs] == [23, 24, 25, 26]
    assert [day.day for day in work["draw"].runs] == [23, 26]
    skipped = db.rows("select job, logical_date from job_runs where status = 'skipped' order by 1, 2")
    assert [(row["job"], row["logical_date"].day) for row in skipped] == [("draw", 24), ("draw", 25), ("freeze", 25)]


def test_a_clock_set_back_repeats_nothing(db: Database, work: dict[str, Counted]) -> None:
    clock = Clock(NOW)
    service = SchedulerService(db, clock)
    service.sweep()
    clock.now = NOW - dt.timedelta(hours=10)
    service.sweep()
    assert work["draw"].runs == [DAY]


def test_a_job_that_keeps_failing_is_left_to_a_person(db: Database, work: dict[str, Counted]) -> None:
    work["score"].failures = 99
    service = SchedulerService(db, Clock(NOW))
    for _ in range(8):
        service.sweep()
    assert len(work["score"].runs) == 5


def test_the_service_sweeps_on_start_and_stops_when_told(db: Database, work: dict[str, Counted]) -> None:
    service = SchedulerService(db, Clock(NOW))
    thread = threading.Thread(target=service.run)
    thread.start()
    deadline = time.monotonic() + 10
    while not work["draw"].runs and time.monotonic() < deadline:
        time.sleep(0.05)
    assert service.ready()
    service.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert work["draw"].runs == [DAY]
