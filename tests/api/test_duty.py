"""Duty checks from the page and from REST: who may ask whom, what is shown, and what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ingest.gbt26875.downstream import KINDS
from ingest.links.kinds import INITIALISE, fields_of, kind_of
from store import Database
from tests.api import district
from tests.api.conftest import House, proof_of

_SETTINGS = """update devices set settings = '{"gbt26875": {"address": "640000000000"}}' where kind = 'uitd'"""


@pytest.fixture
def house(house: House) -> House:
    """The loaded district without its own links and requests."""
    with house.db.connection() as connection:
        connection.execute("alter table gbt_request_steps disable trigger user")
        for table in ("gbt_links", "gbt_listeners", "gbt_request_steps", "gbt_requests"):
            connection.execute(f"delete from {table}")  # type: ignore[call-overload]
        connection.execute("alter table gbt_request_steps enable trigger user")
    return house


def device(db: Database, number: str) -> dict[str, Any]:
    row = db.row("select device_id, unit_id from devices where device_no = %s", [number])
    assert row
    return row


def linked(db: Database, number: str | None, link: int, peer: str = "10.1.2.3:4000") -> None:
    with db.connection() as connection:
        connection.execute(_SETTINGS)
        connection.execute("""insert into gbt_listeners values ('here:1', now(), now(), 26875, 26875, 1)
                              on conflict (listener) do update set seen_at = now()""")
        connection.execute("""insert into gbt_links values ('here:1', %s, 'tcp', 26875, %s, now(), now(), %s,
                              '640000000000', 12, 1)""",
                           [link, peer, device(db, number)["device_id"] if number else None])


def ask(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post("/api/v1/device-requests", json=body)


def test_a_duty_check_is_asked_of_a_unit_shown_and_told_to_the_listeners(house: House) -> None:
    db, client = house.db, house.client("brigade")
    linked(db, "D0000", 1)
    unit = device(db, "D0000")["unit_id"]
    made = ask(client, kind="duty_check", units=[unit], minutes=3)
    assert made.status_code == 201, made.text
    number, = made.json()["requests"]
    shown = client.get(f"/api/v1/device-requests/{number}").json()
    assert (shown["kind"], shown["state"], shown["parameters"], shown["asked_by"], shown["device_no"]) == (
        "duty_check", "waiting", {"minutes": 3}, "brigade", "D0000")
    assert [step["step"] for step in shown["steps"]] == ["asked"]
    assert dt.datetime.fromisoformat(shown["send_by"]) == district.NOW + dt.timedelta(minutes=5)
    row = db.row("select unit from gbt_requests")
    assert row
    assert bytes(row["unit"]) == bytes([91, 1, 3])
    assert db.row("select actor, action, entity_id from audit_log where action = 'ask'") == {
        "actor": "brigade", "action": "ask", "entity_id": "other/D0000"}


def test_the_unanswered_are_listed_and_counted(house: House) -> None:
    db, client = house.db, house.client("brigade")
    linked(db, "D0000", 1)
    ask(client, kind="duty_check", devices=[device(db, "D0000")["device_id"]])
    with db.connection() as connection:
        connection.execute("update gbt_requests set state = 'unanswered', ended_at = asked_at, sent_at = asked_at")
    found = client.get("/api/v1/device-requests?kind=duty_check&state=unanswered").json()["requests"]
    assert [(one["device_no"], one["answered_at"]) for one in found] == [("D0000", None)]
    assert client.get("/api/v1/device-requests?state=open").json()["requests"] == []
    assert client.get("/api/v1/links").json()["unanswered"] == 1


def test_links_of_other_areas_and_of_nobody_are_seen_by_those_who_see_every_area(house: House) -> None:
    db = house.db
    for link, number in enumerate(("D0000", "D2000", None), 1):
        linked(db, number, link)

    def seen(who: str) -> list[str | None]:
        return [one["device_no"] for one in house.client(who).get("/api/v1/links").json()["links"]]

    assert seen("administrator") == ["D0000", "D2000", None]
    assert seen("brigade") == seen("town") == ["D0000"]
    assert seen("far") == ["D2000"]
    assert [one["device_no"] for one in house.client("administrator").get(
        "/api/v1/links?unknown=true").json()["links"]] == [None]
    with db.connection() as connection:
        connection.execute("update gbt_listeners set seen_at = now() - interval '1 minute'")
    assert seen("administrator") == []


def test_nobody_asks_a_device_of_another_area(house: House) -> None:
    linked(house.db, "D2000", 1)
    theirs = device(house.db, "D2000")
    for body in ({"devices": [theirs["device_id"]]}, {"units": [theirs["unit_id"]]}, {"devices": [10**9]}):
        assert ask(house.client("brigade"), kind="duty_check", **body).status_code == 404
    made = ask(house.client("far"), kind="duty_check", devices=[theirs["device_id"]])
    number, = made.json()["requests"]
    assert house.client("brigade").get(f"/api/v1/device-requests/{number}").status_code == 404
    assert house.client("brigade").get(f"/duty/{number}").status_code == 404
    assert house.client("brigade").get("/api/v1/device-requests").json()["requests"] == []


def test_only_an_administrator_initialises_a_device_and_types_its_number_again(house: House) -> None:
    linked(house.db, "D0000", 1)
    number = device(house.db, "D0000")["device_id"]
    assert ask(house.client("brigade"), kind="initialise", devices=[number], confirm="D0000").status_code == 403
    admin = house.client("administrator")
    for confirm in ("", "D0001"):
        refused = ask(admin, kind="initialise", devices=[number], confirm=confirm)
        assert refused.status_code == 422
        assert "type its number again" in refused.json()["error"]
    assert ask(admin, kind="initialise", devices=[number], confirm="D0000").status_code == 201
    row = house.db.row("select unit, command from gbt_requests")
    assert row
    assert (bytes(row["unit"]), row["command"]) == (bytes([89, 1, 0]), 1)


@pytest.mark.parametrize(("body", "status", "word"), [
    ({"kind": "duty_check"}, 422, "at least one"), ({"kind": "reboot", "devices": [1]}, 422, "reboot"),
    ({"kind": "duty_check", "devices": [0]}, 422, "devices"),
    ({"kind": "duty_check", "units": [1] * 501}, 422, "units"),
    ({"kind": "duty_check", "devices": ["x"]}, 422, "devices"), ({"kind": "x", "colour": 1}, 422, "colour"),
])
def test_what_cannot_be_asked_is_refused_in_a_sentence(house: House, body: dict[str, Any], status: int,
                                                       word: str) -> None:
    refused = ask(house.client("brigade"), **body)
    assert refused.status_code == status
    assert word in refused.json()["error"]


def test_a_field_out_of_range_is_named(house: House) -> None:
    linked(house.db, "D0000", 1)
    number = device(house.db, "D0000")["device_id"]
    for body, word in (({"kind": "duty_check", "minutes": 256}, "minutes"),
                       ({"kind": "read_system_status", "system": 1}, "system_address"),
                       ({"kind": "read_component_value", "system": 1, "system_address": 1, "address": "zz"}, "address"),
                       ({"kind": "read_operations", "count": 5}, "start")):
        refused = ask(house.client("brigade"), devices=[number], **body)
        assert refused.status_code == 422
        assert word in refused.json()["error"]
    assert house.db.row("select count(*) as n from gbt_requests") == {"n": 0}


def test_the_page_asks_the_ticked_devices_and_shows_what_came_of_it(house: House) -> None:
    linked(house.db, "D0000", 1)
    client, _ = house.browser_like("brigade")
    page = client.get("/duty").text
    number = device(house.db, "D0000")["device_id"]
    assert f'name="device" value="{number}"' in page
    assert "initialise" not in page
    proof = proof_of(page)
    sent = client.post("/duty", data={"csrf": proof, "kind": "duty_check", "minutes": "2", "device": str(number)})
    assert (sent.status_code, sent.headers["location"]) == (303, "/duty?view=requests&asked=1")
    shown = client.get("/duty?view=requests&asked=1").text
    assert "等待下发" in shown
    assert "查岗" in shown
    row = house.db.row("select request_id from gbt_requests")
    assert row
    assert "经过" in client.get(f"/duty/{row['request_id']}").text
    refused = client.post("/duty", data={"csrf": proof, "kind": "duty_check", "minutes": "999", "device": str(number)})
    assert refused.status_code == 422
    assert "minutes" in refused.text
    nobody = client.post("/duty", data={"csrf": proof, "kind": "duty_check", "minutes": "2"})
    assert nobody.status_code == 422
    assert "请勾选至少一台装置" in nobody.text


def test_whatever_was_asked_is_shown_in_the_list_and_alone(house: House) -> None:
    db, client = house.db, house.client("brigade")
    linked(db, "D0000", 1)
    fields = {"system": 1, "system_address": 1, "address": "01000200", "start": "2026-03-01T00:00:00+08:00"}
    for kind in KINDS.keys() - {INITIALISE}:
        wanted = {name: fields[name] for name in fields_of(kind_of(kind)) if name in fields}
        made = ask(client, kind=kind, devices=[device(db, "D0000")["device_id"]], **wanted)
        assert made.status_code == 201, made.text
        page = client.get(f"/duty/{made.json()['requests'][0]}")
        assert page.status_code == 200, kind
    page = client.get("/duty?view=requests")
    assert (page.status_code, page.text.count("other/D0000")) == (200, len(KINDS) - 1)


def test_a_town_sees_answers_but_cannot_ask(house: House) -> None:
    linked(house.db, "D0000", 1)
    client, _ = house.browser_like("town")
    page = client.get("/duty").text
    assert "D0000" in page
    assert 'name="kind"' not in page
    assert ask(house.client("town"), kind="duty_check",
               devices=[device(house.db, "D0000")["device_id"]]).status_code == 403


def test_what_a_device_answered_is_shown_as_text_and_not_as_markup(house: House) -> None:
    linked(house.db, "D0000", 1)
    number, = ask(house.client("brigade"), kind="read_status",
                  devices=[device(house.db, "D0000")["device_id"]]).json()["requests"]
    with house.db.connection() as connection:
        connection.execute("""update gbt_requests set state = 'answered', ended_at = now(), answered_at = now(),
                              answer = '{"text": "<script>x</script> 一号楼"}'""")
    client, _ = house.browser_like("brigade")
    page = client.get(f"/duty/{number}").text
    assert "<script>x" not in page
    assert "一号楼" in page


def test_a_duty_officer_ticks_a_device_and_sends(house: House, browser: Callable[..., Any]) -> None:
    linked(house.db, "D0000", 1)
    page, complaints = browser(390, 800).new_page(), list[str]()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(house.address + "/login?lang=zh")
    page.fill("[name=username]", "brigade")
    page.fill("[name=password]", district.PASSWORD)
    page.click("form.gate-form button")
    page.goto(house.address + "/duty")
    page.check("[name=view][value=requests]")
    page.wait_for_selector("text=没有这样的命令")
    page.check("[name=view][value=links]")
    page.check("[name=device]")
    page.click("button.primary")
    page.wait_for_url("**/duty?view=requests&asked=1")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert complaints == []
    assert house.db.row("select kind from gbt_requests") == {"kind": "duty_check"}
