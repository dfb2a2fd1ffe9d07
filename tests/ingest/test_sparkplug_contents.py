"""What metrics say in the words of the catalogue: names, units, qualities, times, conditions, aliases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from ingest.jsonvalues import JsonSettings
from ingest.sparkplug.births import Birth, declare
from ingest.sparkplug.contents import Circumstances, Contents, read
from ingest.sparkplug.limits import sparkplug_rules
from ingest.sparkplug.payload import decode
from ingest.vocabulary import Vocabulary
from policy import rules
from simulators.sparkplug import Metric, payload
from tests.ingest.conftest import NOW

NOW_MS = int(NOW.timestamp() * 1000)
RULES = sparkplug_rules(rules(), NOW.date())
UNPACKED = RULES.most_unpacked


def born(words: Vocabulary, metrics: Sequence[Metric], at: int = NOW_MS - 1000, before: Birth | None = None) -> Birth:
    told = decode(payload(metrics, at, 0), words.limits, UNPACKED).metrics
    return Birth(1, NOW, at, declarations=declare(told, at, before, words.limits))


def opened(words: Vocabulary, metrics: Sequence[Metric], *births: Birth, at: int | None = NOW_MS,
           own: dict[str, Any] | None = None, is_birth: bool = False) -> Contents:
    return read(decode(payload(metrics, at, 1), words.limits, UNPACKED), Circumstances(
        NOW, "spBv1.0/acme/DDATA/E1/P1", is_birth, births, JsonSettings.of(own or {}), words, RULES))


def values(found: Contents) -> dict[str, Any]:
    return {key: value for record in found.records for key, value in record.values.items()}


def codes(found: Contents) -> list[str]:
    return [problem.reason_code for problem in found.problems]


@pytest.mark.parametrize(("name", "key"), [
    ("temperature", "temperature"), ("Temperature", "Temperature"), ("Inputs/Pressure", "Pressure"),
    ("Tank 1/Sensors/Water-Level", "Water-Level"), ("水压", "水压"), ("Inputs/水压", "水压"),
    ("pressure_kpa", "pressure_kpa"), ("Serial", "Serial"), ("Properties/Firmware", "Properties/Firmware")])
def test_a_name_is_looked_up_whole_then_by_its_last_segment(name: str, key: str, words: Vocabulary) -> None:
    assert values(opened(words, [Metric(name, "Double", 0.5)])) == {key: 0.5}


def test_controls_nulls_definitions_and_transient_values_are_passed_over(words: Vocabulary) -> None:
    found = opened(words, [
        Metric("bdSeq", "Int64", 1), Metric("Node Control/Rebirth", "Boolean", True),
        Metric("Node Control/Scan Rate", "Int32", 1000), Metric("Device Control/Reboot", "Boolean", False),
        Metric("temperature", "Float", None), Metric("_types_/Motor", "Template", (None, [Metric("rpm", "Int32", 1)])),
        Metric("humidity", "Float", 40.0, is_transient=True)])
    assert found.is_empty
    assert not found.unresolved


def test_a_template_is_its_members_under_its_own_name(words: Vocabulary) -> None:
    pump = Metric("Pump", "Template", ("P", [Metric("Pressure", "Float", 0.5), Metric("State", "String", "on"), Metric(
        "Inner", "Template", ("Q", [Metric("fault", "Boolean", True)]))]))
    found = opened(words, [pump])
    assert values(found) == {"Pressure": 0.5, "Pump/State": "on"}
    assert [(sample.kind, sample.point, sample.name) for sample in found.samples] == [
        ("fault", "Pump/Inner", "Pump/Inner/fault")]


@pytest.mark.parametrize(("name", "datatype", "value", "told"), [
    ("fire_alarm", "Boolean", True, [("fire_alarm", "", True)]),
    ("Fire Alarm", "Boolean", False, [("fire_alarm", "", False)]),
    ("火警", "Boolean", True, [("fire_alarm", "", True)]),
    ("Zone 3/火警", "Boolean", True, [("fire_alarm", "Zone 3", True)]),
    ("A/B/fault", "UInt8", 1, [("fault", "A/B", True)]),
    ("fault", "Int32", 0, [("fault", "", False)]),
    ("gas_alarm", "String", "报警", [("gas_alarm", "", True)]),
    ("Shielded", "Boolean", True, [("shielded", "", True)]),
    ("Loop 1/fire_alarm", "BooleanArray", [False, True], [("fire_alarm", "Loop 1[0]", False),
                                                          ("fire_alarm", "Loop 1[1]", True)])])
def test_a_boolean_under_a_word_of_events_is_a_condition(name: str, datatype: str, value: Any,
                                                         told: list[tuple[str, str, bool]], words: Vocabulary) -> None:
    found = opened(words, [Metric(name, datatype, value)])
    assert [(sample.kind, sample.point, sample.value) for sample in found.samples] == told
    assert not found.records


@pytest.mark.parametrize(("name", "datatype", "value"), [("fault", "Int32", 3), ("fault", "String", "pump jammed"),
                                                         ("door", "Boolean", True), ("fire_alarm", "Int32Array", [2])])
def test_what_is_neither_on_nor_off_is_a_value(name: str, datatype: str, value: Any, words: Vocabulary) -> None:
    found = opened(words, [Metric(name, datatype, value)])
    assert (values(found), found.samples) == ({name: value}, [])


@pytest.mark.parametrize(("name", "unit", "value", "key", "number"), [
    ("Inputs/Pressure", "kPa", 520.0, "water_pressure", 0.52), ("Pressure", "bar", 5.2, "water_pressure", 0.52),
    ("Temp", "°F", 212.0, "temperature", 100.0), ("current", "mA", 2.0, "current", 0.002),
    ("pressure_kpa", "MPa", 0.5, "water_pressure", 0.5), ("level", "mm", 1500, "water_level", 1.5)])
def test_a_unit_brings_a_value_to_the_catalogues(name: str, unit: str, value: float, key: str, number: float,
                                                 words: Vocabulary) -> None:
    metric = Metric(name, "Double", value, properties={"engUnit": unit})
    assert values(opened(words, [metric])) == {key: number}
    birth = born(words, [replace(metric, alias=3)])
    told = opened(words, [Metric(None, "Double", value, alias=3, hides_datatype=True)], birth)
    assert values(told) == {key: number}


def test_a_unit_that_does_not_belong_to_the_metric_is_refused(words: Vocabulary) -> None:
    found = opened(words, [Metric("pressure", "Double", 1.0, properties={"engUnit": "furlong"}),
                           Metric("rpm", "Double", 1.0, properties={"engUnit": "1/min"})])
    assert codes(found) == ["unit"]
    assert "'furlong'" in found.problems[0].reason
    assert values(found) == {"rpm": 1.0}


def test_a_bad_quality_refuses_a_value_and_a_restore_but_never_an_alarm(words: Vocabulary) -> None:
    found = opened(words, [Metric(name, "Boolean" if "_" in name else "Double", value, properties={"Quality": quality})
                           for name, value, quality in (("humidity", 1.0, 192), ("temperature", 1.0, 0),
                                                        ("fire_alarm", True, 500), ("gas_alarm", False, 500))])
    assert values(found) == {"humidity": 1.0}
    assert [(sample.kind, sample.value, sample.quality) for sample in found.samples] == [("fire_alarm", True, 500)]
    assert codes(found) == ["quality", "quality"]


def test_of_two_names_for_one_metric_the_births_first_is_taken_always(words: Vocabulary) -> None:
    birth = born(words, [Metric("Inlet/Pressure", "Float", 0.1, alias=1),
                         Metric("Outlet/Pressure", "Float", 0.2, alias=2)])
    assert values(opened(words, [Metric(None, "Float", 0.3, alias=1)], birth)) == {"Pressure": 0.3}
    found = opened(words, [Metric(None, "Float", 0.4, alias=2)], birth)
    assert (values(found), codes(found)) == ({}, ["twice"])
    assert "'Inlet/Pressure'" in found.problems[0].reason
    # A name that is a key as a whole goes before one that ends in it.
    birth = born(words, [Metric("Inlet/Pressure", "Float", 0.1, alias=1), Metric("pressure", "Float", 0.2, alias=2)])
    assert values(opened(words, [Metric(None, "Float", 0.4, alias=2)], birth)) == {"pressure": 0.4}
    assert codes(opened(words, [Metric(None, "Float", 0.4, alias=1)], birth)) == ["twice"]


def test_settings_of_the_device_go_before_names(words: Vocabulary) -> None:
    own = {"json": {"keys": {"DI7": {"event": "fire_alarm"}, "fire_alarm": {"ignore": True},
                             "Outlet/Pressure": {"metric": "water_pressure"}}}}
    birth = born(words, [Metric("Inlet/Pressure", "Float", 0.1), Metric("Outlet/Pressure", "Float", 0.2)])
    found = opened(words, [Metric("DI7", "Boolean", True), Metric("fire_alarm", "Boolean", True),
                           Metric("Outlet/Pressure", "Float", 0.2)], birth, own=own)
    assert values(found) == {"DI7": True, "fire_alarm": True, "Outlet/Pressure": 0.2}
    assert found.samples == []


def test_an_alias_is_read_by_the_likeliest_birth_that_has_it(words: Vocabulary) -> None:
    old = born(words, [Metric("temperature", "Float", 1.0, alias=1)])
    new = born(words, [Metric("humidity", "Float", 1.0, alias=1), Metric("battery", "UInt8", 1, alias=2)])
    found = opened(words, [Metric(None, None, 5.0, alias=1), Metric(None, "UInt8", 9, alias=2, hides_datatype=True),
                           Metric(None, None, 5.0, alias=3)], old, new)
    assert values(found) == {"temperature": 5.0, "battery": 9}
    assert [told.alias for told in found.unresolved] == [3]


def test_an_alias_that_stands_for_two_metrics_is_refused(words: Vocabulary) -> None:
    birth = born(words, [Metric("temperature", "Float", 1.0, alias=1), Metric("humidity", "Float", 1.0, alias=1)])
    found = opened(words, [Metric(None, "Float", 5.0, alias=1)], birth)
    assert (codes(found), found.unresolved) == (["alias"], [])


def test_a_name_without_a_birth_is_read_where_its_type_is_plain(words: Vocabulary) -> None:
    found = opened(words, [Metric("temperature", "Int8", -5), Metric("humidity", "Double", 5.0, hides_datatype=True),
                           Metric("battery", "UInt8", 5, hides_datatype=True)])
    assert values(found) == {"temperature": -5, "humidity": 5.0}
    assert [told.name for told in found.unresolved] == ["battery"]


def times(found: Contents) -> list[Any]:
    return [record.time and int(record.time.timestamp() * 1000) for record in found.records
            if record.time is None or isinstance(record.time, dt.datetime)]


def test_a_metric_goes_by_its_own_time_then_by_the_payloads_then_by_none(words: Vocabulary) -> None:
    metrics = [Metric("temperature", "Float", 1.0, at=NOW_MS - 5), Metric("humidity", "Float", 1.0),
               Metric("battery", "UInt8", 1, at=0)]
    assert times(opened(words, metrics)) == [NOW_MS - 5, NOW_MS, NOW_MS]
    assert times(opened(words, metrics, at=None)) == [NOW_MS - 5, None, None]


def test_a_clock_that_stands_still_since_the_birth_gives_way_to_the_payloads(words: Vocabulary) -> None:
    stuck = NOW_MS - 60_000
    birth = born(words, [Metric("temperature", "Float", 1.0, alias=1, at=stuck),
                         Metric("humidity", "Float", 1.0, alias=2)])
    told = [Metric(None, "Float", 2.0, alias=1, at=stuck), Metric(None, "Float", 2.0, alias=2, at=stuck)]
    assert times(opened(words, told, birth)) == [NOW_MS, stuck]
    assert times(opened(words, [replace(told[0], is_historical=True)], birth)) == [stuck]
    again = born(words, [Metric("temperature", "Float", 3.0, at=stuck)], NOW_MS, birth)
    assert times(opened(words, [Metric("temperature", "Float", 3.0, at=stuck)], again, is_birth=True)) == [NOW_MS]
    # The same birth delivered again is read as before.
    same = born(words, [Metric("temperature", "Float", 3.0, at=stuck)], NOW_MS, again)
    assert same.declarations == again.declarations


def test_what_a_birth_tells_from_long_ago_holds_at_the_birth(words: Vocabulary) -> None:
    year = 365 * 86_400_000
    metrics = [Metric("temperature", "Float", 1.0, at=NOW_MS - year),
               Metric("humidity", "Float", 1.0, at=NOW_MS - 1000)]
    assert times(opened(words, metrics, is_birth=True)) == [NOW_MS, NOW_MS - 1000]
    assert times(opened(words, metrics)) == [NOW_MS - year, NOW_MS - 1000]


def test_each_refused_metric_is_a_payload_that_can_be_sent_alone(words: Vocabulary) -> None:
    birth = born(words, [Metric("Inputs/Pressure", "Float", 0.5, alias=1, properties={"engUnit": "kPa"})])
    found = opened(words, [Metric(None, "Float", 5e9, alias=1, at=NOW_MS - 7, hides_datatype=True)], birth)
    (record,) = found.records
    assert record.piece is not None
    topic, piece = record.piece()
    assert topic == "spBv1.0/acme/DDATA/E1/P1"
    again = read(decode(piece, words.limits, UNPACKED),
                 Circumstances(NOW, topic, False, [], JsonSettings(), words, RULES))
    assert [(one.values, one.time) for one in again.records] == [(record.values, record.time)]
