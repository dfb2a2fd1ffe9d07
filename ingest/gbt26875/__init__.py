"""GB/T 26875.3-2011, what a user information transmission device (用户信息传输装置) sends to a monitoring centre.

``frames`` finds frames in bytes, ``units`` reads the objects of a frame's data unit, ``tables`` has the standard's
codes, ``reports`` says what the objects mean. All four are pure.
"""

from ingest.gbt26875.frames import BadBytes, Frame, find_frames, frame_bytes, payload_bytes
from ingest.gbt26875.reports import DeviceSettings, report, weight
from ingest.gbt26875.units import BadUnit, read_unit

__all__ = ["BadBytes", "BadUnit", "DeviceSettings", "Frame", "find_frames", "frame_bytes", "payload_bytes",
           "read_unit", "report", "weight"]
