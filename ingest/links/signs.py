"""Signs of life of the processes that speak to devices: whoever is silent for half a minute holds no link any more."""

from __future__ import annotations

import datetime as dt

from store import Queries
from store.database import Connection

_q = Queries(__file__)


def beat(connection: Connection, listener: str, started: dt.datetime, *, tcp_port: int, udp_port: int,
         links: int) -> None:
    """This process is alive; others that have long been silent are forgotten, with the links they held."""
    connection.execute(_q["beat"], {"listener": listener, "started": started, "tcp_port": tcp_port,
                                    "udp_port": udp_port, "links": links})
    connection.execute(_q["forget"])


def leave(connection: Connection, listener: str) -> None:
    """This process ends."""
    connection.execute(_q["leave"], {"listener": listener})
