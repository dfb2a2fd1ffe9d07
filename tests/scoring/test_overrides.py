"""Overrides: what one does to the scores of a day, who is refused what, and whether they helped."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import psycopg
import pytest

from casework.errors import CaseworkError
from scoring import nightly, override_record, override_results, overrides, scorecard
from scoring.errors import ScoringError
from scoring.override_record import OverrideForm
from scoring.override_results import Count, judge, wilson
from scoring.overrides import Override
from store import Database, HuoyanError
from tests.scoring.scene import Scene, at
from tests.scoring.test_scorecard import CARD, table

DAY = dt.date(2026, 3, 1)
NOW = at("2026-03-01", 10)
ONE = dt.timedelta(days=1)
CALM, WORSE = {"days_since_visit": 1.0}, {"days_since_visit": 1.0, "alarms_confirmed_90": 20.0, "open_hazards": 9.0}


def moved(units: list[dict[str, Any]], *moves: Override) -> tuple[scorecard.Scored, scorecard.Scored]:
    before = scorecard.score(table(*units), CARD)
    return before, overrides.apply(before, moves)


def test_a_move_changes_class_and_rank_and_leaves_the_score() -> None:
    before, after = moved([CALM, WORSE, CALM], Override(7, 3, "up", 1))
    assert after.score is before.score
    assert after.contributions() == before.contributions()
    assert (str(before.risk_class[2]), str(after.risk_class[2])) == ("A", "B")
    assert after.overridden == (None, None, (7, "A"))
    assert sorted(after.rank) == [1, 2, 3]
    assert after.rank[2] < after.rank[0]
    assert list(after.rank) == list(np.argsort(np.argsort(-after.standing())) + 1)
    assert before.overridden == ()


@pytest.mark.parametrize(("direction", "unit", "expected"), [
    ("down", CALM, "A"), ("up", CALM | {"major_open": 1}, "D"),
])
def test_there_is_no_class_beyond_the_last(direction: overrides.Direction, unit: dict[str, Any], expected: str) -> None:
    before, after = moved([unit], Override(1, 1, direction, 1))
    assert after is before
    assert str(after.risk_class[0]) == expected


@pytest.mark.parametrize(("facts", "held"), [
    ({"major_open": 1}, "D"), ({"overdue_hazards": 1}, "B"), ({"credit_list": "serious"}, "D"),
])
def test_no_move_lowers_a_unit_below_a_direct_condition(facts: dict[str, Any], held: str) -> None:
    before, after = moved([CALM | facts], Override(1, 1, "down", 3))
    assert str(before.risk_class[0]) == str(after.risk_class[0]) == held
    assert after.overridden == ()


def test_a_direct_condition_below_the_class_leaves_room_down_to_it() -> None:
    assert overrides.moved(CARD, "D", "D", [], "down", 1) == "C"
    assert overrides.moved(CARD, "D", "D", ["hazard_overdue"], "down", 1) == "D"
    assert overrides.moved(CARD, "B", "C", ["hazard_overdue"], "down", 3) == "C"
    assert overrides.moved(CARD, "A", "A", [], "up", 2) == "C"


def form(**fields: Any) -> OverrideForm:
    return OverrideForm(**{"direction": "up", "reason_code": "seen_on_site", "reason": "通道长期堵塞",
                           "until_day": dt.date(2026, 5, 1), **fields})


def class_of(db: Database, unit: int, day: dt.date) -> tuple[str, str | None, int | None]:
    row = db.row("select risk_class, class_before, override_id from scores where unit_id = %s and as_of = %s",
                 [unit, day])
    assert row
    return row["risk_class"], row["class_before"], row["override_id"]


def test_an_override_moves_the_days_it_holds_and_none_before_or_after(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit = scene.unit("U1")
        scene.unit("U2")
    nightly.run(db, DAY)
    plain = class_of(db, unit, DAY)[0]
    made = override_record.make(db, "U1", form(), "wang", role="officer", now=NOW)
    number = made["override_id"]
    assert (made["valid_from"], made["state"]) == (DAY + ONE, "to_come")
    raised = chr(ord(plain) + 1)
    nightly.run(db, DAY + ONE)
    assert class_of(db, unit, DAY) == (plain, None, None)
    assert class_of(db, unit, DAY + ONE) == (raised, plain, number)
    with db.connection() as connection:
        # It begins where no score stands yet, also where scores were made ahead of the day.
        assert override_record.first_day(connection, DAY) == DAY + 2 * ONE
    ended = override_record.withdraw(db, number, "已整改到位", "li", role="brigade", now=NOW + ONE)
    assert (ended["state"], ended["withdrawn_from"]) == ("in_force", DAY + 2 * ONE)
    nightly.run(db, DAY + 2 * ONE)
    assert class_of(db, unit, DAY + 2 * ONE) == (plain, None, None)
    # Made again, past days give what they gave: nothing that came later moves them.
    for day in (DAY, DAY + ONE, DAY + 2 * ONE):
        assert nightly.run(db, day, force=True)["written"] is False
    trace = db.rows("select actor, action, after ->> 'reason' as reason from audit_log where entity = 'override' "
                    "order by audit_id")
    assert trace == [{"actor": "wang", "action": "move_up", "reason": "通道长期堵塞"},
                     {"actor": "li", "action": "withdraw", "reason": "已整改到位"}]
    for statement in ("update overrides set reason = 'x'", "delete from overrides", "truncate override_withdrawals",
                      "delete from override_withdrawals"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"), db.connection() as connection:
            connection.execute(statement)
    with pytest.raises(psycopg.errors.CheckViolation, match="days_to_come"), db.connection() as connection:
        connection.execute("insert into overrides (unit_id, direction, classes, reason_code, reason, valid_from, "
                           "until_day, made_by, made_at) values (%s, 'up', 1, 'x', 'x', %s, %s, 'x', %s)",
                           [unit, DAY, DAY, NOW])


def test_a_day_scored_far_ahead_by_mistake_holds_no_move_and_no_withdrawal_up(db: Database) -> None:
    with db.connection() as connection:
        Scene(connection).unit("U1")
    for day in (DAY, DAY + ONE, dt.date(2062, 3, 1)):
        nightly.run(db, day)
    made = override_record.make(db, "U1", form(), "wang", role="officer", now=NOW)
    assert made["valid_from"] == DAY + 2 * ONE
    ended = override_record.withdraw(db, made["override_id"], "误操作", "li", role="brigade", now=NOW + 3 * ONE)
    assert ended["withdrawn_from"] == DAY + 4 * ONE


def test_what_can_not_be_is_refused_in_one_sentence(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        unit, held = scene.unit("U1"), scene.unit("U2")
        scene.unit("gone", status="closed")
        scene.listing(held, "serious", "2026-01-01")
        connection.execute("insert into officers (officer_no, name, body, area_codes) "
                           "values ('O1', '王', 'brigade', array['990101'])")
        connection.execute("insert into officer_recusals values ('O1', %s, '亲属')", [unit])

    def refused(sentence: str, unit_no: str = "U1", role: str = "brigade", officer: str | None = None,
                **fields: Any) -> None:
        with pytest.raises(HuoyanError, match=sentence) as caught:
            override_record.make(db, unit_no, form(**fields), "wang", role=role, officer_no=officer, now=NOW)
        assert isinstance(caught.value, ScoringError | CaseworkError)
        assert caught.value.zh

    refused("may not move a unit up", role="town")
    refused("recused", officer="O1")
    refused("by 1 to 1 classes", classes=2)
    refused("reason_code must be one of", reason_code="corrected")
    refused("at least 2 characters", reason="堵")
    refused("between 2026-03-02 and 2026-08-28", until_day=DAY + 400 * ONE)
    refused("between 2026-03-02", until_day=DAY)
    refused("there is no unit", unit_no="U9")
    refused("is closed", unit_no="gone")
    refused("direct condition", unit_no="U2", direction="down")
    refused("no class further up", unit_no="U2")
    assert db.rows("select * from overrides") == []
    made = override_record.make(db, "U1", form(), "wang", role="brigade", now=NOW)
    refused("moved already by wang")
    for fields, sentence in (({"role": "town"}, "may not withdraw"), ({"reason": "x"}, "at least"),
                             ({"officer_no": "O1"}, "recused"), ({"now": NOW + 100 * ONE}, "ended on 2026-05-01")):
        with pytest.raises(ScoringError, match=sentence):
            override_record.withdraw(db, made["override_id"], **{  # type: ignore[arg-type]
                "reason": "误操作", "actor": "li", "role": "brigade", "now": NOW, **fields})
    with pytest.raises(ScoringError, match="no override 99"):
        override_record.withdraw(db, 99, "误操作了", "li", role="brigade", now=NOW)


def test_results_compare_the_visits_of_moved_units_with_those_of_like_units(db: Database) -> None:
    with db.connection() as connection:
        scene = Scene(connection)
        units = [scene.unit(f"U{number}") for number in range(6)]
    nightly.run(db, DAY)
    for number in (0, 1):
        override_record.make(db, f"U{number}", form(), "wang", role="officer", now=NOW)
    nightly.run(db, DAY + ONE)
    with db.connection() as connection:
        scene = Scene(connection)
        scene.visit(units[0], "2026-03-02", "serious")
        scene.visit(units[1], "2026-03-02", "minor")
        scene.visit(units[1], "2026-03-02", "critical", kind="reinspection")
        scene.visit(units[2], "2026-03-02", "critical")
        scene.visit(units[3], "2026-03-02")
        scene.visit(units[4], "2026-03-01", "critical")
        found = override_results.results(connection, DAY + 2 * ONE)
        told = override_record.listed(connection, DAY + 2 * ONE, state="standing")
    assert [(one["unit_no"], one["visits"], one["found"]) for one in told] == [("U1", 1, 0), ("U0", 1, 1)]
    assert found.made == {"up": 2}
    whole, one_class, down = found.lines
    assert (whole.direction, whole.risk_class, one_class.risk_class, down.direction) == (
        "up", None, class_of(db, units[2], DAY)[0], "down")
    assert (whole.units, whole.visits, whole.found, whole.beside_visits, whole.beside_found) == (2, 2, 1, 2, 1)
    assert (whole.verdict, down.verdict, down.moved) == ("too_few", "too_few", None)


@pytest.mark.parametrize(("direction", "found", "verdict"), [
    ("up", 40, "helped"), ("up", 10, "unclear"), ("up", 0, "hurt"), ("down", 40, "hurt"), ("down", 0, "helped"),
])
def test_the_verdict_follows_the_interval_of_the_difference(direction: str, found: int, verdict: str) -> None:
    lines = {line.direction: line for line in judge([Count(direction, "B", 50, found, 400, 80)], 20)
             if line.risk_class is None}
    assert lines[direction].verdict == verdict
    assert lines["down" if direction == "up" else "up"].verdict == "too_few"
    difference = lines[direction].difference
    assert difference
    assert difference.low <= difference.value <= difference.high
    assert judge([Count(direction, "B", 19, 19, 400, 80)], 20)[0 if direction == "up" else 1].verdict == "too_few"


def test_units_beside_are_weighed_as_the_moved_ones_are() -> None:
    whole = judge([Count("up", "A", 90, 9, 1000, 100), Count("up", "C", 10, 5, 10, 5),
                   Count("up", "D", 3, 3, 0, 0)], 20)[0]
    assert whole.beside
    assert whole.beside.value == pytest.approx(.9 * .1 + .1 * .5)
    assert whole.difference
    assert whole.difference.value == pytest.approx(0)
    assert (whole.visits, whole.verdict) == (103, "unclear")


def test_wilsons_interval_is_the_published_one() -> None:
    # Newcombe 1998, 81 of 263: 0.2553 to 0.3662; none of 20: 0 to 0.1611.
    share = wilson(81, 263)
    assert (round(share.low, 4), round(share.high, 4)) == (.2553, .3662)
    none = wilson(0, 20)
    assert (none.low, round(none.high, 4)) == (0, .1611)
