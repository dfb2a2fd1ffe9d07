"""GB/T 26875.3 over TCP and UDP: links, what is stored from them, and what the centre asks over them.

``peer`` and ``datagrams`` are the sockets, ``reception`` decides on each frame, ``identity`` says whose it is,
``intake`` stores and then confirms, ``kinds``, ``asking`` and ``exchanges`` are what the centre sends, ``clerk`` keeps
the books in the database, ``service`` is the process.

For other rooms: :class:`ListenService` and :class:`ListenOptions` run it, :func:`ask` asks devices something,
``ingest.gbt26875.downstream`` lists what can be asked.
"""

from ingest.links.asking import ask
from ingest.links.options import ListenOptions
from ingest.links.service import ListenService

__all__ = ["ListenOptions", "ListenService", "ask"]
