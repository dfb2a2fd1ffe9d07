"""A day of cases through REST: filed, refused with the article, taken on, found again in the lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import House

SHA = "0f" * 32
VIDEO = {"kind": "video", "uri": "s3://records/1.mp4", "sha256": SHA, "seconds": 60}
CASE = {"unit_no": "U0003", "filed_at": "2026-12-03T09:00:00+08:00", "procedure": "ordinary",
        "article": "消防法 Art. 60", "facts": "疏散通道被堵塞", "officers": ["O0", "O1"]}


def _step(client: Any, number: str, step: str, at: str, status: int = 201, **fields: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/cases/{number}/steps", json={"step": step, "at": f"{at}+08:00", **fields})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_case_goes_from_filing_to_the_archive(house: House) -> None:
    client = house.client("brigade")
    filed = client.post("/api/v1/cases", json=CASE)
    assert filed.status_code == 201, filed.text
    number = filed.json()["case_no"]
    assert number == "A20261203-0001"
    assert [one["step"] for one in filed.json()["steps"]] == ["filed"]
    assert filed.json()["clocks"][0]["due_at"] == "2027-03-03T15:59:59.999999Z"
    assert client.post("/api/v1/cases", json=CASE).status_code == 409
    penalties = [{"kind": "fine", "amount_yuan": 8000}]
    refused = _step(client, number, "decision", "2026-12-03T10:00:00", 409, penalties=penalties, circumstance="light")
    assert refused["error"].endswith("(行政处罚法 Art. 44)")
    _step(client, number, "notice", "2026-12-03T11:00:00", penalties=penalties, public_told=True, evidence=[VIDEO])
    _step(client, number, "legal_review", "2026-12-03T15:00:00", reviewer="O2", agreed=True)
    decided = _step(client, number, "decision", "2026-12-04T10:00:00", penalties=penalties, circumstance="light")
    assert (decided["standing"], decided["in_time"], decided["fine_yuan"]) == ("decided", True, 8000)
    served = _step(client, number, "served", "2026-12-04T11:00:00", how="direct")
    assert served["missing_media"] == ["served"]
    step_id = served["steps"][-1]["step_id"]
    supplied = client.post(f"/api/v1/cases/{number}/steps/{step_id}/evidence", json={"evidence": [VIDEO]})
    assert supplied.status_code == 201, supplied.text
    assert supplied.json()["missing_media"] == []
    _step(client, number, "published", "2026-12-04T12:00:00")
    _step(client, number, "paid", "2026-12-05T12:00:00", amount_yuan=8000)
    _step(client, number, "closed", "2026-12-06T12:00:00")
    archived = _step(client, number, "archived", "2026-12-06T13:00:00", archive_ref="档2026-12")
    assert archived["standing"] == "archived"
    held = client.get("/api/v1/units?q=U0003").json()["units"][0]
    assert [one["case_no"] for one in client.get(f"/api/v1/units/{held['unit_id']}/record").json()["penalties"]] == [
        number]
    chinese = client.post(f"/api/v1/cases/{number}/steps?lang=zh", json={"step": "closed", "at": "2026-12-06T14:00"})
    assert (chinese.status_code, "不能进行“" in chinese.json()["error"]) == (409, True)


@pytest.mark.row(174)
def test_the_public_list_shows_every_decision_without_whose_publication_no_case_is_closed(house: House) -> None:
    client, public = house.client("brigade"), house.client()
    shown = []
    for party in ("organisation", "citizen"):
        number = client.post("/api/v1/cases", json={
            **CASE, "party": party, "procedure": "simple", "facts": party}).json()["case_no"]
        _step(client, number, "legal_review", "2026-12-03T09:10:00", reviewer="O2", agreed=True)
        _step(client, number, "decision", "2026-12-03T09:20:00", penalties=[{"kind": "warning"}], public_told=True)
        _step(client, number, "served", "2026-12-03T09:30:00", how="direct", evidence=[VIDEO])
        refused = _step(client, number, "closed", "2026-12-03T10:00:00", 409)
        assert refused["error"] == "the penalty was not made public (行政处罚法 Art. 48)"
        _step(client, number, "published", "2026-12-03T10:00:00")
        _step(client, number, "closed", "2026-12-03T11:00:00")
        shown.append((number, party, "simple", None if party == "citizen" else "U0003"))
    rows = public.get("/api/v1/public/penalties").json()["rows"]
    assert [(one["case_no"], one["party"], one["procedure"], one["unit_no"]) for one in rows] == shown[::-1]
    assert [one["name"] is None for one in rows] == [True, False]
    assert rows[0]["penalties"] == [{"kind": "warning", "amount_yuan": None}]
    assert [one["party"] for one in public.get("/api/v1/public/penalties?q=U0003").json()["rows"]] == ["organisation"]
    page = public.get("/public/penalties?lang=zh").text
    assert "自然人（不公开姓名）" in page
    assert public.get("/api/v1/public/credit?kind=penalty&q=U0003").json()["rows"] == [], "no credit information"
    _step(client, shown[1][0], "decision_withdrawn", "2026-12-04T10:00:00", note="变更")
    assert [one["case_no"] for one in public.get("/api/v1/public/penalties").json()["rows"]] == [shown[0][0]]


@pytest.mark.row(24)
def test_lists_are_narrowed_by_unit_area_and_state_and_read_on_by_key(house: House) -> None:
    client = house.client("brigade")
    for n in range(3):
        assert client.post("/api/v1/cases", json={**CASE, "facts": f"第{n}处"}).status_code == 201
    every = client.get("/api/v1/cases?state=all").json()
    assert [one["case_no"] for one in every["rows"]] == ["A20261203-0003", "A20261203-0002", "A20261203-0001",
                                                        "A20261201-0001"]
    first = client.get("/api/v1/cases?limit=2").json()
    then = client.get(f"/api/v1/cases?limit=2&before={first['next']}").json()
    assert [one["case_no"] for one in first["rows"] + then["rows"]] == [one["case_no"] for one in every["rows"]]
    assert [one["case_no"] for one in client.get("/api/v1/cases?unit_no=U0005").json()["rows"]] == ["A20261201-0001"]
    assert client.get("/api/v1/cases?unit_no=U9999").json() == {"rows": [], "next": None}
    assert len(client.get("/api/v1/cases?area=990101001").json()["rows"]) == 4
    assert client.get("/api/v1/cases?area=990102").json()["rows"] == []
    assert client.get("/api/v1/cases?state=decided").json()["rows"] == []
    assert client.get("/api/v1/cases?state=late").json()["rows"] == []
    house.db.rows("update clocks set started_at = '2026-01-01', soon_at = '2026-01-02', due_at = '2026-01-03'"
                  " where ref = 'A20261203-0002' returning 1")
    assert [one["case_no"] for one in client.get("/api/v1/cases?state=late").json()["rows"]] == ["A20261203-0002"]
    assert house.client("far").get("/api/v1/cases?state=all").json()["rows"] == []
    assert house.client("far").get("/api/v1/cases/A20261201-0001").status_code == 404
    assert house.client("far").post("/api/v1/cases", json=CASE).status_code == 404


def test_who_may_enter_follows_role_handler_and_regime(house: House) -> None:
    town, officer = house.client("town"), house.client("officer")
    assert town.post("/api/v1/cases", json=CASE).status_code == 403
    empowered = {**CASE, "unit_no": "U0002", "regime": "empowered"}
    assert "no agreement" in town.post("/api/v1/cases", json=empowered).json()["error"]
    assert house.client("brigade").post("/api/v1/agreements", json={
        "regime": "empowered", "town_code": "990101001", "principal_code": "990101", "powers": ["fine"],
        "item_codes": ["X01"], "signed_on": "2026-12-01"}).status_code == 201
    assert town.post("/api/v1/cases", json=empowered).status_code == 201
    assert officer.post("/api/v1/cases", json=CASE).status_code == 403
    mine = officer.post("/api/v1/cases", json={**CASE, "officers": ["O2", "O3"]})
    assert mine.status_code == 201
    number = mine.json()["case_no"]
    _step(officer, number, "inquiry", "2026-12-03T10:00:00", evidence=[VIDEO])
    _step(officer, number, "dropped", "2026-12-03T11:00:00", 403, note="x")


@pytest.mark.parametrize("body", [
    {"step": "dance", "at": "2026-12-03T09:00"}, {"at": "2026-12-03T09:00"}, {"step": "paid", "at": "2026-12-03T09:00"},
    {"step": "paid", "at": "soon", "amount_yuan": 1}, {"step": "closed", "at": "2026-12-03T09:00", "how": "direct"},
    {"step": "dropped", "at": "2026-12-03T09:00"},
    {"step": "inquiry", "at": "2026-12-03T09:00", "evidence": [{"uri": "x", "sha256": "short"}]}])
def test_a_step_that_is_not_one_is_422(shown: House, body: dict[str, Any]) -> None:
    answer = shown.client("brigade").post("/api/v1/cases/A20261201-0001/steps", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]


MEETING = {"held_at": "2026-12-03T15:00:00+08:00", "members": ["O0", "O1", "O3"], "agreed": True,
           "minutes_uri": "s3://minutes/2.pdf", "minutes_sha256": SHA, "filing_receipt": "报备7"}


def test_a_seal_is_imposed_lifted_and_found_in_the_list(house: House) -> None:
    client = house.client("brigade")
    seal = {"kind": "seal", "unit_no": "U0003", "began_at": "2026-12-03T16:00:00+08:00", "until_on": "2026-12-20",
            "ground": "exits", "scope": "一层", "officers": ["O0", "O1"]}
    refused = client.post("/api/v1/measures", json=seal)
    assert (refused.status_code, refused.json()["error"].endswith("(消防监督检查规定 Art. 23)")) == (409, True)
    imposed = client.post("/api/v1/measures", json={**seal, "collective": MEETING})
    assert imposed.status_code == 201, imposed.text
    number = imposed.json()["measure_no"]
    assert (imposed.json()["in_time"], imposed.json()["standing"]) == (True, "standing")
    listed = client.get("/api/v1/measures?kind=seal").json()["rows"]
    assert [one["measure_no"] for one in listed] == [number, "F20261202-0001"]
    assert client.get("/api/v1/measures?kind=suspension").json()["rows"] == []
    assert len(client.get("/api/v1/measures?unit_no=U0003&state=all").json()["rows"]) == 1
    lifted = client.post(f"/api/v1/measures/{number}/steps",
                         json={"step": "lifted", "at": "2026-12-04T10:00", "note": "隐患已消除"})
    assert lifted.json()["standing"] == "lifted"
    assert [one["measure_no"] for one in client.get("/api/v1/measures").json()["rows"]] == ["F20261202-0001"]
    film = client.post(f"/api/v1/measures/{number}/steps/{lifted.json()['steps'][0]['step_id']}/evidence",
                       json={"evidence": [VIDEO]})
    assert film.json()["steps"][0]["evidence"][0]["sha256"] == SHA
    assert house.client("far").get(f"/api/v1/measures/{number}").status_code == 404
    stop = {"kind": "suspension", "case_no": "A20261201-0001", "began_at": "2026-12-04T10:00", "scope": "停产停业",
            "officers": ["O0", "O1"]}
    assert client.post("/api/v1/measures", json=stop).json()["error"].endswith("(消防法 Art. 70)")
    assert client.post("/api/v1/measures", json={**stop, "kind": "hug"}).status_code == 422


def test_a_major_hazard_is_determined_listed_and_accepted(house: House) -> None:
    client = house.client("brigade")
    found = client.post("/api/v1/major-hazards", json={
        "unit_no": "U0003", "found_at": "2026-12-03T10:00:00+08:00", "way": "direct", "elements": ["x"],
        "officers": ["O0", "O1"]})
    assert found.status_code == 201, found.text
    number = found.json()["major_hazard_no"]

    def step(name: str, at: str, **fields: Any) -> dict[str, Any]:
        answer = client.post(f"/api/v1/major-hazards/{number}/steps", json={"step": name, "at": at, **fields})
        return {"status": answer.status_code, **answer.json()}
    assert step("determined", "2026-12-03T16:00")["error"].endswith("(消防监督检查规定 Art. 21)")
    assert step("determined", "2026-12-03T16:00", collective=MEETING)["standing"] == "determined"
    step("notice_served", "2026-12-04T10:00", correct_by="2027-03-01")
    step("opinion_reported", "2026-12-04T11:00", report_no="消请1号")
    listed = step("listed", "2026-12-05T10:00", level="county", conditions=["增设安全出口"], listed_by="区政府")
    assert (listed["standing"], listed["conditions"]) == ("listed", ["增设安全出口"])
    rows = client.get("/api/v1/major-hazards?level=county").json()["rows"]
    assert [one["major_hazard_no"] for one in rows] == [number]
    assert len(client.get("/api/v1/major-hazards").json()["rows"]) == 2
    done = step("accepted", "2026-12-06T10:00", note="已增设", conditions_met=True, collective=MEETING)
    assert (done["standing"], done["in_time"]) == ("accepted", True)
    assert client.get("/api/v1/major-hazards?unit_no=U0003").json()["rows"] == []


def test_self_checks_soft_measures_and_reviews_of_fires_come_through_rest(house: House) -> None:
    client = house.client("brigade")
    told = client.post("/api/v1/self-checks", json={"unit_no": "U0003", "item_code": "X01", "found_on": "2026-12-01",
                                                    "reported_at": "2026-12-02T09:00", "evidence": [VIDEO]})
    assert told.status_code == 201, told.text
    number = told.json()["self_check_id"]
    fixed = client.post(f"/api/v1/self-checks/{number}/correction", json={"corrected_on": "2026-12-03"})
    assert fixed.json()["corrected_on"] == "2026-12-03"
    assert len(client.get("/api/v1/self-checks?unit_no=U0003&state=corrected").json()["rows"]) == 1
    assert client.get("/api/v1/self-checks?state=open").json()["rows"] == []
    assert house.client("far").post(f"/api/v1/self-checks/{number}/correction",
                                    json={"corrected_on": "2026-12-03"}).status_code == 404
    soft = {"unit_no": "U0003", "kind": "persuasion", "taken_on": "2026-12-03", "officers": ["O0", "O1"]}
    assert client.post("/api/v1/soft-measures", json=soft).status_code == 201
    assert client.post("/api/v1/soft-measures", json=soft).status_code == 409
    assert client.get("/api/v1/soft-measures?kind=persuasion").json()["rows"][0]["officers"] == ["O0", "O1"]
    count = client.get("/api/v1/soft-measures/count?first=2026-12-01&last=2026-12-31").json()
    assert (count["persuasion"], count["guidance"]) == (1, 0)
    review = {"asked_on": "2026-12-01", "decided_at": "2026-12-04T10:00", "outcome": "upheld"}
    assert client.post("/api/v1/fires/H-U0002/reviews", json=review).status_code == 409
    done = client.post("/api/v1/fires/H-U0002/reviews", json={**review, "collective": MEETING})
    assert done.json() == {"review_no": "R20261204-0001"}


def test_the_pages_take_a_case_on_and_say_in_chinese_why_not(house: House) -> None:
    client, proof = house.browser_like("brigade")
    unit = client.get("/api/v1/units?q=U0003").json()["units"][0]["unit_id"]
    new = client.get(f"/units/{unit}/begin/cases")
    assert "立案" in new.text
    form = {"csrf": proof, "filed_at": "2026-12-03T09:00", "procedure": "ordinary", "party": "organisation",
            "regime": "own", "article": "消防法第60条", "facts": "疏散通道被堵塞", "items": "X01", "first": "O0",
            "second": "O1"}
    wrong = client.post(f"/units/{unit}/begin/cases", data={**form, "second": ""})
    assert (wrong.status_code, "法律要求至少 2 名" in wrong.text, "疏散通道被堵塞" in wrong.text) == (400, True, True)
    done = client.post(f"/units/{unit}/begin/cases", data=form)
    assert done.headers["location"] == "/cases/A20261203-0001?made=new"
    page = client.get("/cases/A20261203-0001?step=decision").text
    assert "尚未告知当事人拟作出的处罚" in page
    assert "（《行政处罚法》第四十四条）" in page
    step = {"csrf": proof, "step": "notice", "at": "2026-12-03T10:00", "p_fine": "8000", "public_told": "true"}
    told = client.post("/cases/A20261203-0001", data={**step, "ev_uri": "s3://1.mp4", "ev_sha256": SHA,
                                                      "ev_seconds": "60"})
    assert told.status_code == 303, told.text
    page = client.get(told.headers["location"]).text
    assert "罚款 8,000 元" in page
    assert "60 秒" in page
    held = client.get("/api/v1/cases/A20261203-0001").json()["steps"][0]["step_id"]
    late = {"csrf": proof, "step_id": str(held), "ev_kind": "document", "ev_uri": "s3://2.pdf", "ev_sha256": "ab" * 32}
    wrong = client.post("/cases/A20261203-0001/evidence", data={**late, "ev_sha256": "ab"})
    assert (wrong.status_code, "64 位十六进制" in wrong.text, "s3://2.pdf" in wrong.text) == (400, True, True)
    assert client.post("/cases/A20261203-0001/evidence", data={**late, "step_id": "1" * 18}).status_code == 404
    assert client.post("/cases/A20261203-0001/evidence", data=late).status_code == 303
    assert client.post("/cases/A20261203-0001/evidence", data=late).status_code == 409
    kept = client.get("/api/v1/cases/A20261203-0001").json()["steps"][0]["evidence"]
    assert [(one["kind"], one["uri"]) for one in kept] == [("document", "s3://2.pdf")]
    refused = client.post("/cases/A20261203-0001", data={
        "csrf": proof, "step": "decision", "at": "2026-12-03T11:00", "p_fine": "8000", "circumstance": "light"})
    assert (refused.status_code, "处罚决定须先经法制审核（《行政处罚法》第五十八条）" in refused.text) == (409, True)
    assert client.get("/cases/A20990101-0001").status_code == 404
    assert client.post("/cases/A20261203-0001", data={"step": "inquiry"}).status_code == 403


def test_the_pages_impose_a_seal_and_determine_a_major_hazard(house: House) -> None:
    client, proof = house.browser_like("brigade")
    unit = client.get("/api/v1/units?q=U0003").json()["units"][0]["unit_id"]
    met = {"m_held_at": "2026-12-03T15:00", "members": ["O0", "O1", "O3"], "m_agreed": "true",
           "m_minutes_uri": "s3://2.pdf", "m_minutes_sha256": SHA}
    seal = {"csrf": proof, "kind": "seal", "began_at": "2026-12-03T16:00", "scope": "一层", "path": "ordinary",
            "ground": "exits", "until_on": "2026-12-20", "first": "O0", "second": "O1", **met}
    done = client.post(f"/units/{unit}/begin/measures", data=seal)
    assert done.headers["location"] == "/measures/F20261203-0001?made=new", done.text
    assert "解除前检查" in client.get("/measures/F20261203-0001?step=extended").text
    assert "F20261203-0001" in client.get("/measures").text
    found = client.post(f"/units/{unit}/begin/major-hazards", data={
        "csrf": proof, "found_at": "2026-12-03T10:00", "way": "direct", "elements": "安全出口数量不足", "first": "O0",
        "second": "O1"})
    number = found.headers["location"].split("/")[2].split("?")[0]
    judged = client.post(f"/major-hazards/{number}", data={"csrf": proof, "step": "determined",
                                                           "at": "2026-12-03T16:00", **met})
    assert judged.status_code == 303, judged.text
    assert "重大火灾隐患认定" in client.get(f"/major-hazards/{number}?step=notice_served").text
    assert number in client.get("/major-hazards", headers={"hx-request": "true"}).text


def test_a_decision_of_a_case_is_withdrawn_in_its_case(house: House) -> None:
    client = house.client("brigade")
    number = client.post("/api/v1/cases", json={**CASE, "procedure": "simple"}).json()["case_no"]
    _step(client, number, "legal_review", "2026-12-03T10:00:00", reviewer="O2", agreed=True)
    _step(client, number, "decision", "2026-12-03T11:00:00", penalties=[{"kind": "warning"}], public_told=True)
    answer = client.post(f"/api/v1/penalties/{number}/withdrawal", json={"withdrawn_on": "2026-12-04", "reason": "x"})
    assert (answer.status_code, "decision_withdrawn" in answer.json()["error"]) == (409, True)
    _step(client, number, "decision_withdrawn", "2026-12-04T11:00:00", note="复议撤销")
