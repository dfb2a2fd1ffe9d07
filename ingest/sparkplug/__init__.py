"""Sparkplug B 3.0 as a passive host: births, aliases, data and deaths of edge nodes, read and never commanded but for
one thing: where something is missing, an edge node is asked to tell its births again.

From bytes to rows: ``wire``, ``packing`` and ``values`` (protobuf, compression, datatypes), ``payload`` (metrics as
told, bounded), ``births`` and ``sequence`` (which alias means what, which number is missing), ``contents`` (names in
the words of the catalogue), ``conditions`` (booleans that are alarms), ``sessions`` and ``memory`` (what the database
remembers of each edge node), ``host`` (a batch). All but the last three are pure.

For the writer: :class:`Host`, whose messages are those on :data:`FILTER`. ``ingest.sparkplug.ticking.tick`` does what
is due without a message. No STATE is published: an edge node set to wait for a primary host must not wait for us.
"""

from ingest.sparkplug.host import Host
from ingest.sparkplug.rebirths import Publish
from ingest.sparkplug.topics import FILTER, ROOT

__all__ = ["FILTER", "ROOT", "Host", "Publish"]
