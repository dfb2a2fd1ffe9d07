"""The targeted share of a month: decided once with its evidence, and all draws of the month go by it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import orjson
import psycopg
import pytest

from sampling import freeze, tau_month
from sampling.parameters import Parameters
from sampling.population import Lift
from sampling.share import tau
from scheduler import find
from tests.sampling.city import LATE, LATE_EVENING, brigade, city, store, unit

FIRST = dt.date(2026, 12, 1)
SHOWN = Lift(90, 2.4, 2.0)


def stored(db):
    store(db, replace(city(1, units=0), units=[unit(n) for n in range(40)], officers=[brigade(n) for n in range(4)]),
          scores_as_of=dt.date(2026, 12, 20))


def decided(db, monkeypatch, shown):
    monkeypatch.setattr(tau_month, "lift_before", lambda connection, day, top: shown)
    return tau_month.run(db, FIRST, dt.datetime(2026, 11, 30, 9, 30, tzinfo=dt.UTC))


def test_the_share_of_a_month_is_decided_once_and_kept_with_its_evidence(db, monkeypatch):
    bounds = Parameters.on(FIRST).tau
    told = decided(db, monkeypatch, SHOWN)
    assert told == {"month": "2026-12", "tau": tau(SHOWN, bounds), "results": 90, "lift": 2.4, "lower": 2.0}
    assert bounds["floor"] < told["tau"] < bounds["ceiling"]
    assert decided(db, monkeypatch, None) == told, "a decision stands"
    with db.connection() as connection:
        (row,) = tau_month.history(connection)
    assert (row["bounds"], row["month"]) == (dict(bounds), FIRST)
    with pytest.raises(psycopg.errors.RestrictViolation), db.connection() as connection:
        connection.execute("delete from tau_months")


def test_draws_of_the_month_go_by_its_record_and_their_bundles_hold(db, monkeypatch):
    stored(db)
    told = decided(db, monkeypatch, SHOWN)
    monkeypatch.setattr(tau_month, "lift_before", lambda *_: pytest.fail("the month's record is there"))
    detail = freeze.run(db, LATE, LATE_EVENING, entropy=["witness"])
    frame = orjson.loads(db.row("select frame from draws")["frame"])
    assert frame["tau"]["earned"] == told["tau"]
    assert frame["tau"]["lift"] == {"results": 90, "value": 2.4, "lower": 2.0}
    assert "tau_note" not in detail


def test_a_month_without_a_record_is_computed_at_the_freeze_and_says_so(db):
    stored(db)
    detail = freeze.run(db, LATE, LATE_EVENING, entropy=["witness"])
    assert detail["tau_note"] == "there is no decision on the targeted share of 2026-12: it was computed at the freeze"


def test_a_month_without_results_keeps_the_start(db, monkeypatch):
    told = decided(db, monkeypatch, None)
    assert (told["tau"], told["results"], told["lift"]) == (Parameters.on(FIRST).tau["start"], 0, None)
    with db.connection() as connection:
        assert tau_month.evidence(connection, dt.date(2026, 12, 24), 1 / 3) is None


def test_the_job_strikes_before_the_freeze_for_the_first(db):
    job, other = find("tau"), find("freeze")
    assert job.has(FIRST)
    assert not job.has(LATE)
    assert job.due_at(FIRST) < other.due_at(FIRST)
    assert job.run(db, FIRST, LATE_EVENING)["month"] == "2026-12"
