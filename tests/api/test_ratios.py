"""Why today's split is what it is, on page and as JSON, and for one unit."""

from __future__ import annotations

import datetime as dt

import orjson

import sampling.tau_month
from tests.api import district
from tests.api.conftest import House


def test_the_story_of_a_day_is_told_from_its_frame(shown: House) -> None:
    told = shown.client("officer").get(f"/api/v1/ratios/explain?day={district.DAY}").json()
    row = shown.db.row("select frame from draws where draw_date = %s", [district.DAY])
    assert row
    frame = orjson.loads(row["frame"])
    chapters = {chapter["code"]: chapter for chapter in told["chapters"]}
    assert told["frozen"]
    assert chapters["tau"]["numbers"]["value"] == frame["tau"]["value"]
    assert chapters["left_out"]["numbers"]["units"] == len(frame["units"]["unit_no"])
    page = shown.client("officer").get(f"/ratios?day={district.DAY}").text
    assert chapters["duties"]["zh"][0] in page


def test_a_unit_is_told_to_those_who_see_it(shown: House) -> None:
    row = shown.db.row("select unit_no from units where area_code like '990102%%' order by unit_no limit 1")
    assert row
    address = f"/api/v1/ratios/explain?day={district.DAY}&unit={row['unit_no']}"
    told = shown.client("administrator").get(address).json()
    assert [chapter["code"] for chapter in told["chapters"]] == ["unit"]
    assert shown.client("town").get(address).status_code == 404


def test_months_are_listed_with_their_evidence(house: House) -> None:
    assert house.client("brigade").get("/api/v1/ratios/months").json() == []
    sampling.tau_month.run(house.db, dt.date(2026, 12, 1), district.NOW)
    (month,) = house.client("brigade").get("/api/v1/ratios/months").json()
    assert (month["month"], month["decided_by"], month["tau"]) == ("2026-12-01", "scheduler", 0.2)
    assert "2026-12" in house.client("brigade").get("/ratios").text
