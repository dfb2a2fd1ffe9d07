"""Sparkplug B payloads from bytes: every datatype, bounds, and bytes that other encoders made."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.sparkplug.packing import PACKED
from ingest.sparkplug.payload import Decoded, again, decode, rebirth_request
from ingest.sparkplug.values import Bad, known_datatype, value_of
from ingest.sparkplug.wire import new_payload
from ingest.vocabulary import Limits
from simulators.sparkplug import Metric, payload
from simulators.sparkplug.encoding import DATATYPES, array, asks_for_rebirth

LIMITS = Limits(5000, 8, 128, 1000, 200, 4000)
UNPACKED = 100_000
TAHU = json.loads((Path(__file__).parent / "fixtures" / "sparkplug_tahu.json").read_text("utf-8"))["vectors"]
TAHU_JS = json.loads((Path(__file__).parent / "fixtures" / "sparkplug_tahu_js.json").read_text("utf-8"))["vectors"]
TAHU_NOW = int(dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC).timestamp() * 1000)


def tahu(name: str) -> Decoded:
    return decode(base64.b64decode(TAHU[name]), LIMITS, UNPACKED)


def values(found: Decoded) -> dict[str, Any]:
    return {told.name or str(told.alias): value_of(told.datatype, told.field, told.raw, LIMITS.state)
            for told in found.metrics if told.field is not None}


def one(datatype: str, value: Any, **more: Any) -> Any:
    (told,) = decode(payload([Metric("m", datatype, value, **more)], 1, 0), LIMITS, UNPACKED).metrics
    return value_of(told.datatype, told.field or "", told.raw, LIMITS.state)


def test_tahus_types_come_out_as_they_went_in() -> None:
    found = tahu("DBIRTH_TYPES")
    assert (found.seq, found.at, found.problem) == (1, TAHU_NOW + 10, None)
    told = values(found)
    assert isinstance(told.pop("My_Custom_Motor"), Bad)
    assert told == {
        "Types/Int8": -5, "Types/Int16": -300, "Types/Int32": -70000, "Types/Int64": -5_000_000_000,
        "Types/UInt8": 200, "Types/UInt16": 60_000, "Types/UInt32": 4_000_000_000, "Types/UInt64": 2**63 + 5,
        "Types/Float": 0.52, "Types/Double": -1.25, "Types/Boolean": True, "Types/String": "消防",
        "Types/DateTime": "2026-03-10T04:00:00.000Z", "Types/Text": "text",
        "Types/UUID": "12345678-1234-1234-1234-123456789012", "Types/Bytes": "00ff4040", "Types/File": "616263",
        "Types/Int8Array": [-23, 123], "Types/Int16Array": [-30000, 30000], "Types/Int32Array": [-1, 315338746],
        "Types/Int64Array": [-4270929666821191986, -3601064768563266876], "Types/UInt8Array": [23, 250],
        "Types/UInt16Array": [30, 52360], "Types/UInt32Array": [52, 3293969225],
        "Types/UInt64Array": [52, 16444743074749521625], "Types/FloatArray": [1.23, 89.341],
        "Types/DoubleArray": [12.354213, 1022.9123213],
        "Types/DateTimeArray": ["2009-10-21T05:27:55.335Z", "2022-06-24T21:57:55.000Z"]}
    assert [one.alias for one in found.metrics] == [*range(100, 128), 200]


def test_tahus_birth_and_death_of_a_node_agree_on_the_session() -> None:
    birth, death = tahu("NBIRTH"), tahu("NDEATH")
    assert (birth.seq, birth.session_number, death.seq, death.session_number) == (0, 0, None, 0)
    told = {metric.name: metric for metric in birth.metrics}
    assert told["Node Metric3"].is_null
    assert told["Node Metric2"].unit == "MyCustomUnits"
    assert json.loads(values(birth)["DataSet"]) == {"columns": ["Int8s", "Int16s", "Int32s"],
                                                    "rows": [[0, 1, 2], [3, 4, 5]]}
    assert {name for name, metric in told.items() if metric.is_control} == {
        "bdSeq", "Node Control/Next Server", "Node Control/Rebirth"}


def test_tahus_data_has_aliases_alone() -> None:
    stale, historical = tahu("DDATA_STALE_AND_HISTORICAL").metrics
    assert (stale.name, stale.alias, stale.quality, stale.is_historical) == (None, 11, 500, False)
    assert (historical.alias, historical.is_historical, historical.at) == (10, True, TAHU_NOW + 4020 - 3_600_000)


@pytest.mark.parametrize(("metrics", "seq", "number", "told"), [
    # What the static vectors of another receiver's tests hold: NBIRTH, NDATA, NDEATH (with a number, against the rule).
    ([Metric("bdSeq", "UInt64", 88, alias=1), Metric("Node Control/Rebirth", "Boolean", False, alias=2),
      Metric("Temperature", "Double", 21.5, alias=100)], 0, 88, {"bdSeq": 88, "Node Control/Rebirth": False,
                                                                 "Temperature": 21.5}),
    ([Metric(None, "Double", 22.5, alias=100)], 1, None, {"100": 22.5}),
    ([Metric("bdSeq", "UInt64", 0)], 0, 0, {"bdSeq": 0}),
])
def test_messages_of_another_makers_tests_are_read(metrics: list[Metric], seq: int, number: int | None,
                                                   told: dict[str, Any]) -> None:
    found = decode(payload(metrics, 1_750_855_643_474, seq), LIMITS, UNPACKED)
    assert (found.at, found.seq, found.session_number, values(found)) == (1_750_855_643_474, seq, number, told)


@given(st.sampled_from([("Int8", 8), ("Int16", 16), ("Int32", 32), ("Int64", 64)]), st.data())
def test_signed_integers_are_twos_complement_of_their_width_or_of_the_field(sort: tuple[str, int],
                                                                            data: st.DataObject) -> None:
    name, bits = sort
    number = data.draw(st.integers(-(1 << bits - 1), (1 << bits - 1) - 1))
    assert one(name, number) == number
    field, field_bits = ("long_value", 64) if bits == 64 else ("int_value", 32)
    assert value_of(DATATYPES[name], field, number % (1 << field_bits), 1000) == number
    assert value_of(DATATYPES[name], "long_value", number % (1 << 64), 1000) == number


@pytest.mark.parametrize(("datatype", "raw"), [("Int8", 256), ("Int8", 2**32 - 129), ("UInt8", 256), ("UInt16", 65536),
                                               ("Int16", 2**16)])
def test_an_integer_beyond_its_width_is_none(datatype: str, raw: int) -> None:
    found = value_of(DATATYPES[datatype], "int_value", raw, 1000)
    assert isinstance(found, Bad)
    assert found.code == "datatype"


def digits(number: float) -> int:
    return len(repr(number).partition("e")[0].replace(".", "").strip("-0"))


@given(st.floats(width=32))
@example(999999986991104.0)
def test_a_float_is_the_shortest_decimal_that_stands_for_it(number: float) -> None:
    found = one("Float", number)
    assert math.isnan(found) if math.isnan(number) else digits(found) <= digits(number)
    if math.isfinite(number):
        assert one("Float", found) == found


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_doubles_that_are_no_numbers_are_told_as_such(number: float) -> None:
    assert repr(one("Double", number)) == repr(number)


@given(st.sampled_from(["Int8Array", "Int16Array", "Int32Array", "Int64Array"]), st.data())
def test_arrays_of_integers_are_little_endian(name: str, data: st.DataObject) -> None:
    bits = int(name[3:-5])
    numbers = data.draw(st.lists(st.integers(-(1 << bits - 1), (1 << bits - 1) - 1), max_size=50))
    assert one(name, numbers) == numbers
    assert one(f"U{name}", [number % (1 << bits) for number in numbers]) == [number % (1 << bits) for number in numbers]


def test_an_array_of_booleans_is_packed_as_the_specification_shows_it() -> None:
    told = [False, False, True, True, False, True, False, False, True, True, False, True]
    assert array("BooleanArray", told) == bytes([12, 0, 0, 0, 0x34, 0xD0])
    assert one("BooleanArray", told) == told
    assert one("StringArray", ["ABC", "hello", "烟"]) == ["ABC", "hello", "烟"]
    assert one("StringArray", []) == []


@pytest.mark.parametrize(("datatype", "raw"), [(32, b""), (32, b"\x01\0\0\0"), (32, b"\xff\xff\xff\xff\0"),
                                               (24, b"123"), (33, b"\xff\0"), (34, bytes(7))])
def test_a_broken_array_is_refused(datatype: int, raw: bytes) -> None:
    assert isinstance(value_of(datatype, "bytes_value", raw, 1000), Bad)


@pytest.mark.parametrize(("datatype", "field", "raw"), [
    (1, "double_value", 1.0), (9, "int_value", 1), (11, "string_value", b"true"), (11, "int_value", 2),
    (12, "int_value", 1), (12, "string_value", b"\xff"), (13, "string_value", b"1"), (13, "long_value", 2**64 - 1),
    (16, "int_value", 1), (17, "string_value", b""), (20, "int_value", 1), (99, "int_value", 1), (17, "bytes_value",
                                                                                                  bytes(501))])
def test_a_value_that_is_not_of_its_datatype_is_refused(datatype: int, field: str, raw: Any) -> None:
    assert isinstance(value_of(datatype, field, raw, 1000), Bad)


def test_a_field_tells_its_datatype_where_none_is_declared_but_for_integers() -> None:
    assert [known_datatype(0, field) for field in ("float_value", "double_value", "boolean_value", "string_value",
                                                   "int_value", "long_value", None)] == [9, 10, 11, 12, 0, 0, 0]


def nested(depth: int) -> bytes:
    metric = Metric("x", "Double", 1.0)
    for _ in range(depth):
        metric = Metric("t", "Template", ("ref", [metric]))
    return payload([metric], 1, 0)


@pytest.mark.parametrize(("raw", "code"), [
    (b"\xff\xff\xff", "protobuf"), (b"{\"temperature\": 1}", "protobuf"), (b"\x12\xff\xff\xff\xff\x0f", "protobuf"),
    (b"\x12\x00" * 5001, "too_many"), (nested(9), "depth"), (nested(200), "protobuf"),
    (payload([Metric("t", "Template", ("r", [Metric("x", "Double", 1.0)] * 5000))], 1, 0), "too_many")])
def test_a_payload_that_is_none_or_too_large_is_refused_whole(raw: bytes, code: str) -> None:
    found = decode(raw, LIMITS, UNPACKED)
    assert found.problem is not None
    assert found.problem.reason_code == code
    assert not found.metrics


@pytest.mark.parametrize(("metric", "code"), [
    (b"\x0a\x02\xff\xfe\x20\x0a", "utf8"), (b"\x20\x0a", "key"), (b"\x0a\x00\x20\x0a", "key"),
    (b"\x0a\x02a\x00", "text"), (b"\x0a\x81\x01" + b"a" * 129, "key")])
def test_a_bad_name_spoils_its_metric_and_no_other(metric: bytes, code: str) -> None:
    good = payload([Metric("temperature", "Double", 1.0)], 1, 0)
    found = decode(good + b"\x12" + (bytes([len(metric)]) if len(metric) < 128 else bytes([len(metric) & 127 | 128, 1]))
                   + metric, LIMITS, UNPACKED)
    assert [told.fault and told.fault.reason_code for told in found.metrics] == [None, code]


def test_an_empty_name_beside_an_alias_is_no_name() -> None:
    (told,) = decode(payload([Metric("", "Double", 1.0, alias=5)], 1, 0), LIMITS, UNPACKED).metrics
    assert (told.name, told.alias, told.fault) == (None, 5, None)


def test_a_wrapped_session_number_is_one_of_256() -> None:
    assert decode(payload([Metric("bdSeq", "Int64", -1)], 1, 0), LIMITS, UNPACKED).session_number == 255


def test_what_is_written_again_says_the_same_by_name() -> None:
    (told,) = decode(payload([Metric(None, "Float", 0.5, alias=7, properties={"Quality": 192}, hides_datatype=True)],
                             1_000, 9), LIMITS, UNPACKED).metrics
    found = decode(again([(told, "Inputs/Pressure", 9, "kPa", 900)], 1_000), LIMITS, UNPACKED)
    (once,) = found.metrics
    assert (found.at, found.seq, once.name, once.alias, once.at, once.datatype, once.unit, once.quality, once.raw) == (
        1_000, None, "Inputs/Pressure", None, 900, 9, "kPa", 192, 0.5)


def test_a_request_for_a_rebirth_is_understood_by_an_edge_node() -> None:
    request = rebirth_request(TAHU_NOW)
    assert asks_for_rebirth(request)
    found = decode(request, LIMITS, UNPACKED)
    (told,) = found.metrics
    assert (told.name, told.datatype, told.raw, found.seq) == ("Node Control/Rebirth", 11, True, None)


def script(name: str) -> Decoded:
    return decode(base64.b64decode(TAHU_JS[name]), LIMITS, UNPACKED)


def test_what_tahus_javascript_makes_comes_out_as_it_went_in() -> None:
    told = values(script("DBIRTH"))
    assert isinstance(told.pop("Motor"), Bad)
    assert told == {
        "Inputs/Pressure": 0.52, "temperature": -5, "neg16": -300, "neg32": -70000, "neg64": -5_000_000_000,
        "u32": 4_000_000_000, "u64": 2**63 + 5, "fire_alarm": False, "when": "2026-03-10T04:00:00.000Z", "raw": "00ff",
        "table": '{"columns":["a","b","c"],"rows":[[1,"x",true],[-2,"消防",false]]}'}
    assert [one.name for one in script("DBIRTH").metrics if one.is_null] == ["nothing"]


@pytest.mark.parametrize(("packed", "plain", "seq"), [
    ("NBIRTH_DEFLATE", "NBIRTH", 0), ("DBIRTH_GZIP", "DBIRTH", 1), ("DDATA_UNNAMED", "DDATA", 2)])
def test_a_compressed_payload_says_what_it_says_uncompressed(packed: str, plain: str, seq: int) -> None:
    found, same = script(packed), script(plain)
    assert (found.seq, found.at, found.session_number) == (seq, same.at, same.session_number)
    assert [(one.name, one.alias, one.raw) for one in found.metrics] == [
        (one.name, one.alias, one.raw) for one in same.metrics]
    assert found.metrics


def carrying(body: bytes, uuid: bytes = PACKED, **more: Any) -> bytes:
    outer = new_payload()
    outer.uuid, outer.body = uuid, body
    for name, value in more.items():
        setattr(outer, name, value)
    return outer.SerializeToString()


def test_the_number_of_a_compressed_payload_may_stand_outside() -> None:
    inner = payload([Metric("temperature", "Double", 1.0)], None, None)
    found = decode(carrying(zlib.compress(inner), seq=7, timestamp=TAHU_NOW), LIMITS, UNPACKED)
    assert (found.seq, found.at, values(found)) == (7, TAHU_NOW, {"temperature": 1.0})


@pytest.mark.parametrize(("raw", "code"), [
    (carrying(b"not compressed"), "protobuf"), (carrying(b""), "protobuf"),
    (carrying(zlib.compress(payload([Metric("temperature", "Double", 1.0)], 1, 0))[:-6]), "protobuf"),
    (carrying(zlib.compress(b"\xff\xff\xff")), "protobuf"),
    (carrying(zlib.compress(carrying(zlib.compress(b"")))), "protobuf"),
    (carrying(zlib.compress(b"\x12\x00" * 5001)), "too_many"),
    (carrying(zlib.compress(bytes(10_000_000))), "too_large")])
def test_a_compressed_payload_that_can_not_be_unpacked_is_refused_whole(raw: bytes, code: str) -> None:
    found = decode(raw, LIMITS, UNPACKED)
    assert found.problem is not None
    assert (found.problem.reason_code, found.metrics) == (code, [])


def test_a_body_that_only_its_sender_understands_is_told_beside_the_metrics() -> None:
    raw = carrying(b"\x01\x02", b"my form") + payload([Metric("temperature", "Double", 1.0)], 1, 0)
    found = decode(raw, LIMITS, UNPACKED)
    assert found.remainder is not None
    assert (found.remainder.reason_code, values(found)) == ("protobuf", {"temperature": 1.0})
    assert "'my form'" in found.remainder.reason


@given(st.binary(max_size=300))
def test_no_bytes_bring_the_decoder_down(raw: bytes) -> None:
    found = decode(raw, LIMITS, UNPACKED)
    for told in found.metrics:
        if told.field is not None:
            value_of(known_datatype(told.datatype, told.field), told.field, told.raw, LIMITS.state)
        again([(told, told.name, told.datatype, "", 0)], found.at)


@given(st.sampled_from(sorted(TAHU)), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=6))
def test_no_spoilt_payload_brings_the_decoder_down(name: str, spoilt: list[tuple[int, int]]) -> None:
    raw = bytearray(base64.b64decode(TAHU[name]))
    for place, byte in spoilt:
        raw[place % len(raw)] = byte
    found = decode(bytes(raw), LIMITS, UNPACKED)
    for told in found.metrics:
        if told.field is not None:
            value_of(known_datatype(told.datatype, told.field), told.field, told.raw, LIMITS.state)
