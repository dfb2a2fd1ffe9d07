"""The city: reproducible, whole, plausible in its numbers, and fast."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest

from policy import rules
from simulators.city import METRICS, City, generate, uscc, write
from simulators.city.conditions import CONDITIONS
from simulators.city.model import SHANGHAI

UNTIL = dt.date(2026, 3, 2)
SMALL: dict[str, Any] = {"units": 120, "devices": 300, "until": UNTIL, "days": 12}


@pytest.fixture(scope="module")
def city() -> City:
    return generate(11, until=UNTIL)


def test_the_same_seed_gives_the_same_city_in_another_process_and_another_seed_another() -> None:
    here = generate(5, **SMALL).digest()
    script = ("import datetime as dt; from simulators.city import generate; "
              "print(generate(5, units=120, devices=300, until=dt.date(2026, 3, 2), days=12).digest())")
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                           env={**os.environ, "PYTHONHASHSEED": "77"})
    assert other.stdout.strip() == here
    assert generate(6, **SMALL).digest() != here


def test_days_can_be_asked_for_in_any_order() -> None:
    made = generate(5, **SMALL)
    days = list(made.history())
    assert len(days) == 12
    assert days[-1] == UNTIL - dt.timedelta(days=1)
    forwards = [made.readings(day).value.tobytes() for day in days]
    backwards = [made.readings(day).value.tobytes() for day in reversed(days)]
    assert forwards == backwards[::-1]


def test_sizes_are_those_asked_for_and_the_rest_follows(city: City) -> None:
    assert (len(city.units), len(city.devices)) == (2000, 6000)
    assert 36 <= len(city.officers) <= 44
    assert 38 <= len(city.items) <= 45
    assert len([area for area in city.areas if area["level"] == "town"]) == 8
    half = generate(11, units=1000, devices=3000, until=UNTIL, days=1)
    assert len(half.inspections) == pytest.approx(len(city.inspections) / 2, rel=.15)


def test_a_year_of_telemetry_is_millions_of_readings(city: City) -> None:
    *long_ago, _, _, _ = days = list(city.history())
    total = 6 * sum(len(city.readings(day)) for day in long_ago[::6]) + sum(
        len(city.readings(day)) for day in days[-3:])
    assert 4_000_000 <= total <= 6_000_000


def test_mains_devices_report_hourly_in_the_last_three_days_and_battery_devices_once(city: City) -> None:
    def reports(day: dt.date, kind: str) -> float:
        wanted = [index for index, device in enumerate(city.devices) if device["kind"] == kind]
        block = city.readings(day)
        keys = {(device, second) for device, second in zip(block.device.tolist(), block.ts_us.tolist(), strict=True)}
        counts = Counter(device for device, _ in keys)
        return float(np.median([counts[index] for index in wanted if index in counts]))

    old, new = UNTIL - dt.timedelta(days=30), UNTIL - dt.timedelta(days=1)
    assert reports(new, "electrical") == 24
    assert 1 <= reports(old, "electrical") <= 4
    assert reports(new, "smoke") == reports(old, "smoke") == 1


def test_readings_are_unique_in_their_day_and_in_the_range_that_policy_believes(city: City) -> None:
    ranges = {metric["code"]: (metric["min"], metric["max"]) for metric in rules().value("metrics.catalogue", UNTIL)}
    for back in (1, 2, 40, 365):
        day = UNTIL - dt.timedelta(days=back)
        block = city.readings(day)
        assert len(set(zip(block.device.tolist(), block.metric.tolist(), block.ts_us.tolist(),
                           strict=True))) == len(block)
        moments = block.ts.astype("datetime64[s]").tolist()
        assert {moment.replace(tzinfo=dt.UTC).astimezone(SHANGHAI).date() for moment in moments} == {day}
        for index, code in enumerate(METRICS):
            values = block.value[block.metric == index]
            assert len(values)
            assert ranges[code][0] <= values.min()
            assert values.max() <= ranges[code][1]


def test_no_device_reports_before_it_was_installed_or_while_it_is_offline(city: City) -> None:
    day = UNTIL - dt.timedelta(days=200)
    block = city.readings(day)
    assert all(city.devices[index]["installed_on"] <= day for index in set(block.device.tolist()))
    silent: dict[int, int] = {}
    numbers = {(device["vendor_code"], device["device_no"]): index for index, device in enumerate(city.devices)}
    for event in city.events(day):
        if event["kind"] == "offline":
            index = numbers[event["vendor_code"], event["device_no"]]
            if event["active"]:
                silent[index] = int(event["ts"].timestamp() * 1e6)
            else:
                silent.pop(index, None)
    assert silent
    assert not any(device in silent and second >= silent[device]
                   for device, second in zip(block.device.tolist(), block.ts_us.tolist(), strict=True))


def test_the_day_itself_can_be_asked_for_up_to_a_moment(city: City) -> None:
    now = dt.datetime(2026, 3, 2, 9, 30, tzinfo=SHANGHAI)
    block = city.readings(UNTIL, now)
    assert 0 < len(block) < len(city.readings(UNTIL))
    assert block.ts_us.max() < now.timestamp() * 1e6
    assert all(event["ts"] < now for event in city.events(UNTIL, now))
    running = generate(11, until=UNTIL, now=now)
    assert max(alarm["opened_at"] for alarm in running.alarms) > max(alarm["opened_at"] for alarm in city.alarms)
    assert all(alarm["opened_at"] < now for alarm in running.alarms)


def test_events_are_unique_by_their_key_and_every_case_has_the_event_that_opened_it(city: City) -> None:
    keys = [(row["vendor_code"], row["device_no"], row["ts"], row["kind"], row["point"], row["active"])
            for day in city.history() for row in city.events(day)]
    assert len(set(keys)) == len(keys)
    began = set(keys)
    cases = [(row["vendor_code"], row["device_no"], row["opened_at"], row["kind"], row["point"])
             for row in city.alarms]
    assert len(set(cases)) == len(cases)
    assert all((*case, True) in began for case in cases)


def test_most_fire_alarms_are_false_and_few_are_real(city: City) -> None:
    verdicts = Counter(row["verdict"] for row in city.alarms if row["kind"] == "fire_alarm")
    judged = sum(verdicts.values()) - verdicts[None]
    assert verdicts["false"] / judged > .8
    assert 0 < verdicts["confirmed"] / judged < .08


def test_words_are_those_of_policy(city: City) -> None:
    def codes(rule: str) -> set[str]:
        return {entry["code"] for entry in rules().value(rule, UNTIL)}

    assert {unit["kind"] for unit in city.units} == codes("kinds.units")
    assert {device["kind"] for device in city.devices} == codes("kinds.devices")
    assert {row["kind"] for row in city.inspections} <= codes("kinds.inspections")
    assert {row["kind"] for row in city.complaints} <= codes("deadlines.complaint_check")
    assert {row["list"] for row in city.listings} <= codes("credit.lists")
    assert {one.code for one in CONDITIONS if one.reported} <= codes("events.kinds")
    assert set(METRICS) <= codes("metrics.catalogue")
    classes = {entry["code"]: entry["class"] for entry in rules().value("events.kinds", UNTIL)}
    assert {classes[row["kind"]] for row in city.alarms} == {"alarm", "fault"}


def test_credit_entries_name_their_events_and_cost_what_policy_says(city: City) -> None:
    points = rules().value("credit.points", UNTIL)
    keys = [(entry["event_kind"], entry["event_ref"]) for entry in city.credit_entries]
    assert len(set(keys)) == len(keys)
    for entry in city.credit_entries:
        assert entry["points"] < 0
        if not entry["event_kind"].startswith("elsewhere_"):
            assert entry["points"] == points[entry["event_kind"]]["points"], entry["event_kind"]
    fined = {entry["event_ref"] for entry in city.credit_entries if entry["event_kind"].startswith("penalty_")}
    assert fined == {penalty["case_no"] for penalty in city.penalties}


def test_the_check_character_is_that_of_the_example_in_the_standard() -> None:
    assert uscc.check_character("91350100M000100Y4") == "3"
    assert uscc.make("91", "990101", 7) != uscc.make("91", "990101", 8)


def test_every_code_of_a_unit_is_valid_and_its_own(city: City) -> None:
    codes = [unit["uscc"] for unit in city.units if unit["uscc"]]
    assert len(codes) > 1800
    assert len(set(codes)) == len(codes)
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    for code in codes:
        total = sum(alphabet.index(character) * pow(3, place, 31) for place, character in enumerate(code[:17]))
        assert (31 - total % 31) % 31 == alphabet.index(code[17])
        assert code[2:8] == "990101"
        body = sum(int(character, 36) * weight
                   for character, weight in zip(code[8:16], (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
        assert code[16] == {10: "X", 11: "0"}.get(11 - body % 11, str(11 - body % 11))


def test_every_reference_leads_somewhere(city: City) -> None:
    units = {unit["unit_no"] for unit in city.units}
    officers = {officer["officer_no"] for officer in city.officers}
    visits = {row["inspection_no"]: row for row in city.inspections}
    towns = {area["area_code"] for area in city.areas if area["level"] == "town"}
    assert len(units) == len(city.units)
    assert len(visits) == len(city.inspections)
    assert {unit["area_code"] for unit in city.units} <= towns
    assert {device["unit_no"] for device in city.devices} <= units
    assert len({(device["vendor_code"], device["device_no"]) for device in city.devices}) == len(city.devices)
    for table in (city.inspections, city.hazards, city.orders, city.penalties, city.complaints, city.fires,
                  city.credit_entries, city.listings, city.recusals):
        assert {row["unit_no"] for row in table} <= units
    for table in (city.hazards, city.orders, city.penalties):
        assert all(visits[row["inspection_no"]]["unit_no"] == row["unit_no"] for row in table)
    assert {row["officer_no"] for row in city.officer_leave + city.recusals} <= officers
    assert {row["item_code"] for row in city.hazards} <= {item["item_code"] for item in city.items}
    assert len({(row["inspection_no"], row["item_code"]) for row in city.hazards}) == len(city.hazards)
    assert [row["unit_no"] for row in city.truth] == [unit["unit_no"] for unit in city.units]


def test_nothing_has_happened_on_or_after_the_last_day(city: City) -> None:
    end = dt.datetime.combine(UNTIL, dt.time(), SHANGHAI)
    assert max(row["inspected_on"] for row in city.inspections if row["inspected_on"]) < UNTIL
    assert max(row["found_on"] for row in city.hazards) < UNTIL
    assert max(row["corrected_on"] for row in city.hazards if row["corrected_on"]) < UNTIL
    assert max(row["closed_on"] for row in city.orders if row["closed_on"]) < UNTIL
    assert max(row["decided_on"] for row in city.penalties) < UNTIL
    assert max(row["occurred_on"] for row in city.credit_entries) < UNTIL
    assert max(row["received_at"] for row in city.complaints) < end
    assert max(row["occurred_at"] for row in city.fires) < end
    assert max(row["opened_at"] for row in city.alarms) < end
    assert all(row["corrected_on"] is None or row["corrected_on"] >= row["found_on"] for row in city.hazards)


def test_every_visit_has_two_officers_and_no_town_visits_a_key_unit(city: City) -> None:
    bodies = {officer["officer_no"]: officer["body"] for officer in city.officers}
    key = {unit["unit_no"] for unit in city.units if unit["is_key"]}
    for row in city.inspections:
        (lead, _), (second, _) = row["officers"]
        assert lead != second
        assert [role for _, role in row["officers"]] == ["lead", "member"]
        if row["unit_no"] in key:
            assert {bodies[lead], bodies[second]} == {"brigade"}
        if row["status"] == "done":
            assert row["ended_at"] > row["started_at"]
            assert row["started_at"].astimezone(SHANGHAI).date() == row["inspected_on"]


def test_a_crowded_key_unit_is_drawn_for_duty_every_year(city: City) -> None:
    duty = {unit["unit_no"] for unit in city.units if unit["is_key"] and unit["is_crowded"]}
    for year in range(3):
        last = UNTIL - dt.timedelta(days=364 * year)
        seen = {row["unit_no"] for row in city.inspections if row["arm"] == "duty"
                and last - dt.timedelta(days=364 + 3) <= row["planned_on"] < last + dt.timedelta(days=3)}
        assert len(duty - seen) <= .03 * len(duty)


def test_a_drawn_visit_carries_the_probability_it_was_drawn_with(city: City) -> None:
    drawn = [row for row in city.inspections if row["kind"] == "draw"]
    assert all(0 < row["draw_probability"] <= 1 for row in drawn)
    assert len({(row["draw_no"], row["unit_no"]) for row in drawn}) == len(drawn)
    assert all(row["draw_no"] is None for row in city.inspections if row["kind"] != "draw")
    # Horvitz-Thompson: the weights of one quarter's draws sum to the number of units that could be drawn.
    duty = {unit["unit_no"] for unit in city.units if unit["is_key"] and unit["is_crowded"]}
    quarters: Counter[str] = Counter()
    for row in drawn:
        if row["unit_no"] not in duty:
            quarters[row["draw_no"]] += 1 / row["draw_probability"]
    assert np.mean(list(quarters.values())) == pytest.approx(len(city.units) - len(duty), rel=.10)


def test_numbers_have_the_magnitudes_of_a_district_s_yearly_report(city: City) -> None:
    """Yubei 2024: 0.576 hazards a record, 0.50 notices and 0.106 penalties a record, 98 % corrected."""
    done = [row for row in city.inspections if row["status"] == "done"]
    first = [row for row in done if row["kind"] != "reinspection"]
    assert .4 <= len(city.hazards) / len(first) <= .8
    assert .2 <= len(city.orders) / len(first) <= .6
    assert .05 <= len(city.penalties) / len(done) <= .18
    assert .90 <= np.mean([row["corrected_on"] is not None for row in city.hazards]) < 1
    assert 1 <= sum(row["is_major"] for row in city.hazards) <= .02 * len(city.hazards)
    risks = np.array([row["true_risk"] for row in city.truth])
    assert .15 < risks.mean() < .25
    assert (risks > .5).mean() < .15


def test_lists_exclude_each_other_and_officers_are_not_all_fit(city: City) -> None:
    listed = [row["unit_no"] for row in city.listings]
    assert len(set(listed)) == len(listed)
    assert {row["list"] for row in city.listings} == {"general", "serious", "red"}
    ended = [officer for officer in city.officers if officer["certificate_to"] < UNTIL]
    assert 0 < len(ended) < len(city.officers) / 4
    assert any(row["from_day"] <= UNTIL <= row["to_day"] for row in city.officer_leave)
    for area in {officer["area_codes"][0] for officer in city.officers}:
        fit = [officer for officer in city.officers if officer["area_codes"] == [area]
               and officer["certificate_to"] >= UNTIL]
        assert any(officer["can_lead"] for officer in fit)


@pytest.mark.parametrize(("changed", "named"), [({"units": 3}, "units 3"), ({"days": 0}, "days 0"),
                                                ({"devices": -1}, "devices -1"), ({"seed": -4}, "seed -4"),
                                                ({"now": dt.datetime(2026, 3, 4, tzinfo=dt.UTC)}, "now 2026-03-04")])
def test_an_argument_out_of_range_is_named(changed: dict[str, Any], named: str) -> None:
    arguments = {"seed": 1, **SMALL, **changed}
    with pytest.raises(ValueError, match=named):
        generate(arguments.pop("seed"), **arguments)


def test_the_smallest_city_and_one_without_devices_are_whole(tmp_path: Any) -> None:
    made = generate(2, units=10, devices=0, until=UNTIL, days=3)
    assert len(made.readings(UNTIL - dt.timedelta(days=1))) == 0
    assert made.alarms == []
    assert made.fleet_devices() == []
    assert write(made, tmp_path / "out")["units"] == 10
    assert len(generate(2, units=10, devices=40, until=UNTIL, days=3).devices) == 40


def test_the_fleet_goes_on_where_the_history_ends(city: City) -> None:
    devices = city.fleet_devices()
    assert len(devices) == sum(device["status"] == "active" for device in city.devices)
    assert {"ok", "offline", "pressure_low"} <= {device["health"] for device in devices}
    open_cases = {(row["vendor_code"], row["device_no"], row["kind"], row["point"]) for row in city.alarms
                  if row["restored_at"] is None}
    told = {(device["vendor"], device["device_no"], kind, point) for device in devices
            for kind, point in device["open"]}
    assert open_cases
    assert open_cases <= told
