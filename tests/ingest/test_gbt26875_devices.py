"""How real devices depart from GB/T 26875.3, and the settings and profiles that say so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from ingest.gbt26875 import BadUnit, DeviceSettings, Frame, find_frames, frame_bytes, report
from ingest.gbt26875.reports import is_empty
from ingest.gbt26875.text import field_of, text_of
from ingest.gbt26875.times import device_time, tag_of, time_of
from ingest.messages import BadTime, EventReport, Reading, ResetReport, StateReport, StatusReport
from ingest.vocabulary import vocabulary
from policy import rules
from registry.gbt26875 import CHOICES, fault

DAY = dt.date(2026, 3, 8)
CHINA = dt.timezone(dt.timedelta(hours=8))
WHEN = dt.datetime(2026, 3, 8, 10, 15, 30, tzinfo=CHINA)
TAG = tag_of(WHEN)
LATER = tag_of(WHEN + dt.timedelta(minutes=2))
PROFILES = {profile["code"]: profile for profile in rules().value("gbt26875.profiles", DAY)}


def settings(**own: Any) -> DeviceSettings:
    """The settings of a device as the register takes them, over policy."""
    assert fault({"gbt26875": own}, DAY) is None
    return vocabulary(rules(), DAY).gbt.settings_of({"gbt26875": own})


def said(unit: bytes, *, sent: bytes = TAG, command: int = 2, **own: Any) -> list[Any]:
    (frame,) = find_frames(frame_bytes(unit=unit, sent=sent, command=command))
    assert isinstance(frame, Frame)
    told = report(frame, settings(**own))
    assert not isinstance(told, BadUnit), told
    return told


def status(word: int = 2, *, tag: bytes = TAG, text: bytes = bytes(31), address: bytes = b"\x05\0\x06\0") -> bytes:
    return bytes([2, 1, 1, 3, 40]) + address + word.to_bytes(2, "little") + text + tag


def test_a_profile_is_laid_under_the_settings_of_the_device_part_by_part() -> None:
    assert settings(profile="jd_f53").source_order == "big"
    assert settings(profile="jd_f53", source_order="little").source_order == "little"
    assert settings(profile="fscn8001").point_word_first
    assert not settings(profile="fscn8001", component_words="zone_first").point_word_first
    own = settings(profile="firemaster", types={"150": {"zh": "开关量", "en": "switch"}, "204": {"zh": "我的"}})
    assert {code: own.types[code].name.zh for code in (150, 204, 205)} == {  # type: ignore[union-attr]
        150: "开关量", 204: "我的", 205: "气体灭火"}


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_is_one_that_the_register_takes(name: str) -> None:
    profile = PROFILES[name]
    assert fault({"gbt26875": profile["settings"]}, DAY) is None
    assert profile["zh"]
    assert profile["en"]
    assert profile["source"]
    assert settings(profile=name).profile == name


def test_what_stands_in_the_register_unchecked_never_breaks_a_frame() -> None:
    policy = vocabulary(rules(), DAY).gbt
    for own in ({"profile": 3}, {"profile": "nosuch"}, {"types": [1]},
                {"types": {"x": {}, "999": {}, "150": 3, "0" * 5000: {}}},
                {"analog": {"9": 3, "a/b": {}}}, {"clock": ["bcd"]}, {"time_request": "161"},
                {"commands": {"254": []}}, 3, {"components": {"128": {"zh": 3}}}, {"analog": {"9": {"factor": "x"}}}):
        (frame,) = find_frames(frame_bytes(unit=status(), sent=TAG))
        assert isinstance(frame, Frame)
        (told,) = report(frame, policy.settings_of({"gbt26875": own}))  # type: ignore[misc]
        assert told.on == ("fire_alarm",)  # type: ignore[union-attr]


def test_component_words_may_come_point_first() -> None:
    assert said(status())[0].point == "1/3/40/5-6"
    assert said(status(), component_words="point_first")[0].point == "1/3/40/6-5"
    assert said(status(), point_word_first=True)[0].point == "1/3/40/6-5"


@pytest.mark.parametrize(("form", "field", "text", "number"), [
    ("auto", b"\x02" + "泵房".encode("gb18030"), "泵房", 2), ("auto", "泵房".encode("gb18030"), "泵房", None),
    ("format_byte", b"1" + "泵房".encode("gb18030"), "泵房", 49), ("plain", b"\x02A", "A", None),
    ("format_byte", b"\x06\0\0", "", 6),
])
def test_a_description_may_begin_with_the_number_of_its_format(form: str, field: bytes, text: str,
                                                              number: int | None) -> None:
    (told,) = said(status(text=field.ljust(31, b"\0")), description=form)
    assert (told.detail["description"], told.detail.get("format")) == (text, number)


@pytest.mark.parametrize(("raw", "text"), [
    ("长".encode("gb18030") * 15 + b"\xb3", "长" * 15), (b"\xa0" * 31, ""),
    ("门".encode("gb18030") + b"\xa0" * 4, "门"),
    ("狅".encode("gb18030"), "狅"), ("狅".encode("gb18030") + b"\xa0" * 3, "狅"), (b"\x81\xa0\xa0\xa0\xa0", "仩"),
    (b"\x01\x02\x03\x04\xff\xfe" + b"##", "��##"), ("泵房".encode("gb18030") + b"\0" + b"old text", "泵房"),
    (b"   A1  ", "A1"), (bytes(31), ""), ("𠀀".encode("gb18030"), "𠀀"),
])
def test_a_description_is_read_whatever_its_padding(raw: bytes, text: str) -> None:
    assert text_of(raw).replace("�", "") == text.replace("�", "")


def test_a_text_is_written_without_half_a_character() -> None:
    assert field_of("长" * 20) == "长".encode("gb18030") * 15 + b"\0"
    assert text_of(field_of("三层 A 区")) == "三层 A 区"


def test_an_analog_type_may_have_its_own_scale_metric_and_name_by_component() -> None:
    def value(quantity: int, component: int, **own: Any) -> Any:
        unit = bytes([3, 1, 1, 1, component, 0, 0, 0, 0, quantity]) + (285).to_bytes(2, "little") + TAG
        (told,) = said(unit, **own)
        return (told.metric, told.value) if isinstance(told, Reading) else told.value

    assert value(4, 0) == ("water_pressure", 28.5)
    assert value(4, 0, analog={"4": {"factor": 0.001}}) == ("water_pressure", 0.285)
    assert value(9, 17) == ("residual_current", 28500.0)
    assert value(9, 17, analog={"9": {"factor": 1, "metric": "current"},
                                "17/9": {"factor": 1, "metric": "residual_current"}}) == ("residual_current", 285.0)
    assert value(9, 18, analog={"17/9": {"factor": 1, "metric": "residual_current"}}) == ("current", 28.5)
    assert value(1, 0, profile="fubei_2024", analog={"1": {"metric": "humidity", "factor": 0.1}}) == ("humidity", 28.5)
    assert value(1, 0, profile="fubei_2024") == ("humidity", 285.0)
    assert value(128, 0) == "285"
    assert value(128, 0, analog={"128": {"zh": "信号", "factor": 0.5, "unit": "dB"}}) == "142.5 dB"
    assert value(12, 0) == "285 m/s"


@pytest.mark.parametrize(("how", "told"), [
    ("readings", [("residual_current", 300.0)]), ("states", [("gbt.1/1/17/05000600.analog_9", "0.3 A")]),
    ("both", [("residual_current", 300.0), ("gbt.1/1/17/05000600.analog_9", "0.3 A")])])
def test_the_values_of_many_detectors_may_be_kept_apart_as_states(how: str, told: list[tuple[str, Any]]) -> None:
    unit = bytes([3, 1, 1, 1, 17, 5, 0, 6, 0, 9, 3, 0]) + TAG
    assert [(one.metric if isinstance(one, Reading) else one.key, one.value)
            for one in said(unit, analog_values=how)] == told


@pytest.mark.parametrize("kind", [*range(9, 21), 22, 23, 27, *range(29, 61), *range(61, 128), 128, 133, 150, 204, 255])
def test_types_that_are_reserved_or_a_vendor_s_own_are_kept_whole(kind: int) -> None:
    unit = bytes([kind, 1, 1, 2, 3])
    (told,) = said(unit)
    assert isinstance(told, EventReport)
    assert (told.kind, told.detail["type"], told.detail["hex"]) == ("vendor_data", kind, unit.hex())


def test_a_vendor_type_may_be_named_laid_out_as_one_of_the_standard_or_text() -> None:
    switch = bytes([150]) + status()[1:]
    (named,) = said(switch, types={"150": {"zh": "开关量输入", "en": "switch input"}})
    assert (named.detail["zh"], named.detail["en"]) == ("开关量输入", "switch input")
    (like,) = said(switch, types={"150": {"layout": 2}})
    assert isinstance(like, StatusReport)
    assert like.on == ("fire_alarm",)
    (too_short,) = said(switch[:-1], types={"150": {"layout": 2}})
    assert isinstance(too_short, EventReport)
    (text,) = said(bytes([9, 1]) + "打印 火警".encode("gb18030"), profile="user_types")
    assert text.detail["text"] == "打印 火警"
    (long,) = said(bytes([200, 1, 0, 0, 3]) + b"abc", types={"200": {"layout": 6}})
    assert isinstance(long, StateReport)


@pytest.mark.parametrize(("kind", "like", "body"), [
    (134, 1, bytes([1, 1]) + b"\x02\0" + TAG), (135, 2, status()[2:]), (136, 21, b"\x02" + TAG)])
def test_types_134_to_136_restore_what_their_objects_held(kind: int, like: int, body: bytes) -> None:
    (held,) = said(bytes([like, 1]) + body)
    (restored,) = said(bytes([kind, 1]) + body)
    assert (held.on, restored.on) == (("fire_alarm",), ())
    assert (held.point, held.covers, held.time) == (restored.point, restored.covers, restored.time)
    assert said(bytes([kind, 1]) + body, restored_types=False)[0].kind == "vendor_data"


def test_commands_of_a_vendor_are_kept_or_are_heartbeats() -> None:
    (kept,) = said(b"\x01\x02", command=0xFE)
    assert (kept.kind, kept.detail["command"]) == ("vendor_data", 254)
    assert said(b"\x01\x02", command=0xFE, profile="user_types") == []
    (named,) = said(b"\x01\x02", command=0xFD, commands={"253": {"zh": "注册", "en": "registration"}})
    assert named.detail["zh"] == "注册"


def test_a_request_for_the_time_is_no_data_where_the_device_is_known_to_ask() -> None:
    unit = bytes([161, 1, 0])
    assert said(unit)[0].kind == "vendor_data"
    assert said(unit, profile="a1_time_request", types={"161": {"zh": "校时请求"}}) == []
    assert said(unit, profile="a1_time_request") == []
    (frame,) = find_frames(frame_bytes(unit=unit))
    assert isinstance(frame, Frame)
    assert is_empty(frame, settings(time_request=[161]))
    assert not is_empty(frame, settings())


@pytest.mark.parametrize("unit", [b"", b"\x16", b"\x00"])
def test_an_empty_unit_and_a_hello_say_only_here(unit: bytes) -> None:
    assert said(unit) == []
    (frame,) = find_frames(frame_bytes(unit=unit))
    assert isinstance(frame, Frame)
    assert is_empty(frame, settings())


BCD = bytes([0x58, 0x47, 0x19, 0x26, 0x09, 0x12])


def test_a_time_tag_is_binary_or_bcd_or_none() -> None:
    assert device_time(bytes(6)) is None
    assert device_time(TAG) == WHEN
    assert device_time(BCD) == dt.datetime(2012, 9, 26, 19, 47, 58, tzinfo=CHINA)
    assert isinstance(device_time(BCD, "binary"), BadTime)
    assert time_of(bytes([8, 5, 12, 10, 3, 0x26])) == dt.datetime(2038, 3, 10, 12, 5, 8, tzinfo=CHINA)
    assert time_of(bytes([8, 5, 0x12, 0x10, 3, 0x26]), "bcd") == dt.datetime(2026, 3, 10, 12, 5, 8, tzinfo=CHINA)
    for wrong in (b"\xff" * 6, bytes([60, 0, 0, 1, 1, 26]), bytes([0, 0, 24, 1, 1, 0x1A]), bytes([0, 0, 0, 31, 2, 26]),
                  bytes([0, 0, 0, 1, 1, 0x6A]), bytes([1, 0, 0, 0, 0, 0])):
        assert isinstance(device_time(wrong), BadTime), wrong.hex()


def test_no_binary_tag_of_these_years_is_taken_for_bcd() -> None:
    for year in range(26, 32):
        assert time_of(bytes([99, 99, 99, 1, 1, year])) is None


def test_both_times_are_kept_where_the_event_s_can_not_stand_alone() -> None:
    def times(tag: bytes, **own: Any) -> tuple[Any, Any, Any]:
        (told,) = said(status(tag=tag), sent=TAG, **own)
        return told.time, told.detail.get("sent"), told.detail.get("event_time")

    assert times(TAG) == (WHEN, None, None)
    assert times(tag_of(WHEN - dt.timedelta(days=9))) == (WHEN - dt.timedelta(days=9), None, None)
    assert times(LATER) == (WHEN + dt.timedelta(minutes=2), WHEN.isoformat(), None)
    assert times(bytes(6)) == (None, WHEN.isoformat(), None)
    assert times(b"\xff" * 6)[1:] == (WHEN.isoformat(), None)
    assert times(LATER, clock_trust="sent") == (WHEN, None, (WHEN + dt.timedelta(minutes=2)).isoformat())
    assert times(bytes(6), clock_trust="sent") == (WHEN, None, None)


def test_a_year_past_99_can_not_be_written_into_a_tag() -> None:
    with pytest.raises(ValueError, match="2000 to 2099"):
        tag_of(dt.datetime(2100, 1, 1, 0, tzinfo=CHINA))


def test_a_reset_ends_the_alarms_of_its_system_unless_a_fire_is_told_with_it() -> None:
    def system(word: int, **own: Any) -> list[Any]:
        return said(bytes([1, 1, 1, 3]) + word.to_bytes(2, "little") + TAG, **own)

    reset, after = system(1 << 13 | 1)
    assert isinstance(reset, ResetReport)
    assert (reset.point, "fire_alarm" in reset.ends, "fault" in reset.ends) == ("1/3", True, False)
    assert after.on == ("reset",)
    assert [type(one) for one in system(1 << 13 | 2)] == [StatusReport]
    assert [type(one) for one in system(1 << 13, reset="event_only")] == [StatusReport]
    act, event = said(bytes([4, 1, 1, 3, 1, 7]) + TAG)
    assert (act.point, event.kind) == ("1/3", "reset")
    own_reset, _ = said(bytes([24, 1, 1, 7]) + TAG)
    assert own_reset.point == ""


def test_records_that_the_centre_has_asked_for_are_no_events_of_today() -> None:
    (facility,) = said(bytes([4, 1, 1, 3, 0b101, 7]) + TAG, command=5)
    assert (facility.key, facility.value, facility.time) == (
        "gbt.1/3.operation", "2026-03-08 10:15:30 复位、手动报警 (05)，操作员 7", WHEN)
    (device,) = said(bytes([24, 1, 0, 7]) + bytes(6), command=5)
    assert (device.key, device.value) == ("gbt.device.operation", "00 00 00 00 00 00 无操作 (00)，操作员 7")
    (status_now,) = said(status(), command=5)
    assert status_now.on == ("fire_alarm",)


def test_a_self_test_told_as_an_act_is_over_with_the_telling() -> None:
    acts = said(bytes([4, 1, 1, 3, 0b0101_0000, 7]) + TAG)
    assert [(act.kind, act.active) for act in acts] == [("test", True), ("test", False)] * 2


@pytest.mark.parametrize(("own", "reason"), [
    ({"source_order": "middle"}, "gbt26875.source_order is 'middle'; it must be little or big"),
    ({"clok": "bcd"}, "gbt26875 has no setting 'clok'; it has profile, address,"),
    ({"profile": "nosuch"}, "gbt26875.profile is 'nosuch'; the profiles are a1_time_request, dahua,"),
    ({"restored_types": "yes"}, "gbt26875.restored_types is 'yes'; it must be true or false"),
    ({"address": "0"}, "and not 0"), ({"address": "00 00 00 00 00 00"}, "and not 0"),
    ({"address": "12-34"}, "six bytes"),
    ({"address": 2**48}, "below 2^48"), ({"peer": "here"}, "it must be an IP address or network"),
    ({"listener": 70000}, "our port, from 1 to 65535"), ({"time_request": [90]}, "must be a list of user types"),
    ({"types": {"1": {}}}, "gbt26875.types has the entry '1'; its entries are numbers from 9 to 254"),
    ({"types": {"150": {"layout": 99}}}, "gbt26875.types 150 has the layout 99; it must be raw, text or a type"),
    ({"types": {"150": {"layout": 3, "restores": True}}}, "restores, so its layout must be one of 1, 2, 21"),
    ({"types": {"150": {"name": "x"}}}, "150 has an unknown part 'name'; it may have zh, en, layout, restores"),
    ({"types": {"150": {"zh": "长" * 61}}}, "has a name zh that is not a text of 1 to 60 characters"),
    ({"commands": {"254": {"meaning": "?"}}}, "254 means '?'; it must be data or heartbeat"),
    ({"analog": {"a": {}}}, "has the entry 'a'; say \"9\" for analog type 9"),
    ({"analog": {"9": {"metric": "nosuch"}}}, "9 names the metric 'nosuch'; the metrics are"),
    ({"analog": {"9": {"factor": 0}}}, "9 has the factor 0; it must be a number other than 0"),
    ({"analog": {"9": {"factor": float("inf")}}}, "9 has the factor inf"), ("x", "gbt26875 must be an object"),
])
def test_a_setting_that_can_not_be_used_is_refused_in_one_sentence(own: Any, reason: str) -> None:
    told = fault({"gbt26875": own}, DAY)
    assert told is not None
    assert reason in told
    assert "\n" not in told


@pytest.mark.parametrize("address", ["790300000000", "79 03 00 00 00 00", "79-03-00-00-00-00", 889, "889", 2**48 - 1])
def test_an_address_may_be_written_in_each_form_that_platforms_print(address: Any) -> None:
    own = {"address": address, "peer": "10.1.2.0/24", "listener": 26875, "deny": False}
    assert fault({"gbt26875": own}, DAY) is None


def test_every_word_of_every_setting_is_taken() -> None:
    for key, words in CHOICES.items():
        for word in words:
            assert fault({"gbt26875": {key: word}}, DAY) is None
    assert fault({"offline_after_minutes": 5}, DAY) is None
