"""Off-site findings: who sees them, who may decide, what a decision leaves and moves."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest

import ingest.findings
from ingest import verdicts
from ingest.messages import Message
from ingest.storing import BatchStore
from ingest.writer import Writer
from policy import rules
from scoring import nightly, told
from tests.api import district
from tests.api.conftest import House
from tests.api.test_browser import _log_in
from tests.scoring.scene import Scene

_ALL = "/api/v1/findings?state=all&limit=500"


def finding(house: House, rule: str, area: str = "990101001") -> int:
    row = house.db.row("select finding_id from findings join units using (unit_id) where rule = %s and area_code = %s",
                       [rule, area])
    assert row
    return int(row["finding_id"])


def decision(house: House, number: int, role: str = "brigade", **entry: Any) -> Any:
    return house.client(role).post(f"/api/v1/findings/{number}/decision", json={"reason": "电话核实", **entry})


def test_the_list_is_narrowed_by_state_rule_area_and_words(shown: House) -> None:
    client = shown.client("administrator")
    everything = client.get(_ALL).json()
    assert everything["waiting"] == everything["total"] == len(everything["findings"]) == 12
    clocks = [one["decide_by"] for one in client.get("/api/v1/findings").json()["findings"]]
    assert clocks == sorted(clocks)
    one = client.get("/api/v1/findings?rule=system_off&area=990101001").json()
    assert [(row["rule"], row["area_code"]) for row in one["findings"]] == [("system_off", "990101001")]
    number = one["findings"][0]["finding_no"]
    assert client.get(f"/api/v1/findings?q={number}").json()["total"] == 1
    assert client.get("/api/v1/findings?q=U1003").json()["findings"][0]["rule"] == "pressure_out"
    assert client.get("/api/v1/findings?state=substantiated").json()["total"] == 0
    paged = [client.get(f"/api/v1/findings?limit=5&offset={start}").json() for start in (0, 5, 10)]
    assert [row["finding_id"] for page in paged for row in page["findings"]] == [
        row["finding_id"] for row in client.get("/api/v1/findings").json()["findings"]]
    assert paged[-1]["next"] is None
    assert client.get("/api/v1/findings?state=none").status_code == 422


def test_a_finding_tells_its_evidence_and_what_this_account_may_decide(shown: House) -> None:
    number = finding(shown, "false_alarms")
    whole = shown.client("brigade").get(f"/api/v1/findings/{number}").json()
    assert whole["may_decide"] == ["substantiated", "dismissed", "to_visit"]
    assert shown.client("town").get(f"/api/v1/findings/{number}").json()["may_decide"] == ["to_visit"]
    assert {fact["code"]: fact["value"] for fact in whole["evidence"]["facts"]} == {
        "false_alarms": 7, "by_rule": 0, "limit": 5}
    assert [alarm["verdict"] for alarm in whole["alarms"]] == ["false"] * 7
    assert whole["evidence"]["limit"]["value"]["more_than"] == 5
    assert shown.client("brigade").get(f"/api/v1/findings/{number}/telemetry").status_code == 404


def test_the_plot_of_a_finding_shows_its_days_and_limits(shown: House) -> None:
    number = finding(shown, "pressure_out")
    told = shown.client("brigade").get(f"/api/v1/findings/{number}/telemetry").json()
    (series,) = told["series"]
    assert (told["metric"], told["unit"], told["low"]) == ("water_pressure", "MPa", .07)
    assert (series["device_no"], told["since"][:10]) == ("D0003", "2026-12-03")
    values = [point[1] for point in series["points"]]
    assert min(values) == .02
    assert max(values) > .3


@pytest.mark.row(57)
def test_what_no_one_has_decided_moves_no_score_and_what_is_true_does(house: House) -> None:
    number = finding(house, "system_off")
    tomorrow = district.DAY + dt.timedelta(days=1)
    answer = decision(house, number, decision="dismissed")
    assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "dismissed"
    dismissed = answer.json()["next_score"]
    answer = decision(house, number, decision="substantiated")
    assert answer.json()["next_score"] == dismissed + 1
    nightly.run(house.db, tomorrow)
    row = house.db.row("select s.*, r.headings from scores s join findings f using (unit_id) "
                       "join score_runs r using (as_of) where as_of = %s and finding_id = %s", [tomorrow, number])
    assert row
    found = {one["feature"]: one for one in told.of_row(row, row["headings"])}
    assert (found["findings_substantiated_12m"]["value"], found["findings_substantiated_12m"]["points"]) == (1, 1)
    unit = house.client("brigade").get(f"/api/v1/findings/{number}").json()["unit_id"]
    record = house.client("brigade").get(f"/api/v1/units/{unit}/record").json()["findings"]
    assert [(one["finding_id"], one["state"], one["decided_by"]) for one in record] == [
        (number, "substantiated", "brigade")]
    page = house.client("brigade").get(f"/units/{unit}").text
    assert f"/findings/{number}" in page
    trace = house.db.rows("select action, actor from audit_log where entity = 'finding' order by audit_id")
    assert trace == [{"action": "dismissed", "actor": "brigade"}, {"action": "substantiated", "actor": "brigade"}]


def test_a_town_sends_a_finding_to_a_visit_and_decides_nothing_else(house: House) -> None:
    number = finding(house, "shielded")
    assert decision(house, number, "town", decision="substantiated").status_code == 403
    assert decision(house, number, "town", decision="to_visit").status_code == 400
    answer = decision(house, number, "town", decision="to_visit", visit_on="2026-12-08",
                      officers=[["O0", "lead"], ["O1", "member"]])
    assert answer.status_code == 201, answer.text
    visit = house.db.row("select kind, planned_on, status from inspections where inspection_no = %s",
                         [answer.json()["inspection_no"]])
    assert visit == {"kind": "finding", "planned_on": dt.date(2026, 12, 8), "status": "planned"}
    listed = house.client("brigade").get("/api/v1/findings?state=to_visit").json()["findings"]
    assert [(one["finding_id"], one["visit_on"], one["inspection_status"]) for one in listed] == [
        (number, "2026-12-08", "planned")]
    assert decision(house, number, "officer", decision="dismissed").status_code == 403
    assert house.client("brigade").get("/api/v1/findings?state=late").json()["total"] == 0
    with house.db.connection() as connection:
        connection.execute("update inspections set planned_on = '2026-12-06' where kind = 'finding'")
    late = house.client("brigade").get("/api/v1/findings?state=late").json()
    assert ([one["finding_id"] for one in late["findings"]], late["late"]) == ([number], 1)
    assert house.client("brigade").get("/api/v1/summary").json()["findings_late"] == 1
    assert decision(house, number, decision="to_visit", visit_on="2026-12-09").status_code == 409


def test_a_foreign_finding_can_not_be_decided(house: House) -> None:
    number = finding(house, "system_off", "990102001")
    for role in ("brigade", "officer", "town"):
        assert decision(house, number, role, decision="dismissed").status_code == 404
    assert decision(house, finding(house, "system_off", "990101002"), "town", decision="to_visit",
                    visit_on="2026-12-08").status_code == 404
    assert house.db.rows("select * from finding_decisions") == []


def test_an_entry_that_can_not_be_used_is_refused_in_one_sentence(house: House) -> None:
    number = finding(house, "system_off")
    for entry in ({}, {"decision": "maybe"}, {"decision": "dismissed", "reason": ""}, {"decision": "dismissed", "x": 1},
                  {"decision": "to_visit", "visit_on": "soon"},
                  {"decision": "to_visit", "visit_on": "2026-12-08", "officers": [["O0", "boss"]]},
                  {"decision": "dismissed", "after": 99}):
        answer = decision(house, number, **entry)
        assert answer.status_code in (400, 409, 422), entry
        assert set(answer.json()) == {"error"}
    assert house.db.rows("select * from finding_decisions") == []


def test_the_overview_counts_what_waits_and_what_is_late(house: House) -> None:
    with house.db.connection() as connection:
        connection.execute("update findings set decide_by = %s where rule = 'shielded'",
                           [district.NOW - dt.timedelta(hours=1)])
    summary = house.client("brigade").get("/api/v1/summary").json()
    assert (summary["findings_waiting"], summary["findings_late"]) == (8, 2)
    assert house.client("town").get("/api/v1/summary").json()["findings_waiting"] == 4
    late = house.client("brigade").get("/api/v1/findings?state=late").json()["findings"]
    assert {(one["rule"], one["late"]) for one in late} == {("shielded", True)}
    page = house.client("brigade").get("/findings?state=late").text
    assert "已超时" in page


def test_a_form_of_the_page_is_refused_with_its_fields_kept_and_taken_once(house: House) -> None:
    client, proof = house.browser_like("brigade")
    number = finding(house, "system_off")
    refused = client.post(f"/findings/{number}", data={"csrf": proof, "decision": "to_visit", "reason": "看现场"})
    assert refused.status_code == 400
    assert "请填写现场核查日期" in refused.text
    assert "看现场" in refused.text
    form = {"csrf": proof, "decision": "substantiated", "reason": "电话核实属实", "after": "0"}
    done = client.post(f"/findings/{number}", data=form)
    assert (done.status_code, done.headers["location"]) == (303, f"/findings/{number}?decided=true")
    page = client.get(done.headers["location"]).text
    assert "决定已记录" in page
    assert "data-next-score" in page
    again = client.post(f"/findings/{number}", data=form)
    assert again.status_code == 409
    assert "在您打开之后已由 brigade 处理" in again.text


@pytest.mark.parametrize("rule", ["system_off", "shielded", "pressure_out", "false_alarms"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_kind_of_finding_has_its_page(shown: House, rule: str, language: str) -> None:
    page = shown.client("brigade").get(f"/findings/{finding(shown, rule)}?lang={language}").text
    name = rules().rule(f"findings.rule.{rule}", district.DAY)
    assert (name.zh if language == "zh" else name.en)[1:] in page
    assert ("span-bar" in page) is (rule != "pressure_out")
    assert ('data-chart="readings"' in page) is (rule == "pressure_out")


# Verdicts by rule on the page of alarms ------------------------------------------------------------------------------


def test_a_verdict_by_rule_is_told_as_such_and_a_person_may_say_otherwise(house: House) -> None:
    with house.db.connection() as connection:
        scene = Scene(connection)
        device = house.db.row("select device_id from devices where device_no = 'D0001'")
        assert device
        alarm = scene.alarm(device["device_id"], "fire_alarm", district.NOW - dt.timedelta(hours=5),
                            district.NOW - dt.timedelta(hours=5) + dt.timedelta(seconds=20))
    assert verdicts.run(house.db, district.NOW)["judged"] == 1
    client = house.client("brigade")
    assert [one["alarm_id"] for one in client.get("/api/v1/alarms?state=all&by=rule").json()["alarms"]] == [alarm]
    told = client.get(f"/api/v1/alarms/{alarm}").json()
    assert (told["verdict"], told["verdict_by"], told["verdict_rule"]) == ("false", None, "short_single")
    assert "单点瞬时报警自动恢复" in client.get("/alarms?state=all&by=rule").text
    # The same verdict, but now a person's.
    answer = client.post(f"/api/v1/alarms/{alarm}/verdict", json={"verdict": "false", "note": told["verdict_note"]})
    assert (answer.status_code, answer.json()["verdict_by"], answer.json()["verdict_rule"]) == (200, "brigade", None)
    assert client.post(f"/api/v1/alarms/{alarm}/verdict", json={"verdict": "confirmed"}).status_code == 200
    assert verdicts.run(house.db, district.NOW + dt.timedelta(minutes=5)) == {"judged": 0, "taken_back": 0}
    assert client.get(f"/api/v1/alarms/{alarm}").json()["verdict"] == "confirmed"
    assert client.get("/api/v1/alarms?state=all&by=rule").json()["alarms"] == []


# The line, through a real browser ------------------------------------------------------------------------------------


def test_a_finding_is_decided_by_keyboard_alone(house: House, browser: Callable[..., Any]) -> None:
    page, complaints = _log_in(browser(1440, 900), house, "brigade")
    page.goto(house.address + "/findings")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator("#results tbody tr").nth(1).locator(".cell-unit a").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(house.address + str(second))
    page.keyboard.press("1")
    assert page.evaluate("document.activeElement.name") == "reason"
    page.keyboard.type("电话核实属实 123")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-next-score]")
    assert page.inner_text(".lines .status-substantiated") == "属实"
    row = house.db.row("select decision, reason, decided_by from finding_decisions")
    assert row == {"decision": "substantiated", "reason": "电话核实属实 123", "decided_by": "brigade"}
    assert complaints == []


def test_what_a_device_says_is_on_the_page_within_ten_seconds_and_so_is_its_restore(
        house: House, browser: Callable[..., Any]) -> None:
    page, complaints = _log_in(browser(), house, "brigade")
    page.goto(house.address + "/alarms")
    page.wait_for_selector(".pulse")
    before = int(page.inner_text(".pulse b >> nth=0"))
    batches = BatchStore(Writer(house.db, rules()))

    def said(number: int, payload: str, moment: dt.datetime) -> float:
        batches.store([Message("huoyan/v1/other/D0012/event", payload.encode(), moment, packet_id=number)])
        return time.monotonic()

    stored = said(1, '{"type": "gas_alarm", "point": "8-8"}', district.NOW)
    row = page.wait_for_selector(".alarm-list li:has-text('8-8')", timeout=10_000)
    shown_after = time.monotonic() - stored
    page.wait_for_selector(f".pulse b:first-of-type:text-is('{before + 1}')", timeout=10_000)
    pulse_after = time.monotonic() - stored
    assert row.get_attribute("data-open") == "yes"
    stored = said(2, '{"type": "gas_alarm", "point": "8-8", "active": false}', district.NOW + dt.timedelta(seconds=40))
    page.wait_for_selector(".alarm-list li:has-text('8-8')[data-open=no]", timeout=10_000)
    restored_after = time.monotonic() - stored
    print(f"shown {shown_after:.2f} s, counted {pulse_after:.2f} s, restore {restored_after:.2f} s after the commit")
    assert max(shown_after, pulse_after, restored_after) < 10, (shown_after, pulse_after, restored_after)
    assert complaints == []


def test_an_event_goes_from_alarm_to_verdict_to_restore_to_finding(house: House) -> None:
    """What a device says, what a person says of it, and what stays open become one line of cases."""
    batches, numbers = BatchStore(Writer(house.db, rules())), iter(range(1, 1000))
    client = house.client("brigade")

    def said(hour: float, payload: str) -> None:
        moment = district.NOW + dt.timedelta(hours=hour)
        stored = batches.store([Message("huoyan/v1/other/D0006/event", payload.encode(), moment,
                                        packet_id=next(numbers))])
        assert stored.events == 1

    def case(point: str) -> dict[str, Any]:
        found = client.get("/api/v1/alarms?state=all&q=D0006&limit=100").json()["alarms"]
        (one,) = [alarm for alarm in found if alarm["point"] == point]
        return dict(one)

    said(-6, '{"type": "fire_alarm", "point": "7-1"}')
    alarm = case("7-1")
    assert (alarm["restored_at"], alarm["verdict"]) == (None, None)
    # An open alarm is nobody's but a person's.
    verdicts.run(house.db, district.NOW)
    assert case("7-1")["verdict"] is None
    client.post(f"/api/v1/alarms/{alarm['alarm_id']}/verdict", json={"verdict": "confirmed"})
    later = district.NOW + dt.timedelta(hours=3)
    assert ingest.findings.run(house.db, later)["alarm_unhandled"] == 1
    said(3.5, '{"type": "fire_alarm", "point": "7-1", "active": false}')
    assert case("7-1")["restored_at"] == "2026-12-07T05:30:00Z"
    ingest.findings.run(house.db, later + dt.timedelta(hours=1))
    row = house.db.row("select finding_id, ended_at, state from findings where rule = 'alarm_unhandled'")
    assert row
    assert (row["ended_at"], row["state"]) == (dt.datetime(2026, 12, 7, 5, 30, tzinfo=dt.UTC), "open")
    said(4, '{"type": "fault", "point": "7-2"}')
    assert case("7-2")["restored_at"] is None
    said(4.2, '{"type": "fault", "point": "7-2", "active": false}')
    assert case("7-2")["restored_at"] == "2026-12-07T06:12:00Z"
