"""Input of strangers at its worst: each piece gets its reason, what stands beside it is stored, the cost is bounded."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from ingest.messages import Message
from ingest.opening import Directory, Judged, judge_message, open_message
from ingest.rows import Device
from ingest.storing import BatchStore
from ingest.vocabulary import vocabulary
from ingest.writer import Writer
from policy import rules
from store import Database
from tests.ingest.conftest import NOW

WORDS = vocabulary(rules(), NOW.date())
DIRECTORY = Directory({("acme", "P1"): Device(7, "acme", "P1", 70, "water_pressure", True, {})}, {"acme": "active"})
P1 = "acme/P1/telemetry"

#: What is sent, and every reason it must be told with.
BAD: list[tuple[str, bytes, set[str]]] = [
    (P1, b"", {"empty"}), (P1, b" \n", {"empty"}), (P1, b"\x00" * 50, {"json"}),
    (P1, json.dumps({f"k{number}": number for number in range(100_000)}).encode(), {"too_many"}),
    (P1, b'{"a":' * 1000 + b"1" + b"}" * 1000, {"depth"}), (P1, b"[" * 1000 + b"]" * 1000, {"form"}),
    (P1, b"[" * 100_000, {"depth"}), (P1, b'{"a":' * 100_000, {"depth"}),
    (P1, b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}", {"form"}),
    (P1, b'{"battery": NaN}', {"not_finite"}), (P1, b'{"battery": 1e400}', {"not_finite"}),
    (P1, b'{"battery": -Infinity}', {"not_finite"}), (P1, b'{"battery": %s}' % (b"9" * 100_000), {"not_finite"}),
    (P1, b'{"battery": "%s"}' % (b"9" * 100_000), {"not_a_number"}), (P1, b'{"battery": 1e30}', {"range"}),
    (P1, b'{"door": "a\\u0000b"}', {"text"}), (P1, b'{"do\\u0000or": "open"}', {"text"}),
    (P1, b'{"door": "\\ud800"}', {"text"}), (P1, b'{"\\udfff": "x"}', {"text"}), (P1, b'{"door": "\xff"}', {"utf8"}),
    (P1, b"\xff\xfe{\x00}\x00", {"utf8"}), (P1, b'{"door": "a\x00b"}', {"json"}), (P1, b"\xef\xbb\xbf", {"empty"}),
    (P1, b'{"%s": 1}' % (b"k" * 1_000_000), {"key"}), (P1, b'{"": 1}', {"key"}),
    (P1, b'{"door": "%s"}' % (b"x" * 100_000), {"text"}), (P1, b'{"door": 1, "door": 2}', {"twice", "unknown_metric"}),
    (P1, b'{"ts": "9999-12-31T23:59:59Z", "values": {"battery": 5}}', {"clock"}),
    (P1, b'{"ts": 253402300799999, "values": {"battery": 5}}', {"clock"}),
    (P1, b'{"ts": "0000-01-01", "battery": 5}', {"time"}), (P1, b'{"ts": 1e400, "battery": 5}', {"time"}),
    (P1, b'{"ts": %s, "battery": 5}' % (b"9" * 100_000), {"time"}), (P1, b'{"ts": {"a": []}, "battery": 5}', {"time"}),
    (P1, b'{"ts": "%s", "battery": 5}' % (b"[" * 100_000), {"time"}), (P1, b"5", {"form"}), (P1, b"null", {"form"}),
    ("acme/P1/event", b'{"type": "%s"}' % (b"x" * 100_000), {"event_type"}), ("acme/P1/event", b"{", {"json"}),
    ("acme/P1/gbt26875", b"@@" * 50_000, {"gbt_length"}), ("acme/P1/gbt26875", b"", {"empty"}),
    ("acme/gateway/telemetry", b'{"X1": [{"battery": 5}]}', {"foreign_device"}),
    ("acme/gateway/telemetry", b'{"a\\u0000b": [{"battery": 5}]}', {"unknown_device"}),
    ("acme/gateway/telemetry", b'{"\\ud800": [{"battery": 5}]}', {"unknown_device"}),
    ("acme/X1/telemetry", b'{"battery": 5}', {"foreign_device"}),
    ("other/P1/telemetry", b'{"battery": 5}', {"foreign_device"}),
    ("nobody/P1/telemetry", b'{"battery": 5}', {"unknown_vendor"}), ("a/" + "x" * 60_000, b"{}", {"topic"}),
    ("acme/P1/telemetry/" + "x" * 50, b"{}", {"topic"}),
]


def test_each_bad_message_gets_its_reason_and_those_beside_it_are_stored(city: Database) -> None:
    store = BatchStore(Writer(city, rules()))
    clean = b'\xef\xbb\xbf{"ts": %d, "values": {"battery": 5}}'
    good = [Message(f"huoyan/v1/{P1}", clean % (1773100800000 + number), NOW, packet_id=number + 1)
            for number in range(len(BAD) + 1)]
    # The receiver keeps the start of what is too long, and its true length.
    messages = [Message(f"huoyan/v1/{P1}", b'{"battery": 5' + b" " * 1000, NOW, payload_bytes=10_000_000)]
    for number, (topic, payload, _) in enumerate(BAD):
        messages += [good[number], Message(f"huoyan/v1/{topic}", payload, NOW, packet_id=1000 + number)]
    stored = store.store([*messages, good[-1]])
    assert stored.readings == len(good)
    kept = city.rows("select topic, payload, payload_bytes, reason_code, reason from quarantine")
    assert {row["reason_code"] for row in kept} == {"too_large"}.union(*(codes for _, _, codes in BAD))
    assert sum(len(row["payload"]) for row in kept) < 2 * sum(len(payload) for _, payload, _ in BAD)
    assert all(0 < len(row["reason"]) <= 1000 and "\n" not in row["reason"] for row in kept)
    (large,) = [row for row in kept if row["reason_code"] == "too_large"]
    assert large["payload_bytes"] == 10_000_000


@pytest.mark.parametrize("number", range(len(BAD)))
def test_each_bad_message_is_told_of_alone(number: int) -> None:
    topic, payload, codes = BAD[number]
    directory = Directory(DIRECTORY.devices, {**DIRECTORY.vendors, "other": "active"},
                          frozenset({("acme", "X1"), ("other", "P1")}))
    judged = judge_message(open_message(Message(f"huoyan/v1/{topic}", payload, NOW), WORDS), directory, WORDS)
    assert {one.reason_code for one in judged.refusals} == codes
    assert not any(parcel.readings or parcel.reports for parcel in judged.parcels)


def judge(payload: bytes, topic: str = P1) -> Judged:
    return judge_message(open_message(Message(f"huoyan/v1/{topic}", payload, NOW), WORDS), DIRECTORY, WORDS)


#: Messages made to cost more than their length, by size.
BOMBS: dict[str, Callable[[int], tuple[str, bytes]]] = {
    "keys that are no metric": lambda n: (P1, orjson.dumps({f"watr_presure{k % 26:x}_{k}": 1 for k in range(n)})),
    "one key over and over": lambda n: (P1, b"{%s}" % b",".join(b'"a":%d' % k for k in range(n))),
    "objects twice in objects": lambda n: (P1, b'{"a":{"b":' * (n // 40) + b"1" + b',"b":2},"a":{}}' * (n // 40)),
    "a long time over many values": lambda n: (P1, b'{"ts": "%s1773115200000", "values": {%s}}' % (
        b" " * 20 * n, b",".join(b'"k%d":1' % k for k in range(n)))),
    "devices of nobody": lambda n: ("acme/gateway/telemetry",
                                    orjson.dumps({f"D{k}": {"battery": 1} for k in range(n)})),
    "one device over and over": lambda n: ("acme/gateway/telemetry",
                                           b"{%s}" % b",".join([b'"P1":{"battery":1}'] * n)),
    "colons in texts": lambda n: (P1, orjson.dumps({f"k{k}": ":" * 100 for k in range(n)})),
    "digits": lambda n: (P1, b'{"battery": %s}' % (b"9" * 40 * n)),
    "many numbers of many digits": lambda n: (P1, b"[%s]" % b",".join([b'{"k": %s}' % (b"9" * 3999)] * (n // 40))),
    "start marks": lambda n: ("acme/P1/gbt26875", b"@@" * 20 * n),
    "half frames": lambda n: ("acme/P1/gbt26875", (b"@@" + b"\x00" * 22 + b"\xe8\x03" + b"\x02") * n),
    "hex that is none": lambda n: ("acme/P1/gbt26875", b"40 " * 20 * n + b"x"),
    "blanks": lambda n: ("acme/P1/gbt26875", b"40" + b" " * 40 * n + b"x"),
}


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_the_time_of_a_message_grows_with_its_length_and_not_with_the_square(name: str) -> None:
    def seconds(size: int) -> float:
        topic, payload = BOMBS[name](size)
        found = []
        for _ in range(3):
            began = time.process_time()
            judge(payload, topic)
            found.append(time.process_time() - began)
        return min(found)

    seconds(100)
    # Sixteen times the length would take 256 times as long.
    assert seconds(4000) < 60 * max(seconds(250), 0.002)


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_the_memory_of_a_message_is_bounded(name: str) -> None:
    topic, payload = BOMBS[name](5000)
    judge(payload, topic)
    tracemalloc.start()
    judged: Any = judge(payload, topic)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * len(payload) + 20_000_000
    assert sum({id(one.payload): len(one.payload) for one in judged.refusals}.values()) < 5 * len(payload) + 300_000


def test_topics_made_up_by_a_vendor_are_not_all_remembered() -> None:
    tracemalloc.start()
    for number in range(300):
        judge(b"{}", f"acme/{number}{'x' * 50_000}/telemetry")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 5_000_000


def test_a_year_in_which_nobody_lives_is_told_as_it_was_sent() -> None:
    ((code, reason),) = [(one.reason_code, one.reason) for one in judge(
        b'{"ts": 253402300799000, "values": {"battery": 5}}').refusals]
    assert code == "clock"
    assert "9999-12-31T23:59:59" in reason
