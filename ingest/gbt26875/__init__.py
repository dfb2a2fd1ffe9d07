"""GB/T 26875.3-2011, what a user information transmission device (用户信息传输装置) and a monitoring centre say.

``frames`` finds frames in bytes and ``stream`` in a link, ``units`` reads the objects of a data unit, ``names`` and
``tables`` have the standard's codes, ``reports`` says what the objects mean to ingest and ``meaning`` to people,
``downstream`` is what the centre sends, ``answers`` how it answers, ``settings`` how a device departs from the text.
All are pure.
"""

from ingest.gbt26875.frames import BadBytes, Frame, find_frames, frame_bytes, payload_bytes
from ingest.gbt26875.reports import report, weight
from ingest.gbt26875.settings import DeviceSettings, GbtPolicy
from ingest.gbt26875.stream import FrameStream, TextBeat
from ingest.gbt26875.units import BadUnit, read_unit

__all__ = ["BadBytes", "BadUnit", "DeviceSettings", "Frame", "FrameStream", "GbtPolicy", "TextBeat", "find_frames",
           "frame_bytes", "payload_bytes", "read_unit", "report", "weight"]
