"""Vendors by page and by API: sign-up, keys, limits, counts, trials; and that each sees itself alone."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from ingest import vendor_hours
from ingest.vendor_hours import Tally
from registry import mqtt_passwords, vendor_keys
from store import Database
from tests.api import district
from tests.api.conftest import House

HOUR = district.NOW.replace(minute=0)
_STORED = "select (select count(*) from readings) as readings, (select count(*) from quarantine) as held"


def count(db: Database) -> None:
    """Two hours of telemetry, an event, a refused message of anning; and something of the other vendor."""
    yesterday = HOUR - dt.timedelta(days=1)
    with db.connection() as connection:
        vendor_hours.count(connection, {
            ("anning", HOUR, "telemetry"): Tally(10, 1000, 30, 0, 2), ("anning", HOUR, "event"): Tally(1, 50, 0, 1, 0),
            ("anning", yesterday, "telemetry"): Tally(7, 700, 21, 0, 0),
            ("anning", HOUR - dt.timedelta(days=40), "telemetry"): Tally(1000), ("other", HOUR, "event"): Tally(555)})


def sign_up(house: House, code: str = "acme") -> dict[str, Any]:
    answer = house.client("administrator").post("/api/v1/vendors", json={"vendor_code": code, "name": "示例厂商"})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_an_administrator_signs_a_vendor_up_and_sees_the_password_once(house: House) -> None:
    made = sign_up(house)
    assert (made["login"], made["kind"]) == ("acme", "password")
    stored = house.db.row("select password_hash from vendor_keys where login = 'acme'")
    assert stored
    assert mqtt_passwords.fits(made["password"], stored["password_hash"])
    client = house.client("administrator")
    for address in ("/api/v1/vendors/acme/keys", "/api/v1/vendors/acme", "/vendors/acme/keys", "/api/v1/audit"):
        text = client.get(address).text
        assert made["password"] not in text
        assert "$7$" not in text
    again = client.post("/api/v1/vendors", json={"vendor_code": "acme", "name": "x"})
    assert again.status_code == 409
    for code in ("", "A", "a.b", "x" * 40):
        answer = client.post("/api/v1/vendors", json={"vendor_code": code, "name": "x"})
        assert answer.status_code == 422, code
        assert answer.json()["error"]


def test_keys_are_rotated_and_revoked_by_the_api(house: House) -> None:
    sign_up(house)
    client = house.client("administrator")
    made = client.post("/api/v1/vendors/acme/keys", json={"note": "new platform"})
    assert (made.status_code, made.json()["login"]) == (201, "acme.k2")
    ends = (district.NOW + dt.timedelta(days=2)).isoformat()
    assert client.post("/api/v1/vendors/acme/keys", json={"end_others_at": ends}).json()["login"] == "acme.k3"
    states = {key["login"]: key["state"] for key in client.get("/api/v1/vendors/acme/keys").json()}
    assert states == {"acme": "ending", "acme.k2": "ending", "acme.k3": "valid"}
    for number in (1, 2):
        assert client.delete(f"/api/v1/vendors/acme/keys/{number}").status_code == 204
    assert client.delete("/api/v1/vendors/acme/keys/1").status_code == 409
    assert client.delete("/api/v1/vendors/acme/keys/9").status_code == 404
    last = client.delete("/api/v1/vendors/acme/keys/3")
    assert last.status_code == 409
    assert "last valid key" in last.json()["error"]
    assert client.delete("/api/v1/vendors/acme/keys/3?even_the_last=true").status_code == 204
    assert client.post("/api/v1/vendors/acme/keys", json={"end_others_at": "2027-01-01T00:00:00"}).status_code == 422
    assert client.post("/api/v1/vendors/nobody/keys", json={}).status_code == 404


def test_a_vendor_changes_its_own_keys_and_nobody_else_s(house: House) -> None:
    with house.db.connection() as connection:
        vendor_keys.add(connection, "other", actor="test", now=district.NOW)
    client = house.client("vendor")
    made = client.post("/api/v1/vendors/anning/keys", json={}).json()
    assert made["login"] == "anning"
    assert client.delete("/api/v1/vendors/anning/keys/1?even_the_last=1").status_code == 204
    for answer in (client.post("/api/v1/vendors/other/keys", json={}),
                   client.delete("/api/v1/vendors/other/keys/1?even_the_last=1")):
        assert answer.status_code == 404
    assert house.db.row("select count(*) as n from vendor_keys where revoked_at is null") == {"n": 1}


@pytest.mark.parametrize("address", ["/vendors/{}", "/vendors/{}/devices", "/vendors/{}/keys", "/vendors/{}/try",
                                     "/api/v1/vendors/{}", "/api/v1/vendors/{}/sent", "/api/v1/vendors/{}/devices",
                                     "/api/v1/vendors/{}/keys", "/api/v1/vendors/{}/events",
                                     "/api/v1/vendors/{}/quarantine.csv"])
def test_another_vendor_is_as_if_it_did_not_exist(shown: House, address: str) -> None:
    client = shown.client("vendor")
    theirs, nobodys = client.get(address.format("other")), client.get(address.format("nobody"))
    assert theirs.status_code == nobodys.status_code == 404
    ours = client.get(address.format("anning"))
    assert ours.status_code == 200
    assert "D0000" not in ours.text, "the other vendor's device"
    # Nothing of risk or casework comes along, but for the way to what everybody may read.
    told = ours.text.replace("/public/penalties", "")
    for word in ("risk_class", "score", "风险", "inspection", "检查录入", "penalt", "hazard"):
        assert word not in told, word


def test_what_was_sent_is_counted_by_day_hour_and_form(house: House) -> None:
    count(house.db)
    sent = house.client("vendor").get("/api/v1/vendors/anning/sent").json()
    assert (len(sent["days"]), len(sent["hours"])) == (14, 24)
    today, yesterday = sent["days"][:2]
    assert (today["day"], today["messages"], today["readings"], today["events"], today["refused"]) == (
        "2026-12-07", 11, 30, 1, 2)
    assert today["forms"]["event"]["messages"] == 1
    assert (yesterday["messages"], yesterday["forms"]) == (7, {"telemetry": {
        "messages": 7, "bytes": 700, "readings": 21, "events": 0, "refused": 0}})
    assert [(form["form"], form["messages"]) for form in sent["forms"]] == [("telemetry", 17), ("event", 1)]
    assert [row["messages"] for row in sent["hours"] if row["messages"]] == [11]
    listed = {row["vendor_code"]: row for row in house.client("administrator").get("/api/v1/vendors").json()}
    assert (listed["anning"]["messages"], listed["anning"]["refused"], listed["other"]["messages"]) == (11, 2, 555)
    page = house.client("vendor").get("/vendors/anning").text
    # Not among the digits of a form's proof or an asset's digest either, which are chance.
    assert not re.search(r"(?<![0-9a-f])555(?![0-9a-f])", page)
    assert house.client("vendor").get("/api/v1/vendors/anning/sent?days=1&hours=1").json()["days"] == [today]


def test_devices_are_shown_with_what_they_said_last(shown: House) -> None:
    rows = shown.client("vendor").get("/api/v1/vendors/anning/devices?limit=200").json()["rows"]
    heard = [row for row in rows if row["values"]]
    assert heard
    assert {"water_pressure"} <= set(heard[0]["values"])
    some = shown.client("vendor").get("/api/v1/vendors/anning/devices?q=D0001").json()
    assert [row["device_no"] for row in some["rows"]] == ["D0001"]
    assert shown.client("vendor").get("/api/v1/vendors/anning/devices?q=%25").json()["total"] == 0


def test_a_vendor_sees_the_events_of_its_devices_as_they_came(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("""insert into events (device_id, ts, kind, point, received_at, source)
            select device_id, %(now)s, 'fire_alarm', vendor_code, %(now)s, 'json' from devices
            where device_no in ('D0000', 'D0001')""", {"now": district.NOW})
    client = house.client("vendor")
    newest = client.get("/api/v1/vendors/anning/events?limit=1").json()
    assert [(row["device_no"], row["kind"], row["point"], row["active"]) for row in newest] == [
        ("D0001", "fire_alarm", "anning", True)]
    assert {row["device_no"] for row in client.get("/api/v1/vendors/anning/events?limit=200").json()} <= {
        row["device_no"] for row in client.get("/api/v1/vendors/anning/devices?limit=200").json()["rows"]}
    assert "火警" in client.get("/vendors/anning").text


def test_the_quarantine_comes_as_a_file_that_no_spreadsheet_runs(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("""insert into quarantine (received_at, topic, payload, payload_bytes, digest, vendor_code,
            reason_code, reason) values (now(), 'huoyan/v1/anning/x/event', '=HYPERLINK("http://x")', 22, '\\x01',
            'anning', 'json', 'no JSON'), (now(), 'huoyan/v1/anning/x/gbt26875', '\\x4040ff', 3, '\\x02', 'anning',
            'gbt_checksum', 'sum')""")
    answer = house.client("vendor").get("/api/v1/vendors/anning/quarantine.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.text.startswith("\ufeffnumber,received_at,topic")
    assert "'=HYPERLINK" in answer.text
    assert ",hex,40 40 ff" in answer.text
    only = house.client("vendor").get("/api/v1/vendors/anning/quarantine.csv?reason=gbt_checksum").text
    assert len(only.strip().splitlines()) == 2


def test_limits_and_status_are_the_administrator_s(house: House) -> None:
    client = house.client("administrator")
    assert client.patch("/api/v1/vendors/anning", json={"limits": {"messages_per_second": 5}}).status_code == 204
    known = client.get("/api/v1/vendors/anning").json()
    assert known["limits"]["messages_per_second"] == 5
    assert known["own_limits"]["byte_burst"] is None
    assert client.patch("/api/v1/vendors/anning", json={"status": "suspended"}).status_code == 204
    assert client.get("/api/v1/vendors/anning").json()["limits"]["messages_per_second"] == 5
    back = client.patch("/api/v1/vendors/anning", json={"limits": {"messages_per_second": None}, "status": "active"})
    assert back.status_code == 204
    assert client.get("/api/v1/vendors/anning").json()["own_limits"]["messages_per_second"] is None
    for body in ({"limits": {"messages_per_second": -1}}, {"limits": {"colour": 1}}, {"status": "gone"}):
        assert client.patch("/api/v1/vendors/anning", json=body).status_code in (400, 422)
    assert house.client("vendor").patch("/api/v1/vendors/anning", json={"status": "active"}).status_code == 403


def test_a_message_is_tried_and_nothing_is_stored(shown: House) -> None:
    client = shown.client("vendor")
    before = shown.db.row(_STORED)
    fine = client.post("/api/v1/vendors/anning/try", json={"device": "D0001", "payload": '{"pressure": 0.4}'}).json()
    assert fine["clean"]
    assert [(row["what"], row["name"], row["text"], row["unit"]) for row in fine["rows"]] == [
        ("reading", "water_pressure", "0.4", "MPa")]
    wrong = client.post("/api/v1/vendors/anning/try", json={"device": "D0001", "payload": '{"presure": 0.4}'}).json()
    assert not wrong["clean"]
    assert [refusal["reason_code"] for refusal in wrong["refusals"]] == ["unknown_metric"]
    foreign = client.post("/api/v1/vendors/anning/try", json={"device": "D0000", "payload": "{}"}).json()
    assert [refusal["reason_code"] for refusal in foreign["refusals"]] == ["foreign_device"]
    bad = client.post("/api/v1/vendors/anning/try", json={"device": "D0001", "form": "event", "encoding": "hex",
                                                          "payload": "ff fe"}).json()
    assert [refusal["reason_code"] for refusal in bad["refusals"]] == ["utf8"]
    for body in ({"device": "a/b", "payload": ""}, {"device": "", "payload": ""}, {"device": "x", "form": "y",
                 "payload": ""}, {"device": "x", "encoding": "hex", "payload": "0"}):
        answer = client.post("/api/v1/vendors/anning/try", json=body)
        assert answer.status_code == 422, body
    assert client.post("/api/v1/vendors/other/try", json={"device": "D0000", "payload": "{}"}).status_code == 404
    after = shown.db.row(_STORED)
    assert before == after


def test_the_pages_sign_up_rotate_revoke_limit_and_suspend(house: House) -> None:
    client, proof = house.browser_like("administrator")
    page = client.post("/vendors", data={"csrf": proof, "vendor_code": "acme", "name": "示例"})
    assert page.status_code == 200
    secret = re.search(r"data-secret>([A-Za-z0-9]{24})<", page.text)
    assert secret
    assert secret[1] not in client.get("/vendors/acme/keys").text
    assert client.post("/vendors", data={"csrf": proof, "vendor_code": "acme", "name": "x"}).status_code == 409
    assert "acme.k2" in client.post("/vendors/acme/keys", data={"csrf": proof, "note": "二期"}).text
    assert client.post("/vendors/acme/keys/1/revoke", data={"csrf": proof}).status_code == 303
    last = client.post("/vendors/acme/keys/2/revoke", data={"csrf": proof})
    assert last.status_code == 409
    assert "最后一个" in last.text
    assert client.post("/vendors/acme/limits", data={"csrf": proof, "messages_per_second": "1,500"}).status_code == 303
    assert 'value="1,500"' in client.get("/vendors/acme/keys").text
    for wrong in ("x", "-1", "nan", "1e999"):
        refused = client.post("/vendors/acme/limits", data={"csrf": proof, "messages_per_second": wrong})
        assert refused.status_code in (400, 422), wrong
    assert client.post("/vendors/acme/status", data={"csrf": proof, "status": "suspended"}).status_code == 303
    assert "该厂家已停用" in client.get("/vendors/acme").text
    assert client.post("/vendors/acme/keys", data={"csrf": proof, "end_others_on": "2020-01-01"}).status_code == 409


def test_the_page_tries_a_message(house: House) -> None:
    client, proof = house.browser_like("vendor")
    assert client.get("/vendors").headers["location"] == "/vendors/anning"
    assert '<option value="D0001">' in client.get("/vendors/anning/try").text
    form = {"csrf": proof, "device": "D0001", "form": "telemetry", "payload": '{"presure": 1}', "encoding": "text"}
    page = client.post("/vendors/anning/try", data=form).text
    assert "unknown_metric" in page
    assert "&#34;presure&#34;: 1" in page, "what was typed stays"
    assert "全部可以保存" in client.post("/vendors/anning/try", data={**form, "payload": '{"pressure": 0.4}'}).text
    assert client.post("/vendors/anning/try", data={**form, "device": "+"}).status_code == 422
