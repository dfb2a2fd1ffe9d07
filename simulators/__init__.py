"""Stand-ins for hardware and for a city whose true risk is known.

``simulators.city`` makes a seeded city: registers, three years of record and a year of telemetry, all driven by a
hidden true risk of each unit, so that a test can ask whether a ranking finds it. ``simulators.fleet`` publishes over
MQTT as devices do, faults and all, and keeps a ledger of what the broker acknowledged. ``simulators.links`` are
transmission devices on TCP links of GB/T 26875.3, ``simulators.sparkplug`` an edge node.

The room knows what a device knows: it imports no other room, and only ``huoyan/`` may start it.
"""

from simulators.city import City, ReadingBlock, generate

__all__ = ["City", "ReadingBlock", "generate"]
