"""MQTT and GB/T 26875.3 in: decode, judge, store, then acknowledge.

The layers, each of which can be tested without the next: codecs (``jsonform``, ``gbt26875``: bytes to typed messages),
``judge`` (what is stored, what is refused and why), ``batcher`` (when), ``writer`` (one transaction), ``storing`` (a
message the database refuses stops no other), ``session`` (the broker), ``lane`` (one way from the broker to the
database), ``service`` (the process).

For other rooms: :class:`IngestService` and :class:`IngestOptions` run the process, ``ingest.offline.run(db, now)``
marks silent devices, ``ingest.quarantine`` lists what was refused and ``ingest.replay`` decodes it again,
``ingest.vocabulary`` has metrics and event kinds. Pages listen on the PostgreSQL channel ``huoyan_alarm``.
"""

from ingest.errors import IngestError
from ingest.options import IngestOptions
from ingest.service import IngestService
from ingest.vocabulary import EventKind, Metric, Vocabulary, vocabulary

__all__ = ["EventKind", "IngestError", "IngestOptions", "IngestService", "Metric", "Vocabulary", "vocabulary"]
