"""Sparkplug B payloads byte by byte, from the specification's field numbers: a tag, then a varint, 4, 8 or n bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

DATATYPES: Final = {name: code for code, name in enumerate((
    "Unknown", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double", "Boolean",
    "String", "DateTime", "Text", "UUID", "DataSet", "Bytes", "File", "Template", "PropertySet", "PropertySetList",
    "Int8Array", "Int16Array", "Int32Array", "Int64Array", "UInt8Array", "UInt16Array", "UInt32Array", "UInt64Array",
    "FloatArray", "DoubleArray", "BooleanArray", "StringArray", "DateTimeArray"))}
_BITS: Final = {"Int8": 8, "Int16": 16, "Int32": 32, "Int64": 64}
_PACKED: Final = {"Int8Array": "b", "Int16Array": "h", "Int32Array": "i", "Int64Array": "q", "UInt8Array": "B",
                  "UInt16Array": "H", "UInt32Array": "I", "UInt64Array": "Q", "FloatArray": "f", "DoubleArray": "d",
                  "DateTimeArray": "q"}
_INT, _LONG, _FLOAT, _DOUBLE, _BOOLEAN, _STRING, _BYTES, _DATASET, _TEMPLATE = range(10, 19)


@dataclass(frozen=True)
class Metric:
    """One metric. ``datatype`` is a name of the specification; None leaves name, datatype or time out.
    ``hides_datatype``: its value is written by it, but it is not told.

    A DataSet's value is (columns, datatypes, rows), a Template's (reference, or None for a definition; metrics).
    """

    name: str | None
    datatype: str | None
    value: Any
    alias: int | None = None
    at: int | None = None
    is_historical: bool = False
    is_transient: bool = False
    hides_datatype: bool = False
    properties: Mapping[str, int | str] = field(default_factory=dict)


def payload(metrics: Iterable[Metric], at: int | None, seq: int | None) -> bytes:
    """A payload; ``at`` in milliseconds."""
    return b"".join([*([_number(1, at)] if at is not None else []),
                     *(_bytes(2, metric(one)) for one in metrics),
                     *([_number(3, seq)] if seq is not None else [])])


def metric(one: Metric) -> bytes:
    """One metric as it stands in a payload."""
    parts = []
    if one.name is not None:
        parts.append(_bytes(1, one.name.encode()))
    datatype = DATATYPES[one.datatype] if one.datatype and not one.hides_datatype else None
    for number, value in ((2, one.alias), (3, one.at), (4, datatype)):
        if value is not None:
            parts.append(_number(number, value))
    parts += [_number(number, 1) for number, holds in ((5, one.is_historical), (6, one.is_transient),
                                                       (7, one.value is None)) if holds]
    if one.properties:
        parts.append(_bytes(9, _properties(one.properties)))
    if one.value is not None:
        parts.append(_value(one.datatype or _usual(one.value), one.value))
    return b"".join(parts)


def asks_for_rebirth(command: bytes) -> bool:
    """Whether a command sets ``Node Control/Rebirth`` to true; False also for what is no payload."""
    try:
        for number, inner in _fields(command):
            if number == 2 and isinstance(inner, bytes):
                told = dict(_fields(inner))
                if told.get(1) == b"Node Control/Rebirth" and told.get(_BOOLEAN) == 1:
                    return True
    except (IndexError, ValueError, struct.error):
        return False
    return False


def _usual(value: Any) -> str:
    return {bool: "Boolean", float: "Double", str: "String", int: "Int64", bytes: "Bytes"}[type(value)]


def _value(datatype: str, value: Any) -> bytes:  # noqa: PLR0911  one line a datatype
    if datatype == "Float":
        return _tag(_FLOAT, 5) + struct.pack("<f", value)
    if datatype == "Double":
        return _tag(_DOUBLE, 1) + struct.pack("<d", value)
    if datatype == "Boolean":
        return _number(_BOOLEAN, int(value))
    if datatype in ("String", "Text", "UUID"):
        return _bytes(_STRING, value.encode())
    if datatype in ("Bytes", "File"):
        return _bytes(_BYTES, value)
    if datatype == "DataSet":
        return _bytes(_DATASET, _dataset(*value))
    if datatype == "Template":
        reference, members = value
        head = _number(5, 1) if reference is None else _bytes(4, reference.encode()) + _number(5, 0)
        return _bytes(_TEMPLATE, b"".join(_bytes(2, metric(one)) for one in members) + head)
    if datatype.endswith("Array"):
        return _bytes(_BYTES, array(datatype, value))
    is_long = datatype in ("Int64", "UInt64", "DateTime")
    return _number(_LONG if is_long else _INT, value % (1 << _BITS.get(datatype, 64)))


def array(datatype: str, values: Sequence[Any]) -> bytes:
    """An array as it stands in the bytes field."""
    if datatype == "BooleanArray":
        packed = bytearray((len(values) + 7) // 8)
        for place, holds in enumerate(values):
            packed[place // 8] |= 0x80 >> place % 8 if holds else 0
        return len(values).to_bytes(4, "little") + bytes(packed)
    if datatype == "StringArray":
        return b"".join(text.encode() + b"\0" for text in values)
    return struct.pack(f"<{len(values)}{_PACKED[datatype]}", *values)


def _dataset(columns: Sequence[str], datatypes: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    def element(datatype: str, value: Any) -> bytes:
        # The fields of an element are those of a metric, numbered from 1.
        tag, rest = _varint_at(_value(datatype, value))
        return _bytes(1, _varint(((tag >> 3) - _INT + 1) << 3 | tag & 7) + rest)

    return b"".join([_number(1, len(columns)), *(_bytes(2, column.encode()) for column in columns),
                     *(_number(3, DATATYPES[datatype]) for datatype in datatypes),
                     *(_bytes(4, b"".join(map(element, datatypes, row))) for row in rows)])


def _properties(properties: Mapping[str, int | str]) -> bytes:
    keys = [_bytes(1, key.encode()) for key in properties]
    values = [_bytes(2, _number(1, DATATYPES["String"]) + _bytes(8, value.encode()) if isinstance(value, str) else
                     _number(1, DATATYPES["Int32"]) + _number(3, value)) for value in properties.values()]
    return b"".join([*keys, *values])


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _number(number: int, value: int) -> bytes:
    return _tag(number, 0) + _varint(value)


def _bytes(number: int, value: bytes) -> bytes:
    return _tag(number, 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _varint_at(data: bytes) -> tuple[int, bytes]:
    value = place = 0
    while True:
        value |= (data[place] & 0x7F) << 7 * place
        place += 1
        if not data[place - 1] & 0x80:
            return value, data[place:]
        if place > 9:
            raise ValueError("no varint is longer than ten bytes")


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    while data:
        tag, data = _varint_at(data)
        kind = tag & 7
        if kind == 0:
            value, data = _varint_at(data)
            yield tag >> 3, value
            continue
        if kind == 2:
            length, data = _varint_at(data)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ValueError(f"no field has the wire type {kind}")
        if length > len(data):
            raise ValueError("a field is longer than what is left")
        yield tag >> 3, data[:length]
        data = data[length:]
