"""What Prometheus may ask of a listener. Each service has a registry of its own: nothing is made by import."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from ingest.metrics import IngestMetrics
from ingest.stored import Stored

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_FRAMES = (1, 3, 10, 30, 100, 300, 1000, 3000)


class LinkMetrics:
    """Counters and gauges of one listener process, beside those that every ingest process has."""

    def __init__(self) -> None:
        self._ingest = IngestMetrics()
        self.registry = self._ingest.registry
        self.failures = self._ingest.failures
        self.batch_seconds = self._ingest.batch_seconds
        self.ack_seconds = self._ingest.ack_seconds
        self.queue = self._ingest.queue
        self.connected = self._ingest.connected

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"huoyan_listener_{name}", text, labels, registry=self.registry)

        self.links = Gauge("huoyan_listener_links", "TCP links open now.", registry=self.registry)
        self.udp_peers = Gauge("huoyan_listener_udp_peers", "UDP senders heard lately.", registry=self.registry)
        self.accepted = counter("accepted", "TCP links accepted.")
        self.turned_away = counter("turned_away", "TCP links closed at once, by reason.", "reason")
        self.closed = counter("closed", "TCP links closed by this side, by reason.", "reason")
        self.frames = counter("frames", "Frames with a right sum, by command.", "command")
        self.bad = counter("bad", "Pieces of bytes that were no frame, by reason.", "reason")
        self.sent = counter("sent", "Frames sent, by command.", "command")
        self.resends = counter("resends", "Frames known to be sent again by their device.")
        self.unknown = counter("unknown", "Frames of no registered device.")
        self.dropped = counter("dropped", "Frames neither stored nor confirmed, by reason.", "reason")
        self.batch_frames = Histogram("huoyan_listener_batch_frames", "Frames stored together.", buckets=_FRAMES,
                                      registry=self.registry)

    def count(self, stored: Stored) -> None:
        """Add what one batch came to."""
        self._ingest.count(stored)
