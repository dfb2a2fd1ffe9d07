"""One record made or changed by an administrator: by form and by API, traced, within its areas."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import accounts
from tests.api import district
from tests.api.conftest import House

UNIT = {"unit_no": "N1", "name": "新开宾馆", "area_code": "990101001", "kind": "hotel", "is_key": "yes",
        "floor_area_m2": "1200", "status": "active"}
DEVICE = {"vendor_code": "anning", "device_no": "N9", "unit_no": "U0001", "kind": "smoke", "status": "active"}
OFFICER = {"officer_no": "N1", "name": "新人", "body": "brigade", "area_codes": "990101;990101001", "daily_visits": "2",
           "status": "active"}


def _seen(page: str) -> str:
    return page.split('name="seen" value="', 1)[1].split('"', 1)[0]


def test_a_unit_is_made_changed_and_traced(house: House) -> None:
    client, proof = house.browser_like("administrator")
    made = client.post("/registers/units/new", data={**UNIT, "csrf": proof})
    assert made.status_code == 303, made.text
    page = client.get(made.headers["location"]).text
    assert "已保存" in page
    stored = house.db.row("select name, is_key, is_crowded, floor_area_m2, source from units where unit_no = 'N1'")
    assert stored == {"name": "新开宾馆", "is_key": True, "is_crowded": False, "floor_area_m2": 1200.0,
                      "source": "manual"}
    changed = client.post("/registers/units/edit?key=N1", data={
        **{key: value for key, value in UNIT.items() if key != "is_key"}, "name": "改名宾馆", "csrf": proof,
        "seen": _seen(page)})
    assert changed.status_code == 303, changed.text
    assert house.db.row("select name, is_key, source from units where unit_no = 'N1'") == {
        "name": "改名宾馆", "is_key": False, "source": "manual"}
    trace = house.db.rows("select actor, action from audit_log where entity = 'unit' and entity_id = 'N1'"
                          " order by audit_id")
    assert [(one["actor"], one["action"]) for one in trace] == [("administrator", "create"),
                                                                ("administrator", "update")]


def test_each_fault_stands_beside_its_field_in_chinese(house: House) -> None:
    client, proof = house.browser_like("administrator")
    wrong = {**UNIT, "name": "", "uscc": "123", "floor_area_m2": "large", "area_code": "999999", "csrf": proof}
    refused = client.post("/registers/units/new", data=wrong)
    assert refused.status_code == 422
    for said in ("不能为空", "应为 18 位，现有 3 位", "应为数字", 'value="large"', 'id="fault-uscc"'):
        assert said in refused.text
    refused = client.post("/registers/units/new", data={**UNIT, "area_code": "999999", "csrf": proof})
    assert "没有区域 999999" in refused.text
    taken = client.post("/registers/units/new", data={**UNIT, "unit_no": "U0001", "csrf": proof})
    assert taken.status_code == 409
    assert "单位 U0001 已在名录库中" in taken.text
    assert house.db.row("select 1 from units where unit_no = 'N1'") is None


def test_a_change_of_what_someone_else_has_changed_is_refused(house: House) -> None:
    client, proof = house.browser_like("administrator")
    form = {"csrf": proof, "name": "甲", "area_code": "990101001", "kind": "hotel", "status": "active",
            "seen": _seen(client.get("/registers/units/edit?key=U0001").text)}
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda name: client.post("/registers/units/edit?key=U0001",
                                                    data={**form, "name": name}).status_code, ("甲", "乙"))
    assert sorted(answers) == [303, 409]
    late = client.post("/registers/units/edit?key=U0001", data={**form, "name": "丙"})
    assert late.status_code == 409
    assert "已被他人修改" in late.text


def test_a_form_sent_as_it_was_shown_changes_nothing(house: House) -> None:
    client = house.client("administrator")
    for noun, key in (("units", ["U0001"]), ("devices", ["anning", "D0001"]), ("officers", ["O0"])):
        before = client.get(f"/api/v1/registers/{noun}?limit=500").json()
        answer = client.patch(f"/api/v1/registers/{noun}", params={"key": key}, json={})
        assert (answer.status_code, answer.json()) == (200, {"changed": False}), answer.text
        assert client.get(f"/api/v1/registers/{noun}?limit=500").json() == before


def test_devices_officers_and_leave_have_their_forms(house: House) -> None:
    client, proof = house.browser_like("administrator")
    for noun, form in (("devices", DEVICE), ("officers", OFFICER)):
        made = client.post(f"/registers/{noun}/new", data={**form, "csrf": proof})
        assert made.status_code == 303, made.text
        assert client.get(made.headers["location"]).status_code == 200
    leave = {"officer_no": "N1", "from_day": "2026-12-08", "to_day": "2026-12-10", "reason": "年假", "csrf": proof}
    assert 'value="N1"' in client.get("/registers/leave/new?officer_no=N1").text
    wrong = client.post("/registers/leave/new", data={**leave, "to_day": "2026-12-01"})
    assert wrong.status_code == 422
    assert "早于开始日期" in wrong.text
    made = client.post("/registers/leave/new", data=leave)
    assert made.status_code == 303, made.text
    assert "年假" in client.get(made.headers["location"]).text
    ended = client.post("/registers/leave/end", data={"csrf": proof, "officer_no": "N1", "from_day": "2026-12-08"})
    assert ended.status_code == 303
    assert "没有请假记录" in client.get(ended.headers["location"]).text


def test_the_api_makes_and_changes_a_record(house: House) -> None:
    client = house.client("administrator")
    body = {**UNIT, "is_key": True, "attributes": {"rooms": 80}}
    assert client.post("/api/v1/registers/units", json=body).json() == {"key": ["N1"]}
    assert client.post("/api/v1/registers/units", json=body).status_code == 409
    assert client.patch("/api/v1/registers/units?key=N1", json={"occupants": 90}).json() == {"changed": True}
    for change, status, named in (({"unit_no": "N2"}, 400, "unit_no"), ({"occupants": "many"}, 422, "occupants"),
                                  ({"colour": "red"}, 400, "colour")):
        answer = client.patch("/api/v1/registers/units?key=N1", json=change)
        assert (answer.status_code, named in answer.json()["error"]) == (status, True), answer.text
    for key in ("?key=NONE", "?key=a&key=b", "?key="):
        assert client.patch(f"/api/v1/registers/units{key}", json={"occupants": 1}).status_code == 404
    assert client.post("/api/v1/registers/units", json={"name": "x"}).status_code == 422


@pytest.mark.parametrize(("noun", "key", "change"), [
    ("units", ["U0001"], {"name": []}), ("units", ["U0001"], {"name": "\ud800"}),
    ("units", ["U0001"], {"name": "a\0b"}),
    ("units", ["U0001"], {"occupants": True}), ("units", ["U0001"], {"occupants": 10**400}),
    ("units", ["U0001"], {"attributes": {"a": "\0"}}), ("units", ["U0001"], {"attributes": "[[[["}),
    ("units", ["U0001"], {"registered_on": 5}), ("units", ["U\0"], {"name": "x"}), ("units", ["U\n1"], {"name": "x"}),
    ("officers", ["O0"], {"area_codes": [1]}), ("officers", ["O0"], {"area_codes": {"a": 1}}),
    ("officers", ["O0"], {"area_codes": ["990101", None]}), ("officers", ["O0"], {"can_lead": [True]})])
def test_a_value_of_any_form_is_answered_with_a_sentence(shown: House, noun: str, key: list[str],
                                                         change: dict[str, object]) -> None:
    answer = shown.client("administrator").patch(f"/api/v1/registers/{noun}", params={"key": key},
                                                 content=json.dumps(change),
                                                 headers={"content-type": "application/json"})
    assert answer.status_code in (400, 404, 422), answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize(("noun", "body", "key"), [
    ("units", {**UNIT, "is_key": True, "area_code": "990102001"}, ["U2001"]),
    ("devices", {**DEVICE, "unit_no": "U2001"}, ["anning", "D2001"]),
    ("officers", {**OFFICER, "area_codes": "990102"}, ["O8"])])
def test_an_administrator_of_one_district_keeps_to_it(house: House, noun: str, body: dict[str, object],
                                                      key: list[str]) -> None:
    one = accounts.NewAccount("local", "本区管理员", "administrator", district.PASSWORD, (district.OURS,))
    accounts.add(house.db, one, actor="test", now=district.NOW)
    client = house.client("local")
    assert client.post(f"/api/v1/registers/{noun}", json=body).status_code == 403
    assert house.db.row("select 1 from audit_log where actor = 'local' and action = 'create'") is None
    assert client.patch(f"/api/v1/registers/{noun}", params={"key": key}, json={"status": "active"}).status_code == 404
    assert client.get(f"/registers/{noun}/edit", params={"key": key}).status_code == 404
    moved = client.patch("/api/v1/registers/units?key=U0001", json={"area_code": "990102001"})
    assert moved.status_code == 403
    assert house.db.row("select area_code from units where unit_no = 'U0001'") == {"area_code": "990101001"}
