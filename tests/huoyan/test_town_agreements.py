"""The demo's towns may do what they do, by agreements over the whole record; a draw takes no town officer without."""

from __future__ import annotations

import datetime as dt

from casework.supervision import detectors
from huoyan.embedded import town_agreements
from sampling import freeze
from sampling.parameters import Parameters
from store import Database
from tests.casework.city import DAY, build_city, moment
from tests.casework.test_delegation import visit

NOW = moment(DAY, 20)


def loads(db: Database, day: dt.date) -> dict[str, int]:
    with db.connection() as connection:
        found = freeze.read(connection, day, Parameters.on(day)).officers
    return {officer.officer_no: officer.load for officer in found}


def test_a_draw_takes_officers_of_a_town_on_days_of_its_agreement_alone(db: Database) -> None:
    build_city(db)
    assert loads(db, DAY) == {"B1": 2, "B2": 2, "B3": 2, "B4": 2, "T1": 0, "T2": 0, "T3": 0}
    assert town_agreements.sign(db, NOW, 365) == 2
    assert loads(db, DAY)["T1"] == 2
    assert loads(db, DAY - dt.timedelta(days=365))["T1"] == 2
    last = db.row("select max(to_day) as day from agreements")
    assert last
    assert [loads(db, last["day"] + dt.timedelta(days=after))["T1"] for after in (0, 1)] == [2, 0]
    db.rows("update agreements set ended_on = %s, ended_why = 'x' where to_day = %s returning 1", [DAY, last["day"]])
    assert loads(db, DAY)["T1"] == 0


def test_agreements_of_the_demo_cover_its_record_are_filed_in_time_and_are_signed_once(db: Database) -> None:
    build_city(db)
    town_agreements.sign(db, NOW, 365)
    assert town_agreements.sign(db, NOW, 365) == 0
    assert db.row("select count(*) as n from agreements where note = '模拟数据'") == {"n": 2}
    assert db.rows("select from clocks where rule = 'delegation.filing'"
                   " and (done_at is null or done_at > due_at)") == []
    for days in (0, 200, 365):
        day = DAY - dt.timedelta(days=days)
        visit(db, "U2", "exits.blocked", day=day, now=NOW, kind="campaign")
    detectors.run(db, DAY + dt.timedelta(days=1), NOW + dt.timedelta(days=1), since=DAY - dt.timedelta(days=400))
    assert db.rows("select from supervision_findings where detector = 'beyond_power'") == []
