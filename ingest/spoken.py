"""What devices say in GB/T 26875.3 over MQTT, for whoever speaks to them, and how the centre answers it. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ingest.gbt26875 import BadBytes, DeviceSettings, Frame, payload_bytes
from ingest.gbt26875.answers import answer, deny
from ingest.opening import Judged, Opened
from ingest.vocabulary import Vocabulary

#: What a damaged frame may have wrong and still name its sender, so that it can be denied.
DENIED: Final = frozenset({"gbt_checksum", "gbt_length", "gbt_end_mark"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """One message of a registered, active device. ``is_hex``: its frames came as text, so it wants text."""

    device_id: int
    topic: str
    received_at: dt.datetime
    settings: DeviceSettings
    is_hex: bool
    frames: Sequence[Frame | BadBytes]


def spoken_of(opened: Sequence[Opened], judged: Sequence[Judged], words: Vocabulary) -> list[Spoken]:
    """Those of a batch's messages, as opened and as judged, that hold frames of devices we know."""
    return [Spoken(said.parcels[0].device.device_id, one.message.topic, one.message.received_at,
                   words.gbt.settings_of(said.parcels[0].device.settings),
                   payload_bytes(one.message.payload) is not one.message.payload, one.frames)
            for one, said in zip(opened, judged, strict=True)
            if one.topic is not None and one.topic.form == "gbt26875" and said.parcels]


def answers_to(said: Spoken, tag: bytes) -> Iterator[bytes]:
    """How the centre answers a message, frame by frame, where the device's settings ask for it. ``tag``: time now."""
    if not said.settings.confirm:
        return
    for frame in said.frames:
        if isinstance(frame, Frame):
            back = answer(frame, tag, said.settings)
        else:
            back = deny(frame.head, tag, said.settings) if frame.reason_code in DENIED else None
        if back is not None:
            yield back


def written(frame: bytes, *, is_hex: bool) -> bytes:
    """A frame as the payload of a message: as bytes, or as text for a device that speaks in text."""
    return frame.hex().upper().encode() if is_hex else frame
