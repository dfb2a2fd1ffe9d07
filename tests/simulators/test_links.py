"""Simulated transmission devices on links: alone with the clock passed in, and with a real listener and database."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from ingest.gbt26875 import Frame, find_frames, frame_bytes
from ingest.gbt26875.downstream import duty_check, set_clock
from ingest.gbt26875.times import time_of
from ingest.links import ask
from policy import rules
from simulators.errors import SimulatorError
from simulators.fleet import FleetDevice, post
from simulators.fleet.post import is_manned
from simulators.links import RunningLinks, TransmissionDevice
from simulators.links.device import split
from store import Database
from tests.ingest.conftest import register
from tests.ingest.listening import listening, until
from tests.servers.programs import unused_port

NOW = dt.datetime(2026, 3, 10, 4, 0, tzinfo=dt.UTC).timestamp()
NUMBERS = [f"{number:012X}" for number in range(0x0A0B0C, 0x0A0B0C + 40)]
MANNED = next(one for one in NUMBERS if is_manned(f"huoyan/v1/hongyan/{one}/gbt26875"))
CENTRE = bytes([1, 0, 0, 0, 0, 0])


def device(number: str = MANNED, **more: float) -> TransmissionDevice:
    return TransmissionDevice(FleetDevice("hongyan", number, "uitd"), 7, NOW, **more)


def frame(raw: bytes) -> Frame:
    (found,) = find_frames(raw)
    assert isinstance(found, Frame), raw.hex()
    return found


def confirm(raw: bytes) -> bytes:
    return frame_bytes(serial=frame(raw).serial, command=3, source=CENTRE, destination=frame(raw).source)


def minutes_of(one: TransmissionDevice, minutes: int, *, confirmed: bool = True) -> Iterator[bytes]:
    """What it sends, second by second."""
    for second in range(60 * minutes):
        for raw in one.due(NOW + second):
            if confirmed:
                one.hear(confirm(raw), NOW + second)
            yield raw


def test_it_beats_and_reports_in_frames_of_its_own_address() -> None:
    one = device()
    found = [frame(raw) for raw in minutes_of(one, 30)]
    assert {int.from_bytes(each.source, "little") for each in found} == {one.address} == {int(MANNED, 16)}
    kinds = [each.unit[0] if each.unit else 0 for each in found]
    assert 59 <= kinds.count(0) <= 61
    assert kinds.count(21) == 10
    assert len({each.serial for each in found}) == len(found)


def test_the_same_seed_says_the_same_and_alarms_end() -> None:
    first, again = (list(minutes_of(device(pace=10), 120)) for _ in range(2))
    assert first == again
    statuses = [frame(raw).unit for raw in first if frame(raw).unit[:1] in (b"\x01", b"\x02")]
    assert len(statuses) > 10
    words = [int.from_bytes(unit[4:6] if unit[0] == 1 else unit[9:11], "little") & ~1 for unit in statuses]
    assert 0 in words
    assert any(words)


def test_what_is_not_confirmed_is_sent_three_times_again_and_then_the_link_is_dead() -> None:
    one = device()
    sent: list[tuple[int, bytes]] = []
    for second in range(600):
        sent += [(second, raw) for raw in one.due(NOW + second) if frame(raw).unit]
        if one.gave_up:
            break
    first = sent[0][1]
    assert [at - sent[0][0] for at, raw in sent if raw == first] == [0, 10, 20, 30]
    assert one.gave_up
    # On the next link it is said again, after a sign of life, until it is confirmed.
    hello, *waiting = one.connected(NOW + 700)
    assert frame(hello).unit == b""
    assert first in waiting
    assert not one.gave_up
    for raw in waiting:
        one.hear(confirm(raw), NOW + 701)
    assert one.connected(NOW + 702)[1:] == []


def test_without_a_link_it_keeps_what_happens_and_not_more_than_its_memory_holds() -> None:
    one = device(pace=100)
    for second in range(3600):
        one.due(NOW + second, is_linked=False)
    waiting = one.connected(NOW + 3600)[1:]
    assert len(waiting) == 500
    assert all(frame(raw).unit for raw in waiting)


def test_a_duty_check_is_confirmed_and_the_key_is_pressed_until_that_is_confirmed_too() -> None:
    one = device()
    (said,) = one.hear(duty_check(5).frame(9, dt.datetime.now(dt.UTC), centre=CENTRE, device=bytes(6)), NOW)
    assert (frame(said).command, frame(said).serial) == (3, 9)
    keys = [(at, raw) for at in range(60) for raw in one.due(NOW + at) if frame(raw).unit[:1] == b"\x18"]
    assert 4 <= keys[0][0] <= 25
    assert len(keys) > 1
    one.hear(confirm(keys[0][1]), NOW + 60)
    assert not [raw for raw in minutes_of(one, 5) if frame(raw).unit[:1] == b"\x18"]


def test_a_clock_that_is_off_is_right_once_it_is_set() -> None:
    one = device(clock_off=-200.0)

    def told() -> float:
        moment = time_of(frame(one.connected(NOW)[0]).sent)
        assert moment is not None
        return moment.timestamp() - NOW

    assert told() == -200
    (said,) = one.hear(set_clock(dt.datetime.fromtimestamp(NOW, dt.UTC)).frame(
        3, dt.datetime.fromtimestamp(NOW, dt.UTC), centre=CENTRE, device=bytes(6)), NOW)
    assert frame(said).command == 3
    assert told() == 0


@pytest.mark.parametrize("size", [1, 2, 7, 64])
def test_a_stream_is_split_into_frames_wherever_it_is_cut(size: int) -> None:
    frames = [frame_bytes(serial=number, unit=bytes(number)) for number in range(5)]
    stream = b"@noise" + b"".join(frames) + b"@@ no frame" + bytes(40) + frames[0]
    found: list[bytes] = []
    rest = b""
    for at in range(0, len(stream), size):
        whole, rest = split(rest + stream[at:at + size])
        found += whole
    assert found == [*frames, frames[0]]


def test_what_has_no_link_is_one_sentence() -> None:
    with pytest.raises(SimulatorError, match="is a smoke, not a transmission device"):
        TransmissionDevice(FleetDevice("hongyan", "1", "smoke"), 7, NOW)
    with pytest.raises(SimulatorError, match="no device"):
        RunningLinks([], "127.0.0.1", 1)
    # On a thread of its own: a browser of other tests may keep this one's event loop.
    with pytest.raises(SimulatorError, match="nobody listens on 127.0.0.1:"), ThreadPoolExecutor(1) as apart:
        apart.submit(RunningLinks([device()], "127.0.0.1", unused_port()).run, 1).result()


@contextmanager
def linked(devices: list[TransmissionDevice], port: int) -> Iterator[RunningLinks]:
    running = RunningLinks(devices, "127.0.0.1", port)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        running.stop()
        thread.join(30)
    assert not thread.is_alive()


def registered(db: Database, devices: list[TransmissionDevice]) -> None:
    register(db)
    with db.connection() as connection:
        connection.execute("insert into vendors (vendor_code, name, status) values ('hongyan', '鸿雁', 'active')")
        for one in devices:
            connection.execute(
                "insert into devices (vendor_code, device_no, unit_id, kind, settings) select 'hongyan', %s, unit_id, "
                "'uitd', jsonb_build_object('gbt26875', jsonb_build_object('address', %s::bigint)) "
                "from units where unit_no = 'U1'", [one.device.device_no, one.address])


def test_a_listener_hears_it_asks_it_and_sets_its_clock(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "_QUICKEST", 1)
    monkeypatch.setattr(post, "_SLOWEST", 3)
    now = time.time()
    devices = [TransmissionDevice(FleetDevice("hongyan", number, "uitd"), 7, now, pace=200)
               for number in NUMBERS[:6]]
    manned = next(one for one in devices if is_manned(f"huoyan/v1/hongyan/{one.device.device_no}/gbt26875"))
    manned.clock_off = -500.0
    registered(db, devices)

    def states() -> dict[str, str]:
        return {row["kind"]: row["state"] for row in db.rows("select kind, state from gbt_requests")}

    with listening(db, tcp_port=-1, udp_port=0) as service, linked(devices, service.tcp_port) as running:
        until(lambda: len(db.rows("select from gbt_links where device_id is not null")) == 6, 30, "links")
        row = db.row("select device_id from devices where device_no = %s", [manned.device.device_no])
        assert row is not None
        with db.connection() as connection:
            for kind, parameters in (("duty_check", {"minutes": 5}), ("set_clock", {})):
                ask(connection, [row["device_id"]], kind, parameters, actor="duty", now=dt.datetime.now(dt.UTC),
                    book=rules())
        until(lambda: states() == {"duty_check": "answered", "set_clock": "confirmed"}, 60, "requests")
        until(lambda: manned.clock_off == 0, 10, "the clock is set")
        until(lambda: len(db.rows("select distinct device_id from readings")) == 6, 60, "readings of all")
        until(lambda: db.rows("select from alarms"), 60, "alarms")
    assert running.totals.links >= 6
    assert db.rows("select reason from quarantine") == []


def test_a_listener_that_went_away_is_found_again_and_hears_what_happened_meanwhile(db: Database) -> None:
    port = unused_port()
    devices = [TransmissionDevice(FleetDevice("hongyan", NUMBERS[0], "uitd"), 7, time.time(), pace=500)]
    registered(db, devices)
    with ExitStack() as stack:
        with listening(db, tcp_port=port, udp_port=0):
            running = stack.enter_context(linked(devices, port))
            until(lambda: db.rows("select from readings"), 30, "readings")
        before = len(db.rows("select from readings"))
        with listening(db, tcp_port=port, udp_port=0):
            until(lambda: len(db.rows("select from readings")) > before, 60, "it came back")
        assert running.totals.links >= 2
