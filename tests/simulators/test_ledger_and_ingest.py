"""What the fleet's ledger expects in the tables is what ingest makes of the same bytes."""

from __future__ import annotations

import collections
import datetime as dt

import pytest

from ingest.judge import Device, EventRow, StatusRow
from ingest.messages import Message as Arrived
from ingest.opening import Directory, judge_message, open_message
from ingest.vocabulary import vocabulary
from policy import rules
from simulators.fleet import FAULT_LEVELS, FleetDevice, Message, Traffic

NOW = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)
DEVICES = [FleetDevice(vendor, f"{vendor}-{kind}-{number}", kind)
           for vendor in ("anning", "tianshui", "xunjie", "hongyan")
           for kind in ("uitd", "smoke", "water_pressure", "water_level", "electrical", "gas") for number in range(3)]
DIRECTORY = Directory({(one.vendor, one.device_no): Device(number, one.vendor, one.device_no, number, one.kind, True,
                                                           {}) for number, one in enumerate(DEVICES)},
                      dict.fromkeys(("anning", "tianshui", "xunjie", "hongyan"), "active"))
NUMBERS = {device.device_id: device.device_no for device in DIRECTORY.devices.values()}


@pytest.fixture(scope="module")
def traffic() -> list[tuple[Message, dt.datetime]]:
    made = Traffic(DEVICES, 9, FAULT_LEVELS["high"], start_ms=int(NOW.timestamp() * 1000), events_per_minute=300)
    found = []
    for turn in range(6000):
        moment = NOW + dt.timedelta(milliseconds=50 * turn)
        found += [(message, moment) for message in made.next(int(moment.timestamp() * 1000))]
    return found


def test_every_reading_that_the_ledger_expects_is_stored_as_it_says(traffic: list[tuple[Message, dt.datetime]]) -> None:
    words = vocabulary(rules(), NOW.date())
    checked = 0
    for message, moment in traffic:
        judged = judge_message(open_message(Arrived(message.topic, message.payload, moment), words), DIRECTORY, words)
        if message.expect != "stored":
            continue
        assert judged.refusals == [], (message, judged.refusals)
        stored = sorted((NUMBERS[row.device_id], row.metric, round(row.ts.timestamp() * 1000), round(row.value, 9))
                        for parcel in judged.parcels for row in parcel.readings)
        assert stored == sorted(message.readings)
        checked += len(stored)
    assert checked > 8000


def test_every_event_that_the_ledger_expects_is_told_of_as_it_says(traffic: list[tuple[Message, dt.datetime]]) -> None:
    words = vocabulary(rules(), NOW.date())
    checked = collections.Counter[str]()
    for message, moment in traffic:
        if message.expect != "stored" or not message.events:
            continue
        judged = judge_message(open_message(Arrived(message.topic, message.payload, moment), words), DIRECTORY, words)
        told = set()
        for parcel in judged.parcels:
            for report in parcel.reports:
                if isinstance(report, EventRow):
                    told.add((NUMBERS[report.device_id], report.kind, report.point, report.active, _ms(report)))
                elif isinstance(report, StatusRow):
                    told |= {(NUMBERS[report.row.device_id], kind, None, kind in report.on, _ms(report.row))
                             for kind in report.covers}
        assert set(message.events) <= told, message
        checked[message.form] += len(message.events)
    assert min(checked["event"], checked["gbt26875"]) > 50


def _ms(row: EventRow) -> int:
    return round(row.ts.timestamp() * 1000)


def test_most_of_what_is_broken_on_purpose_is_refused_and_nothing_of_it_stops_ingest(
        traffic: list[tuple[Message, dt.datetime]]) -> None:
    words = vocabulary(rules(), NOW.date())
    broken = [(message, moment) for message, moment in traffic if message.fault == "garbage"]
    refused = [message for message, moment in broken if judge_message(
        open_message(Arrived(message.topic, message.payload, moment), words), DIRECTORY, words).refusals]
    assert len(broken) > 80
    assert len(refused) > .6 * len(broken)
