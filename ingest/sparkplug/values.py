"""The value of a metric by its datatype: what the fields on the wire stand for. Pure.

Integers travel in unsigned fields. A negative one comes as two's complement of its declared width, or of the field's
width, as encoders that widen it first send it: both are read. Arrays are packed little-endian in the bytes field.
"""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np
import orjson

from ingest.clock import iso
from ingest.sparkplug.wire import DataSetFields, Fields

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
DATASET: Final = 16
TEMPLATE: Final = 19
_BOOLEAN: Final = 11
_DATE_TIME: Final = 13
_TEXTS: Final = frozenset({12, 14, 15})  # String, Text, UUID
_BYTES: Final = frozenset({17, 18})  # Bytes, File
_SIGNED: Final = {1: 8, 2: 16, 3: 32, 4: 64}
_UNSIGNED: Final = {5: 8, 6: 16, 7: 32, 8: 64}
_REALS: Final = frozenset({9, 10})
_PACKED: Final = {22: "b", 23: "h", 24: "i", 25: "q", 26: "B", 27: "H", 28: "I", 29: "Q", 30: "f", 31: "d"}
_BOOLEANS, _STRINGS, _DATE_TIMES = 32, 33, 34
_NAMES: Final = ("Unknown", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float", "Double",
                 "Boolean", "String", "DateTime", "Text", "UUID", "DataSet", "Bytes", "File", "Template", "PropertySet",
                 "PropertySetList", "Int8Array", "Int16Array", "Int32Array", "Int64Array", "UInt8Array", "UInt16Array",
                 "UInt32Array", "UInt64Array", "FloatArray", "DoubleArray", "BooleanArray", "StringArray",
                 "DateTimeArray")
#: The datatype that a field alone tells of; the integer fields tell of none, since the width is not known.
_BY_FIELD: Final = {"float_value": 9, "double_value": 10, "boolean_value": _BOOLEAN, "string_value": 12,
                    "bytes_value": 17, "dataset_value": DATASET, "template_value": TEMPLATE}

Value = bool | int | float | str | list[Any]


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a value can't be taken."""

    code: str
    reason: str


def datatype_name(datatype: int) -> str:
    """The name of a datatype in the specification."""
    return _NAMES[datatype] if 0 <= datatype < len(_NAMES) else str(datatype)


def known_datatype(datatype: int, field: str | None) -> int:
    """The datatype to read a value by: the declared one, else the one its field tells of; 0 where that is none."""
    return datatype or _BY_FIELD.get(field or "", 0)


def value_of(datatype: int, field: str, raw: Any, longest: int) -> Value | Bad:
    """The value in ``field`` read as ``datatype``; a text, or a table as text, has ``longest`` characters at most."""
    read = _READERS.get(datatype)
    if read is None:
        return Bad("datatype", f"values of the datatype {datatype_name(datatype)} can't be taken")
    try:
        return read(datatype, field, raw, longest)
    except _Unfit as error:
        return Bad("datatype", str(error))
    except UnicodeDecodeError:
        return Bad("utf8", "the text is not UTF-8")


class _Unfit(Exception):
    """A value that is not of its datatype."""


def _unfit(datatype: int, field: str) -> _Unfit:
    return _Unfit(f"a {datatype_name(datatype)} can't come in the field {field}")


def _integer(datatype: int, field: str, raw: Any, _longest: int) -> int:
    if field not in ("int_value", "long_value"):
        raise _unfit(datatype, field)
    number, field_bits = int(raw), 32 if field == "int_value" else 64
    bits = _SIGNED.get(datatype) or _UNSIGNED[datatype]
    if datatype in _SIGNED:
        half = 1 << (bits - 1)
        if number < 1 << bits:
            return number - (1 << bits) if number >= half else number
        if number >= (1 << field_bits) - half:
            return number - (1 << field_bits)
    elif number < 1 << bits:
        return number
    raise _Unfit(f"{number} is no {datatype_name(datatype)}")


def _real(datatype: int, field: str, raw: Any, _longest: int) -> float:
    if field == "double_value":
        return float(raw)
    if field != "float_value":
        raise _unfit(datatype, field)
    return shortest(raw)


def shortest(number: float) -> float:
    """A number of single precision as the shortest decimal that stands for it: 0.52, not 0.5199999809265137."""
    return float(str(np.float32(number))) if math.isfinite(number) else number


def _boolean(datatype: int, field: str, raw: Any, _longest: int) -> bool:
    if field == "boolean_value":
        return bool(raw)
    if field in ("int_value", "long_value") and raw in (0, 1):
        return bool(raw == 1)
    raise _unfit(datatype, field)


def _text(datatype: int, field: str, raw: Any, _longest: int) -> str:
    if field != "string_value":
        raise _unfit(datatype, field)
    return cast(bytes, raw).decode("utf-8")


def _date_time(datatype: int, field: str, raw: Any, _longest: int) -> str:
    if field not in ("long_value", "int_value"):
        raise _unfit(datatype, field)
    return _moment(raw)


def _moment(milliseconds: int) -> str:
    try:
        return iso(_EPOCH + dt.timedelta(milliseconds=milliseconds))
    except OverflowError:
        raise _Unfit(f"{milliseconds} is no time in milliseconds") from None


def _bytes(datatype: int, field: str, raw: Any, longest: int) -> str | Bad:
    if field != "bytes_value":
        raise _unfit(datatype, field)
    if 2 * len(raw) > longest:
        return Bad("text", f"{len(raw)} bytes are more than can be kept as hex: {longest // 2} are allowed")
    return cast(bytes, raw).hex()


def _packed(datatype: int, field: str, raw: Any, longest: int) -> list[Any] | Bad:
    data = _array_bytes(datatype, field, raw, longest)
    if isinstance(data, Bad):
        return data
    code = "q" if datatype == _DATE_TIMES else _PACKED[datatype]
    size = struct.calcsize(code)
    if len(data) % size:
        raise _Unfit(f"{len(data)} bytes are no whole number of values of {size} bytes")
    numbers = list(struct.unpack(f"<{len(data) // size}{code}", data))
    if datatype == _DATE_TIMES:
        return [_moment(number) for number in numbers]
    return [shortest(number) for number in numbers] if code == "f" else numbers


def _booleans(datatype: int, field: str, raw: Any, longest: int) -> list[Any] | Bad:
    """Four bytes of count, then bits, the first in the highest place of the first byte."""
    data = _array_bytes(datatype, field, raw, longest)
    if isinstance(data, Bad):
        return data
    if len(data) < 4:
        raise _Unfit("an array of booleans begins with its length in four bytes")
    count, bits = int.from_bytes(data[:4], "little"), data[4:]
    if count > 8 * len(bits):
        raise _Unfit(f"{len(bits)} bytes can't hold {count} booleans")
    if count > longest:
        return Bad("text", f"{count} booleans are more than can be kept")
    return [bool(bits[place // 8] & 0x80 >> place % 8) for place in range(count)]


def _strings(datatype: int, field: str, raw: Any, longest: int) -> list[Any] | Bad:
    data = _array_bytes(datatype, field, raw, longest)
    if isinstance(data, Bad):
        return data
    return [part.decode("utf-8") for part in data.removesuffix(b"\0").split(b"\0")] if data else []


def _array_bytes(datatype: int, field: str, raw: Any, longest: int) -> bytes | Bad:
    if field != "bytes_value":
        raise _unfit(datatype, field)
    if len(raw) > 8 * longest:
        return Bad("text", f"an array of {len(raw)} bytes is more than can be kept")
    return cast(bytes, raw)


def _dataset(datatype: int, field: str, raw: Any, longest: int) -> str | Bad:
    """A table as JSON text."""
    if field != "dataset_value":
        raise _unfit(datatype, field)
    table = cast(DataSetFields, raw)
    cells = sum(len(row.elements) for row in table.rows) + len(table.columns)
    if cells > longest or len(table.rows) > longest:
        return Bad("text", f"a DataSet of {cells} cells is more than can be kept")
    types = list(table.types)
    rows = [[_cell(types[place] if place < len(types) else 0, cell, longest)
             for place, cell in enumerate(row.elements)] for row in table.rows]
    columns = [column.decode("utf-8") for column in table.columns]
    return orjson.dumps({"columns": columns, "rows": rows}).decode()


def _cell(datatype: int, cell: Fields, longest: int) -> Any:
    field = cell.WhichOneof("value")
    if field is None:
        return None
    raw = getattr(cell, field)
    datatype = known_datatype(datatype, field)
    if not datatype:
        return raw
    value = value_of(datatype, field, raw, longest)
    if isinstance(value, Bad):
        raise _Unfit(f"in a DataSet: {value.reason}")
    # JSON has no such numbers.
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


_READERS: Final[Mapping[int, Callable[[int, str, Any, int], Value | Bad]]] = {
    **dict.fromkeys((*_SIGNED, *_UNSIGNED), _integer), **dict.fromkeys(_REALS, _real), _BOOLEAN: _boolean,
    **dict.fromkeys(_TEXTS, _text), _DATE_TIME: _date_time, DATASET: _dataset, **dict.fromkeys(_BYTES, _bytes),
    **dict.fromkeys((*_PACKED, _DATE_TIMES), _packed), _BOOLEANS: _booleans, _STRINGS: _strings,
}
