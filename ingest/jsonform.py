"""The JSON forms of the contract: telemetry and events of one device, and of many through a gateway, and ThingsBoard's.

Pure: bytes to :class:`DeviceContent` by device number, and the pieces that can't be read. Nothing here knows which
devices, metrics or event kinds exist.

The rule for values: a nested object is flattened, its keys joined by a dot; null says nothing and is left out; a list
is refused, as is a key that is empty or too long; on ThingsBoard's topics a list is kept as its JSON text. Of a key
that stands twice in one object the first is kept and the message is told of; a device that stands twice in a gateway's
message has said both. Attributes describe a device under the time of receipt, so a key ``ts`` in them is a key.

What a hostile message can cost grows with its length alone: each piece counts towards one limit, no excerpt repeats
more than the piece that is to blame, and a number of any length is read in linear time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from ingest.clock import read_time
from ingest.messages import BadTime, DeviceContent, DeviceTime, EventReport, Problem, Record, told
from ingest.numerals import fraction, integer
from ingest.texts import named
from ingest.vocabulary import Limits

_TRUE = frozenset({"true", "1", "on", "yes", "active", "报警", "发生"})
_FALSE = frozenset({"false", "0", "off", "no", "restored", "inactive", "cleared", "恢复"})
# Digits that the fast reader could lose: an integer beyond 64 bits, or a number whose exponent brings it there.
_MAY_LOSE_DIGITS = re.compile(rb"[0-9]{19}|[0-9][eE]\+?[0-9]").search
_LONGEST_TIME, _LONGEST_DEVICE = 64, 64
#: The state that a gateway's word about a device's connection is kept under.
CONNECTION_STATE = "gateway.connection"
_EVENT_KEYS = frozenset({"type", "active", "ts", "time", "point"})

Contents = tuple[dict[str, DeviceContent], list[Problem]]


def decode_telemetry(payload: bytes, device_no: str | None, limits: Limits, *, keeps_lists: bool = False) -> Contents:
    """Telemetry of ``device_no``, or of every device a gateway's payload names where it is None."""
    return _Decoder(limits, "telemetry", keeps_lists=keeps_lists).decode(payload, device_no)


def decode_events(payload: bytes, device_no: str | None, limits: Limits) -> Contents:
    """Events of ``device_no``, or of every device a gateway's payload names where it is None."""
    return _Decoder(limits, "event").decode(payload, device_no)


def decode_attributes(payload: bytes, device_no: str | None, limits: Limits) -> Contents:
    """ThingsBoard's attributes of ``device_no``, or of every device a gateway's payload names where it is None."""
    return _Decoder(limits, "attributes", keeps_lists=True).decode(payload, device_no)


def decode_connection(payload: bytes, word: str) -> Contents:
    """A gateway's ``{"device": "A"}`` on ThingsBoard's topics connect and disconnect; ``word`` is what it says."""
    try:
        parsed = _parse(payload, is_gateway=False)[0]
    except _Refused as error:
        return {}, [Problem(error.code, error.reason)]
    device_no = parsed.get("device") if isinstance(parsed, dict) else None
    if not isinstance(device_no, str) or not 1 <= len(device_no) <= _LONGEST_DEVICE:
        return {}, [Problem("form", "a gateway tells of a connection as {\"device\": \"DEVICE\"}")]
    return {device_no: DeviceContent([Record(None, {CONNECTION_STATE: word}, is_attributes=True)])}, []


def gateway_parts(payload: bytes) -> Mapping[str, Any]:
    """The devices of a gateway's message that was decoded before, each with what it says."""
    parsed = _parse(payload, is_gateway=True)[0]
    return parsed if isinstance(parsed, dict) else {}


def value_excerpt(record: Record, key: str, value: Any) -> Any:
    """The smallest telemetry object that says the same of one value."""
    return {"values": {key: value}} if record.ts is None else {"ts": record.ts, "values": {key: value}}


def excerpt(piece: Any, gateway_device: str | None) -> bytes | None:
    """A piece of a message as a message of its own: for a gateway, under the name of its device.

    None where that can't be written (it is nested too deeply): then the whole message stands for it.
    """
    alone = piece if isinstance(piece, dict) else [piece]
    return _dump(alone if gateway_device is None else {gateway_device: [piece]})


def _nested(record: Record, path: tuple[str, ...], value: Any) -> Any:
    """As :func:`value_excerpt`, with the nesting that is to blame."""
    for name in reversed(path):
        value = {name: value}
    return {"values": value} if record.ts is None else {"ts": record.ts, "values": value}


def _dump(whole: Any) -> bytes | None:
    try:
        return json.dumps(whole, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 has no bytes for
        return json.dumps(whole).encode()
    except RecursionError:
        return None


class _Decoder:
    """One decoding: counts what it has taken, so that no message can hold more than the limit."""

    def __init__(self, limits: Limits, form: str, *, keeps_lists: bool = False) -> None:
        self._limits, self._form, self._keeps_lists = limits, form, keeps_lists
        self._taken = 0
        self._is_told_twice = False
        self._problems: list[Problem] = []

    def decode(self, payload: bytes, device_no: str | None) -> Contents:
        try:
            parsed, twice = _parse(payload, is_gateway=device_no is None)
            # Alone each would look right: only the whole message shows what is wrong.
            for key in twice[:1]:
                self._twice(key)
            if device_no is not None:
                return {device_no: self._content(parsed, None)}, self._problems
            return self._gateway(parsed), self._problems
        except _Refused as error:
            return {}, [Problem(error.code, error.reason)]

    def _gateway(self, parsed: Any) -> dict[str, DeviceContent]:
        if not isinstance(parsed, dict):
            raise _Refused("form", "a gateway's message is an object of devices: {\"DEVICE\": [...]}")
        if not parsed:
            raise _Refused("empty", "the message names no device")
        found = {}
        for device_no, part in parsed.items():
            if isinstance(part, dict | list) and 1 <= len(device_no) <= _LONGEST_DEVICE:
                found[device_no] = self._content(part, device_no)
                continue
            shown = device_no[:_LONGEST_DEVICE]
            self._told(Problem(
                "form", f"under {shown!r} a gateway's message needs a device number and an object or a list",
                _dump({device_no: part})))
        return found

    def _content(self, part: Any, gateway_device: str | None) -> DeviceContent:
        content = DeviceContent()
        pieces = part if isinstance(part, list) else [part]
        if not pieces:
            self._told(Problem("empty", "the list is empty",
                               _dump([] if gateway_device is None else {gateway_device: []})))
        for piece in pieces:
            if not isinstance(piece, dict):
                self._problem("form", f"an object is needed, this is {_kind_of(piece)}", piece, gateway_device)
            elif self._form == "event":
                self._count()
                self._event(piece, content, gateway_device)
            else:
                before = self._taken
                self._record(piece, content, gateway_device)
                if self._taken == before:
                    self._count()
        return content

    def _record(self, piece: dict[str, Any], content: DeviceContent, gateway_device: str | None) -> None:
        if self._form == "attributes":
            record, body = Record(None, {}, is_attributes=True), piece
        else:
            record, body = self._timed(piece)
        self._flatten(body, (), record, gateway_device)
        if record.values:
            content.records.append(record)
        elif not body:
            self._problem("empty", "the message holds no values", piece, gateway_device)

    @staticmethod
    def _timed(piece: dict[str, Any]) -> tuple[Record, dict[str, Any]]:
        ts = piece.get("ts")
        body = {key: value for key, value in piece.items() if key != "ts"} if "ts" in piece else piece
        if isinstance(piece.get("values"), dict):
            # Keys that stand beside "values" are values too: nothing a device says is dropped unseen.
            body = {**{key: value for key, value in body.items() if key != "values"}, **piece["values"]}
        time = read_time(ts)
        return Record(time, {}, _short(ts, time)), body

    def _flatten(self, body: dict[str, Any], path: tuple[str, ...], record: Record,
                 gateway_device: str | None) -> None:
        limits, values = self._limits, record.values
        for name, value in body.items():
            key = ".".join((*path, name)) if path else name
            if value is None:
                continue
            if not name or len(key) > limits.key:
                reason = "a key is empty" if not name else f"a key has {len(key)} characters; {limits.key} are allowed"
                self._problem("key", reason, _nested(record, (*path, name), value), gateway_device)
            elif isinstance(value, dict):
                if len(path) + 1 >= limits.depth:
                    self._problem("depth", f"{named(key)} is nested deeper than {limits.depth} levels",
                                  _nested(record, (*path, name), value), gateway_device)
                else:
                    self._flatten(value, (*path, name), record, gateway_device)
            elif isinstance(value, list) and not self._keeps_lists:
                self._problem("form", f"{named(key)} is a list; send one key for each value",
                              _nested(record, (*path, name), value), gateway_device)
            elif key in values:
                self._twice(key)
            else:
                self._count()
                values[key] = value

    def _event(self, piece: dict[str, Any], content: DeviceContent, gateway_device: str | None) -> None:
        kind = piece.get("type")
        if not isinstance(kind, str) or not kind.strip():
            self._problem("event_type", "an event needs \"type\", a text such as \"fire_alarm\" or \"火警\"", piece,
                          gateway_device)
            return
        active = _truth(piece.get("active", True))
        if active is None:
            shown = told(piece["active"], 40)
            self._problem("event_active", f"\"active\" is true (it began) or false (it was restored), not {shown!r}",
                          piece, gateway_device)
            return
        point = piece.get("point")
        point = "" if point is None else point if isinstance(point, str) else (_dump(point) or b"").decode()
        ts = piece.get("ts", piece.get("time"))
        detail = {key: value for key, value in piece.items() if key not in _EVENT_KEYS and value is not None}
        content.events.append(EventReport(kind, point.strip(), active, read_time(ts), detail, piece))

    def _count(self) -> None:
        self._taken += 1
        if self._taken > self._limits.values:
            raise _Refused("too_many",
                           f"the message holds more than {self._limits.values} values; send several messages")

    def _twice(self, key: str) -> None:
        # Alone each would look right, only the whole message shows what is wrong: so one word about it is enough.
        if not self._is_told_twice:
            self._is_told_twice = True
            self._told(Problem("twice", f"{key[:60]!r} stands twice in one object, the first is kept"))

    def _problem(self, code: str, reason: str, piece: Any, gateway_device: str | None) -> None:
        self._told(Problem(code, reason, excerpt(piece, gateway_device)))

    def _told(self, problem: Problem) -> None:
        if len(self._problems) >= self._limits.values:
            raise _Refused("too_many", f"the message has more than {self._limits.values} faults")
        self._problems.append(problem)


class _Refused(Exception):
    """The whole message is refused."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def _parse(payload: bytes, *, is_gateway: bool) -> tuple[Any, list[str]]:
    """The JSON value, and the keys that stand twice in one object with different values."""
    payload = payload.removeprefix(b"\xef\xbb\xbf")
    if not payload.strip():
        raise _Refused("empty", "the payload is empty")
    try:
        parsed = orjson.loads(payload)
    except (orjson.JSONDecodeError, RecursionError) as error:
        wrong = str(error)
    else:
        if _MAY_LOSE_DIGITS(payload):
            return _carefully(payload, parsed, is_gateway)
        # Each key has a colon: with no more colons than keys none was overwritten, and the slow reader is not needed.
        if payload.count(b":") <= _key_count(parsed):
            return parsed, []
        return _carefully(payload, parsed, is_gateway)
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Refused(
            "utf8", f"the payload is not UTF-8: byte {error.start + 1} is {payload[error.start]:02X}") from None
    if "depth limit" in wrong or "recursion" in wrong.lower():
        raise _Refused("depth", "the payload is nested too deeply")
    try:
        # The standard library reads NaN, Infinity and 1e400, so that only those values are refused and not the rest.
        return _loads(text, is_gateway)
    except RecursionError:
        raise _Refused("depth", "the payload is nested too deeply") from None
    except ValueError:
        raise _Refused("json", f"the payload is not JSON: {wrong}") from None


def _carefully(payload: bytes, parsed: Any, is_gateway: bool) -> tuple[Any, list[str]]:
    try:
        return _loads(payload.decode("utf-8"), is_gateway)
    except (RecursionError, ValueError):
        return parsed, []


def _loads(text: str, is_gateway: bool) -> tuple[Any, list[str]]:
    """As :func:`_parse`, by the standard library, which tells of every key."""
    twice: list[list[str]] = []
    top: list[tuple[str, Any]] = []

    def whole(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal top
        found: dict[str, Any] = {}
        again = [key for key, value in pairs if not _same(found.setdefault(key, value), value)]
        if again:
            twice.append(again)
        top = pairs
        return found

    parsed = json.loads(text, object_pairs_hook=whole, parse_float=fraction, parse_int=integer)
    if is_gateway and isinstance(parsed, dict) and len(parsed) < len(top):
        # The outermost object comes last; one name twice is one device that has more to say.
        if any(not _same(parsed[key], value) for key, value in top):
            twice.pop()
        parsed = {}
        for key, value in top:
            pieces = value if isinstance(value, list) else [value]
            parsed.setdefault(key, []).extend(pieces)
    return parsed, [key for keys in twice for key in keys]


def _short(ts: Any, time: DeviceTime) -> Any:
    """The time as sent, or one that reads the same: it goes into the excerpt of every value of its record."""
    if ts is None or (isinstance(ts, str | int | float) and len(str(ts)) <= _LONGEST_TIME):
        return ts
    return time.text if isinstance(time, BadTime) else time and time.isoformat()


def _same(one: Any, other: Any) -> bool:
    try:
        return one is other or (type(one) is type(other) and bool(one == other))
    except RecursionError:
        return False


def _key_count(parsed: Any) -> int:
    count, waiting = 0, [parsed]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            count += len(one)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return count


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word in _TRUE else False if word in _FALSE else None
    return None


def _kind_of(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true or false"
    return "a number" if isinstance(value, int | float) else "a text" if isinstance(value, str) else "a list"
