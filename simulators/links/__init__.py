"""Transmission devices (用户信息传输装置) at the other end of a TCP link, as GB/T 26875.3 has them.

:class:`TransmissionDevice` (pure: time passed in) says what one sends and answers, :class:`RunningLinks` keeps a link
for each and says it again until it is confirmed.
"""

from simulators.links.device import TransmissionDevice
from simulators.links.running import RunningLinks, Totals

__all__ = ["RunningLinks", "Totals", "TransmissionDevice"]
