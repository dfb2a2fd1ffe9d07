"""The jobs: what each is called, which dates it has, and what it does when its day is over.

A job has a logical date. The roll-up, the score and the draw of a day carry that day; the freeze of an evening carries
the day it freezes for. Only working days have a freeze and a draw (工作日 in Asia/Shanghai).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import casework.credit
import casework.nightly
import casework.supervision.detectors
import ingest.findings
import ingest.verdicts
import sampling.draw
import sampling.freeze
import sampling.plans.drafting
import sampling.review_sample
import sampling.tau_month
import scoring.monthly
import scoring.nightly
import scoring.rollup
from policy import calendar, rules
from policy.clocks import SHANGHAI
from scheduler import retention
from store import Database, HuoyanError


class JobError(HuoyanError):
    """A job that does not exist, or that can't be run for the date asked for."""


class Run(Protocol):
    """A job's work for its date; what it returns is small, fit for JSON, and shown on the job page."""

    def __call__(self, db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Job:
    """One job of the calendar.

    ``days_ahead`` is how far its logical date lies after the day its clock strikes; ``working_days_ahead`` names the
    rule that says it in working days. A job that is ``perishable`` is of
    no use once its date is over: a missed one is written down as skipped, since the pacing of the next days makes up
    for it. The others are caught up, oldest first.
    """

    name: str
    zh: str
    en: str
    run: Run
    working_days_only: bool = False
    days_ahead: int = 0
    perishable: bool = False
    monthly: bool = False
    working_days_ahead: str | None = None

    def due_at(self, day: dt.date) -> dt.datetime:
        """When the clock strikes for the logical date ``day``."""
        strikes_on = day - dt.timedelta(days=self.days_ahead)
        if self.working_days_ahead:
            strikes_on = calendar().before(day, int(rules().value(self.working_days_ahead, day)))
        at = dt.time.fromisoformat(rules().value(f"schedule.{self.name}", strikes_on))
        return dt.datetime.combine(strikes_on, at, SHANGHAI)

    def has(self, day: dt.date) -> bool:
        """Whether ``day`` is a date of this job."""
        if self.monthly and day.day != 1:
            return False
        return not self.working_days_only or calendar().is_working_day(day)

    def due_dates(self, now: dt.datetime, since: dt.date) -> Iterator[dt.date]:
        """The dates from ``since`` on whose clock has struck by ``now``, oldest first."""
        day = since
        while self.due_at(day) <= now:
            if self.has(day):
                yield day
            day += dt.timedelta(days=1)

    def is_over(self, day: dt.date, now: dt.datetime) -> bool:
        """Whether the date's own day has ended."""
        return now.astimezone(SHANGHAI).date() > day


def _rollup(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return scoring.rollup.run(db, day)


def findings(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    """Cases judged by rule, then findings; between the daily run of the ledger the service calls it every few minutes.

    A look goes by ``now``, not by the date: it reaches back over missed dates, and what it finds was known only now.
    """
    return {**ingest.verdicts.run(db, now), **ingest.findings.run(db, now)}


def _credit(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return casework.credit.run(db, day)


def _deadlines(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return casework.nightly.run(db, day)


def _score(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return scoring.nightly.run(db, day)


def _freeze(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return sampling.freeze.run(db, day, now)


def _draw(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return sampling.draw.run(db, day, now)


def _retention(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return retention.run(db, day, now)


def _tau(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return sampling.tau_month.run(db, day, now)


def _model(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return scoring.monthly.run(db, day)


def _plan(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return sampling.plans.drafting.run(db, day, now)


def _supervision(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return casework.supervision.detectors.run(db, day, now)


def _review_sample(db: Database, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    return sampling.review_sample.run(db, day, now)


JOBS: tuple[Job, ...] = (
    Job("rollup", "日汇总", "roll-up", _rollup),
    Job("findings", "非现场线索", "off-site findings", findings),
    Job("credit", "信用积分入账", "credit points", _credit),
    Job("deadlines", "时限处理", "deadlines", _deadlines),
    Job("score", "风险评分", "scores", _score),
    Job("supervision", "执法监测", "supervision", _supervision),
    Job("review_sample", "案卷抽查", "review sample", _review_sample),
    Job("retention", "数据清理", "retention", _retention),
    Job("model", "模型训练", "model", _model, monthly=True),
    Job("plan", "检查计划", "plan", _plan, monthly=True, working_days_ahead="plans.month_ahead"),
    # Decided on the eve, before the frame of the month's first day is frozen.
    Job("tau", "定向份额", "targeted share", _tau, days_ahead=1, monthly=True),
    Job("draw", "双随机抽取", "draw", _draw, working_days_only=True, perishable=True),
    Job("freeze", "名单冻结", "freeze", _freeze, working_days_only=True, days_ahead=1, perishable=True),
)


def find(name: str) -> Job:
    """The job of that name; :class:`JobError` lists those there are."""
    for job in JOBS:
        if job.name == name:
            return job
    raise JobError(f"there is no job named {name}: say one of {', '.join(job.name for job in JOBS)}")
