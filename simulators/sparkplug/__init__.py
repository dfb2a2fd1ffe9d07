"""A Sparkplug B edge node as gateways are: births with aliases, data by alias, a death that the broker publishes.

:class:`EdgeNode` (pure) makes the messages, :class:`EdgeSession` publishes them and answers a request for a rebirth.
The bytes are written here by hand, so that what reads them elsewhere is not measured by its own library.
"""

from simulators.sparkplug.encoding import Metric, payload
from simulators.sparkplug.node import EdgeNode, Outgoing
from simulators.sparkplug.running import RunningEdge
from simulators.sparkplug.session import EdgeSession
from simulators.sparkplug.traffic import EdgeDevice, EdgeTraffic, edge_device

__all__ = ["EdgeDevice", "EdgeNode", "EdgeSession", "EdgeTraffic", "Metric", "Outgoing", "RunningEdge", "edge_device",
           "payload"]
