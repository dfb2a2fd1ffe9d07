"""The JSON forms under what hypothesis makes: whole messages with every oddity that JSON can write, on every topic."""

from __future__ import annotations

import json
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import seed as begin
from hypothesis import strategies as st

from tests.fuzz.targets import _TOPICS, WORDS, message

KEYS = st.sampled_from(["ts", "values", "battery", "water_pressure", "temp", "a", "b", "c", "d", "e", "f", "type",
                        "active", "point", "fire_alarm", "fault", "device", "battery2", "baterry", "", "k" * 200,
                        "\0"]) | st.text(max_size=6)
DEVICES = st.sampled_from(["P1", "P2", "P3", "X1", "P9", "", "D" * 65]) | st.text(max_size=3)
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -0.0, 1e19, 2**63, 2**64, 10**400, 1e400, 5e-324])
TIMES = st.sampled_from([0, None, "", 1773115200000, 1773115200, 1773115200000000, 10**18, 253402300799000, 123456,
                         "2026-03-10 12:00:00", "20260310120000", "yesterday", -1, [], {}, True, " " * 90]) \
    | NUMBERS | st.text(max_size=12)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=12) | st.sampled_from(
    ["1e1", "0.52", "nan", "on", "off", "fire_alarm", "火警", "\ud800", "\0", "x" * 1100])
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
                      max_leaves=8)
RECORDS = st.fixed_dictionaries({}, optional={"ts": TIMES, "values": st.dictionaries(KEYS, VALUES, max_size=5),
                                              "type": VALUES, "active": VALUES, "point": VALUES, "x": VALUES}) | VALUES
CONTENTS = RECORDS | st.lists(RECORDS, max_size=4)
MESSAGES = CONTENTS | st.dictionaries(DEVICES, CONTENTS, max_size=4)


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """A message as bytes, now and then with a key twice, cut off, with a mark before it, or with odd bytes in it."""
    text = json.dumps(draw(MESSAGES), ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    how = draw(st.integers(0, 9))
    if how == 0:
        return text[:draw(st.integers(0, len(text)))]
    if how == 1:
        return b"\xef\xbb\xbf" + text
    if how == 2:
        return text.replace(b'"b"', b'"a"').replace(b'"P2"', b'"P1"')
    if how == 3:
        return text.replace(b"1", draw(st.sampled_from([b"\xff", b"1" * 500, b"1E+1", b"101E-1", b"[", b"9" * 5000])))
    return text


CASES = st.tuples(st.sampled_from([one for one in _TOPICS if "gbt" not in one]), payloads())


def run(examples: int, seed: int) -> None:
    """Run ``examples`` messages and print how many there were."""
    count, slowest, began = 0, 0.0, time.monotonic()

    @begin(seed)
    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(CASES)
    def each(case: tuple[str, bytes]) -> Any:
        nonlocal count, slowest
        start = time.perf_counter()
        message(*case)
        count, slowest = count + 1, max(slowest, time.perf_counter() - start)

    assert WORDS
    each()
    seconds = time.monotonic() - began
    print(f"json     {count:>12,} messages made by hypothesis {count / max(seconds, 0.001):>9,.0f} a second, "
          f"slowest {slowest * 1000:>7.1f} ms")
