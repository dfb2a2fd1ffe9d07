"""What Prometheus may ask of an ingest process. Each service has a registry of its own: nothing is made by import."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ingest.stored import Stored

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class IngestMetrics:
    """Counters and gauges of one ingest process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter("huoyan_ingest_messages", "Messages stored or quarantined, by form.", ["form"],
                                registry=self.registry)
        self.rows = Counter("huoyan_ingest_rows", "Rows stored, by table.", ["table"], registry=self.registry)
        self.duplicates = Counter("huoyan_ingest_duplicates", "Values and events that were stored before.",
                                  registry=self.registry)
        self.echoes = Counter("huoyan_ingest_echoes", "Messages that the other session or an earlier delivery brought.",
                              registry=self.registry)
        self.refused = Counter("huoyan_ingest_quarantined", "Pieces of payload refused, by reason.", ["reason"],
                               registry=self.registry)
        self.dropped = Counter("huoyan_ingest_dropped_qos0", "QoS 0 messages dropped while the queue was full.",
                               registry=self.registry)
        self.failures = Counter("huoyan_ingest_store_failures", "Batches the database could not take at first.",
                                registry=self.registry)
        self.batch_seconds = Histogram("huoyan_ingest_batch_seconds", "Time to store one batch.", buckets=_SECONDS,
                                       registry=self.registry)
        self.ack_seconds = Histogram("huoyan_ingest_ack_seconds",
                                     "From receipt of a batch's oldest message to its acknowledgement.",
                                     buckets=_SECONDS, registry=self.registry)
        self.connected = Gauge("huoyan_ingest_connected", "1 while subscribed at the broker.", registry=self.registry)
        self.queue = Gauge("huoyan_ingest_queue_messages", "Messages received and not yet stored.",
                           registry=self.registry)

    def count(self, stored: Stored) -> None:
        """Add what one batch came to."""
        for form, number in stored.messages.items():
            self.messages.labels(form).inc(number)
        for table in ("readings", "states", "events"):
            self.rows.labels(table).inc(getattr(stored, table))
        self.duplicates.inc(stored.duplicates)
        self.echoes.inc(stored.echoes)
        for reason, number in stored.refused.items():
            self.refused.labels(reason).inc(number)
