"""A made-up day of casework entered through REST alone, as docs/api.md shows it, and then seen on the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from store import Database
from tests.api.conftest import House, house_on

SHEET = {"responsible_person": "王某", "accompanied_by": "李某"}
PHOTO = {"uri": "file://evidence/1.jpg", "sha256": "a" * 64, "kind": "video", "seconds": 4200}
TEAM = [{"officer_no": "O0", "role": "lead"}, {"officer_no": "O1", "role": "member"}]


@pytest.fixture(scope="module")
def district(copied: Callable[[], AbstractContextManager[str]]) -> Iterator[House]:
    """One district for the whole day: each test goes on where the one before ended, on units of its own."""
    with copied() as url, Database(url, max_size=4) as db, house_on(db) as house:
        yield house


def visit(client: httpx.Client, unit_no: str, kind: str, **changes: Any) -> dict[str, Any]:
    result = {"started_at": "2026-12-07T08:30", "ended_at": "2026-12-07T09:10", "result": "pass", "officers": TEAM,
              "sheet": SHEET, "evidence": [PHOTO], **changes}
    answer = client.post("/api/v1/inspections", json={"unit_no": unit_no, "kind": kind, "result": result})
    assert answer.status_code == 201, answer.text
    return dict(client.get(f"/api/v1/inspections/{answer.json()['inspection_id']}").json())


def post(client: httpx.Client, address: str, body: Any = None, status: int = 201) -> dict[str, Any]:
    answer = client.post(f"/api/v1{address}", json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


@pytest.mark.row(13)
def test_a_record_lacking_a_mandatory_field_is_refused_and_a_whole_one_prints(district: House) -> None:
    client = district.client("brigade")
    entry = {"unit_no": "U0006", "kind": "town", "result": {
        "started_at": "2026-12-06T23:40", "ended_at": "2026-12-07T00:20", "result": "hazards_ordered", "officers": TEAM,
        "hazards": [{"item_code": "X01", "handling": "ordered", "due_on": "2026-12-20"}], "sheet": SHEET}}
    refused = client.post("/api/v1/inspections", json=entry, headers={"accept-language": "zh"})
    assert (refused.status_code, refused.json()["error"]) == (
        400, "检查记录缺少必填项：被检查单位签字人（《消防监督检查规定》第十四条）")
    entry["result"]["sheet"] = {**SHEET, "signed_by": "李某"}  # type: ignore[index]
    done = post(client, "/inspections", entry)
    whole = client.get(f"/api/v1/inspections/{done['inspection_id']}").json()
    assert (whole["time_class"], whole["trigger"], whole["sheet"]["signed_by"]) == ("off_hours", "in_use", "李某")
    assert whole["items_version"] is not None
    assert whole["hazards"][0]["item_version"] is not None
    page = client.get(f"/inspections/{done['inspection_id']}/record").text
    for word in ("镇街消防安全检查记录", "王某", "李某", "错时检查", "疏散通道被堵塞", "责令限期改正", "检查人员签名"):
        assert word in page


@pytest.mark.row(101)
def test_a_reinspection_shows_the_old_answer_beside_the_new(district: House) -> None:
    client = district.client("brigade")
    first = visit(client, "U0007", "campaign", result="hazards_ordered", hazards=[
        {"item_code": "X01", "handling": "ordered", "due_on": "2026-12-20", "note": "东侧出口堆物",
         "evidence": [PHOTO]}])
    old = first["open_hazards"][-1]
    assert (old["note"], old["evidence"][0]["sha256"]) == ("东侧出口堆物", "a" * 64)
    form = client.get(f"/inspections/new?unit_id={first['unit_id']}&kind=reinspection").text
    assert "东侧出口堆物" in form
    again = visit(client, "U0007", "reinspection", started_at="2026-12-07T09:20",
                  ended_at="2026-12-07T09:50", rechecks=[
                      {"hazard_id": old["hazard_id"], "corrected": True, "note": "已清理",
                       "evidence": [{**PHOTO, "sha256": "b" * 64}]}])
    shown = next(one for one in again["compared"] if one["hazard_id"] == old["hazard_id"])
    assert (shown["note"], shown["new_note"], shown["corrected"]) == ("东侧出口堆物", "已清理", True)
    assert (shown["evidence"][0]["sha256"][0], shown["new_evidence"][0]["sha256"][0]) == ("a", "b")
    page = client.get(f"/inspections/{again['inspection_id']}").text
    assert "东侧出口堆物" in page
    assert "已清理" in page


@pytest.mark.row(56, 169, 197)
def test_visits_are_counted_by_what_set_them_off(district: House) -> None:
    client = district.client("brigade")
    address = "/api/v1/inspections/sources?first=2026-12-07&last=2026-12-07"
    before = {one["trigger"]: one["visits"] for one in client.get(address).json()["sources"]}
    assert list(before)[:5] == ["in_use", "monitoring", "discredit", "assigned", "complaint"]
    visit(client, "U0008", "complaint")
    visit(client, "U0009", "campaign", trigger="discredit")
    after = {one["trigger"]: one["visits"] for one in client.get(address).json()["sources"]}
    assert {code for code in after if after[code] != before[code]} == {"complaint", "discredit"}
    assert client.get("/api/v1/inspections/sources?first=2020-01-01&last=2026-12-07").status_code == 422


@pytest.mark.row(60, 61)
def test_a_complaint_goes_from_intake_to_reward(district: House) -> None:
    client, number = district.client("brigade"), ""
    taken = post(client, "/complaints", {
        "unit_no": "U0010", "received_at": "2026-12-07T08:00", "channel": "app", "kind": "facilities_off",
        "anonymous": False, "complainant": {"name": "赵某某", "phone": "13900000001"}})
    number = taken["complaint_no"]
    assert (taken["check_by"], taken["tell_by"]) == ("2026-12-08T00:00:00Z", "2026-12-27T15:59:59.999999Z")
    assert "先" not in post(client, f"/complaints/{number}/told", {"told_at": "2026-12-07T09:00", "how": "phone"}, 409)
    assert post(client, f"/complaints/{number}/check", {"checked_at": "2026-12-07T09:00", "verified": True})["in_time"]
    told = {"told_at": "2026-12-07T09:30", "how": "phone"}
    assert post(client, f"/complaints/{number}/told", told) == {"in_time": True}
    assert post(client, f"/complaints/{number}/reward", {"grant": True})["amount_yuan"] == 200
    assert post(client, f"/complaints/{number}/reward", {"grant": True}, 409)["error"]
    assert post(client, f"/complaints/{number}/reward/payment", {"paid_on": "2026-12-07"})["state"] == "paid"
    for address in ("/api/v1/complaints?state=all", f"/api/v1/complaints/{number}", "/complaints?state=all",
                    f"/complaints/{number}", "/api/v1/deadlines?limit=500"):
        assert "赵某某" not in client.get(address).text
    assert client.get(f"/api/v1/complaints/{number}/complainant").json()["name"] == "赵某某"
    assert district.client("administrator").get(f"/api/v1/complaints/{number}/complainant").status_code == 403
    log = district.client("administrator").get("/api/v1/audit?limit=100").text
    assert "complainant" in log
    assert "赵某某" not in log


@pytest.mark.parametrize("moment", ["2026-12-06", 1765000000])
def test_a_day_without_its_time_is_no_moment(district: House, moment: object) -> None:
    told = post(district.client("brigade"), "/complaints", {
        "unit_no": "U0011", "received_at": moment, "channel": "12345", "kind": "blocked_exit", "anonymous": True}, 422)
    assert told["error"] == "received_at: it must be a moment such as 2026-03-01T09:30+08:00"


def test_a_request_is_followed_to_its_end(district: House) -> None:
    client = district.client("brigade")
    number = post(client, "/visit-requests", {
        "unit_no": "U0011", "kind": "event", "received_at": "2026-12-07T08:00", "from_body": "公安分局",
        "held_from": "2026-12-20"})["request_no"]
    assert post(client, f"/visit-requests/{number}/handed-back", None, 409)["error"]
    made = visit(client, "U0011", "event")
    of = {"inspection_no": made["inspection_no"]}
    assert post(client, f"/visit-requests/{number}/visit", of) == {"decide_by": None}
    early = post(client, f"/visit-requests/{number}/handed-back", {"handed_back_at": "2026-12-07T09:00"}, 400)
    assert "dated between the end of the visit and now" in early["error"]
    assert post(client, f"/visit-requests/{number}/handed-back", {"handed_back_at": "2026-12-07T09:20"})[
        "handed_back_at"] == "2026-12-07T01:20:00Z"
    assert post(client, f"/visit-requests/{number}/withdrawal", {"reason": "取消"})["withdrawn_why"] == "取消"
    assert number in client.get("/visit-requests?state=all").text


@pytest.mark.row(54)
def test_a_result_is_decided_on_published_and_told(district: House) -> None:
    client = district.client("brigade")
    number = visit(client, "U0012", "campaign")["inspection_no"]
    assert number in client.get("/publications").text
    refused = post(client, f"/publications/{number}/publication", {"place": "platform"}, 409)
    assert "before the decision" in refused["error"]
    late = {"publish": True, "at": "2099-01-01T09:00"}
    assert post(client, f"/publications/{number}/decision", late, 400)["error"].endswith("the end of the visit and now")
    assert post(client, f"/publications/{number}/decision", {"publish": True})["decided_by"] == "brigade"
    assert post(client, f"/publications/{number}/publication", {"place": "platform"})["published_at"]
    assert post(client, f"/publications/{number}/told", {"told_at": "2026-12-07T09:30", "how": "visit"})["told_how"]
    assert district.client("officer").post(f"/api/v1/publications/{number}/decision",
                                           json={"publish": True}).status_code == 403


def test_what_is_due_is_listed_by_body_and_as_a_file(district: House) -> None:
    client = district.client("brigade")
    found = client.get("/api/v1/deadlines?limit=2").json()
    assert [row["state"] for row in found["rows"]] == ["late", "late"]
    assert {one["body"] for one in found["counts"]} == {"brigade"}
    more = client.get("/api/v1/deadlines", params={"limit": 2, "after": found["next"]}).json()
    assert more["rows"][0]["due_at"] >= found["rows"][-1]["due_at"]
    only = client.get("/api/v1/deadlines?rule=deadlines.complaint_check&state=late&area=990101").json()["rows"]
    assert {row["ref"] for row in only} == {"T-U0001", "T-U1001"}
    assert client.get(only[0]["link"]).status_code == 200
    lines = client.get("/api/v1/deadlines.csv?state=late").text.splitlines()
    assert lines[0].startswith("\ufeff状态,时限")
    assert len(lines) > 3
    page = client.get("/deadlines").text
    assert "举报投诉核查时限" in page
    assert "逾期" in page


def test_the_document_of_the_routes_names_every_field(district: House) -> None:
    told = district.client("brigade").get("/api/v1/openapi.json").json()
    for path, routes in told["paths"].items():
        if path.startswith(("/api/v1/complaints", "/api/v1/publications", "/api/v1/visit-requests", "/api/v1/orders",
                            "/api/v1/deadlines", "/api/v1/inspections")):
            for method, route in routes.items():
                good = next(code for code in route["responses"] if code.startswith("2"))
                shape = route["responses"][good].get("content", {}).get("application/json", {}).get("schema")
                assert good == "204" or path.endswith(".csv") or "$ref" in str(shape), (method, path)
