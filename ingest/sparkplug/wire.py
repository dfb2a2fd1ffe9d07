"""A Sparkplug B payload on the wire: protobuf messages from a table of the specification's field numbers (chapter 6).

Texts are declared as bytes, which is the same on the wire: a text that is no UTF-8 then spoils one metric and not its
whole message. What is not in the table (metadata, extensions) is passed over, and kept where a metric is written again.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableSequence, Sequence
from typing import Any, Final, Protocol, cast

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

_PACKAGE: Final = "huoyan.sparkplug"
_VALUES: Final = (("int_value", "uint32"), ("long_value", "uint64"), ("float_value", "float"),
                  ("double_value", "double"), ("boolean_value", "bool"), ("string_value", "bytes"))


def _values(first: int, *more: tuple[str, str]) -> tuple[tuple[str, int, str], ...]:
    return tuple((name, first + place, kind) for place, (name, kind) in enumerate((*_VALUES, *more)))


#: Message -> (field, number, type); a star before the type: repeated. Of the fields named ..._value one is set.
_MESSAGES: Final[Mapping[str, Sequence[tuple[str, int, str]]]] = {
    "Payload": (("timestamp", 1, "uint64"), ("metrics", 2, "*Metric"), ("seq", 3, "uint64"), ("uuid", 4, "bytes"),
                ("body", 5, "bytes")),
    "Metric": (("name", 1, "bytes"), ("alias", 2, "uint64"), ("timestamp", 3, "uint64"), ("datatype", 4, "uint32"),
               ("is_historical", 5, "bool"), ("is_transient", 6, "bool"), ("is_null", 7, "bool"),
               ("properties", 9, "PropertySet"),
               *_values(10, ("bytes_value", "bytes"), ("dataset_value", "DataSet"), ("template_value", "Template"))),
    "PropertySet": (("keys", 1, "*bytes"), ("values", 2, "*PropertyValue")),
    "PropertyValue": (("type", 1, "uint32"), ("is_null", 2, "bool"),
                      *_values(3, ("propertyset_value", "PropertySet"), ("propertysets_value", "PropertySetList"))),
    "PropertySetList": (("propertyset", 1, "*PropertySet"),),
    "DataSet": (("num_of_columns", 1, "uint64"), ("columns", 2, "*bytes"), ("types", 3, "*uint32"),
                ("rows", 4, "*Row")),
    "Row": (("elements", 1, "*DataSetValue"),),
    "DataSetValue": _values(1),
    "Template": (("version", 1, "bytes"), ("metrics", 2, "*Metric"), ("parameters", 3, "*Parameter"),
                 ("template_ref", 4, "bytes"), ("is_definition", 5, "bool")),
    "Parameter": (("name", 1, "bytes"), ("type", 2, "uint32"), *_values(3)),
}


class Fields(Protocol):
    """What every message can be asked for."""

    def HasField(self, field_name: str) -> bool: ...

    def WhichOneof(self, oneof_group: str) -> str | None: ...

    def SerializeToString(self) -> bytes: ...


class PropertyFields(Fields, Protocol):
    """A property's value; it may also hold sets of properties, which are not read."""

    type: int
    is_null: bool
    int_value: int
    long_value: int
    string_value: bytes


class PropertySetFields(Fields, Protocol):
    """Properties by place: the key at a place belongs to the value there."""

    keys: MutableSequence[bytes]
    values: Sequence[PropertyFields]


class RowFields(Protocol):
    """A row of a DataSet."""

    elements: Sequence[Fields]


class DataSetFields(Fields, Protocol):
    """A table: names and types of columns, and rows."""

    columns: Sequence[bytes]
    types: Sequence[int]
    rows: Sequence[RowFields]


class MetricFields(Fields, Protocol):
    """A metric as it came."""

    name: bytes
    alias: int
    timestamp: int
    datatype: int
    is_historical: bool
    is_transient: bool
    is_null: bool
    boolean_value: bool
    template_value: TemplateFields
    properties: PropertySetFields

    def CopyFrom(self, other: MetricFields) -> None: ...

    def ClearField(self, field_name: str) -> None: ...


class TemplateFields(Fields, Protocol):
    """Metrics gathered under one: a definition, or an instance of one."""

    metrics: Sequence[MetricFields]
    is_definition: bool


class PayloadFields(Fields, Protocol):
    """A whole payload."""

    timestamp: int
    seq: int
    uuid: bytes
    body: bytes
    metrics: Sequence[MetricFields]

    def ParseFromString(self, serialized: bytes) -> int: ...


def parse(payload: bytes) -> PayloadFields:
    """The message in ``payload``; ValueError where it is none, or nested deeper than protobuf allows (100 levels)."""
    message = new_payload()
    try:
        message.ParseFromString(payload)
    except DecodeError as error:
        raise ValueError(str(error)) from None
    return message


def new_payload() -> PayloadFields:
    """An empty payload."""
    return cast(PayloadFields, _Payload())


def add_metric(payload: PayloadFields) -> MetricFields:
    """A further metric of ``payload``."""
    return cast(MetricFields, cast(Any, payload.metrics).add())


def add_text_property(metric: MetricFields, key: str, text: str) -> None:
    """A further property of ``metric``, a text."""
    metric.properties.keys.append(key.encode())
    value = cast(PropertyFields, cast(Any, metric.properties.values).add())
    value.type = 12
    value.string_value = text.encode()


def _file() -> descriptor_pb2.FileDescriptorProto:
    kinds = descriptor_pb2.FieldDescriptorProto
    scalars = {"uint32": kinds.TYPE_UINT32, "uint64": kinds.TYPE_UINT64, "bool": kinds.TYPE_BOOL,
               "float": kinds.TYPE_FLOAT, "double": kinds.TYPE_DOUBLE, "bytes": kinds.TYPE_BYTES}
    file = descriptor_pb2.FileDescriptorProto(name="huoyan/sparkplug.proto", package=_PACKAGE, syntax="proto2")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, number, kind in fields:
            field = message.field.add(name=name, number=number, label=kinds.LABEL_OPTIONAL)
            if kind.startswith("*"):
                field.label = kinds.LABEL_REPEATED
            if kind.lstrip("*") in scalars:
                field.type = scalars[kind.lstrip("*")]
            else:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{kind.lstrip('*')}"
            if name.endswith("_value"):
                if not message.oneof_decl:
                    message.oneof_decl.add(name="value")
                field.oneof_index = 0
    return file


# A pool of our own: another library may have loaded the same messages under their usual names.
_pool: Final = DescriptorPool()
_pool.Add(_file())
_Payload: Final = GetMessageClass(_pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))
