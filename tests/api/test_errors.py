"""Every error has one shape: a sentence that names the thing, never a traceback, the right status."""

import html
import json
import re

import httpx
import pytest
from fastapi.routing import APIRoute

from api.app import ROOMS
from store import Database
from tests.api import district
from tests.api.conftest import House, house_on


def _sentence(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert set(answer.json()) <= {"error", "request_id"}
    sentence = answer.json()["error"]
    assert isinstance(sentence, str)
    assert sentence
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence


@pytest.mark.parametrize(("address", "status", "named"), [
    ("/api/v1/units?limit=0", 422, "limit"), ("/api/v1/units?limit=100000", 422, "limit"),
    ("/api/v1/findings?offset=-1", 422, "offset"), ("/api/v1/findings?offset=10001", 422, "narrow"),
    ("/api/v1/units?offset=50", 422, "after"), ("/api/v1/units?after=x", 422, "next"),
    ("/api/v1/units?class=Z", 422, "class"),
    ("/api/v1/units?key=perhaps", 422, "key"), ("/api/v1/units?q=" + "x" * 101, 422, "q"),
    ("/api/v1/units/zero", 422, "unit_id"), ("/api/v1/units/0", 422, "unit_id"),
    ("/api/v1/units/99999999999999999999", 422, "unit_id"), ("/api/v1/units/999999", 404, "999999"),
    ("/api/v1/draws/yesterday", 422, "day"), ("/api/v1/draws/2026-02-30", 422, "day"),
    ("/api/v1/draws/2020-01-01", 404, "2020-01-01"), ("/api/v1/alarms/5000000", 404, "5000000"),
    ("/api/v1/alarms?state=burning", 422, "state"), ("/api/v1/policy?day=soon", 422, "day"),
    ("/api/v1/units/1/telemetry", 422, "metric"), ("/api/v1/registers/dragons", 422, "noun"),
    ("/api/v1/no/such/thing", 404, ""), ("/api/v1/inspections/1/result", 405, ""),
    ("/api/v1/units?q=%00", 422, "character"),
])
def test_a_wrong_request_is_answered_with_one_sentence_that_names_it(shown: House, address: str, status: int,
                                                                     named: str) -> None:
    assert named in _sentence(shown.client("administrator").get(address), status)


@pytest.mark.parametrize("filtered", [
    "deadlines?rule=", "deadlines?noun=", "deadlines.csv?rule=", "alarms?kind=", "complaints?channel=", "units?kind=",
    "credit/evaluations?year=2026&grade=", "device-requests?kind=", "findings?rule=", "inspections?kind=", "jobs?job=",
    "list-draws?kind=", "registers/units?kind=", "supervision/findings?detector="])
def test_a_filter_by_a_code_that_there_is_not_is_refused_on_the_page_as_in_rest(shown: House, filtered: str) -> None:
    client = shown.client("administrator")
    field = filtered.rpartition("=")[0].rpartition("?")[2].rpartition("&")[2]
    sentence = _sentence(client.get(f"/api/v1/{filtered}bogus"), 400 if filtered.startswith("deadlines") else 422)
    assert re.search(rf"{field}\b.*'bogus'", sentence), sentence
    assert client.get(f"/api/v1/{filtered}").status_code == 200, "a field that is left blank is not asked for"
    page = {"units?kind=": "ranking?kind=", "device-requests?kind=": "duty?kind=",
            "supervision/findings?detector=": "supervision?detector="}.get(filtered, filtered)
    if not page.startswith(("deadlines.csv", "credit")):
        answer = client.get(f"/{page}bogus&lang=en")
        assert answer.status_code in (400, 422)
        assert "bogus" in answer.text


def test_no_route_passes_over_a_query_parameter_it_does_not_know(shown: House) -> None:
    client, asked = shown.client("administrator"), 0
    for route in (route for room in ROOMS for route in room.router.routes):
        if isinstance(route, APIRoute) and route.path.startswith("/api/v1/") and "GET" in route.methods:
            path = re.sub(r"\{[^}]*\}", "1", route.path)
            assert "colour" in _sentence(client.get(path, params={"colour": "red", "lang": "en"}), 422), path
            asked += 1
    assert asked > 100
    assert "dry_run" in _sentence(client.post("/api/v1/complaints?dry_run=true", json={}), 422)
    assert "known are after, area" in _sentence(client.get("/api/v1/deadlines?colour=red"), 422)
    assert "没有查询参数" in _sentence(client.get("/api/v1/deadlines?colour=red&lang=zh"), 422)
    for known in ("/api/v1/deadlines?state=all&lang=zh", "/api/v1/deadlines.csv?state=all", "/api/v1/units?class=A"):
        assert client.get(known).status_code == 200, known


def test_what_a_page_hands_on_to_its_twin_is_known_there(shown: House) -> None:
    client, _ = shown.browser_like("administrator")
    for page in ("/deadlines?state=all", "/estimates", "/reports", "/ratios", "/reports?kind=yearly&period=2025"):
        answer = client.get(page)
        assert answer.status_code == 200, page
        for link in re.findall(r'(?:href|data-src)="(/api/v1/[^"]*)"', answer.text):
            assert "查询参数" not in client.get(html.unescape(link)).text, (page, link)


def test_an_unknown_metric_is_named(shown: House) -> None:
    unit = shown.db.row("select min(unit_id) as unit from units")
    assert unit
    answer = shown.client("administrator").get(f"/api/v1/units/{unit['unit']}/telemetry?metric=courage")
    assert "courage" in _sentence(answer, 404)


@pytest.mark.parametrize(("body", "named"), [
    (b"{", "JSON"), (b"[]", ""), (b"{}", "username"), (b'{"username": "a"}', "password"),
    (b'{"username": "a", "password": "b", "colour": "red"}', "colour"),
    (b'{"username": 5, "password": "b"}', "username"),
])
def test_a_wrong_body_is_answered_with_one_sentence(shown: House, body: bytes, named: str) -> None:
    answer = shown.client().post("/api/v1/login", content=body, headers={"content-type": "application/json"})
    assert named in _sentence(answer, 422)


_FOUND = {"reason": "unlicensed", "place": "某网吧", "from_code": "990101001", "from_body": "police_station",
          "to_code": "990101", "found_on": "2026-12-01"}
_SOFT = {"unit_no": "U0001", "kind": "guidance", "taken_on": "2026-12-01", "officers": ["O0"]}


@pytest.mark.parametrize(("address", "body", "named"), [
    ("soft-measures", _SOFT | {"taken_on": "1600-02-29"}, "has no value on 1600-02-29, its first holds from 1900"),
    ("referrals", _FOUND | {"found_on": "1970-01-01", "send": False}, "has no value on 1970-01-01"),
    ("agreements", {"regime": "delegated", "town_code": "990101001", "principal_code": "990101", "powers": ["inspect"],
                    "item_codes": ["X01"], "signed_on": "2026-12-01", "from_day": "9999-12-31"}, "outside the years"),
    ("referrals", _FOUND | {"from_code": "990199"}, "there is no 990199 on record"),
    ("fault-cases", {"town_code": "990199", "found_on": "2026-12-01", "fault": "x"}, "town_code: there is no 990199"),
    ("grids", {"grid_code": "G1", "town_code": "990101001", "village_code": "", "name": "x"}, "village_code"),
    ("referrals", _FOUND | {"item_codes": ["\ud800"]}, "can't be stored"),
    ("measures/F1/steps", {"step": "stopped", "at": "2026-12-01T09:00"}, "'step' must be one of 'confirmed'"),
    ("measures/F1/steps", {}, "'step' is missing"),
    ("soft-measures", "", "the body: it must be a table of fields"),
    ("soft-measures", _SOFT | {"officers": "O0"}, "officers: it must be a list"),
    ("soft-measures", _SOFT | {"taken_on": -1}, "taken_on: it must be a day"),
])
def test_a_body_that_names_what_can_not_be_is_no_fault_of_the_server(shown: House, address: str, body: object,
                                                                    named: str) -> None:
    client = shown.client("administrator")
    before = shown.db.row("select max(audit_id) as newest from audit_log")
    answer = client.post(f"/api/v1/{address}", content=json.dumps(body).encode(),
                         headers={"content-type": "application/json"})
    assert named in _sentence(answer, 422)
    assert shown.db.row("select max(audit_id) as newest from audit_log") == before


def test_a_day_before_every_rule_is_said_on_the_page_too(house: House) -> None:
    client, proof = house.browser_like("administrator")
    answer = client.post("/ledgers/soft-measures/new", headers={"accept-language": "zh"}, data={
        "csrf": proof, "unit_no": "U0001", "kind": "guidance", "taken_on": "1600-02-29", "officers": "O0"})
    assert answer.status_code == 422
    assert "1600-02-29 尚无适用的规定" in answer.text


def test_a_quarter_beyond_the_calendar_is_none(shown: House) -> None:
    answer = shown.client("administrator").get("/api/v1/towns/guidance?quarter=9999Q4")
    assert "a quarter is written like 2026Q1, not '9999Q4'" in _sentence(answer, 400)


def test_staff_that_helps_does_not_leave_before_it_came(shown: House) -> None:
    answer = shown.client("administrator").post("/api/v1/towns/990101001/auxiliaries", json={
        "auxiliary_no": "F1", "name": "某", "tasks": "录入", "from_day": "2026-12-01", "to_day": "2026-11-30"})
    assert "the last day 2026-11-30 lies before the first" in _sentence(answer, 400)


def test_the_sentence_is_in_the_readers_language(shown: House) -> None:
    client = shown.client("administrator")
    assert "没有" in _sentence(client.get("/api/v1/units/999999", headers={"accept-language": "zh-CN"}), 404)
    assert "there is no unit" in _sentence(client.get("/api/v1/units/999999"), 404)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_bound_is_refused(shown: House, chunked: bool) -> None:
    body = b"x" * 600_000
    content = (body[start:start + 1000] for start in range(0, len(body), 1000)) if chunked else body
    answer = shown.client("administrator").post("/api/v1/accounts", content=content,
                                                headers={"content-type": "application/json"})
    assert "262144" in _sentence(answer, 413)


def test_a_page_that_is_not_there_is_a_friendly_page(shown: House) -> None:
    for client in (shown.client(), shown.client("administrator")):
        answer = client.get("/no-such-page")
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
        assert "没有找到" in answer.text


def test_an_account_that_may_not_gets_a_friendly_page(shown: House) -> None:
    answer = shown.client("town").get("/accounts")
    assert answer.status_code == 403
    assert "没有权限" in answer.text


def test_something_unforeseen_is_a_number_and_no_traceback(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("alter table draws rename to lost")
    answer = house.client("administrator").get("/api/v1/draws")
    sentence = _sentence(answer, 500)
    assert answer.json()["request_id"] in sentence
    assert "draws" not in sentence
    page = house.client("administrator").get("/draws")
    assert page.status_code == 500
    assert "系统出错" in page.text
    assert "UndefinedTable" not in page.text


def test_a_database_that_is_away_is_said_so(dsn: str) -> None:
    with Database(dsn, max_size=1, timeout=0.4) as db, house_on(db) as house:
        assert house.client().get("/readyz").json()["status"] == "ready"
        with db.connection():
            answer = house.client().get("/api/v1/public/draws")
            assert "connection" in _sentence(answer, 503)
            ready = house.client().get("/readyz")
            assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
        assert house.client().get("/healthz").json() == {"status": "ok"}


def test_another_schema_is_not_ready(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("update alembic_version set version_num = '0000'")
    answer = house.client().get("/readyz")
    assert answer.status_code == 503
    assert "run huoyan migrate" in answer.json()["error"]


def test_metrics_count_by_route_and_not_by_unit(shown: House) -> None:
    unit = shown.db.row("select min(unit_id) as unit from units")
    assert unit
    shown.client("administrator").get(f"/api/v1/units/{unit['unit']}")
    shown.client().get("/nowhere/at/all")
    text = shown.client().get("/metrics").text
    assert 'route="/api/v1/units/{unit_id}",status="200"' in text
    assert "/nowhere" not in text
    assert "huoyan_api_request_seconds_bucket" in text


def test_every_answer_carries_the_security_headers(shown: House) -> None:
    for address in ("/login", "/api/v1/public/draws", "/healthz", "/static/huoyan.css", "/no-such-page"):
        headers = shown.client().get(address).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-request-id"]
    assert shown.client("administrator").get("/ranking").headers["cache-control"] == "no-store"


def test_openapi_says_what_each_route_is_for(shown: House) -> None:
    schema = shown.client().get("/api/v1/openapi.json").json()
    assert set(schema["paths"]) > {"/api/v1/units", "/api/v1/alarms", "/api/v1/draws/{day}"}
    for path, methods in schema["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in methods.values():
            assert operation["summary"]
            assert operation["tags"]
    assert district.PASSWORD not in str(schema)
