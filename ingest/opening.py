"""One message from bytes to parcels: decode by its topic's form, then judge by who is registered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.digests import digest
from ingest.gbt26875 import BadBytes, BadUnit, Frame, find_frames, payload_bytes, report, weight
from ingest.gbt26875.frames import SHORT_BEAT
from ingest.jsonform import (
    Contents,
    decode_attributes,
    decode_connection,
    decode_events,
    decode_telemetry,
    excerpt,
    gateway_parts,
)
from ingest.judge import Device, MessageJudge, Parcel, storable
from ingest.messages import DeviceContent, Message, Problem, Refusal
from ingest.topics import NO_FORM, Topic, parse_topic, stray
from ingest.vocabulary import Vocabulary

#: What stands where, by (vendor, device number).
DeviceKey = tuple[str, str]


@dataclass(slots=True)
class Opened:
    """A decoded message. ``problems`` are pieces no codec could read; ``topic`` is None where it is nobody's."""

    message: Message
    topic: Topic | None
    contents: dict[str, DeviceContent] = field(default_factory=dict)
    frames: list[Frame | BadBytes] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def devices(self) -> list[DeviceKey]:
        """The devices it speaks of."""
        if self.topic is None:
            return []
        named = self.contents if self.topic.device_no is None else (self.topic.device_no,)
        vendor = self.topic.vendor_code
        return [(vendor, device_no) for device_no in named if storable(vendor) and storable(device_no)]


@dataclass(slots=True)
class Directory:
    """What the registry says of the vendors and devices that a batch names."""

    devices: Mapping[DeviceKey, Device]
    vendors: Mapping[str, str]
    #: Device numbers that are registered under another vendor than the one who used them.
    elsewhere: frozenset[DeviceKey] = frozenset()


@dataclass(slots=True)
class Judged:
    """What becomes of one message. ``vendor_code`` is that of the topic where it is registered."""

    message: Message
    vendor_code: str | None
    form: str
    parcels: list[Parcel]
    refusals: list[Refusal]


def open_message(message: Message, words: Vocabulary) -> Opened:
    """Decode a message; whatever is wrong with it ends in ``problems``."""
    topic = parse_topic(message.topic)
    if isinstance(topic, str):
        return Opened(message, stray(message.topic), problems=[Problem("topic", topic)])
    opened = Opened(message, topic)
    try:
        _decode(opened, topic, words)
    except Exception as error:  # a decoder's own mistake must not stop the messages behind this one
        opened.contents, opened.frames = {}, []
        opened.problems = [Problem("decoder", f"the decoder failed on it: {type(error).__name__}: {str(error)[:200]}")]
    return opened


def _decode(opened: Opened, topic: Topic, words: Vocabulary) -> None:
    message = opened.message
    if message.is_cut:
        opened.problems.append(Problem("too_large", f"the payload has {message.payload_bytes} bytes; "
                                                    f"{len(message.payload)} are allowed, the rest was not kept"))
    elif topic.form == "gbt26875":
        opened.frames = find_frames(payload_bytes(message.payload))
        if not opened.frames:
            opened.problems.append(Problem("empty", "the payload is empty"))
    else:
        opened.contents, opened.problems = _contents(message.payload, topic, words)


def _contents(payload: bytes, topic: Topic, words: Vocabulary) -> Contents:
    if topic.form == "telemetry":
        return decode_telemetry(payload, topic.device_no, words.limits, keeps_lists=topic.is_thingsboard)
    if topic.form == "event":
        return decode_events(payload, topic.device_no, words.limits)
    if topic.form == "attributes":
        return decode_attributes(payload, topic.device_no, words.limits)
    return decode_connection(payload, f"{topic.form}ed")


def judge_message(opened: Opened, directory: Directory, words: Vocabulary) -> Judged:
    """Judge a decoded message against the registry and the vocabulary."""
    message, topic = opened.message, opened.topic
    judge = MessageJudge(message, words, is_thingsboard=topic is not None and topic.is_thingsboard)
    vendor = topic.vendor_code if topic and topic.vendor_code in directory.vendors else None
    judged = Judged(message, vendor, topic.form if topic else "other", [], judge.refusals)
    # What a wrong topic has wrong says more than that nobody is registered under its second word.
    stranger = None if topic and topic.form == NO_FORM and vendor is None else _stranger(topic, directory)
    if topic is None or stranger:
        for problem in opened.problems[:1] if not stranger else [Problem(*stranger)]:
            judge.refuse(problem.reason_code, problem.reason)
        return judged
    for problem in opened.problems:
        judge.refuse(problem.reason_code, problem.reason, problem.payload, problem.topic)
    if topic.device_no is not None:
        device = _device(topic.vendor_code, topic.device_no, directory)
        if not isinstance(device, Device):
            judge.refusals.clear()
            judge.refuse(*device)
        elif topic.form == "gbt26875":
            judged.parcels = _frames(opened, device, judge, words)
        else:
            # A device whose payload was refused has still been heard: it is not offline.
            content = opened.contents.get(topic.device_no, DeviceContent())
            judged.parcels = [judge.content(device, content, through_gateway=False)]
        return judged
    parts: Mapping[str, Any] | None = None
    for device_no, content in opened.contents.items():
        device = _device(topic.vendor_code, device_no, directory)
        if isinstance(device, Device):
            judged.parcels.append(judge.content(device, content, through_gateway=True))
            continue
        if parts is None:
            # Parsed again, since only refused parts need it and the codec keeps no second copy of every message.
            parts = gateway_parts(message.payload)
        # What a gateway says of a connection names its one device inside: the whole message stands for it.
        judge.refuse(*device, payload=excerpt({device_no: parts[device_no]}, None) if device_no in parts else None)
    return judged


def _stranger(topic: Topic | None, directory: Directory) -> tuple[str, str] | None:
    if topic is None:
        return None
    status = directory.vendors.get(topic.vendor_code)
    if status is None:
        return "unknown_vendor", f"the vendor {topic.vendor_code[:40]!r} is not registered"
    if status != "active":
        return "suspended_vendor", f"the vendor {topic.vendor_code} is suspended"
    return None


def _device(vendor: str, device_no: str, directory: Directory) -> Device | tuple[str, str]:
    device = directory.devices.get((vendor, device_no))
    shown = repr(device_no[:64])
    if device is None:
        if (vendor, device_no) in directory.elsewhere:
            return "foreign_device", f"the device {shown} is registered under another vendor than {vendor}"
        return "unknown_device", f"the device {shown} is not registered for the vendor {vendor}"
    if not device.is_active:
        return "retired_device", f"the device {shown} is retired"
    return device


def _frames(opened: Opened, device: Device, judge: MessageJudge, words: Vocabulary) -> list[Parcel]:
    settings = words.gbt.settings_of(device.settings)
    parcels: list[Parcel] = []
    taken = 0
    for frame in opened.frames:
        parcel = judge.parcel(device)
        judge.begin_frame(frame.raw)
        if isinstance(frame, BadBytes):
            if frame.reason_code != SHORT_BEAT:
                judge.refuse_frame(frame.reason_code, frame.reason)
        else:
            reports = report(frame, settings)
            taken += 0 if isinstance(reports, BadUnit) else sum(map(weight, reports))
            if taken > words.limits.values:
                # The frame is whole: alone it will be taken.
                judge.refuse_frame("too_many", f"the message holds more than {words.limits.values} values; "
                                               "send several messages")
                reports = []
            elif isinstance(reports, BadUnit):
                judge.refuse_frame("gbt_unit", reports.reason)
                reports = []
            for one in reports:
                judge.report(parcel, one, "gbt26875")
            judge.settle(parcel)
            if parcel.is_timeless and opened.message.packet_id:
                parcel.resend_key = digest(b"resend", str(device.device_id).encode(), frame.source,
                                           frame.serial.to_bytes(2, "big"), bytes([frame.command]), frame.unit)
            if parcel.delivery_key is not None:
                parcel.delivery_key = digest(parcel.delivery_key, str(len(parcels)).encode())
        parcels.append(parcel)
    return parcels
