"""Entering what a visit found, by page and by API, and what it does to the next score."""

import datetime as dt
from typing import Any

import scoring.nightly
from tests.api import district
from tests.api.conftest import House

SHEET = {"responsible_person": "王某", "accompanied_by": "李某"}
PHOTO = {"uri": "file://evidence/1.jpg", "sha256": "a" * 64}
HAZARD = {"item_code": "X01", "handling": "ordered", "due_on": "2026-12-20"}


def _planned(house: House, unit_no: str = "U0003") -> dict[str, Any]:
    """A visit that is planned whatever the draw has picked."""
    row = house.db.row("""select inspection_id, inspection_no, unit_id from inspections join units using (unit_id)
        where inspections.status = 'planned' and unit_no = %s""", [unit_no])
    assert row
    return row


def _result(**changes: Any) -> dict[str, Any]:
    return {"started_at": "2026-12-07T09:00", "ended_at": "2026-12-07T09:50", "result": "hazards_ordered",
            "hazards": [HAZARD], "sheet": SHEET, "evidence": [PHOTO], **changes}


def test_a_result_is_entered_once_and_moves_the_next_score(house: House) -> None:
    visit = _planned(house)
    client = house.client("brigade")
    answer = client.post(f"/api/v1/inspections/{visit['inspection_id']}/result", json=_result())
    assert answer.status_code == 201, answer.text
    recorded = answer.json()
    assert recorded["inspection_no"] == visit["inspection_no"]
    assert len(recorded["orders"]) == 1
    assert recorded["next_score"] != recorded["score_before"]
    again = client.post(f"/api/v1/inspections/{visit['inspection_id']}/result", json=_result())
    assert again.status_code == 409
    assert visit["inspection_no"] in again.json()["error"]
    shown = client.get(f"/api/v1/inspections/{visit['inspection_id']}").json()
    assert (shown["status"], shown["result"], len(shown["hazards"])) == ("done", "hazards_ordered", 1)
    stored = house.db.row("select entered_by from inspections where inspection_id = %s", [visit["inspection_id"]])
    assert stored == {"entered_by": "brigade"}


def test_the_next_score_is_the_one_that_the_night_gives(house: House) -> None:
    visit = _planned(house)
    address = f"/api/v1/inspections/{visit['inspection_id']}/result"
    recorded = house.client("brigade").post(address, json=_result()).json()
    tomorrow = district.DAY + dt.timedelta(days=1)
    scoring.nightly.run(house.db, tomorrow)
    row = house.db.row("select score from scores where unit_id = %s and as_of = %s", [visit["unit_id"], tomorrow])
    assert row
    assert row["score"] == recorded["next_score"]


def test_an_unplanned_visit_names_its_unit_and_officers(house: House) -> None:
    entry = {"unit_no": "U0001", "kind": "complaint",
             "result": _result(officers=[{"officer_no": "O0", "role": "lead"}, {"officer_no": "O1", "role": "member"}])}
    client = house.client("brigade")
    answer = client.post("/api/v1/inspections", json=entry)
    assert answer.status_code == 201, answer.text
    assert client.post("/api/v1/inspections", json=entry).status_code == 409
    unknown = client.post("/api/v1/inspections", json={**entry, "unit_no": "U9999"})
    assert unknown.status_code == 404
    assert "U9999" in unknown.json()["error"]


def test_a_foreign_unit_can_not_be_entered(house: House) -> None:
    entry = {"unit_no": "U2001", "kind": "complaint",
             "result": _result(officers=[{"officer_no": "O8", "role": "lead"}, {"officer_no": "O9", "role": "member"}])}
    assert house.client("brigade").post("/api/v1/inspections", json=entry).status_code == 404
    visit = _planned(house, "U2003")
    answer = house.client("brigade").post(f"/api/v1/inspections/{visit['inspection_id']}/result", json=_result())
    assert answer.status_code == 404
    assert house.db.row("select status from inspections where inspection_id = %s",
                        [visit["inspection_id"]]) == {"status": "planned"}


def test_an_officer_enters_only_the_visits_it_made(house: House) -> None:
    own, others = (_planned(house, unit)["inspection_id"] for unit in ("U0003", "U0005"))
    client = house.client("officer")
    refused = client.post(f"/api/v1/inspections/{others}/result", json=_result())
    assert refused.status_code == 403
    assert "officers of the visit" in refused.json()["error"]
    assert client.post(f"/api/v1/inspections/{own}/result", json=_result()).status_code == 201
    mine = client.get("/api/v1/inspections?state=all&mine=true&limit=500").json()["inspections"]
    assert own in [visit["inspection_id"] for visit in mine]
    assert others not in [visit["inspection_id"] for visit in mine]


def test_a_result_that_can_not_be_taken_leaves_nothing_behind(house: House) -> None:
    visit = _planned(house)
    address = f"/api/v1/inspections/{visit['inspection_id']}/result"
    client = house.client("brigade")
    for change, named in (({"result": "pass"}, "pass"), ({"hazards": [{**HAZARD, "item_code": "NONE"}]}, "NONE"),
                          ({"started_at": "2026-12-08T09:00", "ended_at": "2026-12-08T10:00"}, "future"),
                          ({"hazards": [{**HAZARD, "due_on": "2026-12-01"}]}, "2026-12-01")):
        answer = client.post(address, json=_result(**change))
        assert answer.status_code in (400, 404), answer.text
        assert named in answer.json()["error"]
    for change, named in (({"started_at": "noon"}, "started_at"), ({"colour": "red"}, "colour"),
                          ({"hazards": [{"item_code": "X01"}]}, "hazards.0.handling")):
        answer = client.post(address, json=_result(**change))
        assert answer.status_code == 422, answer.text
        assert named in answer.json()["error"]
    assert house.db.row("select status from inspections where inspection_id = %s",
                        [visit["inspection_id"]]) == {"status": "planned"}
    assert house.db.row("select count(*) as n from hazards where found_on = '2026-12-07'") == {"n": 0}


def test_the_page_keeps_what_was_typed_when_it_is_refused(house: House) -> None:
    client, proof = house.browser_like("brigade")
    visit = _planned(house)
    address = f"/inspections/{visit['inspection_id']}"
    form = {"csrf": proof, "day": "2026-12-07", "started": "09:00", "ended": "08:00", "lead": "O2", "second": "O3",
            "item_code": ["X01", ""], "handling": ["ordered", "recorded"], "due_on": ["2026-12-20", ""],
            "major": ["no", "no"], **SHEET, "note": "楼梯间堆放杂物"}
    refused = client.post(address, data=form)
    assert refused.status_code == 400
    assert "检查结束时间 2026-12-07 08:00 早于开始时间" in refused.text
    assert "楼梯间堆放杂物" in refused.text
    assert '<option value="X01" selected>' in refused.text
    done = client.post(address, data={**form, "ended": "09:40"})
    assert done.status_code == 303, done.text
    page = client.get(done.headers["location"]).text
    assert "下一次评分" in page
    assert "data-next-score" in page
    assert "疏散通道被堵塞" in page


def test_an_earlier_hazard_is_closed_by_the_visit_that_found_it_corrected(house: House) -> None:
    row = house.db.row("""select u.unit_id, u.unit_no, h.hazard_id from hazards h join units u using (unit_id)
        where u.area_code like '990101%%' and h.corrected_on is null and not exists
            (select from draw_visits v where v.unit_id = u.unit_id) order by h.hazard_id limit 1""")
    assert row
    client, proof = house.browser_like("brigade")
    page = client.get(f"/inspections/new?unit_id={row['unit_id']}").text
    assert f'name="corrected" value="{row["hazard_id"]}"' in page
    answer = client.post("/inspections/new", data={
        "csrf": proof, "unit_id": row["unit_id"], "kind": "reinspection", "day": "2026-12-07", "started": "09:00",
        "ended": "09:20", "lead": "O0", "second": "O1", "corrected": [row["hazard_id"]], **SHEET,
        "evidence_uri": [PHOTO["uri"]], "evidence_sha256": [PHOTO["sha256"]]})
    assert answer.status_code == 303, answer.text
    stored = house.db.row("select corrected_on from hazards where hazard_id = %s", [row["hazard_id"]])
    assert stored == {"corrected_on": district.DAY}


def test_a_visit_that_could_not_be_made_stays_on_record(house: House) -> None:
    visit = _planned(house)
    client, proof = house.browser_like("brigade")
    refused = client.post(f"/inspections/{visit['inspection_id']}/not-possible", data={"csrf": proof, "reason": " "})
    assert refused.status_code == 400
    done = client.post(f"/inspections/{visit['inspection_id']}/not-possible", data={"csrf": proof, "reason": "已搬迁"})
    assert done.status_code == 303
    page = client.get(f"/inspections/{visit['inspection_id']}").text
    assert "未能检查" in page
    assert "已搬迁" in page
    again = house.client("brigade").post(f"/api/v1/inspections/{visit['inspection_id']}/not-possible",
                                         json={"reason": "x"})
    assert again.status_code == 409


def test_a_complaint_is_taken_down_checked_and_counts(house: House) -> None:
    client = house.client("town")
    entry = {"unit_no": "U0004", "received_at": "2026-12-07T08:00:00+08:00", "channel": "96119", "kind": "blocked_exit"}
    taken = client.post("/api/v1/complaints", json=entry)
    assert taken.status_code == 201, taken.text
    assert taken.json()["check_by"] == "2026-12-08T00:00:00Z"
    address = f"/api/v1/complaints/{taken.json()['complaint_no']}/check"
    checked = client.post(address, json={"checked_at": "2026-12-07T09:00:00+08:00", "verified": True})
    assert checked.status_code == 201
    assert checked.json()["in_time"]
    assert checked.json()["next_score"] is not None
    assert client.post(address, json={"checked_at": "2026-12-07T09:00:00+08:00", "verified": True}).status_code == 409
    assert client.post("/api/v1/complaints", json={**entry, "unit_no": "U2001"}).status_code == 404
    assert house.client("far").post(address, json={"checked_at": "2026-12-07T09:00:00+08:00",
                                                   "verified": False}).status_code == 404


def test_a_penalty_is_entered_and_posts_its_points(house: House) -> None:
    client = house.client("brigade")
    entry = {"unit_no": "U0001", "decided_on": "2026-12-04", "kind": "fine", "article": "消防法60",
             "officers": ["O0", "O1"],
             "amount_yuan": 8000}
    answer = client.post("/api/v1/penalties", json=entry)
    assert answer.status_code == 201, answer.text
    posted = house.db.row("select points::float8 as points from credit_entries where event_ref = %s",
                          [answer.json()["case_no"]])
    assert posted
    assert posted["points"] < 0
    assert client.post("/api/v1/penalties", json={**entry, "officers": ["O0"]}).status_code == 400
    assert client.post("/api/v1/penalties", json={**entry, "unit_no": "U2001"}).status_code == 404
