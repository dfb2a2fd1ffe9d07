"""Which dates a job has, and when its clock strikes."""

import datetime as dt

import pytest

from policy.clocks import SHANGHAI
from scheduler import JOBS, JobError, SchedulerService, find
from store import Database
from tests.scoring.scene import Scene


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def test_a_draw_strikes_at_six_on_working_days_only() -> None:
    draw = find("draw")
    # 2026-10-01 to 10-07 is 国庆; 2026-10-10 is a Saturday worked in exchange.
    dates = list(draw.due_dates(at("2026-10-12T06:00"), dt.date(2026, 9, 30)))
    assert dates == [dt.date(2026, 9, 30), dt.date(2026, 10, 8), dt.date(2026, 10, 9), dt.date(2026, 10, 10),
                     dt.date(2026, 10, 12)]


def test_a_draw_is_not_due_a_minute_before_six() -> None:
    assert list(find("draw").due_dates(at("2026-11-23T05:59"), dt.date(2026, 11, 23))) == []


def test_a_freeze_strikes_on_the_evening_before_its_date() -> None:
    freeze = find("freeze")
    assert freeze.due_at(dt.date(2026, 11, 23)) == at("2026-11-22T18:00")
    assert list(freeze.due_dates(at("2026-11-22T18:00"), dt.date(2026, 11, 23))) == [dt.date(2026, 11, 23)]


def test_the_freeze_after_a_holiday_strikes_on_its_last_evening() -> None:
    assert find("freeze").due_at(dt.date(2026, 10, 8)) == at("2026-10-07T18:00")


def test_a_score_has_every_day() -> None:
    dates = list(find("score").due_dates(at("2026-10-04T02:00"), dt.date(2026, 10, 1)))
    assert [day.day for day in dates] == [1, 2, 3, 4]


def test_jobs_of_one_day_come_in_the_order_of_their_work() -> None:
    day = dt.date(2026, 11, 23)
    struck = sorted(JOBS, key=lambda job: job.due_at(day))
    assert [job.name for job in struck] == ["plan", "tau", "freeze", "rollup", "findings", "credit", "deadlines",
                                          "score", "retention", "supervision", "model", "draw", "review_sample"]


def test_a_monthly_job_has_the_first_of_each_month_alone() -> None:
    dates = list(find("model").due_dates(at("2026-03-01T04:00"), dt.date(2026, 1, 2)))
    assert dates == [dt.date(2026, 2, 1), dt.date(2026, 3, 1)]


def test_a_plan_is_drafted_three_working_days_before_its_month() -> None:
    plan = find("plan")
    assert plan.due_at(dt.date(2026, 10, 1)) == at("2026-09-28T09:00")
    assert plan.due_at(dt.date(2026, 3, 1)) == at("2026-02-26T09:00"), "28 February is a swapped working day"
    assert list(plan.due_dates(at("2026-09-28T09:00"), dt.date(2026, 9, 20))) == [dt.date(2026, 10, 1)]
    assert list(plan.due_dates(at("2026-09-28T08:59"), dt.date(2026, 9, 20))) == []


def test_an_unknown_job_is_named_with_those_there_are() -> None:
    with pytest.raises(JobError, match="no job named drawe: say one of rollup, findings, credit, deadlines, score, "
                                       "supervision, review_sample, retention, model, plan, tau, draw, freeze"):
        find("drawe")


def test_the_watch_looks_for_findings_and_a_failure_does_not_stop_it(db: Database,
                                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        panel = scene.device(scene.unit(), "uitd")
        scene.event(panel, "system_off", at("2026-11-20T09:00"))
    service = SchedulerService(db, lambda: at("2026-11-23T09:00").astimezone(dt.UTC))
    service._look_for_findings()
    assert db.rows("select rule, found_at from findings") == [
        {"rule": "system_off", "found_at": at("2026-11-23T09:00")}]
    # The ledger has a row a day for it, not one for each look.
    assert db.rows("select * from job_runs") == []

    def fails(*_: object) -> None:
        raise JobError("the database is away")

    monkeypatch.setattr("scheduler.jobs.findings", fails)
    service._look_for_findings()
