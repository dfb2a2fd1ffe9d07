"""What GB/T 26875.3 frames do to alarm cases: a fire opens one, its clearing or a reset of the panel ends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from ingest.gbt26875 import frame_bytes
from ingest.gbt26875.times import tag_of
from ingest.stored import Stored
from store import Database
from tests.ingest.conftest import NOW

Store = Callable[..., Stored]
FIRE, FAULT, SHIELDED, STARTED, RESET = 2, 4, 8, 32, 1 << 13


class Panel:
    """A panel that sends frames a minute apart; ``after`` is the minute."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.serial = 0

    def says(self, after: int, *units: bytes, at: dt.datetime | None = None) -> None:
        payload = b""
        for unit in units:
            self.serial += 1
            payload += frame_bytes(serial=self.serial, unit=unit, sent=self.tag(after))
        self._store(("acme/T1/gbt26875", payload), at=at or NOW + dt.timedelta(minutes=after))

    @staticmethod
    def tag(after: int) -> bytes:
        return tag_of(NOW + dt.timedelta(minutes=after))

    def component(self, after: int, word: int, number: int = 7, system: int = 1) -> bytes:
        return (bytes([2, 1, 1, system, 40, 3, 0, number, 0]) + word.to_bytes(2, "little") + bytes(31)
                + self.tag(after))

    def system(self, after: int, word: int, system: int = 1) -> bytes:
        return bytes([1, 1, 1, system]) + word.to_bytes(2, "little") + self.tag(after)

    def operation(self, after: int, flags: int, system: int = 1) -> bytes:
        return bytes([4, 1, 1, system, flags, 9]) + self.tag(after)


@pytest.fixture
def panel(store: Store) -> Panel:
    return Panel(store)


def cases(db: Database) -> list[tuple[str, str, Any]]:
    """(point, kind, minutes from NOW to its restore or None) of every case, in order of opening."""
    rows = db.rows("select kind, point, restored_at from alarms order by opened_at, point, kind")
    return [(row["point"], row["kind"], row["restored_at"] and round((row["restored_at"] - NOW).total_seconds() / 60))
            for row in rows]


@pytest.mark.parametrize("bit0", [0, 1])
def test_a_fire_is_a_case_until_its_bit_is_clear(city: Database, panel: Panel, bit0: int) -> None:
    panel.says(0, panel.component(0, FIRE | bit0))
    assert cases(city) == [("1/1/40/3-7", "fire_alarm", None)]
    panel.says(3, panel.component(3, bit0))
    assert cases(city) == [("1/1/40/3-7", "fire_alarm", 3)]


@pytest.mark.parametrize("how", ["status", "operation"])
def test_a_reset_of_the_panel_ends_the_fires_of_its_system_and_no_other(city: Database, panel: Panel, how: str) -> None:
    panel.says(0, panel.component(0, FIRE), panel.component(0, FIRE, number=8), panel.component(0, FIRE, system=2))
    panel.says(2, panel.system(2, RESET) if how == "status" else panel.operation(2, 1))
    assert cases(city) == [("1/1/40/3-7", "fire_alarm", 2), ("1/1/40/3-8", "fire_alarm", 2),
                           ("1/2/40/3-7", "fire_alarm", None)]
    assert [row["kind"] for row in city.rows("select kind from events where kind = 'reset'")] == ["reset"]


def test_a_fire_that_persists_after_a_reset_is_a_case_again(city: Database, panel: Panel) -> None:
    panel.says(0, panel.component(0, FIRE))
    panel.says(1, panel.operation(1, 1), panel.component(1, FIRE))
    panel.says(2, panel.component(2, FIRE))
    assert [case for case in cases(city) if case[2] is None] == [("1/1/40/3-7", "fire_alarm", None)]
    assert city.rows("select point from device_points where active and kind = 'fire_alarm'") == [{
        "point": "1/1/40/3-7"}]


def test_a_reset_ends_alarms_and_what_follows_from_them_but_no_fault_and_no_shield(city: Database,
                                                                                panel: Panel) -> None:
    panel.says(0, panel.component(0, FIRE | FAULT | SHIELDED | STARTED), panel.operation(0, 1 << 2))
    panel.says(1, panel.system(1, RESET))
    held = {row["kind"] for row in city.rows("select kind from device_points where active")}
    assert held == {"fault", "shielded"}
    assert ("1/1/manual", "fire_alarm", 1) in cases(city)


def test_a_reset_told_with_a_fire_ends_nothing(city: Database, panel: Panel) -> None:
    panel.says(0, panel.component(0, FIRE))
    panel.says(1, panel.system(1, RESET | FIRE))
    assert [case[2] for case in cases(city)] == [None, None]


def test_a_late_reset_does_not_end_what_was_set_after_it(city: Database, panel: Panel) -> None:
    panel.says(5, panel.component(5, FIRE))
    panel.says(2, panel.operation(2, 1), at=NOW + dt.timedelta(minutes=6))
    assert cases(city) == [("1/1/40/3-7", "fire_alarm", None)]
    panel.says(7, panel.operation(7, 1))
    assert cases(city) == [("1/1/40/3-7", "fire_alarm", 7)]


def test_a_reset_of_the_transmission_device_ends_its_own_alarms_alone(city: Database, panel: Panel) -> None:
    panel.says(0, bytes([21, 1, FIRE]) + panel.tag(0), bytes([24, 1, 4, 9]) + panel.tag(0), panel.component(0, FIRE))
    panel.says(1, bytes([24, 1, 1, 9]) + panel.tag(1))
    assert cases(city) == [("", "fire_alarm", 1), ("1/1/40/3-7", "fire_alarm", None), ("manual", "fire_alarm", 1)]


def test_a_device_may_be_set_to_leave_its_cases_open_at_a_reset(city: Database, panel: Panel) -> None:
    with city.connection() as connection:
        connection.execute("""update devices set settings = '{"gbt26875": {"reset": "event_only"}}'""")
    panel.says(0, panel.component(0, FIRE))
    panel.says(1, panel.operation(1, 1))
    assert cases(city) == [("1/1/40/3-7", "fire_alarm", None)]


def test_types_134_to_136_end_the_cases_of_their_object(city: Database, panel: Panel) -> None:
    panel.says(0, panel.component(0, FIRE))
    panel.says(1, b"\x87" + panel.component(1, FIRE)[1:])
    assert cases(city) == [("1/1/40/3-7", "fire_alarm", 1)]


def test_a_reset_sent_again_does_not_end_a_fire_that_came_since(city: Database, store: Store) -> None:
    fire = bytes([2, 1, 1, 1, 40, 3, 0, 7, 0, FIRE, 0]) + bytes(37)
    reset = bytes([4, 1, 1, 1, 1, 9]) + bytes(6)
    frames = frame_bytes(serial=1, unit=fire), frame_bytes(serial=2, unit=reset), frame_bytes(serial=3, unit=fire)
    for second, raw in enumerate([*frames, frames[1]]):
        store(("acme/T1/gbt26875", raw), at=NOW + dt.timedelta(seconds=second))
    found = city.rows("select active from events where kind = 'fire_alarm' order by received_at")
    assert [row["active"] for row in found] == [True, False, True]


def test_a_tag_in_bcd_a_year_off_and_none_are_stored_now_with_what_the_device_said(city: Database,
                                                                                  store: Store) -> None:
    local = NOW.astimezone(dt.timezone(dt.timedelta(hours=8)))
    bcd = bytes(int(str(part), 16) for part in tag_of(local))
    for number, tag in enumerate((bcd, tag_of(NOW - dt.timedelta(days=3000)), bytes(6), b"\xff" * 6)):
        unit = bytes([2, 1, 1, 1, 40, 3, 0, number, 0, FIRE, 0]) + bytes(31) + tag
        store(("acme/T1/gbt26875", frame_bytes(serial=number, unit=unit, sent=tag_of(NOW))), at=NOW)
    rows = city.rows("select point, ts, device_ts, detail from events where kind = 'fire_alarm' order by point")
    assert all(abs(row["ts"] - NOW) < dt.timedelta(seconds=1) for row in rows)
    far, none, wrong = (rows[number]["detail"] for number in (1, 2, 3))
    assert rows[1]["device_ts"] == NOW - dt.timedelta(days=3000)
    assert "older than" in far["clock"]
    assert none["sent"] == wrong["sent"] == local.isoformat()
    assert wrong["device_time"] == "ff ff ff ff ff ff"
