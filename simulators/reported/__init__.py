"""A district whose record gives a yearly report exactly the numbers asked for: targets in, tables out."""

from simulators.reported.generating import generate
from simulators.reported.model import ReportedDistrict
from simulators.reported.targets import Targets

__all__ = ["ReportedDistrict", "Targets", "generate"]
