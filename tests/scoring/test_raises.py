"""Classes raised on the day of an event: by which rule, for how long, and never down."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest

from scoring import nightly, raises
from store import Database
from tests.scoring.scene import Scene, at

DAY = dt.date(2026, 3, 2)
TOMORROW = DAY + dt.timedelta(days=1)
AFTERNOON = at("2026-03-02", 15)


def scored(db: Database) -> dict[str, int]:
    """Units of a district on the morning of the day, one with a penalty in the year."""
    with db.connection() as connection:
        scene = Scene(connection)
        units = {name: scene.unit(name, kind="office") for name in ("CALM", "FINED", "OTHER")}
        scene.visit(units["CALM"], "2026-01-05")
        scene.penalty(units["FINED"], "2025-10-01")
    nightly.run(db, DAY)
    return units


def class_of(db: Database, unit_id: int, day: dt.date = DAY) -> str:
    row = db.row("select risk_class from scores where unit_id = %s and as_of = %s", [unit_id, day])
    assert row
    return str(row["risk_class"])


def test_a_serious_finding_raises_by_one_class_for_the_days_of_the_rule(db: Database) -> None:
    units = scored(db)
    with db.connection() as connection:
        Scene(connection).visit(units["CALM"], "2026-03-02", "serious")
    made = raises.run(db, AFTERNOON)
    assert [(one.unit_id, one.rule, one.from_class, one.to_class) for one in made[:1]] == [
        (units["CALM"], "serious_found", "A", "B")]
    assert (made[0].from_day, made[0].until_day) == (TOMORROW, TOMORROW + dt.timedelta(days=179))
    assert raises.run(db, AFTERNOON) == [], "an event raises once"
    nightly.run(db, TOMORROW)
    assert class_of(db, units["CALM"], TOMORROW) >= "B"
    with db.connection() as connection:
        held = raises.listed(connection, units["CALM"])
        assert held[-1]["inspection_id"] is not None
        assert raises.in_force(connection, DAY) == {}, "the day of the event itself keeps its class"


@pytest.mark.row(59)
def test_a_second_penalty_within_a_year_raises_and_the_night_gives_the_same(db: Database) -> None:
    units = scored(db)
    before = class_of(db, units["FINED"])
    with db.connection() as connection:
        scene = Scene(connection)
        scene.penalty(units["FINED"], "2026-03-02")
        scene.penalty(units["OTHER"], "2026-03-02", kind="warning")
    made = [one for one in raises.run(db, AFTERNOON) if one.unit_id == units["FINED"]]
    assert [(one.rule, one.event_kind) for one in made] == [("penalties_2_in_12m", "penalty")]
    assert made[0].from_class == before
    assert made[0].to_class > before
    assert made[0].until_day == TOMORROW
    nightly.run(db, TOMORROW)
    assert class_of(db, units["FINED"], TOMORROW) == made[0].to_class


def test_a_minor_finding_and_what_the_scores_knew_raise_nothing(db: Database) -> None:
    units = scored(db)
    with db.connection() as connection:
        Scene(connection).visit(units["OTHER"], "2026-03-02", "minor")
        connection.execute("update inspections set entered_at = '2026-03-01' where inspected_on < '2026-03-02'")
    assert [one for one in raises.run(db, AFTERNOON) if one.rule == "serious_found"] == []
    assert all(one.to_class > one.from_class for one in raises.run(db, AFTERNOON))


def test_without_scores_there_is_no_class_to_raise(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        scene.visit(scene.unit(), "2026-03-02", "critical")
    assert raises.run(db, AFTERNOON) == []


def test_a_raise_is_never_changed_and_never_lowers(db: Database) -> None:
    units = scored(db)
    with db.connection() as connection:
        Scene(connection).visit(units["CALM"], "2026-03-02", "critical")
    assert raises.run(db, AFTERNOON)
    for sentence in ("update class_raises set to_class = 'D'", "delete from class_raises"):
        with pytest.raises(psycopg.errors.RestrictViolation), db.connection() as connection:
            connection.execute(sentence)
    with pytest.raises(psycopg.errors.CheckViolation), db.connection() as connection:
        connection.execute("insert into class_raises (unit_id, from_class, to_class, rule, event_kind, event_ref, "
                           "from_day, until_day, raised_at) values (%s, 'C', 'B', 'x', 'penalty', 'P', %s, %s, now())",
                           [units["CALM"], TOMORROW, TOMORROW])
