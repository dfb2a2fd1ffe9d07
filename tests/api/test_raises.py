"""An officer enters a serious finding in the afternoon: this evening's freeze for tomorrow already counts it."""

from __future__ import annotations

import datetime as dt

import orjson

import sampling.freeze
from sampling.frames import View
from tests.api import district
from tests.api.conftest import House

TOMORROW = district.DAY + dt.timedelta(days=1)
AT_SIX = dt.datetime(2026, 12, 7, 10, 0, tzinfo=dt.UTC)
AT_THREE = {"started_at": "2026-12-07T09:00", "ended_at": "2026-12-07T09:50", "result": "hazards_ordered",
            "hazards": [{"item_code": "X01", "handling": "ordered", "due_on": "2026-12-20", "severity": "serious"}],
            "sheet": {"responsible_person": "王某", "accompanied_by": "李某"}}


def _frozen(house: House, unit_no: str, day: dt.date) -> dict[str, object]:
    row = house.db.row("select frame from draws where draw_date = %s", [day])
    assert row
    view = View(orjson.loads(row["frame"]))
    return view.row(view.at(unit_no))


def _calm(house: House) -> dict[str, object]:
    """A unit of the lowest class that there is, with its class."""
    row = house.db.row("""select u.unit_id, u.unit_no, s.risk_class from scores s join units u using (unit_id)
        where s.as_of = %s and u.area_code like '990101%%' and s.risk_class < 'D'
        order by s.risk_class, s.score, u.unit_no limit 1""", [district.DAY])
    assert row
    return row


def test_a_serious_finding_of_the_afternoon_is_in_the_frame_of_the_evening(house: House) -> None:
    unit = _calm(house)
    client = house.client("administrator")
    entry = {"unit_no": unit["unit_no"], "kind": "complaint", "result": AT_THREE | {
        "officers": [{"officer_no": "O0", "role": "lead"}, {"officer_no": "O1", "role": "member"}]}}
    answer = client.post("/api/v1/inspections", json=entry)
    assert answer.status_code == 201, answer.text
    assert answer.json()["raised_to"] > unit["risk_class"]
    page = client.get(f"/units/{unit['unit_id']}").text
    assert "当日提级" in page
    assert "检查发现严重隐患" in page
    frozen = sampling.freeze.run(house.db, TOMORROW, AT_SIX)
    assert frozen["raised"] == 0, "it was raised when it was entered"
    assert _frozen(house, str(unit["unit_no"]), TOMORROW)["class"] == answer.json()["raised_to"]
    assert _frozen(house, str(unit["unit_no"]), district.DAY)["class"] == unit["risk_class"]


def test_what_reached_the_record_by_another_way_is_raised_by_the_freeze(house: House) -> None:
    unit = _calm(house)
    with house.db.connection() as connection:
        for number in range(2):
            connection.execute("insert into penalties (case_no, unit_id, decided_on, kind, article) "
                               "values (%s, %s, %s, 'warning', '60')", [f"PX{number}", unit["unit_id"], district.DAY])
    assert sampling.freeze.run(house.db, TOMORROW, AT_SIX)["raised"] >= 1
    assert str(_frozen(house, str(unit["unit_no"]), TOMORROW)["class"]) > str(unit["risk_class"])
    row = house.db.row("select rule, event_kind from class_raises where unit_id = %s", [unit["unit_id"]])
    assert row == {"rule": "penalties_2_in_12m", "event_kind": "penalty"}
