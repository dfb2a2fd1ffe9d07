"""Delegation through REST, as a brigade, a town and another district meet it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from registry import bulk
from store import Database
from tests.api import district
from tests.api.conftest import House, house_on

TOWN, OTHER_TOWN = district.TOWNS[district.OURS]
AGREEMENT = {"regime": "delegated", "town_code": TOWN, "principal_code": district.OURS, "powers": ["inspect", "order"],
             "item_codes": ["X01", "X02"], "signed_on": "2026-12-01"}


def officers_of_the_town(db: Database) -> None:
    with db.connection() as connection:
        bulk.load(connection, "officers", [
            {"officer_no": number, "name": number, "body": body, "area_codes": [TOWN], "certificate_no": number,
             "certificate_from": dt.date(2020, 1, 1), "certificate_to": dt.date(2030, 1, 1), "can_lead": True,
             "skills": [], "daily_visits": 3}
            for number, body in (("T1", "town"), ("T2", "town"), ("P1", "police_station"), ("P2", "police_station"))])
        for officer in ("T1", "T2"):
            connection.execute("insert into training_days (officer_no, kind, held_on, hours, days, topic, made_by)"
                               " values (%s, 'pre_post', '2026-01-10', 8, 1, '岗前', 'x')", [officer])
            connection.execute("insert into officer_passes (officer_no, assessed_on, passed, assessed_by, made_by)"
                               " values (%s, '2026-01-12', true, 'x', 'x')", [officer])


@pytest.fixture(scope="module")
def towns(copied: Any) -> Iterator[House]:
    """The district with two officers of its first town who may act, and an agreement."""
    with copied() as url, Database(url, max_size=4) as db, house_on(db) as house:
        officers_of_the_town(db)
        answer = house.client("brigade").post("/api/v1/agreements", json=AGREEMENT)
        assert answer.status_code == 201, answer.text
        yield house


def enter(client: httpx.Client, unit: str, *items: str, hour: int = 9, kind: str = "daily", day: str = "2026-12-05",
          officers: tuple[str, str] = ("T1", "T2")) -> httpx.Response:
    """A visit that orders items to be corrected."""
    return client.post("/api/v1/inspections", json={"unit_no": unit, "kind": kind, "result": {
        "started_at": f"{day}T{hour:02d}:00", "ended_at": f"{day}T{hour:02d}:40",
        "result": "hazards_ordered" if items else "pass",
        "sheet": {"responsible_person": "王某", "accompanied_by": "李某", "signed_by": "王某"},
        "hazards": [{"item_code": item, "handling": "ordered", "due_on": "2026-12-06"} for item in items],
        "officers": [{"officer_no": officers[0], "role": "lead"}, {"officer_no": officers[1], "role": "member"}]}})


def test_the_agreement_is_read_as_documented(towns: House) -> None:
    (held,) = towns.client("town").get("/api/v1/agreements").json()["agreements"]
    assert (held["state"], held["to_day"], held["item_codes"], held["filings"]) == (
        "in_force", "2027-11-30", ["X01", "X02"], None)
    assert set(held["filing_due"]) == {"government", "brigade"}
    assert all(due.endswith("T15:59:59.999999Z") for due in held["filing_due"].values()), "moments as everywhere else"
    one = towns.client("town").get(f"/api/v1/agreements/{held['agreement_no']}").json()
    assert [scope["version"] for scope in one["scopes"]] == [1]
    answer = towns.client("town").post(f"/api/v1/agreements/{held['agreement_no']}/filings", json={
        "filed_with": "government", "filed_on": "2026-12-04", "receipt": "8"})
    assert answer.json() == {"in_time": True}
    assert towns.client("far").get("/api/v1/agreements").json()["agreements"] == []
    assert towns.client("far").get(f"/api/v1/agreements/{held['agreement_no']}").status_code == 404
    assert towns.client("far").post("/api/v1/agreements", json=AGREEMENT).status_code == 404


@pytest.mark.row(16)
def test_a_town_can_not_delegate_on_and_the_attempt_stays_on_record(towns: House) -> None:
    answer = towns.client("town").post("/api/v1/agreements", json=AGREEMENT)
    assert answer.status_code == 403
    assert "Art. 20" in answer.json()["error"]
    lines = towns.client("administrator").get("/api/v1/audit?entity=agreement").json()["lines"]
    assert [line["action"] for line in lines if line["actor"] == "town"][:1] == ["refused_subdelegation"]


@pytest.mark.row(8, 10, 30)
def test_a_town_acts_is_refused_and_its_referral_reaches_the_brigade(towns: House) -> None:
    town, brigade = towns.client("town"), towns.client("brigade")
    made = enter(town, "U0001", "X01")
    assert made.status_code == 201, made.text
    act = town.get(f"/api/v1/town-acts/inspection/{made.json()['inspection_no']}").json()
    assert (act["regime"], act["responsible"], act["principal_code"]) == ("delegated", "T1", district.OURS)
    refused = enter(town, "U0004", "X01")
    assert refused.status_code == 409
    assert "key unit" in refused.json()["error"]
    assert enter(town, "U0002", "X03").status_code == 409
    assert enter(town, "U0002", officers=("O2", "O3")).status_code == 409
    waiting = brigade.get("/api/v1/referrals?box=in").json()["referrals"]
    assert {row["reason"] for row in waiting} == {"key_unit", "item_not_listed"}
    number = waiting[0]["referral_no"]
    assert number in refused.json()["error"] or number == waiting[0]["referral_no"]
    assert town.post(f"/api/v1/referrals/{number}/acceptance", json={}).status_code == 403
    assert towns.client("far").post(f"/api/v1/referrals/{number}/acceptance", json={}).status_code == 404
    taken = brigade.post(f"/api/v1/referrals/{number}/acceptance", json={}).json()
    assert (taken["owner_body"], taken["state"], taken["in_time"]) == ("brigade", "accepted", True)
    assert brigade.post(f"/api/v1/referrals/{number}/acceptance", json={}).status_code == 409
    assert enter(town, "U0001", kind="reinspection", day="2026-12-07", hour=9).status_code == 201
    reasons = [row["reason"] for row in brigade.get("/api/v1/referrals?box=in").json()["referrals"]]
    assert reasons[0] == "uncorrected"


def test_a_referral_by_hand_and_the_limits_of_areas(towns: House) -> None:
    town = towns.client("town")
    entry = {"reason": "unlicensed", "place": "新街 7 号网吧", "from_code": TOWN, "from_body": "police_station",
             "to_code": district.OURS, "found_on": "2026-12-04", "send": False}
    found = town.post("/api/v1/referrals", json=entry).json()
    assert (found["state"], found["answer_by"]) == ("found", "2026-12-11T15:59:59.999999Z")
    # Found on another day it was answered with the first one, and its own day was lost.
    again = town.post("/api/v1/referrals?lang=zh", json=entry | {"found_on": "2026-12-01"})
    assert again.status_code == 409
    assert f"同一事项（2026-12-04 发现）已有移送 {found['referral_no']}，尚未答复" in again.json()["error"]
    other = town.post("/api/v1/referrals", json=entry | {"place": "新街 9 号网吧"})
    assert other.status_code == 201
    assert town.post(f"/api/v1/referrals/{found['referral_no']}/sending", json={}).json()["in_time"] is True
    assert town.post("/api/v1/referrals", json=entry | {"from_code": OTHER_TOWN}).status_code == 404
    assert town.post("/api/v1/referrals", json=entry | {"to_code": TOWN}).status_code == 400
    assert town.post("/api/v1/referrals", json=entry | {"place": ""}).status_code == 422
    assert "发现日期" in town.post("/api/v1/referrals?lang=zh", json=entry | {"found_on": "2027-01-01"}).json()["error"]


@pytest.mark.row(25, 26)
def test_an_act_is_closed_with_its_recording(towns: House) -> None:
    town = towns.client("town")
    path = f"/api/v1/town-acts/inspection/{enter(town, 'U0003', hour=14).json()['inspection_no']}"
    assert town.post(f"{path}/closing", json={"day": "2026-12-05"}).status_code == 409
    video = {"video_ref": "rec/1.mp4", "sha256": "0" * 64, "seconds": 60}
    assert town.post(f"{path}/video", json=video).status_code == 201
    closed = town.post(f"{path}/closing", json={"day": "2026-12-05"}).json()
    assert closed["archive_by"] == "2027-01-04T15:59:59.999999Z"
    assert town.post(f"{path}/archive", json={"day": "2026-12-07"}).json()["in_time"] is True
    assert path.rsplit("/", 1)[1] not in [row["ref"] for row in town.get("/api/v1/town-acts?state=open").json()["acts"]]


@pytest.mark.row(28)
def test_a_town_sees_the_brigades_penalties_of_its_units_and_no_others(towns: House) -> None:
    seen = towns.client("town").get("/api/v1/towns/penalties").json()["penalties"]
    assert "C-U0001" in [row["case_no"] for row in seen]
    assert {row["area_code"] for row in seen} == {TOWN}
    every = towns.client("brigade").get("/api/v1/towns/penalties").json()["penalties"]
    assert {row["case_no"] for row in every} > {row["case_no"] for row in seen}
    assert {row["area_code"] for row in every} == {TOWN, OTHER_TOWN}


def test_training_guidance_and_supervision_are_entered_as_documented(towns: House) -> None:
    brigade, town = towns.client("brigade"), towns.client("town")
    path = "/api/v1/towns/officers/T2"
    told = brigade.post(f"{path}/training", json={"kind": "special", "held_on": "2026-03-02", "hours": 4,
                                                  "topic": "文书"}).json()
    assert told == {"officer_no": "T2", "year": 2026, "days": 1.5}
    assert [row["topic"] for row in town.get(f"{path}/training").json()] == ["文书", "岗前"]
    entry = {"assessed_on": "2026-12-01", "passed": True, "score": 91, "assessed_by": "大队"}
    assert brigade.post(f"{path}/assessments", json=entry).status_code == 201
    assert towns.client("far").post(f"{path}/assessments", json=entry).status_code == 404
    assert towns.client("town").post(f"{path}/assessments", json=entry).status_code == 403
    answer = brigade.post(f"/api/v1/towns/{TOWN}/guidance", json={"visited_on": "2026-12-02", "officers": ["O2"],
                                                                  "note": "案卷"})
    assert answer.json() == {"town_code": TOWN, "quarter": "2026Q4"}
    assert brigade.get("/api/v1/towns/guidance").json()["towns_without"] == []
    budget = {"year": 2026, "amount_yuan": 50000, "document": "预算"}
    assert brigade.post(f"/api/v1/towns/{TOWN}/budget", json=budget).status_code == 201
    assert [row["town_code"] for row in brigade.get("/api/v1/towns/budgets").json()["towns_without"]] == [OTHER_TOWN]
    number = brigade.post("/api/v1/meeting-actions", json={
        "meeting": "联席会议", "held_on": "2026-11-01", "area_code": TOWN, "body": "town", "task": "报送",
        "due_on": "2026-12-01"}).json()["action_id"]
    assert [row["action_id"] for row in town.get("/api/v1/meeting-actions?state=overdue").json()] == [number]
    done = town.post(f"/api/v1/meeting-actions/{number}/done", json={"day": "2026-12-06", "result": "已报"})
    assert done.json() == {"in_time": False}
    fault = brigade.post("/api/v1/fault-cases", json={"town_code": TOWN, "officer_no": "T1", "found_on": "2026-12-01",
                                                      "fault": "迟录"}).json()["fault_id"]
    path = f"/api/v1/fault-cases/{fault}"
    assert brigade.post(f"{path}/closing", json={"day": "2026-12-02"}).status_code == 400
    assert brigade.post(f"{path}/decision", json={"day": "2026-12-02", "result": "提醒"}).status_code == 201
    assert brigade.post(f"{path}/closing", json={"day": "2026-12-02"}).status_code == 201
    state = town.get(f"/api/v1/towns/{TOWN}").json()
    assert {"agreements", "officers", "referrals", "acts", "clocks", "guidance", "budget", "digest"} <= set(state)
    assert town.get(f"/api/v1/towns/{OTHER_TOWN}").status_code == 404


def test_a_towns_page_shows_its_state_and_takes_entries(towns: House) -> None:
    client, proof = towns.browser_like("brigade")
    page = client.get(f"/towns/{TOWN}").text
    for word in ("委托协议与赋权", "检查", "移送未接收", "签订新协议"):
        assert word in page
    assert "签订新协议" not in towns.client("town").get(f"/towns/{TOWN}").text
    answer = client.post(f"/towns/{OTHER_TOWN}", data={
        "csrf": proof, "form": "agreement", "regime": "delegated", "powers": ["inspect"], "item_codes": ["X01"],
        "signed_on": "2026-12-01", "to_day": "2028-12-01"})
    assert answer.status_code == 400
    assert "最迟于 2027-11-30 到期" in answer.text
    form = {"csrf": proof, "form": "training", "officer_no": "T1", "kind": "special", "day": "2026-05-06",
            "hours": "8", "words": "电气"}
    assert client.post(f"/towns/{TOWN}", data=form).status_code == 303
    assert "无有效协议" in client.get("/towns").text
    assert enter(towns.client("town"), "U0008", "X01").status_code == 409
    boxed = client.get("/referrals?box=in").text
    assert "接收或退回" in boxed
    number = towns.client("brigade").get("/api/v1/referrals?box=in").json()["referrals"][0]["referral_no"]
    assert client.post(f"/referrals/{number}/return", data={"csrf": proof, "note": ""}).status_code == 400
    assert client.post(f"/referrals/{number}/acceptance", data={"csrf": proof, "note": ""}).status_code == 303
    assert client.post(f"/referrals/{number}/sending", data={"csrf": proof, "note": ""}).status_code == 403


@pytest.mark.row(98, 99, 101, 102)
def test_grid_leads_and_police_stations_as_documented(towns: House) -> None:
    town, brigade = towns.client("town"), towns.client("brigade")
    grid = {"grid_code": "C1", "town_code": TOWN, "name": "一村"}
    assert town.post("/api/v1/grids", json=grid).status_code == 201
    assert town.post("/api/v1/grids", json=grid | {"grid_code": "C11", "village_code": "C1"}).status_code == 201
    assert town.post("/api/v1/grids", json=grid | {"town_code": OTHER_TOWN}).status_code == 404
    laid = town.post("/api/v1/grids/C11/units", json={"unit_no": "U0001"}).json()
    assert laid["grid_code"] == "C11"
    assert len(town.get(f"/api/v1/towns/{TOWN}/without-grid").json()["units"]) == district.UNITS_A_TOWN - 1
    item = {"task_code": "exit", "name": "安全出口", "from_day": "2026-01-01"}
    assert town.post(f"/api/v1/towns/{TOWN}/patrol-items", json=item).status_code == 201
    lead = {"grid_code": "C11", "place_kind": "small_shop", "place": "老李小卖部", "task_codes": ["exit"],
            "found_at": "2026-12-01T09:00", "found_by": "老张", "signed": True, "photo_ref": "g/1.jpg",
            "photo_sha256": "A" * 64}
    number = town.post("/api/v1/grid-leads", json=lead).json()["lead_no"]
    assert town.post("/api/v1/grid-leads", json=lead | {"signed": False}).status_code == 400
    path = f"/api/v1/grid-leads/{number}"
    assert town.post(f"{path}/steps", json={"step": "passed_on", "at": "2026-12-02T09:00", "to": "brigade",
                                            "note": "拒改"}).json()["in_time"] is True
    assert town.post(f"{path}/steps", json={"step": "closed", "at": "2026-12-02T10:00"}).status_code == 409
    town.post(f"{path}/copies", json={"department": "住建", "day": "2026-12-02"})
    told = town.post(f"{path}/receipts", json={"department": "住建", "day": "2026-12-03"}).json()
    assert told["copies"][0]["received_on"] == "2026-12-03"
    assert [row["step"] for row in told["steps"]] == ["found", "passed_on"]
    assert brigade.get("/api/v1/grid-leads/ends?first=2026-12-01&last=2026-12-02").json()["passed_on"] == 1
    assert towns.client("far").get(path).status_code == 404
    assert "老李小卖部" in town.get("/grid-leads").text
    quota = {"unit_kind": "hotel", "yearly": 1, "from_day": "2026-01-01", "basis": "清单"}
    assert brigade.post(f"/api/v1/stations/{district.OURS}/quotas", json=quota).status_code == 201
    before = brigade.get(f"/api/v1/stations/{TOWN}/pace").json()["kinds"]
    assert enter(brigade, "U0001", officers=("P1", "P2"), hour=17).status_code == 201
    after = brigade.get(f"/api/v1/stations/{TOWN}/pace").json()["kinds"]
    assert [row["done"] for row in before if row["kind"] == "hotel"] == [0]
    assert [row["missing"] for row in after if row["kind"] == "hotel"] == [6]
    assert "U0001" not in [row["unit_no"] for row in town.get(f"/api/v1/stations/{TOWN}/missing").json()["units"]]
    page, pace = town.get("/stations").text, town.get("/stations?pace=1").text
    assert "还没有检查的单位" in page
    assert "到今日应完成" not in page
    assert "还没有检查的单位" in pace
    assert "到今日应完成" in pace
    part = town.get("/stations?pace=1", headers={"HX-Request": "true"}).text
    assert "到今日应完成" in part
    assert "<html" not in part


@pytest.mark.row(3, 32)
def test_a_document_is_printed_by_rest_and_on_a_page(towns: House) -> None:
    town, brigade = towns.client("town"), towns.client("brigade")
    number = enter(town, "U0009", "X01", hour=8).json()["inspection_no"]
    told = town.get(f"/api/v1/town-acts/inspection/{number}/document?code=order").json()
    assert (told["authority"], told["agent"]) == ("火眼区消防救援大队", "镇1001人民政府")
    assert told["template"]["version"] == 0
    page = town.get(f"/town-acts/inspection/{number}/document").text
    assert "镇消防安全检查记录" in page
    assert towns.client("far").get(f"/town-acts/inspection/{number}/document").status_code == 404
    held = town.get("/api/v1/agreements").json()["agreements"][-1]["agreement_no"]
    assert town.get(f"/api/v1/agreements/{held}/document").json()["title"] == "行政执法委托协议书"
    entry = {"code": "order", "title": "通知书", "body": "{authority} {orders}", "from_day": "2026-12-08"}
    assert town.post("/api/v1/document-templates", json=entry).status_code == 403
    assert brigade.post("/api/v1/document-templates", json=entry).json() == {"code": "order", "version": 1}
    assert town.get(f"/api/v1/town-acts/inspection/{number}/document?code=order").json() == told
    assert [row["version"] for row in town.get("/api/v1/document-templates").json()] == [1]
