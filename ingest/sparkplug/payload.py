"""A payload from bytes to metrics as told, bounded in number and depth; and the least payload that says one again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from ingest.messages import Problem
from ingest.sparkplug.packing import ALGORITHM, PACKED, unpack
from ingest.sparkplug.values import TEMPLATE
from ingest.sparkplug.wire import (
    MetricFields,
    PayloadFields,
    TemplateFields,
    add_metric,
    add_text_property,
    new_payload,
    parse,
)
from ingest.texts import shown
from ingest.vocabulary import Limits, word_key

#: Metrics that steer the edge node or number its session; they measure nothing.
_CONTROLS: Final = ("Node Control/", "Device Control/")
_SESSION_NUMBER: Final = "bdSeq"
_REBIRTH: Final = "Node Control/Rebirth"
_BOOLEAN: Final = 11
_UNIT_KEYS: Final = frozenset({"engunit", "eng_unit", "engunits", "engineering_unit", "engineering_units", "unit",
                               "units"})
_LONGEST_UNIT: Final = 32
_MOST_PROPERTIES: Final = 100


@dataclass(slots=True)
class Told:
    """A metric as it was told. Times are milliseconds, 0 where none was given; ``field`` is that of its value.

    ``unit`` and ``quality`` are what its properties say of them; ``fault`` says why its name can't be read.
    """

    name: str | None
    alias: int | None
    at: int
    datatype: int
    field: str | None
    raw: Any
    is_historical: bool
    is_transient: bool
    is_null: bool
    unit: str
    quality: int | None
    fault: Problem | None
    origin: MetricFields

    @property
    def is_control(self) -> bool:
        return self.name is not None and (self.name == _SESSION_NUMBER or self.name.startswith(_CONTROLS))


@dataclass(slots=True)
class Decoded:
    """A payload: its time in milliseconds (0: none), its number in the session, its metrics.

    ``problem`` says why none of it can be taken; ``remainder`` what stands beside the metrics and can't.
    """

    at: int = 0
    seq: int | None = None
    metrics: list[Told] = field(default_factory=list)
    problem: Problem | None = None
    remainder: Problem | None = None

    @property
    def session_number(self) -> int | None:
        """The ``bdSeq`` of a birth or a death, from 0 to 255."""
        for metric in self.metrics:
            if metric.name == _SESSION_NUMBER and metric.field in ("int_value", "long_value"):
                # Where it wraps, some encoders write -1 for 255.
                return int(metric.raw) % 256
        return None


def decode(payload: bytes, limits: Limits, most_unpacked: int) -> Decoded:
    """The metrics of ``payload``; ``problem`` says where it can't be taken as a whole.

    A compressed one may have ``most_unpacked`` bytes when it is unpacked.
    """
    outer = _parsed(payload)
    if isinstance(outer, Problem):
        return Decoded(problem=outer)
    if outer.uuid != PACKED:
        return _decoded([outer], limits, _remainder(outer))
    body = unpack(outer.body, most_unpacked)
    inner = body if isinstance(body, Problem) else _parsed(body)
    if isinstance(inner, Problem):
        return Decoded(problem=inner)
    if inner.uuid == PACKED:
        return Decoded(problem=Problem("protobuf", "the payload is compressed twice"))
    return _decoded([inner, outer], limits, _remainder(inner))


def _parsed(payload: bytes) -> PayloadFields | Problem:
    try:
        return parse(payload)
    except ValueError as error:
        return Problem("protobuf", f"the payload is no Sparkplug B payload: {str(error)[:200]}")


def _decoded(layers: Sequence[PayloadFields], limits: Limits, remainder: Problem | None) -> Decoded:
    """What layers say together: the first of them that has a time or a number gives it."""
    metrics = [metric for layer in layers for metric in layer.metrics
               if not (layer.uuid == PACKED and metric.name == ALGORITHM)]
    for count, depth in enumerate(_walk(metrics, 1), 1):
        if count > limits.values:
            return Decoded(problem=Problem(
                "too_many", f"the message holds more than {limits.values} metrics; send several messages"))
        if depth > limits.depth:
            return Decoded(problem=Problem("depth", f"templates are nested deeper than {limits.depth} levels"))
    at = next((layer.timestamp for layer in layers if layer.timestamp), 0)
    seq = next((layer.seq % 256 for layer in layers if layer.HasField("seq")), None)
    return Decoded(at, seq, [_told(metric, limits) for metric in metrics], remainder=remainder)


def _remainder(payload: PayloadFields) -> Problem | None:
    """What to say of a body that only its sender understands."""
    if not payload.body:
        return None
    kind = shown(payload.uuid.decode("utf-8", "replace")) if payload.uuid else "no UUID"
    return Problem("protobuf", f"the payload has a body of {len(payload.body)} bytes with {kind}, which can't be read; "
                               f"its metrics are taken")


def members(metric: Told, name: str, limits: Limits) -> Iterator[Told]:
    """The metrics within an instance of a template, under names that begin with its own; none of a definition."""
    template = cast(TemplateFields, metric.raw)
    if template.is_definition:
        return
    for member in template.metrics:
        told = _told(member, limits)
        inner = replace(told, name=None if told.name is None else f"{name}/{told.name}", at=told.at or metric.at,
                        is_historical=told.is_historical or metric.is_historical,
                        is_transient=told.is_transient or metric.is_transient,
                        quality=metric.quality if told.quality is None else told.quality)
        if inner.field == "template_value" and inner.name is not None:
            yield from members(inner, inner.name, limits)
        else:
            yield inner


def is_template(metric: Told) -> bool:
    """Whether a metric holds others."""
    return metric.field == "template_value" and metric.datatype in (0, TEMPLATE)


def again(metrics: Iterable[tuple[Told, str | None, int, str, int]], at: int) -> bytes:
    """A payload that says the same of some metrics, without a place in the session.

    For each: the metric, its name (None: its alias stays), its datatype, its unit and its time in milliseconds.
    """
    payload = new_payload()
    if at:
        payload.timestamp = at
    for told, name, datatype, unit, moment in metrics:
        metric = add_metric(payload)
        metric.CopyFrom(told.origin)
        if name is not None:
            metric.name = name.encode("utf-8", "replace")
            metric.ClearField("alias")
        if datatype:
            metric.datatype = datatype
        if unit and not told.unit:
            add_text_property(metric, "engUnit", unit)
        if moment:
            metric.timestamp = moment
    return payload.SerializeToString()


def rebirth_request(at: int) -> bytes:
    """The command that asks an edge node to tell its births again; ``at`` in milliseconds."""
    payload = new_payload()
    payload.timestamp = at
    metric = add_metric(payload)
    metric.name, metric.timestamp, metric.datatype, metric.boolean_value = _REBIRTH.encode(), at, _BOOLEAN, True
    return payload.SerializeToString()


def _walk(metrics: Iterable[MetricFields], level: int) -> Iterator[int]:
    for metric in metrics:
        yield level
        if metric.WhichOneof("value") == "template_value":
            yield from _walk(metric.template_value.metrics, level + 1)


def _told(metric: MetricFields, limits: Limits) -> Told:
    name, fault = None, None
    if metric.HasField("name"):
        try:
            name = metric.name.decode("utf-8")
        except UnicodeDecodeError:
            fault = Problem("utf8", "the name of a metric is not UTF-8")
        else:
            if not name and not metric.HasField("alias"):
                fault = Problem("key", "a metric has an empty name")
            elif len(name) > limits.key:
                fault = Problem("key", f"a name has {len(name)} characters; {limits.key} are allowed")
            elif "\0" in name:
                fault = Problem("text", "the name of a metric holds a NUL")
            # Encoders without a notion of absence write an empty name beside an alias.
            name = name or None
    elif not metric.HasField("alias"):
        fault = Problem("key", "a metric has neither a name nor an alias")
    unit, quality = _properties(metric)
    value = metric.WhichOneof("value")
    return Told(name, metric.alias if metric.HasField("alias") else None, metric.timestamp, metric.datatype, value,
                None if value is None else getattr(metric, value), metric.is_historical, metric.is_transient,
                metric.is_null or value is None, unit, quality, fault, metric)


def _properties(metric: MetricFields) -> tuple[str, int | None]:
    unit, quality = "", None
    if metric.HasField("properties"):
        pairs = zip(metric.properties.keys[:_MOST_PROPERTIES], metric.properties.values, strict=False)
        for key, value in pairs:
            word, given = word_key(key.decode("utf-8", "replace")), value.WhichOneof("value")
            if word == "quality" and given in ("int_value", "long_value"):
                quality = value.int_value or value.long_value
            elif word in _UNIT_KEYS and given == "string_value":
                unit = value.string_value.decode("utf-8", "replace").strip()[:_LONGEST_UNIT]
    return unit, quality


__all__ = ["Decoded", "PayloadFields", "Told", "again", "decode", "is_template", "members", "rebirth_request"]
