"""A fleet of devices that publish over MQTT as real ones do: seeded, several vendors, faults and bursts, a ledger.

:class:`Traffic` (pure: seed and time to messages) says what is sent, :class:`Fleet` sends it and writes the ledger of
what the broker acknowledged.
"""

from simulators.fleet.device import FleetDevice, read_devices, read_logins
from simulators.fleet.faults import FAULT_LEVELS
from simulators.fleet.ledger import Ledger, read_ledger
from simulators.fleet.message import Message
from simulators.fleet.running import Broker, Fleet, Totals
from simulators.fleet.traffic import Traffic

__all__ = ["FAULT_LEVELS", "Broker", "Fleet", "FleetDevice", "Ledger", "Message", "Totals", "Traffic", "read_devices",
           "read_ledger", "read_logins"]
